"""Under which names credentials stand: one table for JSON, XML, queries, forms, uploads, headers, cookies and plain text.

A name is cut into words: at `-`, `_`, `.`, brackets, and where a small letter meets a capital. Its last words are
compared, and the row with the most of them counts: `MISTRAL_API_KEY`, `x-portkey-api-key`, `openaiApiKey` and
`credentials[api_key]` are all an `api key`, `next_token` is no `token`. Says what a value has to prove besides its
name; whether it does is for `named_values` to say.
"""

import enum
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass


class Proof(enum.Enum):
    """What a value under the name has to be."""

    ANY = enum.auto()
    """Anything at all: the user said so."""
    NAME = enum.auto()
    """Anything but a text about it: the name says it."""
    PASSWORD = enum.auto()
    """Likewise; in plain text it may be as short as people make them."""
    MIXED = enum.auto()
    """At least a few letters and digits that are no word."""
    RANDOM = enum.auto()
    """What looks random."""
    RANDOM_NOT_ID = enum.auto()
    """What looks random and is no UUID, ULID or digest: those are keys of all kinds of things."""
    RANDOM_ALONE = enum.auto()
    """Likewise, and in a field only under just this name: rateCode is another thing."""
    NEVER = enum.auto()
    """Nothing: a longer name that is harmless, though it ends like another row."""


class Where(enum.Flag):
    """Where a name can stand."""

    FIELD = enum.auto()
    """A field of JSON, an element of XML."""
    PAIR = enum.auto()
    """A parameter of a query or a form, a part of an upload."""
    HEADER = enum.auto()
    TEXT = enum.auto()
    """`NAME=value`, `name: value`, `--name value` in any text."""
    ERROR = enum.auto()
    """A field in the body of an error."""


_ALL = Where.FIELD | Where.PAIR | Where.HEADER | Where.TEXT
_BODIES = Where.FIELD | Where.PAIR | Where.TEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialName:
    """One kind of name, by its last words in lower case."""

    words: tuple[str, ...]
    proof: Proof = Proof.NAME
    where: Where = _ALL
    oauth: bool = False
    """Whether in an OAuth exchange the name is enough."""

    @property
    def kind(self) -> str:
        """Returns the kind of the placeholder."""
        return "_".join(self.words)


def _row(words: str, proof: Proof = Proof.NAME, where: Where = _ALL, *, oauth: bool = False) -> CredentialName:
    return CredentialName(words=tuple(words.split()), proof=proof, where=where, oauth=oauth)


ROWS: tuple[CredentialName, ...] = (
    # Keys of APIs. Azure: api-key, Ocp-Apim-Subscription-Key, AccountKey; RapidAPI, Brave, Tavily: *-key, *-token.
    _row("api key"),
    _row("x api key"),
    _row("api keys"),
    _row("api token"),
    _row("api secret"),
    _row("subscription key"),
    _row("subscription token"),
    _row("account key"),
    _row("shared access key"),
    _row("private key"),
    _row("secret key"),
    _row("secret access key"),  # AWS: configuration files, AssumeRole (XML), SSO (JSON)
    _row("app secret"),
    _row("app key", Proof.RANDOM),
    _row("access key", Proof.RANDOM),
    _row("access key id", Proof.RANDOM, _BODIES),  # AWS; not secret alone, but of one that is
    _row("connection string"),
    # OAuth 2.0 (RFC 6749), its assertions (RFC 7521), PKCE (RFC 7636), devices (RFC 8628), exchange (RFC 8693),
    # registration of clients (RFC 7592); OpenID Connect's id_token.
    _row("access token"),
    _row("refresh token"),
    _row("id token"),
    _row("client secret"),
    _row("client assertion"),
    _row("code verifier"),
    _row("device code", Proof.MIXED, oauth=True),
    _row("subject token"),
    _row("actor token"),
    _row("assertion", Proof.RANDOM, _BODIES, oauth=True),
    _row("code", Proof.RANDOM_ALONE, Where.FIELD | Where.PAIR, oauth=True),
    _row("authorization code", Proof.RANDOM, Where.FIELD | Where.PAIR, oauth=True),
    _row("auth code", Proof.RANDOM, Where.FIELD | Where.PAIR, oauth=True),
    _row("token", Proof.RANDOM_NOT_ID, oauth=True),
    # Of sessions and of who asks.
    _row("authorization"),
    _row("authorization token"),
    _row("auth token"),
    _row("bearer token"),
    _row("oauth token"),
    _row("private token"),  # GitLab
    _row("session token"),  # AWS
    _row("security token"),  # AWS: X-Amz-Security-Token
    _row("vault token"),  # HashiCorp
    _row("auth", Proof.RANDOM_NOT_ID),
    _row("bearer", Proof.RANDOM),
    _row("jwt", Proof.RANDOM, Where.PAIR | Where.HEADER),  # elsewhere its shape says it
    _row("ticket", Proof.RANDOM, Where.PAIR | Where.HEADER),
    _row("cookie", Proof.RANDOM, Where.FIELD | Where.HEADER | Where.TEXT),
    _row("sec websocket protocol", where=Where.HEADER),  # it can carry `openai-insecure-api-key.<key>`
    _row("openai organization", where=Where.HEADER),
    _row("openai project", where=Where.HEADER),
    _row("anthropic organization id", where=Where.HEADER),
    _row("password", Proof.PASSWORD),
    _row("passwd", Proof.PASSWORD),
    _row("passphrase", Proof.PASSWORD),
    _row("passcode", Proof.PASSWORD),
    _row("pwd", Proof.MIXED),
    _row("pass", Proof.MIXED, _BODIES),
    _row("secret", Proof.RANDOM),
    _row("secrets", Proof.RANDOM, _BODIES),
    _row("credential", Proof.RANDOM),
    _row("credentials", Proof.RANDOM),
    _row("key", Proof.RANDOM_NOT_ID),
    # What a URL is signed with: AWS, Google, Azure. A signature in a body is another thing (a model's thinking).
    _row("amz credential", Proof.NAME, Where.PAIR | Where.TEXT),
    _row("amz signature", Proof.NAME, Where.PAIR | Where.TEXT),
    _row("goog signature", Proof.NAME, Where.PAIR | Where.TEXT),
    _row("shared access signature"),
    _row("signature", Proof.RANDOM, Where.PAIR),
    _row("sig", Proof.RANDOM_NOT_ID, _BODIES),
    _row("sas", Proof.RANDOM, Where.PAIR),
    _row("upload id", Proof.RANDOM, Where.PAIR),  # of Google's resumable uploads: whoever has it may write
    _row("appid", Proof.RANDOM, Where.PAIR),  # OpenWeather's key
    # Whose request it was, in the body of an error (OpenRouter). Elsewhere it may be anything's.
    _row("account id", Proof.NAME, Where.ERROR),
    _row("user email", Proof.NAME, Where.ERROR),
    _row("user id", Proof.NAME, Where.ERROR),
    # Pages of a list, a model's special tokens, names of entries: they end like a credential and are none.
    *(
        _row(f"{first} token", Proof.NEVER)
        for first in (
            *("next", "page", "continuation", "cursor", "sync", "resume", "bos", "eos", "pad", "unk", "sep", "cls"),
            *("mask", "stop", "start", "end", "special", "text", "prompt", "image", "audio", "video", "decoder"),
            *("previous", "prev", "pagination", "scroll", "progress"),  # the last: MCP's progressToken
        )
    ),
    *(
        _row(f"{first} key", Proof.NEVER)
        for first in (
            *("public", "sort", "partition", "foreign", "cache", "idempotency", "model", "row", "group", "object"),
            *("translation", "i18n", "lookup", "dedup", "websocket", "surrogate", "order", "map", "answer"),
            *("page", "start", "previous", "evaluated"),  # the last two: of DynamoDB's pages
        )
    ),
    *(
        _row(f"{first} code", Proof.NEVER)
        for first in (
            *("status", "error", "country", "language", "lang", "currency", "zip", "postal", "source", "exit"),
            *("response", "return", "reason", "area", "region", "qr"),
        )
    ),
)

# Written in one word with what is before: PGPASSWORD, hapikey.
_GLUED = ("apikey", "accesstoken", "authtoken", "secretkey", "clientsecret", "privatekey", "password", "passphrase")

_WORD = re.compile("[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\x00-\x7f]+")
_MOST_WORDS = 4
_MOST_REMEMBERED = 10_000


def words_of(name: str) -> tuple[str, ...]:
    """Returns a name's words in lower case, without digits: `X-Api-Key2` is ("x", "api", "key")."""
    return tuple(word.lower() for word in _WORD.findall(name))


def squeeze(name: str) -> str:
    """Returns a name without what separates its words, in lower case."""
    return "".join(words_of(name)) or name.lower()


class Names:
    """The rows that count at a place, with the user's own names and without those that the user keeps."""

    def __init__(
        self,
        where: Where,
        *,
        rows: Iterable[CredentialName] = ROWS,
        more: Collection[str] = (),
        kind: str = "",
        kept: Iterable[str] = (),
    ) -> None:
        """Takes `more`: names whose values are credentials whatever they are, and the `kind` of their placeholder."""
        self._rows = {"".join(row.words): row for row in rows if row.where & where or row.proof is Proof.NEVER}
        self._more = {squeeze(name): CredentialName(words=(kind,), proof=Proof.ANY) for name in more}
        self._stems = [(words_of(name) or (name.lower(),))[-1].encode() for name in more]
        self._kept = frozenset(map(squeeze, kept))
        self._known: dict[str, CredentialName | None] = {}

    @property
    def stems_of_users(self) -> frozenset[bytes]:
        """Returns how the user's own names end, in lower case: a text without any of these has none."""
        return frozenset(self._stems)

    def row(self, name: str) -> CredentialName | None:
        """Returns the row that a name is of; None for a name that says nothing, or that is kept."""
        if name not in self._known:
            if len(self._known) > _MOST_REMEMBERED:  # names are the other side's: do not let them fill the memory
                self._known.clear()
            row = self._find(name)
            self._known[name] = None if row is None or row.proof is Proof.NEVER else row
        return self._known[name]

    def is_whole(self, name: str, row: CredentialName) -> bool:
        """Returns whether the name is the row's, with nothing before it."""
        return squeeze(name) == "".join(row.words)

    def _find(self, name: str) -> CredentialName | None:
        words = words_of(name) or (name.lower(),)
        for count in range(min(len(words), _MOST_WORDS), 0, -1):
            last = "".join(words[-count:])
            if last in self._kept:
                return None
            if found := self._more.get(last) or self._rows.get(last):
                return found
        glued = next((each for each in _GLUED if words[-1].endswith(each)), None)
        return self._rows.get(glued) if glued and glued not in self._kept else None
