"""Passwords in the URLs within a text: `scheme://user:password@host`, and `curl -u user:password`."""

import re
from collections.abc import Iterator

from tapehead.redact.edits import Edit
from tapehead.redact.looks_random import SHORT, is_mixed, looks_random
from tapehead.redact.placeholder import placeholder
from tapehead.redact.stand_ins import is_harmless

_NEW = placeholder("password")
_URL = b"://"
_USERINFO = re.compile(
    rb"://([^\x00-\x20/?#:@\"'`<>\\]{0,200}+)(?::([^\x00-\x20/?#@\"'`<>\\]{1,500}+))?@(?=[A-Za-z0-9_\[])"
)
_CURL = b"curl"
_OPTIONS = (b" -u", b" --user")
_USER = re.compile(rb" (?:-u|--user)[ =]{1,3}(?:\\*[\"'])?([^\x00-\x20:\"'\\]{1,200}+):([^\x00-\x20\"'\\]{1,500}+)")
_OF_TOKENS = (b"http", b"https")  # schemes of URLs whose user may be a token: git's
_SHORTEST = 6  # characters


def find_userinfo(data: bytes) -> Iterator[Edit]:
    """Yields an edit for each password, and for each user name that is a credential because there is no password."""
    if b"@" in data:
        yield from _at_each(_URL, _USERINFO, data)
    if _CURL in data:
        for option in _OPTIONS:
            yield from _at_each(option, _USER, data)


def _at_each(literal: bytes, pattern: re.Pattern[bytes], data: bytes) -> Iterator[Edit]:
    position = data.find(literal)
    while position >= 0:
        if (match := pattern.match(data, position)) and (edit := _edit(data, match)):
            yield edit
        position = data.find(literal, position + len(literal))


def _edit(data: bytes, match: re.Match[bytes]) -> Edit | None:
    user = match[1].decode(errors="surrogateescape")
    if match[2] is None:
        is_token = data[max(0, match.start() - 5) : match.start()].endswith(_OF_TOKENS) and looks_random(user)
        return Edit(*match.span(1), _NEW) if is_token else None
    password = match[2].decode(errors="surrogateescape")
    is_secret = len(password) >= _SHORTEST and password != user and not is_harmless(password)
    return Edit(*match.span(2), _NEW) if is_secret and (is_mixed(password) or looks_random(password, SHORT)) else None
