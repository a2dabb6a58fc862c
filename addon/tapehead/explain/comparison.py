"""In what two requests differ: a list of differences, each with its place and both values.

Takes requests as they are handed over, so that what does not count is to be taken out first (see `normalize`). Bodies are
compared by kind: JSON as JSON, forms by field, anything else as text. Knows no API and no words.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any
from urllib.parse import unquote_to_bytes

from tapehead.cassette.model import Request, Values
from tapehead.explain.difference import Difference, Kind
from tapehead.explain.json_diff import tree_differences
from tapehead.matching.canonical_json import parse_json
from tapehead.matching.templates import same_but_for_values
from tapehead.matching.url_parts import parse_url
from tapehead.wire.asking_headers import ASKING
from tapehead.wire.multipart import boundary_of, parse_multipart

LIMIT = 100
"""So many differences of two requests are told apart, at most."""

_MAX_VALUES = 40_000  # JSON of more values is compared as text: reading it would take long
_FORM = re.compile(rb"[^\s{}\[\]<>\"'&=;]++=[^\s{}\[\]<>\"'&=;]*+(?:&[^\s{}\[\]<>\"'&=;]++=[^\s{}\[\]<>\"'&=;]*+)*+")
_OTHERS = ("proto", "transfer_encoding", "remote_addr", "request_uri")

type Pairs = list[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two requests beside each other."""

    recorded: Request
    actual: Request
    recorded_json: Any | None
    """The recorded body, if it is a JSON object or array; numbers are Decimal."""
    actual_json: Any | None
    differences: tuple[Difference, ...]
    """Method, URL, body, the rest; within the body in its order. No more than LIMIT."""


def compare(recorded: Request, got: Request) -> Comparison:
    """Returns two requests beside each other, with their differences: LIMIT at most.

    What stands at the place of a recorded placeholder is none.
    """
    old, new = (parse_json(each.body) if is_small(each.body) else None for each in (recorded, got))
    found: list[Difference] = []
    found += _value("method", recorded.method, got.method)
    if recorded.url != got.url:
        found += _urls(recorded.url, got.url)
    if old is not None and new is not None:
        found += tree_differences(old, new, LIMIT)
    elif recorded.body != got.body:
        found += _bodies(recorded.body, got.body)
    asked = {name: values for name, values in got.headers.items() if name in recorded.headers or name not in ASKING}
    found += _headers("headers", recorded.headers, asked)
    found += _headers("trailer", recorded.trailer, got.trailer)
    for name in _OTHERS:
        found += _value(name, *(str(getattr(each, name)) for each in (recorded, got)))
    said = [each for each in found if not _is_only_value(each)]
    if not found:  # what only follows from the others
        found += _value("host", recorded.host, got.host)
        found += _headers("form", recorded.form, got.form)
        found += _headers("headers", recorded.headers, got.headers)
        said = found + _value("content_length", str(recorded.content_length), str(got.content_length))
    return Comparison(
        recorded=recorded, actual=got, recorded_json=old, actual_json=new, differences=tuple(said[:LIMIT])
    )


def is_small(body: bytes) -> bool:
    """Returns whether a body has so few values that it can be read as JSON in a moment."""
    return most_values(body) <= _MAX_VALUES


def most_values(body: bytes) -> int:
    """Returns how many values a body can have, if it is JSON; text counts for some too."""
    return body.count(b",") + body.count(b"[") + body.count(b"{")


def _urls(old: str, new: str) -> list[Difference]:
    a, b = parse_url(old), parse_url(new)
    found: list[Difference] = []
    for name in ("scheme", "host", "port", "path"):
        found += _value(name, getattr(a, name), getattr(b, name))
    if a.query != b.query:
        fields = _fields("query", _pairs(a.query), _pairs(b.query))
        found += fields or [Difference(kind=Kind.MOVED, where="query", recorded=a.query, actual=b.query)]
    return found or _value("url", old, new)


def _bodies(old: bytes, new: bytes) -> list[Difference]:
    forms = [_form(each) for each in (old, new)]
    if forms[0] is not None and forms[1] is not None and (found := _fields("form", forms[0], forms[1])):
        return found
    return _value("body", _text(old) or None, _text(new) or None)


def _form(body: bytes) -> Pairs | None:
    """The fields of an urlencoded or a multipart body; None for any other."""
    if _FORM.fullmatch(body):
        return _pairs(_text(body))
    boundary = boundary_of(None, body)
    if boundary is None:
        return None
    try:
        return [(part.name or "", _text(part.body)) for part in parse_multipart(body, boundary)]
    except ValueError:
        return None


def _pairs(query: str) -> Pairs:
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    return [(_text(unquote_to_bytes(_bytes(name.replace("+", " ")))), value) for name, _, value in pairs]


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogateescape")


def _fields(part: str, old: Pairs, new: Pairs) -> list[Difference]:
    """Differences by name; of several values of one name the first with the first, and so on."""
    grouped: dict[str, tuple[list[str], list[str]]] = {}
    for side, pairs in enumerate((old, new)):
        for name, value in pairs:
            grouped.setdefault(name, ([], []))[side].append(value)
    found = []
    for name, values in grouped.items():
        for a, b in zip_longest(*values):
            found += _value(f"{part}:{name}", a, b)
    return found


def _headers(part: str, old: Values, new: Values) -> list[Difference]:
    found = []
    for name in dict.fromkeys([*old, *new]):
        values = (_joined(each.get(name)) for each in (old, new))
        found += _value(f"{part}:{name}", *values)
    return found


def _joined(values: Sequence[str] | None) -> str | None:
    return None if values is None else ", ".join(values)


def _is_only_value(difference: Difference) -> bool:
    """Whether another value stands at a placeholder's place, and that is all: any value matches there."""
    if difference.kind is not Kind.CHANGED or not isinstance(difference.recorded, str):
        return False
    live = difference.actual
    return not isinstance(live, dict | list) and same_but_for_values(
        difference.recorded, live if isinstance(live, str) else str(live)
    )


def _value(where: str, old: str | None, new: str | None) -> list[Difference]:
    if old == new:
        return []
    kind = Kind.ADDED if old is None else Kind.REMOVED if new is None else Kind.CHANGED
    return [Difference(kind=kind, where=where, recorded=old, actual=new)]


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
