"""A request's body in one spelling, by its kind: JSON, a form, multipart, NDJSON, or bytes.

Knows how a kind is told: by the Content-Type, and where a cassette keeps none, by the body itself. What it spells is of
the same kind again, so a normal body can be read like any other. Knows nothing of what a provider's fields mean.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

from tapehead.matching.canonical_json import canonicalize
from tapehead.matching.urls import NOTHING_MADE_UP, MadeUp, normal_pairs
from tapehead.wire.coding import CodingError, decode
from tapehead.wire.event_splitters import SPLITTERS
from tapehead.wire.headers import media_type
from tapehead.wire.multipart import (
    BodyPart,
    boundary_of,
    extended_value,
    parameters,
    parse_multipart,
    write_multipart,
)
from tapehead.wire.ndjson import NDJSONSplitter

type Edit = Callable[[Any], None]
"""Changes a JSON value in place before it is spelt."""

_FORM = "application/x-www-form-urlencoded"
_JSON = frozenset({"application/json", "text/json"})
# RFC 1952, 2.3 (deflate is its only method); RFC 8878, 3.1.1.
_MAGIC = ((b"\x1f\x8b\x08", "gzip"), (b"\x28\xb5\x2f\xfd", "zstd"))
# Pairs of characters that need no escape, and of escapes: no prose, no base64 of more than one name.
_PAIRS = re.compile(rb"[\w.~*+%-]++=[\w.~*+%-]*+(?:&[\w.~*+%-]++=[\w.~*+%-]*+)*+")
_WITH_PARAMETERS = frozenset({"Content-Disposition", "Content-Type"})
_QUOTED = re.compile(r'["\\]')
_BOUNDARY = b"boundary"
_TAKEN = re.compile(b"--%b(x*+)" % _BOUNDARY)


def decode_body(body: bytes, content_encoding: str | None) -> bytes:
    """Returns a body with its content coding undone, within bounds; what cannot be decoded as it was sent.

    Without a Content-Encoding gzip and zstd are known by their first bytes, and by decoding to their end.
    """
    coding = content_encoding or next((name for magic, name in _MAGIC if body.startswith(magic)), "")
    if not coding:
        return body
    try:
        return b"".join(decode([body], coding))
    except CodingError:  # a cassette may have the header, and the body decoded already
        return body


def normal_body(
    body: bytes,
    content_type: str | None = None,
    *,
    edit: Edit | None = None,
    edit_text: Callable[[bytes], bytes] | None = None,
    ignored: Collection[str] = (),
    made_up: MadeUp = NOTHING_MADE_UP,
    forms_only: bool = False,
) -> bytes:
    """Returns a decoded body in one spelling, `edit_text` of one that is no JSON; with `forms_only` none but forms count.

    `ignored` are names of form fields, `made_up` values of some that do not count.

    One whole JSON object or array is JSON whatever its Content-Type says: curl and urllib call what they send a form,
    and fetch calls it text.
    """
    if not body:
        return b""
    media = media_type(content_type)
    spelt = canonicalize(body, edit, scalars=media in _JSON or media.endswith("+json"))
    if spelt is None and (form := _normal_form(body, media, content_type, ignored, made_up)) is not None:
        return edit_text(form) if edit_text else form
    if forms_only:
        return b""
    if spelt is None:
        spelt = _normal_lines(body, media, edit)
    if spelt is None:
        return edit_text(body) if edit_text else body
    return spelt


def is_form(body: bytes, content_type: str | None) -> bool:
    """Returns whether a body in one spelling is an urlencoded form: pairs that `&` parts."""
    media = media_type(content_type)
    return canonicalize(body) is None and (media == _FORM or (not media and _PAIRS.fullmatch(body) is not None))


def _normal_form(
    body: bytes, media: str, content_type: str | None, ignored: Collection[str], made_up: MadeUp
) -> bytes | None:
    if media == _FORM or (not media and _PAIRS.fullmatch(body)):
        return normal_pairs(body.decode("utf-8", "surrogateescape"), ignored, made_up).encode(
            "utf-8", "surrogateescape"
        )
    if media.startswith("multipart/"):
        spelt = _normal_multipart(body, content_type, ignored)
        return body if spelt is None else spelt
    return None if media else _normal_multipart(body, content_type, ignored)


def _normal_multipart(body: bytes, content_type: str | None, ignored: Collection[str]) -> bytes | None:
    boundary = boundary_of(content_type, body)
    if boundary is None:
        return None
    try:
        parts = parse_multipart(body, boundary)
    except ValueError:
        return None
    normal = [_normal_part(part) for part in parts if part.name not in ignored]
    return write_multipart(normal, _boundary_for(normal))


def _normal_part(part: BodyPart) -> BodyPart:
    """Headers sorted, less the length, which says nothing of its own; JSON in one spelling, other bodies as sent."""
    headers = tuple(
        sorted((name, _header_value(name, value)) for name, value in part.headers if name != "Content-Length")
    )
    media = media_type(part.header("Content-Type"))
    spelt = canonicalize(part.body, scalars=True) if media in _JSON or media.endswith("+json") else None
    return replace(part, headers=headers, body=part.body if spelt is None else spelt)


def _header_value(name: str, value: str) -> str:
    """What has parameters: names in lower case, values without the spelling that they came in."""
    if name not in _WITH_PARAMETERS:
        return value
    found = dict(parameters(value))
    for each in [each for each in found if each.endswith("*")]:  # RFC 8187, 3.2.1
        text = extended_value(found[each])
        if text is not None:
            del found[each]
            plain = each.removesuffix("*")
            # Of two that differ servers take either: then both count.
            found[plain if found.get(plain, text) == text else each] = text
    if "charset" in found:
        found["charset"] = found["charset"].lower()
    said = [f'{each}="{_QUOTED.sub(_escape, text)}"' for each, text in sorted(found.items())]
    return "; ".join([value.partition(";")[0].strip().lower(), *said])


def _escape(found: re.Match[str]) -> str:
    return f"\\{found[0]}"


def _boundary_for(parts: Collection[BodyPart]) -> bytes:
    """The same for the same parts, and not in them: else a part could be spelt like two."""
    taken = _TAKEN.findall(write_multipart(parts, b""))
    return _BOUNDARY + b"x" * (max(map(len, taken)) + 1 if taken else 0)


def _normal_lines(body: bytes, media: str, edit: Edit | None) -> bytes | None:
    """NDJSON, each line as JSON, or as sent if it is none."""
    said = SPLITTERS.get(media) is NDJSONSplitter
    if not said and (media or not body.removeprefix(b"\xef\xbb\xbf").startswith((b"{", b"["))):
        return None
    normal = []
    for line in body.split(b"\n"):
        spelt = canonicalize(line, edit, scalars=said)
        if spelt is None and line.strip(b" \t\r"):
            if not said:
                return None
            spelt = line
        if spelt is not None:
            normal.append(spelt)
    return b"\n".join(normal)
