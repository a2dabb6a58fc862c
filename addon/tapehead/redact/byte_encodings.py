"""Texts within a text, two characters for each of theirs: hex, UTF-16. Each is decoded, cleaned and encoded again.

Knows the encodings, not what is looked for in them.
"""

import re
from collections.abc import Callable, Iterable, Iterator

from tapehead.redact.base64_runs import readable
from tapehead.redact.edits import Edit, split

type Find = Callable[[bytes], list[Edit]]

_GAP = b"\n\0\n"
_SHORTEST = 24  # digits: 12 bytes
_DIGITS = frozenset(b"0123456789abcdefABCDEF")
_SHAPE = bytes(0x61 if c in _DIGITS else 0x20 for c in range(256))
_LONG_SHAPE = b"a" * _SHORTEST
_CAPITALS = re.compile(rb"[A-F]")
# A letter, and NUL before the next: which of both comes first makes no difference here.
_UTF16 = re.compile(rb"(?:[\t\n\r -~]\0){11,}+[\t\n\r -~]?")
_PRINTED = frozenset(b"\t\n\r" + bytes(range(32, 127)))
_UTF16_SHAPE = bytes(0x61 if c in _PRINTED else 0x20 if c else 0 for c in range(256))
_LONG_UTF16 = b"a\0" * 11


def find_hex(data: bytes, long: Iterable[bytes], find: Find) -> Iterator[Edit]:
    """Yields the edits of runs of hex digits that say something readable with a credential in it. `long`: its long words."""
    if b" ".join(long).translate(_SHAPE).find(_LONG_SHAPE) < 0:
        return
    parts = [
        (start + odd + 2 * at, part)
        for start, run in _hex_runs(data)
        for odd in range(2)
        for at, part in readable(_decoded(run[odd:]))
    ]
    for part_start, edit in _found(parts, find):
        start, end = part_start + 2 * edit.start, part_start + 2 * edit.end
        new = edit.new.hex().encode()
        yield Edit(start, end, new.upper() if _CAPITALS.search(data, start, end) else new)


def _hex_runs(data: bytes) -> Iterator[tuple[int, bytes]]:
    shape = data.translate(_SHAPE)
    start = shape.find(_LONG_SHAPE)
    while start >= 0:
        end = shape.find(b" ", start)
        end = len(data) if end < 0 else end
        yield start, data[start:end]
        start = shape.find(_LONG_SHAPE, end)


def _decoded(digits: bytes) -> bytes:
    return bytes.fromhex(digits[: len(digits) // 2 * 2].decode())


def find_utf16(data: bytes, find: Find) -> Iterator[Edit]:
    """Yields the edits of ASCII that stands in UTF-16, in whatever byte order."""
    parts = []
    shape = data.translate(_UTF16_SHAPE)
    position = shape.find(_LONG_UTF16)
    while position >= 0 and (match := _UTF16.match(data, position)):
        parts.append((position, match[0][::2]))
        position = shape.find(_LONG_UTF16, match.end())
    for start, edit in _found(parts, find):
        yield Edit(
            start + 2 * edit.start, start + 2 * edit.end - 1, edit.new.decode("latin-1").encode("utf-16-le")[:-1]
        )


def _found(parts: list[tuple[int, bytes]], find: Find) -> Iterator[tuple[int, Edit]]:
    """Where each part begins, and an edit of the part; with one look at all parts."""
    edits = find(_GAP.join([part for _, part in parts])) if parts else []
    parted = split(edits, [len(part) for _, part in parts], gap=len(_GAP)) if edits else []
    for (start, _), own in zip(parts, parted, strict=False):
        for edit in own:
            yield start, edit
