"""Credentials by their shape: where a key of one of the formats stands in a text.

What begins as a key does is looked for first, in the text's long words and at memory speed; a format's pattern only
where its literal stands. The formats are rows of `format_rows` and `service_rows`, private keys are `private_keys`'.
"""

import re
from collections.abc import Collection, Iterator

from tapehead.redact import private_keys
from tapehead.redact.dummy_keys import is_dummy
from tapehead.redact.edits import Edit
from tapehead.redact.format_rows import AI_FORMATS
from tapehead.redact.key_format import KeyFormat
from tapehead.redact.mixed_text import mixes_characters
from tapehead.redact.placeholder import placeholder
from tapehead.redact.prefilter import long_tokens
from tapehead.redact.service_rows import SERVICE_FORMATS

SHAPES: tuple[KeyFormat, ...] = (*AI_FORMATS, *SERVICE_FORMATS)
KINDS = frozenset({private_keys.KIND, *(shape.kind for shape in SHAPES)})

_IN_WORDS = re.compile(rb"[A-Za-z0-9+/_.-]++")  # what a long word is made of
_BEFORE_A_SEPARATOR = re.compile(rb"[^A-Za-z0-9]?([A-Za-z0-9]{2,}+)[_.-]")
_RUN = re.compile(rb"[A-Za-z0-9+/_.\\-]+\[[A-Za-z0-9+/_.-]+\]\{[0-9]+,\}\+")

_ALNUM = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
_SPACED = bytes(c if c in _ALNUM else 0x20 for c in range(256))
_JOINED = _ALNUM | frozenset(b"_-")
_NOT_BEFORE = _ALNUM | frozenset(b"_.-")
# A key begins where a word does; a word may also begin behind an escape of JSON (\n, \u000a), of a URL (%3D), of a
# programming language (\x1b), behind a terminal's colour, and where Telegram has it.
_ESCAPES = re.compile(rb"(?:\\[bfnrt]|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}|%[0-9A-Fa-f]{2}|\[[0-9;]{0,12}m|/bot)\Z")
_BEFORE_A_HASH = frozenset(b"=:-")
_HASH = re.compile(rb"sha[0-9]{1,3}[=:-]\Z")  # of a file's hash every beginning is an accident
_WINDOW = 16  # bytes before a key that are looked at
_LONGEST_HEAD = 80  # bytes
_IN_SOMETHING_LONG = re.compile(rb"[A-Za-z0-9+/_-]{17}\Z")
# Of a URL: the next parts of its path, which a format with slashes goes on over.
_PATH = re.compile(rb"(?:/(?:[a-z]{4,15}|v[0-9]))+(?:/|\Z)")
_TELLING = 4  # bytes of a literal that needs no boundary, if what follows is long and looks random
_LONG = 20  # bytes
_LOOKED_AT = 40  # bytes of a key that say whether it looks random


def _mark(shape: KeyFormat) -> bytes:
    return next((rare for rare in _RARE if rare in shape.literal), b"")


_INSIDE = tuple(shape for shape in SHAPES if _IN_WORDS.fullmatch(shape.literal))
_OUTSIDE = tuple(shape for shape in SHAPES if shape not in _INSIDE)
# Each by a character that few texts hold, where it has one: that is looked for first.
_RARE = (b"~", b"=")
_OUTSIDE_BY_MARK = [
    (mark.decode(), [(shape.literal.decode("latin-1"), shape) for shape in _OUTSIDE if _mark(shape) == mark])
    for mark in (*_RARE, b"")
]
_LITERALS = (*private_keys.LITERALS, *(shape.literal.decode("latin-1") for shape in _OUTSIDE))
_RANK = {shape: rank for rank, shape in enumerate(SHAPES)}
# Of these nothing is wanted but a run of a word's characters, so that the pattern itself is quick, and tells more.
_ONE_RUN = frozenset(shape for shape in _INSIDE if _RUN.fullmatch(shape.pattern.pattern))

# Many literals are slow to look for, be it as one pattern or one by one. So those that have a separator are found by
# what stands before it, in the runs of letters and digits; only the others by themselves, at memory speed.
_BY_END: dict[bytes, list[tuple[bytes, KeyFormat]]] = {}
_BY_LITERAL: list[tuple[str, KeyFormat]] = []  # as text, for which `in` is several times as quick as for bytes
for _shape in _INSIDE:
    if _part := _BEFORE_A_SEPARATOR.match(_shape.literal):
        _BY_END.setdefault(_part[1][-2:], []).append((_part[1], _shape))
    else:
        _BY_LITERAL.append((_shape.literal.decode(), _shape))


def holds_literal(data: bytes) -> bool:
    """Returns whether a text may hold a credential of one of the formats. False is certain."""
    text = data.decode("latin-1")
    return bool([literal for literal in _LITERALS if literal in text]) or bool(_formats_in(long_tokens(data)))


def find_shapes(data: bytes, long: Collection[bytes], kept: frozenset[str] = frozenset()) -> list[list[Edit]]:
    """Returns an edit for each credential, in a list for each shape that there is. `kept` kinds are left alone.

    `long` are the text's long words: where none holds a shape's literal, there is no such credential.
    """
    found = []
    text = data.decode("latin-1")
    there = _formats_in(long) if long else set()
    for mark, shapes in _OUTSIDE_BY_MARK:
        if mark in text:
            there.update([shape for literal, shape in shapes if literal in text])
    for shape in sorted(there, key=_RANK.__getitem__) if there else ():
        if shape.kind not in kept:
            new = placeholder(shape.kind)
            found.append([Edit(start, end, new) for start, end in _matches(shape, data)])
    if private_keys.KIND not in kept and [literal for literal in private_keys.LITERALS if literal in text]:
        found.append(list(private_keys.find_private_keys(data)))
    return found


def _formats_in(long: Collection[bytes]) -> set[KeyFormat]:
    """The formats of which there may be a key among the words."""
    words = b" ".join(long)
    text = words.decode("latin-1")
    maybe = {shape for literal, shape in _BY_LITERAL if literal in text}
    if "-" in text or "_" in text or "." in text:  # base64 has none of them
        parted = b" ".join([word for word in long if b"-" in word or b"_" in word or b"." in word])
        for run in set(parted.translate(_SPACED).split()):
            for end, shape in _BY_END.get(run[-2:], ()):
                if run.endswith(end):
                    maybe.add(shape)
    return {shape for shape in maybe if (shape.pattern.search(words) if shape in _ONE_RUN else shape.literal in words)}


def _matches(shape: KeyFormat, data: bytes) -> Iterator[tuple[int, int]]:
    """Where its keys stand. What begins within a key is part of it."""
    literal, size = shape.literal, len(shape.literal)
    at = data.find(literal)
    while at >= 0:
        end = at + size
        start, is_sure = _beginning(shape, data, at)
        if start >= 0 and (match := shape.pattern.match(data, at)):
            end = match.end()
            if _is_key(shape, data, start, match, is_sure):
                first, last = match.span(1) if match.re.groups else (start, end)
                if b"/" in data[first:last]:
                    yield from _without_path(data, first, first + size, last)
                else:
                    yield first, last
        at = data.find(literal, end)


def _without_path(data: bytes, start: int, position: int, end: int) -> Iterator[tuple[int, int]]:
    """The pieces of a key, and of what it goes on over, between words that are parts of a path. `position`: where they may be."""
    for words in _PATH.finditer(data, position, end):
        if words.start() > start:
            yield start, words.start()
        start = words.end()
    if start < end:
        yield start, end


def _beginning(shape: KeyFormat, data: bytes, at: int) -> tuple[int, bool]:
    """Where the key begins whose literal is at `at`, below 0 where none can; and whether that is sure."""
    if shape.head:
        head = shape.head.search(data, max(0, at - _LONGEST_HEAD), at)
        start = head.start() if head else -1
        is_part = start > 0 and data[start - 1] in _JOINED and not _ESCAPES.search(data, max(0, start - _WINDOW), start)
        return (-1 if is_part else start), True
    if at and data[at - 1] in _BEFORE_A_HASH and _HASH.search(data, max(0, at - _WINDOW), at):
        return -1, True
    if not at or shape.literal[0] not in _ALNUM or data[at - 1] not in (_NOT_BEFORE if shape.strict else _ALNUM):
        return at, True
    if _ESCAPES.search(data, max(0, at - _WINDOW), at):
        return at, True
    if shape.strict or (len(shape.literal) < _TELLING and data[at - 1] < len(shape.literal) + shape.least):
        return -1, False
    # Within base64 every literal stands somewhere by accident.
    return (-1 if _IN_SOMETHING_LONG.search(data, max(0, at - _WINDOW - 1), at) else at), False


def _is_key(shape: KeyFormat, data: bytes, start: int, match: re.Match[bytes], is_sure: bool) -> bool:
    """Whether what has the shape is a key: not a word, and nobody's example."""
    behind = match.start() + len(shape.literal)
    if (shape.mixed or not is_sure) and not mixes_characters(data[behind : min(match.end(), behind + _LOOKED_AT)]):
        return False
    # Without a boundary it has to be long. A short literal needs the length that protobuf and msgpack put before it.
    if not is_sure and (match.end() - behind < _LONG or not _has_length(shape, data, match)):
        return False
    return not is_dummy(data[start : match.end()], shape.literal)


def _has_length(shape: KeyFormat, data: bytes, match: re.Match[bytes]) -> bool:
    return len(shape.literal) >= _TELLING or data[match.start() - 1] <= match.end() - match.start()
