"""What in a cassette no HTTP server could have answered, and no client could have asked: a table of rules.

A client that is given such a thing breaks, waits for ever, or reads a header that nobody sent. Sources: RFC 9110 5.1,
5.5, 6.4.1, 6.5.1, 9.3.2 and 15, RFC 9112 4, RFC 9113 8.3. What go-vcr records is never among it: Go's client lets none in.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tapehead.cassette import timing
from tapehead.cassette.duration import format_duration
from tapehead.cassette.errors import NotHttpError
from tapehead.cassette.model import Cassette, Interaction, Values
from tapehead.cassette.source_positions import SourceMap
from tapehead.cassette.transcript import parse, protocol_of

_LONGEST = int(timing.LONGEST) * 1_000_000  # nanoseconds
_LONGEST_LENGTH = 2**63 - 1  # Go's ContentLength is an int64
_TOKEN = re.compile(r"[0-9A-Za-z!#$%&'*+\-.^_`|~]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_SHOWN = 40  # characters
_NO_TRAILERS = frozenset({"content-length", "transfer-encoding", "trailer"})
_BODILESS: Mapping[int, str] = MappingProxyType({204: "a 204", 304: "a 304"})


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpFault:
    """One thing that is no HTTP."""

    part: str
    """`request` or `response`."""
    key: str
    """The key in that; of a header, `headers`."""
    name: str = ""
    """The header's name."""
    found: str
    expected: str

    @property
    def field(self) -> str:
        """Where it is within its interaction."""
        return f"{self.part}.{self.key}{f'.{_clip(self.name)}' if self.name else ''}"


def http_faults(interaction: Interaction) -> Iterator[HttpFault]:
    """Yields what in an interaction is no HTTP."""
    request, response = interaction.request, interaction.response
    if request.method and not _TOKEN.fullmatch(request.method):  # "" is Go's GET
        yield _fault("request", "method", repr(_clip(request.method)), "a method, which is a token")
    if found := _CONTROL.search(request.url):
        yield _fault("request", "url", _control(found[0]), "a URL without control characters")
    yield from _values("request", "headers", request.headers)
    yield from _values("request", "trailer", request.trailer)
    protocol = protocol_of(next(iter(response.headers.get("Content-Type", ())), None))
    if response.code == 101 and not protocol:
        yield _fault("response", "code", "101", "200 to 599, as this is no recorded conversation")
    elif not 200 <= response.code <= 599 and response.code != 101:
        yield _fault("response", "code", str(response.code), "200 to 599")
    if protocol:
        yield from _conversation(response.body)
    if found := _CONTROL.search(response.status):
        yield _fault("response", "status", _control(found[0]), "one line of text")
    yield from _values("response", "headers", response.headers)
    yield from _values("response", "trailer", response.trailer)
    for name in response.trailer:
        if name.lower() in _NO_TRAILERS:
            yield _fault("response", "trailer", "what says how a message is sent", "it in no trailer", name)
    what = "an answer to HEAD" if request.method == "HEAD" else _BODILESS.get(response.code)
    if what and response.body:
        yield _fault("response", "body", f"{len(response.body)} bytes", f"none in {what}")
    if response.content_length > _LONGEST_LENGTH:
        yield _fault("response", "content_length", str(response.content_length), f"at most {_LONGEST_LENGTH}")
    if response.duration > _LONGEST:
        yield _fault("response", "duration", format_duration(response.duration), f"at most {format_duration(_LONGEST)}")


def require_http(cassette: Cassette, file: str) -> None:
    """Raises NotHttpError for the first thing in a cassette that is no HTTP. `file` is what it calls the cassette."""
    for position, interaction in enumerate(cassette.interactions):
        for fault in http_faults(interaction):
            raise NotHttpError(
                file=file,
                line=SourceMap(cassette).key(position, fault.part, fault.key),
                key=f"interactions[{position}].{fault.field}",
                found=fault.found,
                expected=fault.expected,
            )


def _fault(part: str, key: str, found: str, expected: str, name: str = "") -> HttpFault:
    return HttpFault(part=part, key=key, name=name, found=found, expected=expected)


def _conversation(body: bytes) -> Iterator[HttpFault]:
    try:
        parse(body)
    except ValueError as e:
        yield _fault("response", "body", f"at {e}", "a conversation's messages as events")


def _values(part: str, key: str, values: Values) -> Iterator[HttpFault]:
    for name, each in values.items():
        if not _TOKEN.fullmatch(name):
            is_pseudo = name.startswith(":")
            found = f"the {'pseudo header' if is_pseudo else 'name'} {_clip(name)!r}"
            yield _fault(part, key, found, "names of headers, which are tokens")
        for value in each:
            if control := _CONTROL.search(value):
                yield _fault(part, key, _control(control[0]), "a value without control characters", name)


def _control(character: str) -> str:
    return f"the control character U+{ord(character):04X}"


def _clip(text: str) -> str:
    return f"{text[:_SHOWN]}…" if len(text) > _SHOWN else text
