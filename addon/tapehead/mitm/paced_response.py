"""A response that has a schedule: which chunk is due when. How it is kept is told in `http_stream`."""

import time
from dataclasses import dataclass, field
from typing import Protocol

from mitmproxy import http


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When the parts of a response are due: seconds after `start`, which is a time of `time.monotonic`.

    Times and chunks each in a tuple of their own, as pairs would be 100,000 more objects for Python to collect.
    """

    start: float = field(default_factory=time.monotonic)
    headers_at: float = 0.0
    chunk_at: tuple[float, ...] = ()
    chunks: tuple[bytes, ...] = ()
    end_at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Abort:
    """How a response ends that has no end."""

    reason: str
    error: str
    """mitmproxy's name of it, an `ErrorCode`."""
    has_head: bool
    """Whether the head is sent before."""


class Gate(Protocol):
    """What the parts of a response wait for, beside their time. Part -1 is the head; the one after the last chunk, the end."""

    def released(self, part: int) -> float | None:
        """Returns the time of `time.monotonic` before which a part is not due; None when that is not known yet."""
        ...

    async def changed(self) -> None:
        """Returns when what was not known may be known, or the stream is over."""
        ...

    def edited(self, chunk: bytes) -> bytes:
        """Returns what is sent in a chunk's place; mostly the very same."""
        ...

    def sent(self, part: int) -> None:
        """Takes note that a part goes now."""
        ...

    def leave(self) -> None:
        """Takes note that the stream is over."""
        ...


class AnswerScript(Protocol):
    """What of an answer may be sent, by what came of a request that is under way."""

    def take(self, data: bytes, now: float) -> bool:
        """Takes what came of the request; b"" at its end. Returns whether it goes on as recorded.

        `now` is a time of `time.monotonic`.
        """
        ...

    def due(self, part: int) -> float | None:
        """Returns when a part is due, a time of `time.monotonic`; None while the client has to say something before it.

        Parts are the head (-1), chunks by their number, and the end, which comes after them.
        """
        ...


class PacedResponse(http.Response):
    """A response with a schedule. Its own content stays empty."""

    schedule: Schedule
    ends_with_head: bool = False
    """Whether its head is all there is, and says so: gRPC's clients take no other end after a status in the head."""
    script: AnswerScript | None = None
    """Where it answers a request that has not ended: what it waits for. The schedule says what is sent."""
    tail: bytes = b""
    """What is sent before the trailers of one that breaks off."""
    abort: Abort | None = None
    gate: Gate | None = None
