"""Where the value of a name stands in a text: in quotes, at any depth of JSON strings, bare, in a list, an element, an
attribute; behind the name, or before it where each has a name of its own.

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
_THREE = 3  # quotes, around what may have several lines
LOOKED_AT = 256
"""Bytes of a value that say what it looks like."""
_NUMBER = re.compile(rb"[ \t\r\n+]*+(-?[0-9][0-9.eE+-]*+)")
# Of YAML, also in a JSON string: a line that goes in, an item of a list.
_LINE_END = rb"(?:\r?\n|(?:\\{1,15}+r)?\\{1,15}+n)"
_END_OF_LINE = re.compile(_LINE_END)
_LINE_OF_BLOCK = re.compile(_LINE_END + rb"[ \t]{1,64}+(?=[^\x00-\x20\"'`<>:]{8})")
_ITEM = re.compile(_LINE_END + rb"[ \t]{0,64}+- {1,4}(?=\\{0,15}[\"']?[^\x00-\x20\"'`<>:]{8})")
_NEXT_OF_A_LIST = re.compile(rb"\\{0,15}+\"[ \t\r\n]*+,[ \t\r\n]*+\\{0,15}+\"")
_STRINGS = 1000  # of a list
_BARE = re.compile(rb"[^\x00-\x20\"'`<>\\]{1,16384}+")
_BARE_START = re.compile(rb"[^\x00-\x20\"'`<>\\]{1,%d}+" % LOOKED_AT)
# Where a bare value ends before a blank: at the next of several pairs, and at what code has around values.
_CUT = re.compile(rb"[&;][A-Za-z0-9_.%\[\]-]+=|[&?#]|[,(){}\[\]|]|[;.:!?]+\Z")
_CLOSES = re.compile(rb"<\\?/")
_CDATA, _CDATA_END = b"<![CDATA[", b"]]>"
_PREFIX = 24  # bytes: of a namespace, and the marks of an element

_QUOTE = rb"\\{0,15}+[\"']"
_BLANKS = (b" ", b"\t", b"\r", b"\n")
_BLANK = rb"(?:[ \t\r\n]|\\{1,15}[nrt])"  # as it is, or escaped in JSON
# An element up to one of its attributes: name, and attributes with a value or without.
_TAG = re.compile(
    rb"<[A-Za-z][\w:.-]{0,64}+(?:%b++[\w:.@-]{1,64}+(?:[ \t]?=[ \t]?(?:(%b)(?:(?!\1)[^<])*\1|[^\s\"'<>=\\]++))?)*+%b++\Z"
    % (_BLANK, _QUOTE, _BLANK)
)
_BLANKS_BEHIND = re.compile(_BLANK + rb"++\Z")
_LONGEST_TAG = 1024
# {"value": "...", "name": "..."} and <add value="..." key="...">, with a few others between the two.
_VALUE_FIRST = re.compile(rb"value(?:(?P<quote>\\{0,15}+\")[ \t\r\n]*+:|[ \t]?=[ \t]?(?=\\{0,15}[\"']))")
_FIELD_BETWEEN = (
    rb"\\{0,15}+\"[\w-]{1,40}+\\{0,15}+\"%b*+:%b*+"
    rb"(?:\\{0,15}+\"[^\"\\]{0,200}+\\{0,15}+\"|[0-9.eE+-]{1,20}+|true|false|null)%b*+,%b*+" % ((_BLANK,) * 4)
)
_NAME_OF_FIELD = re.compile(
    rb"(?:\\{0,15}+\")?%b*+,%b*+(?:%b){0,4}?(?P<quote>\\{0,15}+\")(?:name|key)(?P=quote)%b*+:%b*+"
    rb"(?P=quote)(?P<name>[\w.\[\]-]{1,64}+)(?P=quote)" % (_BLANK, _BLANK, _FIELD_BETWEEN, _BLANK, _BLANK),
    re.IGNORECASE,
)
_NAME_OF_ATTRIBUTE = re.compile(
    rb"%b(?:%b++[\w:.-]{1,64}+[ \t]?=[ \t]?%b[^\"'<>\\]{0,200}+%b){0,4}?"
    rb"%b++(?:name|key)[ \t]?=[ \t]?(?P<quote>%b)(?P<name>[\w.\[\]-]{1,64}+)(?P=quote)"
    % (_QUOTE, _BLANK, _QUOTE, _QUOTE, _BLANK, _QUOTE),
    re.IGNORECASE,
)


class Span(NamedTuple):
    """Where a value stands: `quote` is what has to be put around what replaces it, nothing where there are quotes."""

    start: int
    end: int
    quote: bytes
    is_cut: bool = False
    """Whether it is a bare one that goes on behind `end`: as much of it as its looks are told by."""


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
        start, quote = opened.end(), opened[2] + opened[3]
        rest = quote * (_THREE - 1)
        if several := data.startswith(rest, start):
            start, quote = start + len(rest), quote + rest
            line_end = _END_OF_LINE.match(data, start)
            start = line_end.end() if line_end else start
        end = data.find(quote, start, start + LONGEST)
        if end >= 0 and (several or b"\n" not in data[start:end]):
            yield Span(start, _without_blanks(data, start, end) if several else end, b"")
    elif bare := _BARE_START.match(data, position):
        cut = _CUT.search(bare[0])
        if not cut or (cut.end() == LOOKED_AT and not cut[0].strip(b";.:!?")):
            yield Span(position, bare.end(), b"", is_cut=len(bare[0]) == LOOKED_AT)
        elif not cut[0].startswith(b"("):  # else a call
            yield Span(position, position + cut.start(), b"")


def _without_blanks(data: bytes, start: int, end: int) -> int:
    blanks = _BLANKS_BEHIND.search(data, start, end)
    return blanks.start() if blanks else end


def end_of_bare(data: bytes, start: int) -> int:
    """Returns where a bare value ends that begins here."""
    bare = _BARE.match(data, start)
    assert bare
    cut = _CUT.search(bare[0])
    return start + cut.start() if cut else bare.end()


def line_values(data: bytes, position: int, *, is_block: bool) -> Iterator[Span]:
    """Yields the values of a YAML list, or of a block's lines, that begin behind the name's own line."""
    for _ in range(_STRINGS):
        line = (_LINE_OF_BLOCK if is_block else _ITEM).match(data, position)
        if not line:
            return
        yield from text_values(data, line.end())
        following = _END_OF_LINE.search(data, line.end(), line.end() + LONGEST)
        if not following:
            return
        position = following.start()


def element_values(data: bytes, position: int, name: str) -> Iterator[Span]:
    """Yields what is in an XML element, if it is a text and the element ends behind it."""
    closes = b"<"
    if is_wrapped := data.startswith(_CDATA, position):
        position, closes = position + len(_CDATA), _CDATA_END
    end = data.find(closes, position, position + LONGEST)
    behind = end + len(_CDATA_END) if is_wrapped else end
    if end >= 0 and _CLOSES.match(data, behind) and name.encode() in data[behind : behind + len(name) + _PREFIX]:
        yield Span(position, end, b"")


def is_attribute(data: bytes, position: int) -> bool:
    """Returns whether what begins at `position` is an attribute of an element."""
    start = data.rfind(b"<", max(0, position - _LONGEST_TAG), position)
    return start >= 0 and _TAG.match(data, start, position) is not None


def values_before_names(data: bytes, lower: bytes) -> Iterator[tuple[str, Span]]:
    """Yields each value that stands before its name, with the name: of a JSON object or of an element's attributes.

    `lower` is the text in small letters.
    """
    for opened in _VALUE_FIRST.finditer(lower):
        quote = opened["quote"]
        if not data.endswith(quote or _BLANKS, 0, opened.start()):
            continue
        values = text_values(data, opened.end()) if quote is None else field_values(data, opened.end(), quote)
        if (span := next(values, None)) is None:
            continue
        named = (_NAME_OF_ATTRIBUTE if quote is None else _NAME_OF_FIELD).match(data, span.end)
        if named and quote in (None, named["quote"]):
            yield named["name"].decode("ascii", "replace"), span


def _strings(data: bytes, start: int, depth: int, *, is_list: bool) -> Iterator[Span]:
    """The string that begins here, and those behind it in a list."""
    for _ in range(_STRINGS):
        end = end_of_string(data, start, depth)
        yield Span(start, end, b"")
        following = _NEXT_OF_A_LIST.match(data, end) if is_list else None
        if not following:
            return
        start = following.end()
