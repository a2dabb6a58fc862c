"""Which headers a cassette keeps. An allow-list: what is not named is not written.

Chooses, and does not redact (see `redactor`); which of them carry credentials is told by `names`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from tapehead.cassette.model import Values
from tapehead.wire.headers import canonical_name

PLACEHOLDER = "[REDACTED:header]"

# What public LLM cassettes keep.
REQUEST_HEADERS = frozenset({"accept", "content-type", "user-agent"})

# Content-Type, and what steers a client. Everything else changes at each recording and only makes diffs.
RESPONSE_HEADERS = frozenset(
    {
        "content-type",
        "location",  # redirects
        "retry-after",  # retry advice
        "retry-after-ms",
        "x-should-retry",
        "x-amzn-errortype",  # the AWS SDKs choose the exception by it
        "content-disposition",  # the name of a downloaded file
        "mcp-session-id",  # to be sent back with each further request
        "x-goog-upload-url",  # where Google's clients send a file
        "x-goog-upload-status",  # and whether it arrived
        # Request ids, which SDKs hand to the program:
        "x-request-id",  # OpenAI, Groq, xAI, Mistral and many more
        "request-id",  # Anthropic
        "x-amzn-requestid",  # AWS
        "apim-request-id",  # Azure
        "x-ms-request-id",  # Azure
        "mistral-correlation-id",
        "x-generation-id",  # OpenRouter
    }
)

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
_GO_USER_AGENT = "Go-http-client/"  # added below go-vcr, which never sees it


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderRules:
    """Which headers are kept: those of the tables, and those that match `extra` (lower-case names or `*` patterns)."""

    extra: tuple[str, ...] = ()
    _known: dict[tuple[bool, str], str | None] = field(default_factory=dict, init=False, repr=False, compare=False)

    def request(self, headers: Iterable[tuple[str, str]]) -> Values:
        """Returns the request headers to record, by canonical name."""
        every = ((n, v) for n, v in headers if n.lower() != "user-agent" or not v.startswith(_GO_USER_AGENT))
        return self._kept(every, response=False)

    def response(self, headers: Iterable[tuple[str, str]]) -> Values:
        """Returns the response headers to record, by canonical name."""
        return self._kept(headers, response=True)

    def _kept(self, headers: Iterable[tuple[str, str]], *, response: bool) -> Values:
        kept: dict[str, tuple[str, ...]] = {}
        for name, value in headers:
            canonical = self._canonical(name, response)
            if canonical is not None:
                kept[canonical] = (*kept.get(canonical, ()), value.strip(" \t"))
        return kept

    def _canonical(self, name: str, response: bool) -> str | None:
        """The name to write, or None for a header that is not kept. Remembered: the same few names come again."""
        key = (response, name)
        if key not in self._known:
            if len(self._known) > 10_000:  # names are the other side's: do not let them fill the memory
                self._known.clear()
            lower = name.lower()
            table = RESPONSE_HEADERS if response else REQUEST_HEADERS
            keep = lower in table or (
                lower not in _FRAMING and any(fnmatchcase(lower, pattern) for pattern in self.extra)
            )
            self._known[key] = canonical_name(name) if keep else None
        return self._known[key]
