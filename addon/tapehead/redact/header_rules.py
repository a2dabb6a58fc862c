"""Which headers a cassette keeps. An allow-list: what is not named is not written.

Chooses, and does not redact (see `redactor`); which of them carry credentials is told by `names`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from tapehead.cassette.model import Values
from tapehead.redact.steering_headers import STEERING, Answer, When, followed
from tapehead.wire.asking_headers import ASKING
from tapehead.wire.headers import canonical_name

PLACEHOLDER = "[REDACTED:header]"

# What public LLM cassettes keep, and what says what is asked.
REQUEST_HEADERS = frozenset({"accept", "content-type", "user-agent", *map(str.lower, ASKING)})

# Headers of one hop, which go-vcr does not see as headers at all, also when `*` is asked for.
_FRAMING = frozenset(
    {
        "host",
        "connection",
        "transfer-encoding",
        "content-length",
        "trailer",
        "proxy-connection",
        "te",
        "accept-encoding",
    }
)
_OF_SERVERS = ("date", "server", "via", "alt-svc", "x-envoy-", "x-cloud-trace-context", "cf-", "strict-transport-")
_GO_USER_AGENT = "Go-http-client/"  # added below go-vcr, which never sees it
_SUBPROTOCOL = "Sec-Websocket-Protocol"  # means something in the request of a WebSocket only
_ANY = Answer()


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderRules:
    """Which headers are kept: those of the tables, and those that match `extra` (lower-case names or `*` patterns)."""

    extra: tuple[str, ...] = ()
    _known: dict[tuple[bool, str], tuple[str, When | None] | None] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def request(self, headers: Iterable[tuple[str, str]]) -> Values:
        """Returns the request headers to record, by canonical name."""
        kept: dict[str, tuple[str, ...]] = {}
        for name, value in headers:
            known = self._canonical(name, response=False)
            if known and not _is_passing(known[0], value):
                kept[known[0]] = (*kept.get(known[0], ()), value.strip(" \t"))
        if _SUBPROTOCOL in kept and "Upgrade" not in kept and not self._is_asked(_SUBPROTOCOL.lower()):
            del kept[_SUBPROTOCOL]
        return kept

    def response(self, headers: Iterable[tuple[str, str]], answer: Answer = _ANY) -> Values:
        """Returns the response headers to record, by canonical name."""
        kept: dict[str, tuple[str, ...]] = {}
        for name, value in headers:
            known = self._canonical(name, response=True)
            if known and (known[1] is None or known[1](answer, value)):
                kept[known[0]] = (*kept.get(known[0], ()), value.strip(" \t"))
        return kept

    def metadata(self, headers: Iterable[tuple[str, str]]) -> Values:
        """Returns the response headers of a gRPC call to record: they are what a service says to its clients, as trailers.

        But for those that servers and what stands before them add to everything.
        """
        kept: dict[str, tuple[str, ...]] = {}
        for name, value in headers:
            lower = name.lower()
            if self._canonical(name, response=True) or not (lower in _FRAMING or lower.startswith(_OF_SERVERS)):
                canonical = canonical_name(name)
                kept[canonical] = (*kept.get(canonical, ()), value.strip(" \t"))
        return kept

    def dropped(self, headers: Iterable[tuple[str, str]], answer: Answer = _ANY) -> list[str]:
        """Returns the names of those response headers that are not recorded, though clients are known to follow them."""
        names = followed([pair for pair in headers if self._canonical(pair[0], response=True) is None], answer)
        return list(map(canonical_name, names))

    def _canonical(self, name: str, *, response: bool) -> tuple[str, When | None] | None:
        """The name to write, and when if not always; None for what is not kept. Remembered: the same few come again."""
        key = (response, name)
        if key not in self._known:
            if len(self._known) > 10_000:  # names are the other side's: do not let them fill the memory
                self._known.clear()
            lower = name.lower()
            asked = self._is_asked(lower)
            row = STEERING.get(lower) if response else None
            keep = asked or row is not None or (not response and lower in REQUEST_HEADERS)
            self._known[key] = (canonical_name(name), row[0] if row and not asked else None) if keep else None
        return self._known[key]

    def _is_asked(self, lower: str) -> bool:
        """Whether the user wants it."""
        return lower not in _FRAMING and any(fnmatchcase(lower, pattern) for pattern in self.extra)


def _is_passing(name: str, value: str) -> bool:
    """Whether a value says nothing of what is asked."""
    if name == "Upgrade":  # `h2c` is an offer that a proxy does not take up
        return value.strip().lower() != "websocket"
    return name == "User-Agent" and value.startswith(_GO_USER_AGENT)
