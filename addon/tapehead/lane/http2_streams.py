"""A stream of HTTP/2, and what an upper layer is told of one that is handed on."""

import enum
from collections import deque
from typing import NamedTuple

from tapehead.lane.lane_messages import Fields, LaneAnswer, LaneRequest
from tapehead.lane.request_heads import RequestHead


class Http2Stream:
    """One that is open in at least one direction."""

    __slots__ = (
        "answer",
        "has_head",
        "head",
        "is_handed",
        "is_local_closed",
        "is_remote_closed",
        "number",
        "parts",
        "pending",
        "position",
        "received",
        "started",
        "taken",
        "trailers",
        "window",
    )

    def __init__(self, number: int, head: RequestHead, window: int, *, is_handed: bool) -> None:
        self.number = number
        self.head = head
        self.window = window
        """Bytes that may be sent on it; less than nothing when the client took some back."""
        self.is_handed = is_handed
        self.is_local_closed = self.is_remote_closed = False
        self.has_head = False
        """Whether the head of its answer is sent."""
        self.received = 0
        """Bytes of its body."""
        self.taken = 0
        """Bytes that its window counted since it was widened."""
        self.parts: list[bytes] = []
        """Of its body, while that is gathered."""
        self.trailers: Fields = ()
        self.pending: deque[bytes | StreamEnd] = deque()
        """What waits for a window to be opened, or for what does."""
        self.answer: LaneAnswer | None = None
        """One that is sent by its pace."""
        self.position = -1
        """Which part of it is next: its head is -1."""
        self.started = 0.0
        """When its request ended."""


class StreamEnd(NamedTuple):
    """The end of an answer, after all of its data."""

    trailers: bytes = b""
    """Their block."""


class Closed(enum.Enum):
    """How a stream ended."""

    ENDED = enum.auto()
    RESET_BY_THEM = enum.auto()
    RESET_BY_US = enum.auto()


class HandedHead(NamedTuple):
    """The head of a request."""

    stream: int
    request: LaneRequest
    authority: bytes
    """`:authority` alone."""
    ends: bool
    """Whether nothing comes after it."""


class HandedData(NamedTuple):
    """A piece of its body."""

    stream: int
    data: bytes


class HandedTrailers(NamedTuple):
    """Its trailers. The end comes next."""

    stream: int
    fields: Fields


class HandedEnd(NamedTuple):
    """The end of the request."""

    stream: int


class HandedReset(NamedTuple):
    """A stream is over before its time."""

    stream: int
    code: int
    reason: str = ""
    """What was wrong with it, if we ended it."""


class HandedFault(NamedTuple):
    """A request that nobody could read, and that was refused: nothing else is told of its stream."""

    stream: int
    reason: str


type Handed = HandedHead | HandedData | HandedTrailers | HandedEnd | HandedReset | HandedFault
