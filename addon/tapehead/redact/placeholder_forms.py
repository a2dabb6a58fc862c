"""Placeholders that keep the form of what they replace: for the answers whose clients take a value apart.

A JSON web token stays one that can be read and has not expired, a UUID a UUID, and so on: reserved constants, listed in
the guide to the format. Knows which text is of which form, and which is one of ours; not where credentials stand.
"""

import base64
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from tapehead.redact.base64_alignments import encodings
from tapehead.redact.edits import Edit
from tapehead.redact.expiry_times import EXPIRES
from tapehead.redact.placeholder import is_placeholder, placeholder

UUID = b"00000000-dead-4000-8000-000000000000"
NUMBER = b"909090909090909"
"""15 digits: exact in JavaScript, too, and no service counts that far."""
HOST = b"redacted.invalid"
"""RFC 2606 reserves the domain: there is no such host."""

_SIGNATURE = base64.urlsafe_b64encode(placeholder("jwt")).rstrip(b"=")
_KEY = base64.b64encode(placeholder("private-key"))
_BASE64_BEGIN = base64.b64encode(placeholder(""))[:12]
# How any placeholder begins, plain, in base64, in base64 within base64, in hex.
_BEGIN = placeholder("")[:-1]
_IN_BASE64 = encodings(_BEGIN)
_ENCODED = (_BEGIN, _BEGIN.hex().encode(), *_IN_BASE64, *(each for one in _IN_BASE64 for each in encodings(one)))
_KEPT_HEADERS = ("alg", "typ", "kid")
_KEPT_CLAIMS = ("iss", "aud", "iat", "nbf", "ver")
_CLAIMS: Mapping[str, Any] = {
    "exp": EXPIRES,
    "sub": "[REDACTED:sub]",
    "oid": UUID.decode(),
    "tid": UUID.decode(),
    "nonce": "[REDACTED:nonce]",
}

_JWT = re.compile(rb"(eyJ[A-Za-z0-9_-]++)\.(eyJ[A-Za-z0-9_-]++)\.([A-Za-z0-9_-]++)")
_UUID = re.compile(rb"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}")
_NUMBER = re.compile(rb"[0-9]{1,18}")
_URL = re.compile(rb"([a-z][a-z0-9+.-]{1,15}://)[^\s\"\\]++")
_BASE64 = re.compile(rb"(?=.{16})(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)")
_BREAK = rb"(?:\r?\n *|(?:\\+[nr])+)"
_PEM = re.compile(
    rb"(-----BEGIN [A-Z0-9 ]{1,40}-----)(%b).*?(-----END [A-Z0-9 ]{1,40}-----)(%b?)" % ((_BREAK,) * 2), re.DOTALL
)
_OUR_JWT = re.compile(rb"eyJ[A-Za-z0-9_-]++\.eyJ[A-Za-z0-9_-]++\.%b(?![A-Za-z0-9_-])" % _SIGNATURE)
_OUR_PEM = re.compile(
    rb"-----BEGIN [A-Z0-9 ]{1,40}-----%b%b%b-----END [A-Z0-9 ]{1,40}-----%b?"
    % (_BREAK, re.escape(_KEY), _BREAK, _BREAK)
)
_OUR_URL = re.compile(rb"[a-z][a-z0-9+.-]{1,15}://%b/" % re.escape(HOST))
_OUR_NUMBER = re.compile(rb"(?<![0-9.])%b(?![0-9.])" % NUMBER)
# With something that each of them holds, and its kind.
_OURS: tuple[tuple[bytes, re.Pattern[bytes], str], ...] = (
    (_SIGNATURE, _OUR_JWT, "jwt"),
    (UUID, re.compile(re.escape(UUID)), "value"),
    (NUMBER, _OUR_NUMBER, "value"),
    (HOST, _OUR_URL, "value"),
    (_KEY, _OUR_PEM, "private-key"),
)


def is_form(data: bytes) -> bool:
    """Returns whether a text is one of the placeholders that keep a form."""
    return any(pattern.fullmatch(data) for literal, pattern, _ in _OURS if literal in data) or _is_base64_of_ours(data)


def holds_placeholder(data: bytes) -> bool:
    """Returns whether one of our placeholders is in a value, encoded or not: what was a credential in it is gone."""
    return any(text in data for text in _ENCODED)


def keep_forms(data: bytes, edits: Iterable[Edit]) -> list[Edit]:
    """Returns the edits of an answer, with placeholders of the form of what each replaces, where that has one.

    So is a value that is all of a JSON string, or a bare number. What is such a placeholder already stays.
    """
    kept = []
    for edit in edits:
        old = data[edit.start : edit.end]
        if is_form(old):
            continue
        if data[edit.start - 1 : edit.start] == b'"' == data[edit.end : edit.end + 1]:
            edit = edit._replace(new=_in_form(old, edit.new) or edit.new)
        elif _NUMBER.fullmatch(old) and edit.new.startswith(b'"'):
            edit = edit._replace(new=NUMBER)
        kept.append(edit)
    return kept


def find_nonces(data: bytes, nonce: str) -> Iterator[Edit]:
    """Yields an edit that gives a JSON web token of ours which has a nonce another one, for each that there is."""
    for match in _OUR_JWT.finditer(data) if _SIGNATURE in data else ():
        head, encoded, signature = match[0].split(b".")
        claims = _part(encoded)
        if claims and claims.get("nonce") == _CLAIMS["nonce"]:
            yield Edit(*match.span(), b".".join([head, _encoded({**claims, "nonce": nonce}), signature]))


def find_forms(data: bytes) -> Iterator[Edit]:
    """Yields an edit for each such placeholder in a request: one that its client got in an answer, and sends back.

    It was recorded with the value itself, which was replaced by the usual placeholder.
    """
    for literal, pattern, kind in _OURS:
        if data.find(literal) >= 0:  # several times as quick as `in`
            for match in pattern.finditer(data):
                new = placeholder(kind)
                is_bare = literal is NUMBER and data[match.start() - 1 : match.start()] in _BEFORE_BARE
                yield Edit(*match.span(), b'"%b"' % new if is_bare else new)


_BEFORE_BARE = (b":", b" ", b",", b"[")


def _in_form(old: bytes, new: bytes) -> bytes | None:
    for pattern, make in _FORMS:
        if match := pattern.fullmatch(old):
            return make(match, new)
    return None


def _jwt(match: re.Match[bytes], _: bytes) -> bytes | None:
    header, claims = _part(match[1]), _part(match[2])
    if header is None or claims is None:
        return None
    head = {name: header[name] for name in _KEPT_HEADERS if name in header}
    body = {name: claims[name] for name in _KEPT_CLAIMS if name in claims}
    body |= {name: value for name, value in _CLAIMS.items() if name in claims}
    return b".".join([_encoded(head or {"alg": "none"}), _encoded(body or {"exp": EXPIRES}), _SIGNATURE])


def _part(encoded: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(base64.urlsafe_b64decode(encoded + b"=" * (-len(encoded) % 4)))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _encoded(value: Mapping[str, Any]) -> bytes:
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).rstrip(b"=")


def _base64(_: re.Match[bytes], new: bytes) -> bytes:
    return base64.b64encode(new)


def _is_base64_of_ours(data: bytes) -> bool:
    if not data.startswith(_BASE64_BEGIN):
        return False
    try:
        return is_placeholder(base64.b64decode(data))
    except ValueError:
        return False


_FORMS: tuple[tuple[re.Pattern[bytes], Callable[[re.Match[bytes], bytes], bytes | None]], ...] = (
    (_JWT, _jwt),
    (_UUID, lambda *_: UUID),
    (_URL, lambda match, _: match[1] + HOST + b"/"),
    (_PEM, lambda match, _: b"".join([match[1], match[2], _KEY, match[2], match[3], match[4]])),
    (_BASE64, _base64),
)
