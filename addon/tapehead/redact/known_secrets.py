"""Credentials by their exact value: those that this process has seen where credentials stand, and those of the environment.

This is what catches keys without a shape. Knows in which spellings a value may stand in a text; the headers and query
parameters that carry credentials are told by `names`.
"""

import base64
import binascii
import contextlib
import copy
import json
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import parse_qsl, quote, quote_plus, unquote

from tapehead.redact import subprotocols
from tapehead.redact.cookies import secrets_of
from tapehead.redact.edits import Edit
from tapehead.redact.looks_random import looks_generated, looks_like_password
from tapehead.redact.names import CredentialName, Names, Proof, Where
from tapehead.redact.parameter_names import PairNames, is_oauth
from tapehead.redact.placeholder import placeholder
from tapehead.redact.placeholder_forms import holds_placeholder, is_form
from tapehead.redact.stand_ins import stands_in

SHORTEST = 12
"""Bytes. A shorter value would be found by accident."""
_MOST = 1024  # of those that are learned: a client that sends another token each time does not slow down the search
_MOST_AT_ONCE = 4096  # of those whose order is remembered

ENVIRONMENT = re.compile(r"(?:KEY|TOKEN|SECRET|PASSWORD)\Z")
_SURE_VARIABLES = re.compile(
    r"(?:SECRET|PASSWORD|(?:API|ACCESS|SECRET|PRIVATE|AUTH|SUBSCRIPTION)_?KEY"
    r"|(?:API|ACCESS|AUTH|BEARER|REFRESH|SESSION|SECRET)_?TOKEN)\Z"
)
"""Their names leave no doubt. A `SORT_KEY` or an `EOS_TOKEN` must look like a credential to be one."""

# They say whose request it is, but open nothing, and may be words that stand elsewhere.
_NAMES_OF_ACCOUNTS = frozenset({"openai-organization", "openai-project", "anthropic-organization-id"})
_PLACEHOLDER = placeholder("value")
_NAME = re.compile(r"[^\W\d_]+(?:[_.][^\W\d_]+)*")
_HEADERS = Names(Where.HEADER)
_NAMES = Names(Where.PAIR)
_PAIRS = PairNames(_NAMES)
# RFC 9110, 11.4: a scheme, then the credentials. Those that have parts are taken apart below.
_AWS_PARTS = ("credential",)  # of `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`: the last is used once


class SecretValues:
    """The values to look for. What requests and responses carry is added as they come, for the whole process."""

    def __init__(self, fixed: Iterable[str] = ()) -> None:
        self._fixed = [value for value in fixed if _counts(value)]
        self._seen: dict[str, tuple[bytes, ...]] = {}  # with their spellings, in the order in which they were last seen
        self._latest: deque[str] = deque(maxlen=_MOST_AT_ONCE)
        self._needles: tuple[bytes, ...] = ()
        self.version = 0
        """Counts up when values are added."""
        self.learned = 0
        """How many have been learned."""
        self._spell()

    def copy(self) -> "SecretValues":
        """Returns one that knows the same, and learns by itself."""
        other = copy.copy(self)
        other._seen, other._latest = dict(self._seen), self._latest.copy()
        return other

    def see(self, headers: Iterable[tuple[str, str]], url: str) -> None:
        """Learns the credentials that a request or a response carries in its headers and its URL."""
        self.learn(_carried(headers, url))

    def learn(self, values: Iterable[str]) -> None:
        """Learns values, whatever they look like; those that are too short or are placeholders do not count."""
        before = self.learned
        for value in values:
            if value in self._seen:
                self._seen[value] = self._seen.pop(value)  # what is used goes on to be known
            elif _counts(value) and value not in self._fixed:
                self._seen[value] = tuple(spellings(value))
                self._latest.append(value)
                self.learned += 1
        if self.learned > before:
            while len(self._seen) > _MOST:
                del self._seen[next(iter(self._seen))]
            self._spell()

    def learned_since(self, count: int) -> Sequence[str]:
        """Returns what has been learned since `learned` was `count`; of very many only the latest."""
        new = self.learned - count
        return [*self._latest][-new:] if new else ()

    def find(self, data: bytes) -> list[Edit]:
        """Returns an edit wherever one of the values stands, in whatever spelling; those of the longest first."""
        found: list[Edit] = []
        for needle in self._needles:
            start = data.find(needle)
            while start >= 0:
                found.append(Edit(start, start + len(needle), _PLACEHOLDER))
                start = data.find(needle, start + len(needle))
        return found

    @property
    def needles(self) -> Sequence[bytes]:
        """The values in each of their spellings."""
        return self._needles

    @property
    def is_empty(self) -> bool:
        """Whether no value is known."""
        return not self._needles

    def is_in(self, data: bytes) -> bool:
        """Returns whether one of the values stands in a text, in whatever spelling but base64."""
        return any(needle in data for needle in self._needles)

    def _spell(self) -> None:
        self.version += 1
        texts = {each for value in self._fixed for each in spellings(value)}.union(*self._seen.values())
        self._needles = tuple(sorted(texts, key=len, reverse=True))


def from_environment(environment: Mapping[str, str], kept: frozenset[str] = frozenset()) -> list[str]:
    """Returns the values of the variables whose names say that they are credentials, but for the `kept` ones.

    Where a name leaves doubt (`SORT_KEY`, `EOS_TOKEN`) the value must look like one.
    """
    return [
        value
        for name, value in environment.items()
        if name not in kept
        and not stands_in(value)
        and ENVIRONMENT.search(upper := name.upper())
        and (_SURE_VARIABLES.search(upper) or looks_generated(value))
    ]


def _counts(value: str) -> bool:
    data = value.encode(errors="surrogateescape")
    return len(data) >= SHORTEST and not holds_placeholder(data) and not is_form(data) and len(set(data)) > 2


def _carried(headers: Iterable[tuple[str, str]], url: str) -> Iterator[str]:
    for name, value in headers:
        if _HEADERS.row(lower := name.lower()):
            yield from (each for each in _of_header(lower, value.strip()) if not stands_in(each))
    head, _, query = url.partition("?")
    if query:
        yield from in_pairs(query, oauth=is_oauth(url))
    user, at, _ = head.partition("://")[2].partition("/")[0].rpartition("@")
    if at:
        yield unquote(user.partition(":")[2])


def in_pairs(pairs: str, *, oauth: bool = False) -> Iterator[str]:
    """Yields the credentials that stand in a query or an urlencoded form. `oauth`: it is of an OAuth exchange for sure."""
    yield from of_pairs(parse_qsl(pairs), oauth=oauth or is_oauth(pairs))


def of_pairs(pairs: Iterable[tuple[str, str]], *, oauth: bool = False) -> Iterator[str]:
    """Yields likewise those of names and values."""
    for name, value in pairs:
        row = _NAMES.row(name.strip())
        if row and _PAIRS.is_secret(name, value, oauth=oauth) and is_telling(row, value):
            yield value


def is_telling(row: CredentialName, value: str) -> bool:
    """Returns whether a credential is worth to be looked for elsewhere, where the same may be said of something else.

    A name of a field or a word (`organization_id`) is not, whatever it stands for here; a password has to look like one.
    """
    if row.proof is Proof.PASSWORD:
        return looks_generated(value) or looks_like_password(value)
    return _NAME.fullmatch(value) is None or looks_generated(value)


def _of_header(name: str, value: str) -> Iterator[str]:
    if name in _NAMES_OF_ACCOUNTS:
        return
    if "cookie" in name:
        yield from secrets_of(value, is_set=name == "set-cookie")
        return
    if name == subprotocols.HEADER:
        yield from subprotocols.keys_in_subprotocols(value)
        return
    scheme, _, rest = value.partition(" ")
    rest = rest.strip()
    if not name.endswith("authorization") or not rest:
        yield value
    elif scheme.lower() == "basic":
        yield rest
        with contextlib.suppress(binascii.Error, UnicodeDecodeError):
            user, _, password = base64.b64decode(rest, validate=True).decode().partition(":")
            if not password or looks_generated(user):  # else it names somebody
                yield user
            yield password
    elif scheme.startswith("AWS4-"):
        for part in rest.split(","):
            key, _, text = part.strip().partition("=")
            if key.lower() in _AWS_PARTS:
                yield text.partition("/")[0]
    else:
        yield rest


def spellings(value: str) -> set[bytes]:
    """Returns the value as it stands in plain text, in JSON (also in a JSON string within one), and in a URL or form.

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
