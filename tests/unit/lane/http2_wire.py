"""A client of `LaneHttp2` by hand: frames in, frames out, and a lane that a test tells what to say."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from hpack import Decoder, Encoder

from tapehead.lane import http2_frames as frames
from tapehead.lane.http2_frames import END_HEADERS, END_STREAM, FRAME_HEAD, HEAD_SIZE
from tapehead.lane.http2_limits import Http2Limits
from tapehead.lane.lane_http2 import LaneHttp2
from tapehead.lane.lane_messages import LaneAnswer, LaneRequest

HEAD = ((":method", "POST"), (":scheme", "https"), (":authority", "api.test"), (":path", "/v1"))


class Frame(NamedTuple):
    """What came."""

    kind: int
    flags: int
    stream: int
    payload: bytes


def parse(data: bytes) -> list[Frame]:
    """The frames; fails where they are not whole."""
    found, at = [], 0
    while at < len(data):
        upper, lower, kind, flags, stream = FRAME_HEAD.unpack_from(data, at)
        size = upper << 8 | lower
        payload = data[at + HEAD_SIZE : at + HEAD_SIZE + size]
        assert len(payload) == size
        found.append(Frame(kind, flags, stream, payload))
        at += HEAD_SIZE + size
    return found


def answer(*chunks: bytes, **more: object) -> LaneAnswer:
    """One with a short head."""
    return LaneAnswer(status=200, fields=((b"x-a", b"b"),), chunks=chunks, **more)  # type: ignore[arg-type]


@dataclass(slots=True, kw_only=True)
class TellingLane:
    """Takes and answers as it is told, and remembers what it was asked."""

    takes_it: bool = True
    say: Callable[[LaneRequest], LaneAnswer | None] = lambda _: answer(b"hello")
    heads: list[LaneRequest] = field(default_factory=list)
    asked: list[LaneRequest] = field(default_factory=list)

    def takes(self, head: LaneRequest) -> bool:
        self.heads.append(head)
        return self.takes_it

    def answer(self, request: LaneRequest) -> LaneAnswer | None:
        self.asked.append(request)
        return self.say(request)


class Wire:
    """A connection that has begun."""

    def __init__(
        self,
        lane: TellingLane | None = None,
        *,
        limits: Http2Limits | None = None,
        is_lenient: bool = False,
        settings: dict[frames.Setting, int] | None = None,
    ) -> None:
        self.lane = lane or TellingLane()
        self.http2 = LaneHttp2(self.lane, limits=limits or Http2Limits(), is_lenient=is_lenient)
        self.now = 0.0
        self._encoder, self._decoder = Encoder(), Decoder()
        self.opening = self.send(frames.PREFACE + frames.settings(settings or {}))

    def send(self, data: bytes) -> list[Frame]:
        """Bytes to the server, and what it says."""
        return parse(self.http2.receive(data, self.now))

    def block(self, fields: Iterable[tuple[str, str]] = HEAD) -> bytes:
        return self._encoder.encode(list(fields))

    def ask(
        self,
        stream: int = 1,
        *pieces: bytes,
        fields: Iterable[tuple[str, str]] = HEAD,
        trailers: Sequence[tuple[str, str]] = (),
    ) -> list[Frame]:
        """A whole request, and what is said after it."""
        data = self.head(stream, fields, ends=not pieces and not trailers)
        for number, piece in enumerate(pieces, 1):
            ends = number == len(pieces) and not trailers
            data += frames.frame(frames.DATA, END_STREAM if ends else 0, stream, piece)
        if trailers:
            data += self.head(stream, trailers, ends=True)
        return self.send(data)

    def head(self, stream: int, fields: Iterable[tuple[str, str]] = HEAD, *, ends: bool = False) -> bytes:
        flags = END_HEADERS | (END_STREAM if ends else 0)
        return frames.frame(frames.HEADERS, flags, stream, self.block(fields))

    def read(self, block: bytes) -> list[tuple[bytes, bytes]]:
        """The fields of one of the server's blocks."""
        return [(name, value) for name, value in self._decoder.decode(block, raw=True)]

    def setting(self, name: frames.Setting, value: int) -> list[Frame]:
        return self.send(frames.settings({name: value}))


def goaway_of(said: Sequence[Frame]) -> int | None:
    """The code of the GOAWAY with which it ends."""
    last = said[-1] if said else None
    return frames.word(last.payload, 4) if last and last.kind == frames.GOAWAY else None


def resets_of(said: Sequence[Frame]) -> list[tuple[int, int]]:
    """Streams that were reset, and why."""
    return [(each.stream, frames.word(each.payload)) for each in said if each.kind == frames.RST_STREAM]


def data_of(said: Sequence[Frame]) -> list[bytes]:
    """The payloads of the frames with data."""
    return [each.payload for each in said if each.kind == frames.DATA]
