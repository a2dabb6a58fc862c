"""Credentials by their exact value: those that this session's own requests carry, and those of the environment.

This is what catches keys without a shape. Knows in which spellings a value may stand in a text; the headers and query
parameters that carry credentials are told by `names`.
"""

import base64
import binascii
import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from urllib.parse import parse_qsl, quote, quote_plus, unquote

from tapehead.redact.cookies import secrets_of
from tapehead.redact.edits import Edit
from tapehead.redact.looks_random import SHORT, looks_random
from tapehead.redact.names import Names, Where
from tapehead.redact.parameter_names import PairNames, is_oauth
from tapehead.redact.placeholder import is_placeholder, placeholder
from tapehead.redact.stand_ins import is_harmless

SHORTEST = 12
"""Bytes. A shorter value would be found by accident."""
_MOST = 256  # of the session's: a client that sends another token each time does not slow down the search

ENVIRONMENT = ("*KEY", "*TOKEN", "*SECRET", "*PASSWORD")

# They say whose request it is, but open nothing, and may be words that stand elsewhere.
_NAMES_OF_ACCOUNTS = frozenset({"openai-organization", "openai-project", "anthropic-organization-id"})
_PLACEHOLDER = placeholder("value")
_HEADERS = Names(Where.HEADER)
_PAIRS = PairNames()
# RFC 9110, 11.4: a scheme, then the credentials. Those that have parts are taken apart below.
_AWS_PARTS = ("credential",)  # of `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`: the last is used once


class SecretValues:
    """The values to look for. What a session's requests carry is added as they come."""

    def __init__(self, fixed: Iterable[str] = ()) -> None:
        self._fixed = [value for value in fixed if _counts(value)]
        self._seen: dict[str, None] = {}  # in the order in which they were last seen
        self._needles: tuple[bytes, ...] = ()
        self.version = 0
        """Counts up when values are added."""
        self._spell()

    def see(self, headers: Iterable[tuple[str, str]], url: str) -> None:
        """Adds the credentials that a request or a response carries in its headers and its URL."""
        new = False
        for value in _carried(headers, url):
            if value in self._seen:
                self._seen[value] = self._seen.pop(value)  # what is used goes on to be known
            elif _counts(value):
                self._seen[value] = None
                new = True
        if new:
            while len(self._seen) > _MOST:
                del self._seen[next(iter(self._seen))]
            self._spell()

    def find(self, data: bytes) -> list[Edit]:
        """Returns an edit wherever one of the values stands, in whatever spelling; those of the longest first."""
        found: list[Edit] = []
        for needle in self._needles:
            start = data.find(needle)
            while start >= 0:
                found.append(Edit(start, start + len(needle), _PLACEHOLDER))
                start = data.find(needle, start + len(needle))
        return found

    def _spell(self) -> None:
        self.version += 1
        spellings = {each for value in (*self._fixed, *self._seen) for each in _spellings(value)}
        self._needles = tuple(sorted(spellings, key=len, reverse=True))


def from_environment(environment: Mapping[str, str], kept: frozenset[str] = frozenset()) -> list[str]:
    """Returns the values of the variables whose names say that they are credentials, but for the `kept` ones."""
    return [
        value
        for name, value in environment.items()
        if name not in kept and any(fnmatchcase(name.upper(), pattern) for pattern in ENVIRONMENT)
    ]


def _counts(value: str) -> bool:
    data = value.encode(errors="surrogateescape")
    return len(data) >= SHORTEST and not is_placeholder(data) and len(set(data)) > 2 and not is_harmless(value)


def _carried(headers: Iterable[tuple[str, str]], url: str) -> Iterator[str]:
    for name, value in headers:
        if _HEADERS.row(lower := name.lower()):
            yield from _of_header(lower, value.strip())
    head, _, query = url.partition("?")
    oauth = is_oauth(url)
    for name, value in parse_qsl(query):
        if _PAIRS.is_secret(name, value, oauth=oauth):
            yield value
    user, at, _ = head.partition("://")[2].partition("/")[0].rpartition("@")
    if at:
        yield unquote(user.partition(":")[2])


def _of_header(name: str, value: str) -> Iterator[str]:
    if name in _NAMES_OF_ACCOUNTS:
        return
    if "cookie" in name:
        yield from secrets_of(value, is_set=name == "set-cookie")
        return
    if name == "sec-websocket-protocol":
        yield from (part.partition("api-key.")[2].strip() for part in value.split(","))
        return
    scheme, _, rest = value.partition(" ")
    rest = rest.strip()
    if not name.endswith("authorization") or not rest:
        yield value
    elif scheme.lower() == "basic":
        yield rest
        with contextlib.suppress(binascii.Error, UnicodeDecodeError):
            user, _, password = base64.b64decode(rest, validate=True).decode().partition(":")
            yield password
            if not password or looks_random(user, SHORT):  # a name, but of APIs whose key goes there
                yield user
    elif scheme.startswith("AWS4-"):
        for part in rest.split(","):
            key, _, text = part.strip().partition("=")
            if key.lower() in _AWS_PARTS:
                yield text.partition("/")[0]
    else:
        yield rest


def _spellings(value: str) -> set[bytes]:
    """The value as it stands in plain text, in JSON (also in a JSON string within one), and in a URL or form.

    Base64 is not among them: what is encoded so is decoded and looked through (see `encoded`).
    """
    once = json.dumps(value)[1:-1]
    raw = json.dumps(value, ensure_ascii=False)[1:-1]
    quoted = {quote(value, safe="", errors="surrogateescape"), quote_plus(value, errors="surrogateescape")}
    texts = {
        value,
        once,
        raw,
        json.dumps(once)[1:-1],
        json.dumps(raw, ensure_ascii=False)[1:-1],
        *quoted,
        *(_lower_hex(each) for each in quoted),
    }
    return {text.encode(errors="surrogateescape") for text in texts}


def _lower_hex(quoted: str) -> str:
    first, *rest = quoted.split("%")
    return "%".join([first, *(part[:2].lower() + part[2:] for part in rest)])
