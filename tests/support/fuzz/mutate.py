"""Inputs made from others: bytes flipped, cut, repeated and spliced, tokens put in, lines moved, values exchanged.

Knows the shapes of text that our formats are made of (lines, indents, JSON values, numbers), and no target.
"""

import random
import re
from collections.abc import Callable, Sequence

LONGEST = 16 * 1024
_VALUE = re.compile(rb'"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|\[\]|\{\}')
_NUMBER = re.compile(rb"\d+")
_VALUES = (
    b'""', b'"a"', b"0", b"-1", b"1e999", b"NaN", b"1" * 30, b"1" * 5000, b"null", b"true", b"[]", b"{}", b"[[]]",
    b'{"a":[1,{"b":null}]}', b'"\\ud800"', b'"\\u0000\\u001b[31m"', b'"' + b"x" * 300 + b'"', b"[" * 200, b'{"a":' * 200,
)  # fmt: skip
_NUMBERS = (b"0", b"-1", b"1", b"255", b"65536", b"2147483648", b"18446744073709551616", b"9" * 60, b"1_0", b"\xd9\xa3")
_INDENTS = (b"", b" ", b"  ", b"    ", b"\t", b"- ", b"? ", b"# ", b" " * 70)
_BYTES = (0, 9, 10, 13, 27, 32, 34, 37, 39, 45, 58, 92, 123, 127, 0x80, 0xC2, 0xE2, 0xED, 0xF0, 0xFF)
TOKENS: Sequence[bytes] = (
    # YAML
    b"---\n", b"...\n", b"\n- ", b": ", b"|+\n", b">-\n", b"!!binary ", b"!!str ", b"&a ", b"*a", b"<<: ", b"%YAML 1.2\n",
    b"? ", b"{a: [", b"~", b"version: 2\n", b"interactions:\n", b"  - id: 0\n", b"body: |\n", b"duration: 1h2m3.4s\n",
    # JSON
    b'{"role":"user","content":"', b'"}]}', b'\\"', b"\\u0041", b"\\ud83d", b'"api_key":"', b'"choices":[{"delta":{',
    b'"type":"content_block_delta","index":', b'"tool_calls":[{"index":', b'"arguments":"{\\"', b'"usage":{',
    # streams
    b"data: ", b"\n\n", b"\r\n\r\n", b"\r", b"event: ", b"id: 1\n", b": ping\n", b"[DONE]", b"retry: 1\n", b"\x1e",
    # HTTP
    b"%00", b"%", b"%zz", b"&", b"=", b";", b"+", b"?key=", b"http://u:p@", b"\r\n--b\r\n", b"--b--\r\n", b"boundary=",
    b"Content-Disposition: form-data; name=\"", b"multipart/form-data; boundary=\"", b"gzip", b", br",
    # credentials, made up
    b"sk-" + b"a1B2" * 10, b"sk-ant-" + b"c3D4" * 10, b"AKIA" + b"Q2R3" * 4, b"Bearer " + b"tok9" * 8,
    b"eyJhbGciOiJIUzI1NiJ9.eyJhIjoxMjM0NTY3ODkwfQ.c2lnbmF0dXJlMTIzNDU2Nzg5MA", b"-----BEGIN PRIVATE KEY-----",
    b"[REDACTED:value]", b"[REDACTED:", b"c2stYTFCMmExQjJhMUIyYTFCMmExQjJhMUIy",
    # terminals and eyes
    b"\x1b[31m", b"\x1b]0;x\x07", b"\xe2\x80\xae", b"\xc2\x9b", b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"\xed\xa0\x80",
    b"\xf3\xa0\x81\x81", b"\xff\xfe", b"\xc0\x80",
)  # fmt: skip


class Mutator:
    """Makes inputs. The same random numbers make the same ones."""

    def __init__(self, choose: random.Random) -> None:
        self._choose = choose
        self._moves: tuple[Callable[[bytes], bytes], ...] = (
            *(self._byte, self._bit, self._insert, self._insert, self._delete, self._repeat),
            *(self._value, self._value, self._number, self._line, self._indent, self._truncate),
        )

    def make(self, corpus: Sequence[bytes]) -> bytes:
        """An input from those of a corpus."""
        choose = self._choose
        data = choose.choice(corpus)
        if choose.random() < 0.15:
            data = self._splice(data, choose.choice(corpus))
        for _ in range(1 + int(choose.expovariate(0.5))):
            data = choose.choice(self._moves)(data)
        return data[:LONGEST]

    def _place(self, data: bytes) -> int:
        return int(self._choose.random() * (len(data) + 1))

    def _span(self, data: bytes) -> tuple[int, int]:
        start = self._place(data)
        return start, min(len(data), start + int(self._choose.expovariate(0.1)))

    def _byte(self, data: bytes) -> bytes:
        at = self._place(data)
        return data[:at] + bytes((self._choose.choice(_BYTES),)) + data[at + 1 :]

    def _bit(self, data: bytes) -> bytes:
        at = self._place(data)
        changed = bytes(each ^ 1 << int(self._choose.random() * 8) for each in data[at : at + 1])
        return data[:at] + changed + data[at + 1 :]

    def _insert(self, data: bytes) -> bytes:
        at = self._place(data)
        return data[:at] + self._choose.choice(TOKENS) + data[at:]

    def _delete(self, data: bytes) -> bytes:
        start, end = self._span(data)
        return data[:start] + data[end:]

    def _repeat(self, data: bytes) -> bytes:
        start, end = self._span(data)
        times = self._choose.choice((1, 1, 2, 3, 50, 1000))
        return data[:start] + data[start:end] * min(times, LONGEST // max(1, end - start)) + data[start:]

    def _truncate(self, data: bytes) -> bytes:
        return data[: self._place(data)] if self._choose.random() < 0.3 else data

    def _splice(self, data: bytes, other: bytes) -> bytes:
        return data[: self._place(data)] + other[self._place(other) :]

    def _value(self, data: bytes) -> bytes:
        return self._exchanged(data, _VALUE, _VALUES)

    def _number(self, data: bytes) -> bytes:
        return self._exchanged(data, _NUMBER, _NUMBERS)

    def _exchanged(self, data: bytes, pattern: re.Pattern[bytes], others: Sequence[bytes]) -> bytes:
        found = pattern.search(data, self._place(data))
        if found is None:
            return data
        return data[: found.start()] + self._choose.choice(others) + data[found.end() :]

    def _line(self, data: bytes) -> bytes:
        lines = data.split(b"\n")
        a, b = (int(self._choose.random() * len(lines)) for _ in range(2))
        if self._choose.random() < 0.5:
            lines[a], lines[b] = lines[b], lines[a]
        else:
            lines.insert(a, lines[b])
        return b"\n".join(lines)

    def _indent(self, data: bytes) -> bytes:
        lines = data.split(b"\n")
        at = int(self._choose.random() * len(lines))
        lines[at] = self._choose.choice(_INDENTS) + lines[at].lstrip(b" -")
        return b"\n".join(lines)
