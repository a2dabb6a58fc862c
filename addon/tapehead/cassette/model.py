"""A version-2 cassette as frozen values: what was asked and what was answered.

Fields and their defaults are go-vcr's (v4.0.7 pkg/cassette/cassette.go: Cassette, Interaction, Request, Response), but
for bodies, which are bytes here. Text that was not valid UTF-8 in the file is held with surrogate escapes.
Knows no YAML and no HTTP.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

type Values = Mapping[str, tuple[str, ...]]
"""Headers, trailers or form: name to its values, in order. Header names are in Go's canonical case."""

NO_VALUES: Values = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the client asked, its body decoded."""

    method: str
    url: str
    """As sent, with its query."""
    body: bytes = b""
    headers: Values = NO_VALUES
    proto: str = "HTTP/1.1"
    proto_major: int = 1
    proto_minor: int = 1
    content_length: int = 0
    """Bytes of the body; 0 without one and for a chunked upload. Wrong in many public cassettes: never match on it."""
    transfer_encoding: tuple[str, ...] = ()
    trailer: Values = NO_VALUES
    host: str = ""
    remote_addr: str = ""
    request_uri: str = ""
    form: Values = NO_VALUES
    """Go's Request.Form: the pairs of an urlencoded body, then those of the query."""
    unknown: str = ""
    """YAML lines of keys that version 2 does not have, without indentation; kept when this is written anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What the server answered, its body decoded."""

    code: int
    status: str
    """The status line's text, `200 OK`."""
    body: bytes = b""
    headers: Values = NO_VALUES
    proto: str = "HTTP/1.1"
    proto_major: int = 1
    proto_minor: int = 1
    transfer_encoding: tuple[str, ...] = ()
    trailer: Values = NO_VALUES
    content_length: int = -1
    """The Content-Length header; -1 without one."""
    uncompressed: bool = False
    """The body was content-coded on the wire and is decoded here."""
    duration: int = 0
    """Nanoseconds from the request's end to the response's headers."""
    unknown: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """One request and its response."""

    id: int
    request: Request
    response: Response
    unknown: str = ""

    def with_id(self, number: int) -> "Interaction":
        """Returns it with another id."""
        return Interaction(id=number, request=self.request, response=self.response, unknown=self.unknown)


class Answered(NamedTuple):
    """An interaction without its request: what is needed to give its answer."""

    id: int
    response: Response


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPlace:
    """Where in its text the list of interactions is, by characters from 0."""

    start: int
    """Of an empty list: where `[]` or null begins; else where the last item does."""
    end: int
    """Where that ends, its line end left out."""
    is_empty: bool
    is_flow: bool
    """Items are in brackets, one behind the other."""
    in_flow: bool
    """What the list is in, is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The text that a cassette was read from, cut where its interactions begin.

    The whole file is `text`. `texts` is None when the list is not one block per interaction: those of a list in flow
    style are in `flow`, and an empty list is in the head.
    """

    head: str
    texts: tuple[str, ...] | None
    tail: str
    interactions: tuple[Interaction, ...]
    """What was read from `texts` or `flow`, one each."""
    flow: tuple[tuple[str, str], ...] = ()
    """Each item, and what is behind it as far as the next or the bracket."""
    place: ListPlace | None = None

    @property
    def text(self) -> str:
        """The whole file."""
        return "".join([self.head, *(self.texts or ()), *(part for pair in self.flow for part in pair), self.tail])


@dataclass(frozen=True, slots=True, kw_only=True)
class Cassette:
    """A list of interactions, and, when it was read from a file, that file's own text."""

    interactions: tuple[Interaction, ...] = ()
    version: int = 2
    source: Source | None = field(default=None, repr=False, compare=False)
