"""Cookies: which of a Cookie or Set-Cookie value's pairs are credentials. Names, attributes and settings stay.

Source: RFC 6265, 4.1.1 and 4.2.1.
"""

import re
from collections.abc import Iterator
from urllib.parse import unquote

from tapehead.redact.edits import Edit
from tapehead.redact.looks_random import SHORT, is_mixed, looks_random
from tapehead.redact.names import words_of
from tapehead.redact.placeholder import placeholder
from tapehead.redact.stand_ins import is_harmless

COOKIE = placeholder("cookie")

_MIXED = 8  # characters
_IN_TEXT = re.compile(rb"[A-Za-z0-9_.$%-]+=([^;\x00-\x20\"'\\,]+)")
# Words in the names of cookies by which a client is known again, whatever their values look like.
_OF_SESSIONS = frozenset(
    {
        *("sid", "sess", "session", "sessionid", "ssid", "psid", "auth", "token", "jwt", "login", "user", "uid"),
        *("csrf", "xsrf", "remember", "secret", "key", "id"),
    }
)


def redact_cookies(value: str, *, is_set: bool) -> str:
    """Returns a Cookie value, or with `is_set` a Set-Cookie value, without the credentials in it."""
    if is_set:
        pair, semicolon, attributes = value.partition(";")
        return _redacted(pair) + semicolon + attributes
    return ";".join(map(_redacted, value.split(";")))


def secrets_of(value: str, *, is_set: bool) -> Iterator[str]:
    """Yields the values in a Cookie or Set-Cookie header that are credentials."""
    for pair in value.split(";")[: 1 if is_set else None]:
        name, _, text = pair.partition("=")
        if _is_secret(name.strip(), text.strip()):
            yield text.strip()


def find_cookies(data: bytes, start: int, end: int) -> Iterator[Edit]:
    """Yields the edits of a Cookie header's value in a text, where the values have to look random."""
    for match in _IN_TEXT.finditer(data, start, end):
        if looks_random(match[1].decode(errors="surrogateescape"), SHORT):
            yield Edit(*match.span(1), COOKIE)


def _redacted(pair: str) -> str:
    name, equals, text = pair.partition("=")
    if not equals:
        return pair if is_harmless(pair) else COOKIE.decode()
    if not _is_secret(name.strip(), text.strip()):
        return pair
    before = text[: len(text) - len(text.lstrip())]
    return f"{name}={before}{COOKIE.decode()}"


def _is_secret(name: str, value: str) -> bool:
    value = unquote(value)
    if is_harmless(value):
        return False
    return (
        not _OF_SESSIONS.isdisjoint(words_of(name))
        or looks_random(value, SHORT)
        or (len(value) >= _MIXED and is_mixed(value))
    )
