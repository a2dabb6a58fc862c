"""Strings to try, the Go programs that show what the YAML libraries make of them, and their stored answers.

Knows nothing of tapehead's own writer. `regenerate` writes the answers to `goldens/` beside this folder.
"""

import base64
import json
import random
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from pathlib import Path

HERE = Path(__file__).parent
GOLDENS = HERE.parent / "goldens"

PROGRAMS = {
    "v3": ("stock", "indent2-seq2"),
    "rc2": ("reference", "compact", "indent2-seq2", "stock"),
    "rc6": ("stock", "reference", "compact", "indent2-seq2"),
    "v400": ("stock", "reference", "compact", "indent2-seq2"),
    "goccy": ("compact",),
}
"""Folder of each program, and the layouts that its library can write. The first has goldens of all values."""

_WORDS = (
    *("", "~", "null", "Null", "nULL", "true", "TRUE", "False", "tRue", "=", "<<", "<", ".nan", ".NAN", ".Nan"),
    *(".inf", "+.Inf", "-.INF", "+.nan", "y", "Y", "yes", "YES", "yEs", "n", "No", "on", "ON", "off", "Off", "oFF"),
)
_NUMBERS = (
    *("0", "1", "-1", "+12", "007", "08", "1_000", "_1", "-0", "-0.0", "1.", "1.5", ".5", "-.5", ".", "..", "+", "-"),
    *(
        ".5_0",
        "._5",
        ".5_",
        ".5e3",
        ".5e+3_0",
        ".5e_3",
        ".e3",
        ".5e400",
        "1e3",
        "1E-3",
        "1e",
        "1e400",
        "1.5.2",
        "1.5e309",
    ),
    *(
        "0x1F",
        "0X1f",
        "-0x1",
        "0x",
        "0xg",
        "0x_1",
        "0o17",
        "0O17",
        "0o8",
        "-0o7",
        "0b101",
        "0B1",
        "0b2",
        "-0b1",
        "+0b1",
    ),
    *(
        "0b-1",
        "0b+1",
        "0o-7",
        "0o+7",
        "0b--1",
        "0x-1",
        "++1",
        "+-1",
        "--1",
        "++1.5",
        "+-1.5",
        "+_1",
        "1x",
        "12a",
        "-+1.5",
    ),
    *("9223372036854775807", "9223372036854775808", "-0x8000000000000000", "-0x8000000000000001", "0xFFFFFFFFFFFFFFFF"),
    *(
        "0x10000000000000000",
        "+0x7FFFFFFFFFFFFFFF",
        "+0x8000000000000000",
        "+0x10000000000000000",
        "99999999999999999999x",
    ),
    *("1:30", "-190:20:30", "1:60", "1:2:", "1:30.5_", "+1_0:5:5.", "12:5", "24:0", "1:2:3", "0b" + "1" * 64),
    *("0b+" + "1" * 63, "0b+1" + "0" * 63, "0b-1" + "0" * 63, "0o-1000000000000000000001", "0" * 30 + "x", "9" * 310),
)
_DATES = (
    *("2020-01-01", "2020-1-1", "2020-13-01", "2020-00-01", "2020-02-29", "2021-02-29", "1900-02-29", "2000-02-29"),
    *("0000-1-1", "2020-01-32", "2020-04-31", "20-01-01", "2020-01", "2020-01-01T10:20:30Z", "2020-1-1t1:2:3.5Z"),
    *("2020-01-01T10:20:30,5+01:00", "2020-01-01T10:20:30-24:60", "2020-01-01T10:20:30+25:00", "2020-01-01T1:2:3"),
    *("2020-01-01T10:20:30+24:61", "2020-01-01T24:00:00Z", "2020-01-01T10:60:00Z", "2020-01-01T10:00:60Z"),
    *("2020-01-01 10:20:30", "2020-1-1   1:2:3.5", "2020-01-01 10:20:30.", "2020-01-01 ", "2020-01-01 24:20:30"),
    *("2020-01-01  10:20:61", "2020-01-01 1:20:30.25", "2020-01-01T10:20:30.Z", "Tue, 01 Jan 2020 10:20:30 GMT"),
)
_CHARACTERS = (
    *"\0\1\a\b\t\v\f\r\x1b\x1f\x7f\x80\x85\x9f\xa0\xad\xe9\u0378\u1680\u200b\u2028\u2029\u3000\u4e2d\ud7ff\ue000\uf8ff",
    *"\ufdd0\ufefe\ufeff\uff00\ufffd\ufffe\uffff\U00010000\U0001f600\U0010ffff",
)
_PLACES = ("{}", "a{}", "a {}b", "a\n{}b")
_INDICATORS = "#:-?,[]{}&*!|>%@`'\"\\=~<.+_/;()$^"
_TEXTS = (
    *("application/json", "https://example.com/v1?a=b&c=d#e", "429 Too Many Requests", "it's", "a: b", "a:\tb", "a:"),
    *(
        "a #b",
        "a#b",
        "---",
        "---a",
        "...",
        "...a",
        "--",
        "- a",
        "-a",
        "? a",
        "?a",
        ": a",
        ":a",
        "x- y",
        "a\\b",
        '"',
        "'",
    ),
    *('{"a":"it\'s"}', '[1, "2"]', "  a", "a  ", "\ta", "a\t", "\t", "a\tb", "\n\ta", "\u2028\tb\n", "\ta\n", "a\n\tb"),
    *("data: {}\n\n", "data: {}\r\n\r\n", "data: 1\n\ndata: 2\n\n", ": ping\n\n", "\n\ndata: 1\n", "a\n\n\n", " a\n"),
    *(
        "a\n b\n",
        "a \nb",
        "a\n \nb",
        "a\nb ",
        "a\n\n  b",
        "\n a",
        "é\nü\n",
        "é \nü",
        "😀\n",
        "😀😀\n中",
        "\0\0\n",
        "a\r\nb",
    ),
    *("a\u2028b", "a\u2028\u2029b", "a \u2028b", "a\u2028 b", "\u2028a", "a\u2028", "a\u2028b\n", "a\nb\u2028"),
    *("a\n\u2029", "a\n\u2028", "a\n\u2028b", "a\u2028\n\u2028b\nc", "\u2028\n", "\n\u2028a", "a \u2028\nb", "1\u2028"),
    *("it's\u2028it's", "\ufeff", '\ufeffa b\t\n\xa0"\\\u2028😀é', "a\ufeff", "\ufeff\n", "\xa0\n", "a\n- b: c\n"),
    *("".join(map(chr, range(1, 32))) + "\n😀\x7f", "#\a\1\x7f\xe9\u200b\U000e0001", "#\na", "\\\na", "\u3000\n"),
    *("\r", "\r\n", "a\rb", "a\r\r", "a\r\nb\r\n\r\n", "\ra\n", " \r\n", "\x1c\n"),
)
_KEYS = tuple(
    text
    for size in (119, 120, 121, 127, 128, 129)
    for text in ("k" * size, "k" * (size - 2) + "é", "k" * (size - 2) + ": ", "k" * (size - 2) + "\n ", "1" * size)
)
_BYTES = tuple(
    bytes.fromhex(text)
    for text in ("80", "61 ff 62", "c0 80", "ed a0 80", "f4 90 80 80", "e2 80", "ff 0a", "ff 22 5c 23", "7b ff")
)
_BINARIES = tuple(b"\xff" * size for size in (51, 52, 53, 90, 91, 105, 106))


def few() -> Iterator[bytes]:
    """Values that look different in different layouts."""
    yield from (text.encode() for text in _TEXTS if "\n" in text or "\u2028" in text)
    yield from (text.encode() for text in _KEYS if "\n" in text)
    yield _BINARIES[1]


def curated() -> Iterator[bytes]:
    """Some hundred values, each kind of decision at least once on either side."""
    every = [
        *few(),
        *(text.encode() for text in (*_WORDS, *_NUMBERS, *_DATES, *_TEXTS, *_KEYS)),
        *(place.format(character).encode() for place, character in product(_PLACES, _CHARACTERS)),
        *((place.format(character)).encode() for place, character in product(("{}", "a{}", "a {}"), _INDICATORS)),
        *("".join(letters).encode() for size in (1, 2, 3) for letters in product(" \na", repeat=size)),
        *_BYTES,
        *_BINARIES,
    ]
    yield from dict.fromkeys(every)


_PIECES = (
    *(" ", "  ", "\n", "\n\n", "\r\n", ": ", "- ", " #", "? ", "---", "...", "T10:20:30Z", "word ", 'data: {"a":1}'),
    *_INDICATORS,
    *_CHARACTERS,
    *"0123456789abcxyzABTZeEon_",
    *_WORDS,
)
_DIGITS = (
    *"0011223456789__..eE+-xXobB:TtZ ,",
    *(
        "0x",
        "0b",
        "0o",
        "2020-",
        "-2-29",
        " 1:2:3",
        "99999999999999999999",
        "18446744073709551615",
        "9223372036854775808",
    ),
    *("FFFFFFFFFFFFFFFF", "e308", "e309", "60", "59", "24", "+01:00", "-24:60"),
)
_KINDS: tuple[tuple[Sequence[str], int, int], ...] = (
    (_PIECES, 0, 5),
    (_PIECES, 5, 40),
    (_DIGITS, 1, 7),
    ((" ", "\n", "a", "\u2028", "b\n", "\t", "é"), 1, 8),
    (("a", "word ", "\n", ": ", "é", "it's "), 20, 120),
    ((*"abcdef:/-. é'",), 110, 135),
)


def at_random(seed: int, count: int) -> Iterator[bytes]:
    """Values from alphabets rich in what matters; some are not UTF-8."""
    chance = random.Random(seed)
    for _ in range(count):
        pieces, least, most = chance.choice(_KINDS)
        value = "".join(chance.choices(pieces, k=chance.randint(least, most))).encode()
        if chance.random() < 0.04:
            at = chance.randint(0, len(value))
            value = value[:at] + bytes([chance.choice([0x80, 0xC0, 0xED, 0xF4, 0xFF])]) + value[at:]
        yield value


def build(program: str, folder: Path) -> Path:
    """The program as an executable file. CalledProcessError, with Go's words, where it cannot be built."""
    target = folder / program
    subprocess.run(
        ["go", "build", "-o", str(target), "."], cwd=HERE / program, check=True, capture_output=True, text=True
    )
    return target


def ask(program: Path, layout: str, values: Iterable[bytes]) -> list[bytes]:
    """The YAML text of a document for each value, in which it is a body, a key and two items."""
    lines = b"".join(base64.b64encode(value) + b"\n" for value in values)
    answer = subprocess.run([str(program), layout], input=lines, check=True, capture_output=True).stdout
    return [base64.b64decode(line, validate=True) for line in answer.splitlines()]


def load(program: str) -> Iterator[tuple[str, bytes, bytes]]:
    """Layout, value and document of each stored answer."""
    stored = json.loads((GOLDENS / f"{program}.json").read_text(encoding="ascii"))
    for layout, cases in stored.items():
        for value, document in cases.items():
            yield layout, value.encode(errors="surrogateescape"), document.encode(errors="surrogateescape")


def store(program: str, answers: dict[str, dict[bytes, bytes]]) -> None:
    """One line for each answer, so that a diff can be read. Bytes that are not UTF-8 are surrogate escapes."""
    text = {
        layout: {
            value.decode(errors="surrogateescape"): document.decode(errors="surrogateescape")
            for value, document in cases.items()
        }
        for layout, cases in answers.items()
    }
    (GOLDENS / f"{program}.json").write_text(json.dumps(text, indent=0) + "\n", encoding="ascii")
