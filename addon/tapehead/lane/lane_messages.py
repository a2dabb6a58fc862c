"""What the lane's connections ask with, and what they are given: a whole request, and an answer that is prepared once.

Knows no protocol's framing: `lane_http1` and `lane_http2` make bytes of an answer, and keep them with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

type Fields = Sequence[tuple[bytes, bytes]]
"""Header fields in the order of the wire, names as they came (in HTTP/2: lower case)."""


class LaneRequest(NamedTuple):
    """A request, as it came."""

    method: bytes
    scheme: bytes
    authority: bytes
    """`:authority`, or `Host`; b"" without one."""
    path: bytes
    """The target: a path with its query, or a whole URL, as a proxy is asked."""
    fields: Fields
    """Without HTTP/2's pseudo fields."""
    body: bytes = b""
    """As it was sent, without the framing of chunks; content codings are not undone."""
    trailers: Fields = ()
    is_http2: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """When the parts of an answer are due: seconds after its request's end."""

    head_at: float
    chunk_at: Sequence[float]
    end_at: float


@dataclass(slots=True, kw_only=True, eq=False)
class LaneAnswer:
    """An answer in one protocol's terms, made once for an interaction and given as often as it answers."""

    status: int
    reason: bytes = b""
    """Of HTTP/1.1 alone."""
    fields: Fields
    """All that is sent, what frames the message included (a length, or that it comes in chunks)."""
    chunks: Sequence[bytes] = ()
    """None of them empty. Each is sent in a chunk or frame of its own, as far as the protocol lets it."""
    trailers: Fields = ()
    pace: Pace | None = None
    """None: all at once."""
    ends_with_head: bool = False
    """HTTP/2: the head ends the stream."""
    prepared: Any = field(default=None, repr=False)
    """What a connection keeps of it: bytes that are the same for all who ask."""


class Lane(Protocol):
    """What knows the answers, for a connection of one client to one destination."""

    def takes(self, head: LaneRequest) -> bool:
        """Returns whether a request whose head has come may be gathered and asked about; else it is handed on as it comes."""
        ...

    def answer(self, request: LaneRequest) -> LaneAnswer | None:
        """Returns what surely answers a whole request, which counts as answered from now on; else None, and it is handed on."""
        ...
