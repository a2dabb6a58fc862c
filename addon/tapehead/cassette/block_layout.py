"""One interaction's block of text, understood by its layout alone: which block is surely what the reader would make of it.

Knows the columns of the layouts that go-vcr and its like write, the order of the keys there, and of YAML's scalars the
forms that stand on one line, or are a literal block without a digit. A block that is written in any other way is not
proven, and is the reader's. One that is has all that the reader and `http_rules` ask for, but for what is told by
`has_odd_characters`. What a proven block says is `block_values`' matter.
"""

import re
from collections.abc import Callable
from functools import cache

from tapehead.cassette.dialect import KNOWN

type Columns = tuple[int, int, int, int]
"""Of the dash of `- id:`, of `proto:`, of a header's name and a literal body's lines, and of the dash of a header's value."""
type Block = re.Match[bytes]

HEADS = (b"---\nversion: 2\ninteractions:\n", b"version: 2\ninteractions:\n")
"""What a file begins with whose blocks can be proven."""

# Printable, and none of space, colon and number sign.
_SAFE = rb"[!-\"$-9;-~\x80-\xff]"
# Nothing that begins something else than a plain text, and no null.
_PLAIN = rb"(?!(?:null|Null|NULL)\n)[A-Za-z0-9/_.+(;=$^]%b*+(?:(?:\x20++(?![#\n])|:(?![\x20\n])|\#)%b*+)*+" % (
    _SAFE,
    _SAFE,
)
_SINGLE = rb"'[^'\x00-\x1f\x7f]*+(?:''[^'\x00-\x1f\x7f]*+)*+'"
_DOUBLE = rb"\"[^\"\\\x00-\x1f\x7f]*+\""
_TEXT = rb"(?:%b|%b|%b)" % (_SINGLE, _DOUBLE, _PLAIN)
_ESCAPE = rb"\\(?:[\"\\/abefnrtv0]|x[0-9A-Fa-f]{2}|u(?![dD][89A-Fa-f])[0-9A-Fa-f]{4})"
_ESCAPED = rb"\"[^\"\\\x00-\x1f\x7f]*+(?:%b[^\"\\\x00-\x1f\x7f]*+)*+\"" % _ESCAPE
# A body's lines are gone through at the speed of memory: what may not stand in them is seen for many blocks at once.
_LONG_SINGLE = rb"'[^']*+(?:''[^']*+)*+'"
_NAME = rb"(?!(?:null|Null|NULL):)[A-Za-z][A-Za-z0-9_-]{0,99}+"
_INTEGER = rb"-?[0-9]{1,18}"
_DURATION = rb"(?:[0-9]{1,2}m)?[0-9]{1,4}(?:\.[0-9]{1,9})?(?:n|\xc2\xb5|m)?s"

# go-vcr v4.0.7 pkg/cassette/cassette.go: the order of the keys, and which may be left out.
_LINES = rb"""
{item}- id: (?P<id>[0-9]{1,18})\n
{part}request:\n
{field}proto: (?P<request_proto>{text})\n
{field}proto_major: (?P<request_major>{integer})\n
{field}proto_minor: (?P<request_minor>{integer})\n
{field}content_length: (?P<request_length>{integer})\n
(?:{field}transfer_encoding:(?P<request_coding>{coding}))?+
(?:{field}trailer: \{\}\n)?+
{field}host: (?P<host>{text})\n
(?:{field}remote_addr: (?P<remote_addr>{text})\n)?+
(?:{field}request_uri: (?P<request_uri>{text})\n)?+
(?:{field}body: (?P<request_body>{body}))?+
(?:{field}form:(?P<form>{values}))?+
(?:{field}headers:(?P<request_headers>{values}))?+
{field}url: (?P<url>{text})\n
{field}method: (?P<method>(?!NULL\n)[A-Z]{1,20}+)\n
"""
_ANSWER_LINES = rb"""
{part}response:\n
{field}proto: (?P<response_proto>{text})\n
{field}proto_major: (?P<response_major>{integer})\n
{field}proto_minor: (?P<response_minor>{integer})\n
(?:{field}transfer_encoding:(?P<response_coding>{coding}))?+
(?:{field}trailer: \{\}\n)?+
{field}content_length: (?P<response_length>{integer})\n
(?:{field}uncompressed: (?P<uncompressed>true|false)\n)?+
{field}body: (?P<response_body>{body})
{field}headers:(?P<response_headers>{values})
{field}status: (?P<status>{text})\n
{field}code: (?P<code>[2-5][0-9][0-9])\n
{field}duration: (?P<duration>{duration})\n
"""
_BEGINNING = re.compile(rb"( *)- id: .*\n +request:\n( +)")
_BY_BEGINNING = {(each.item, each.field): (each.item, each.field, each.name_column, each.value) for each in KNOWN}
"""Where the dash and a field stand tells the rest."""

_QUOTE = ord("'")
_BODILESS = frozenset({b"204", b"304"})
_EMPTY = frozenset({b'""\n', b"''\n"})
_CONVERSATION = b"tapehead"  # in the Content-Type of one
_CONTROLS = tuple(bytes([each]) for each in (*range(9), *range(11, 32), 127))
_NEXT_LINES = re.compile(rb"\xc2[\x80-\x9f]")
# Line separators, the mark of byte order, and two that are no characters; libyaml's reader.c and scanner.c.
_OTHERS = (b"\xe2\x80\xa8", b"\xe2\x80\xa9", b"\xef\xbb\xbf", b"\xef\xbf\xbe", b"\xef\xbf\xbf")


def columns_of(first: bytes) -> Columns | None:
    """Returns the columns of the layout in which a file's first block is written; None where that is none of those known."""
    found = _BEGINNING.match(first)
    return _BY_BEGINNING.get((len(found[1]), len(found[2]))) if found else None


@cache
def pattern(columns: Columns) -> re.Pattern[bytes]:
    """Returns what matches a whole block. Each key stands at most once, and each alternative is tried once."""
    return _compiled(_LINES + _ANSWER_LINES, columns)


@cache
def answer_pattern(columns: Columns) -> re.Pattern[bytes]:
    """Returns what matches the rest of a block, from where its response begins."""
    return _compiled(_ANSWER_LINES, columns)


def begin_of_answer(columns: Columns) -> bytes:
    """Returns what stands once in a proven block: the end of the line before its response, and that one's first.

    Bodies' lines stand further in, or are empty.
    """
    return b"\n%b  response:\n" % (b" " * columns[0])


def request_headers(data: bytes, end: int, columns: Columns) -> bytes:
    """Returns the lines of the headers in a proven block whose request ends at `end`; b"" without any."""
    field = b"\n" + b" " * columns[1]
    start = data.rfind(field + b"headers:", 0, end)
    return data[start : data.find(field + b"url: ", start)] if start >= 0 else b""


def _compiled(lines: bytes, columns: Columns) -> re.Pattern[bytes]:
    item, field, name, value = (b" " * each for each in columns)
    # A list right under a key stands where those under names do, one step further out.
    dash = b" " * (columns[3] - columns[2] + columns[1])
    # The first line of a literal block tells its indentation, so that it may not begin with white space.
    literal = rb"\|[-+]?\n%b(?![ \t\n])[^\n]*+\n(?:%b[^\n]*+\n|\n)*+" % (name, name)
    parts = {
        b"item": item,
        b"part": item + b"  ",
        b"field": field,
        b"text": _TEXT,
        b"integer": _INTEGER,
        b"duration": _DURATION,
        b"coding": rb"(?: \[\]\n|\n(?:%b- %b\n)++)" % (dash, _TEXT),
        b"values": rb"(?: \{\}\n|\n(?:%b%b:\n(?:%b- %b\n)++)++)" % (name, _NAME, value, _TEXT),
        b"body": rb"(?:%b\n|%b\n|%b\n|%b)" % (_LONG_SINGLE, _ESCAPED, _PLAIN, literal),
    }
    text = b"".join(lines.split(b"\n"))
    for key, part in parts.items():
        text = text.replace(b"{%b}" % key, part)
    return re.compile(text)


@cache
def names_pattern(columns: Columns) -> re.Pattern[bytes]:
    """Returns what finds the names in a mapping of lists."""
    return re.compile(rb"\n%b([A-Za-z][A-Za-z0-9_-]*+):" % (b" " * columns[2]))


@cache
def prover(columns: Columns) -> Callable[[bytes, int], Block | None]:
    """Returns what proves the block that begins at a place of some bytes: it returns its parts, or None.

    It takes for granted that no odd characters are in it.
    """
    match, find_names = pattern(columns).match, names_pattern(columns).findall
    known: dict[bytes, None] = {}  # mappings in which each name stands once: mostly it is the same few

    def has_distinct_names(text: bytes | None) -> bool:
        if text is None or text in known:
            return True
        names = find_names(text)
        if len(set(names)) != len(names):
            return False
        if len(text) < 1024:
            if len(known) > 64:
                known.clear()
            known[text] = None
        return True

    def prove(data: bytes, at: int) -> Block | None:
        found = match(data, at)
        if found is None:
            return None
        form, asked, answered, method, code = found.group(
            "form", "request_headers", "response_headers", "method", "code"
        )
        for body in ("request_body", "response_body"):
            start, end = found.span(body)
            if start >= 0 and data[start] == _QUOTE and data.find(b"\n", start, end - 1) >= 0:
                return None  # of several lines
        if (code in _BODILESS or method == b"HEAD") and found["response_body"] not in _EMPTY:
            return None
        if _CONVERSATION in answered:
            return None
        if not (has_distinct_names(asked) and has_distinct_names(answered) and has_distinct_names(form)):
            return None
        return found

    return prove


def has_odd_characters(data: bytes) -> bool:
    """Returns whether there are characters in UTF-8 which YAML forbids or takes for the end of a line."""
    if any(each in data for each in _CONTROLS):
        return True
    return not data.isascii() and (any(each in data for each in _OTHERS) or _NEXT_LINES.search(data) is not None)
