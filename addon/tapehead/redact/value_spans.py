"""Where the value behind a name stands in a text: in quotes, at any depth of JSON strings, bare, in a list, an element.

Knows how texts are written, and nothing of names and of what a value says. How far it looks is bounded.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from tapehead.redact.json_names import end_of_string

LONGEST = 16_384
"""Bytes of a value that has to look random."""

_OBJECT = re.compile(
    rb"[ \t\r\n]*+\{[ \t\r\n]*+\\{0,15}+\"(?:value|secret|plaintext)\\{0,15}+\"[ \t\r\n]*+:", re.IGNORECASE
)
_OPEN = re.compile(rb"[ \t\r\n+]*+(\[[ \t\r\n]*+)?[bruf]?(\\{0,15}+)([\"'`])?")
_NUMBER = re.compile(rb"[ \t\r\n+]*+(-?[0-9][0-9.eE+-]*+)")
_NEXT_OF_A_LIST = re.compile(rb"\\{0,15}+\"[ \t\r\n]*+,[ \t\r\n]*+\\{0,15}+\"")
_STRINGS = 1000  # of a list
_BARE = re.compile(rb"[^\x00-\x20\"'`<>\\]{1,16384}+")
# Where a bare value ends before a blank: at the next of several pairs, and at what code has around values.
_CUT = re.compile(rb"[&;][A-Za-z0-9_.%\[\]-]+=|[&?#]|[,(){}\[\]|]|[;.:!?]+\Z")
_CLOSES = re.compile(rb"<\\?/")
_PREFIX = 24  # bytes: of a namespace, and the marks of an element


class Span(NamedTuple):
    """Where a value stands: `quote` is what has to be put around what replaces it, nothing where there are quotes."""

    start: int
    end: int
    quote: bytes


def field_values(data: bytes, position: int, quote: bytes) -> Iterator[Span]:
    """Yields the values of a JSON field whose colon ends at `position`, and whose name has these quotes: strings, a number."""
    if inner := _OBJECT.match(data, position):
        position = inner.end()
    opened = _OPEN.match(data, position)
    assert opened
    if opened[3] is None:
        if number := _NUMBER.match(data, position):
            yield Span(*number.span(1), quote)
    elif opened[2] + opened[3] == quote:
        yield from _strings(data, opened.end(), len(opened[2]), is_list=opened[1] is not None)


def text_values(data: bytes, position: int) -> Iterator[Span]:
    """Yields the value that begins here in a text: one in quotes up to them, on the same line; a bare one up to a blank."""
    opened = _OPEN.match(data, position)
    assert opened
    if opened[3] is not None:
        start = opened.end()
        end = data.find(opened[2] + opened[3], start, start + LONGEST)
        if end >= 0 and b"\n" not in data[start:end]:
            yield Span(start, end, b"")
    elif bare := _BARE.match(data, position):
        cut = _CUT.search(bare[0])
        if not cut:
            yield Span(position, bare.end(), b"")
        elif not cut[0].startswith(b"("):  # else a call
            yield Span(position, position + cut.start(), b"")


def element_values(data: bytes, position: int, name: str) -> Iterator[Span]:
    """Yields what is in an XML element, if it is a text and the element ends behind it."""
    end = data.find(b"<", position, position + LONGEST)
    if end >= 0 and _CLOSES.match(data, end) and name.encode() in data[end : end + len(name) + _PREFIX]:
        yield Span(position, end, b"")


def _strings(data: bytes, start: int, depth: int, *, is_list: bool) -> Iterator[Span]:
    """The string that begins here, and those behind it in a list."""
    for _ in range(_STRINGS):
        end = end_of_string(data, start, depth)
        yield Span(start, end, b"")
        following = _NEXT_OF_A_LIST.match(data, end) if is_list else None
        if not following:
            return
        start = following.end()
