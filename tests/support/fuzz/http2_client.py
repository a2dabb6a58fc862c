"""A client of the lane's HTTP/2 that does what bytes tell it, and keeps its own count of what the server may send.

It sees to it that windows, the size of frames and the ends of streams are kept to, whatever it said before, and that
what the server keeps has bounds. Knows the bytes of frames.
"""

from collections.abc import Iterator

from tapehead.lane import http2_frames as frames
from tapehead.lane.field_blocks import Pair, write_block
from tapehead.lane.http2_frames import END_HEADERS, END_STREAM, FRAME_HEAD, HEAD_SIZE, Setting
from tapehead.lane.http2_limits import Http2Limits
from tapehead.lane.http2_streams import HandedHead
from tapehead.lane.lane_http2 import LaneHttp2
from tapehead.lane.lane_messages import LaneAnswer, LaneRequest, Pace

_GET: tuple[Pair, ...] = ((b":method", b"GET"), (b":scheme", b"https"), (b":authority", b"a.test"))
_PACE = Pace(head_at=0.1, chunk_at=(0.1, 0.2, 0.5), end_at=0.6)
_CHUNKS = (b"one", b"t" * 20_000, b"h" * 300)
_FIELDS = ((b"x-a", b"b"),)
_ANSWERS = (
    LaneAnswer(status=200, fields=_FIELDS, chunks=_CHUNKS),
    LaneAnswer(status=200, fields=_FIELDS, chunks=_CHUNKS, pace=_PACE, trailers=_FIELDS),
    LaneAnswer(status=204, fields=_FIELDS, ends_with_head=True),
    None,
)
_LIMITS = Http2Limits(streams=10, body=50_000, gathered=100_000)
_SIZES = (0, 1, 2, 100, 16_384, 20_000, 65_535, 2**31 - 1)


class _Lane:
    """Answers by the path's last byte."""

    def takes(self, head: LaneRequest) -> bool:
        return not head.path.endswith(b"!")

    def answer(self, request: LaneRequest) -> LaneAnswer | None:
        return _ANSWERS[request.path[-1] % len(_ANSWERS)]


class FuzzedClient:
    """One connection."""

    def __init__(self) -> None:
        self._http2 = LaneHttp2(_Lane(), limits=_LIMITS)
        self._now = 0.0
        self._window = self._initial = frames.DEFAULT_WINDOW
        self._most = frames.LEAST_FRAME_SIZE
        self._windows: dict[int, int] = {}
        self._over: set[int] = set()
        self._handed: list[int] = []
        self._asking: list[int] = []
        """Streams whose requests have not ended."""
        self._next = 1
        self._send(frames.PREFACE)

    def run(self, data: bytes) -> None:
        """Does all that the bytes say, until the connection is over."""
        said = iter(data)
        for kind in said:
            if self._http2.closing:
                break
            self._do(kind % 16, said)
        assert not self._http2.closing or self._http2.receive(data, self._now) == b""

    def _do(self, kind: int, said: Iterator[int]) -> None:
        one, two = next(said, 0), next(said, 0)
        stream, size = one % (self._next + 2), _SIZES[two % len(_SIZES)]
        if two < 250 and self._next > 1:  # one that is, or was, there: of the last ones
            stream = max(self._next - 2 - one % 12 // 2 * 2, 1)
            size = min(size, 2**20)
        flags = END_STREAM if two & 1 else 0
        if two < 250 and kind in (2, 8):  # data of others is the end, mostly
            self._asking = [each for each in self._asking if each not in self._over]
            if not self._asking:
                return
            stream = self._asking[one % len(self._asking)]
            flags |= END_STREAM if kind == 8 else 0
            if flags:
                self._asking.remove(stream)
        match kind:
            case 0 | 1:
                path = b"/%c" % (33 + two % 60)
                block = write_block((*_GET, (b":path", path), *(((b"content-length", b"100"),) if one > 200 else ())))
                self._begin(ends=bool(one & 1))
                ends = END_STREAM if one & 1 else 0
                self._send(frames.frame(frames.HEADERS, END_HEADERS | ends, self._next, block))
                self._next += 2
            case 2:
                payload = bytes(min(size, 20_000))
                self._send(frames.frame(frames.DATA, flags, stream, payload))
            case 3:
                self._widen(stream if two & 8 else 0, size)
            case 4:
                self._set(one % 8, size if two > 250 or one % 8 != 5 else max(2**14, size))
            case 5:
                self._over.add(stream)
                self._send(frames.reset(stream, one % 15))
            case 6:
                self._send(frames.frame(frames.PING, flags, 0, bytes(8)))
            case 7 if one > 200:
                payload = bytes(next(said, 0) for _ in range(two % 24))
                self._send_any(frames.frame(one % 12, two, next(said, 0) % 9, payload))
            case 8:
                self._send(frames.frame(frames.HEADERS, END_HEADERS | flags, stream, write_block(_FIELDS)))
            case 9:
                block = write_block((*_GET, (b":path", b"/%c" % (33 + two % 60))))
                self._begin(ends=bool(flags))
                first = frames.frame(frames.HEADERS, flags, self._next, block[:9])
                self._send(first + frames.frame(frames.CONTINUATION, END_HEADERS, self._next, block[9:]))
                self._next += 2
            case 10 | 11:
                self._now += one / 500
                self._check(self._http2.wake(self._now))
            case 12 | 13 if self._handed:
                self._answer(self._handed[one % len(self._handed)], two)
            case 14 if one > 240:
                self._send_any(bytes(next(said, 0) for _ in range(two)))
            case _:
                self._send(frames.frame(frames.PRIORITY, 0, stream or 1, bytes(5)))

    def _begin(self, *, ends: bool) -> None:
        self._windows[self._next] = self._initial
        if not ends:
            self._asking.append(self._next)

    def _answer(self, stream: int, what: int) -> None:
        http2 = self._http2
        match what % 6:
            case 0 if not http2.has_head(stream):
                self._check(http2.send_head(stream, 200, _FIELDS, ends=what > 200))
            case 1 | 2 if http2.has_head(stream):
                self._check(http2.send_data(stream, [bytes(_SIZES[what % 7]), b""]))
            case 3 if http2.has_head(stream):
                self._check(http2.send_end(stream, _FIELDS if what > 100 else ()))
            case 4:
                self._check(http2.reset(stream, 8))
            case _:
                http2.is_open(stream)

    def _widen(self, stream: int, size: int) -> None:
        if stream:
            if stream in self._windows:
                self._windows[stream] += size
        else:
            self._window += size
        self._send(frames.window_update(stream, size))

    def _set(self, name: int, value: int) -> None:
        if name == Setting.INITIAL_WINDOW_SIZE:
            for stream in self._windows:
                self._windows[stream] += value - self._initial
            self._initial = value
        elif name == Setting.MAX_FRAME_SIZE:
            self._most = max(value, frames.LEAST_FRAME_SIZE)
        self._send(frames.frame(frames.SETTINGS, 0, 0, name.to_bytes(2) + value.to_bytes(4)))

    def _send_any(self, data: bytes) -> None:
        """What may be anything is not counted: only that it comes to an end is seen to."""
        self._http2.receive(data, self._now)
        self._http2.leave("nobody knows what that was")
        self._http2.handed.clear()

    def _send(self, data: bytes) -> None:
        """In two pieces: they are one."""
        half = len(data) // 2
        self._check(self._http2.receive(data[:half], self._now) + self._http2.receive(data[half:], self._now))

    def _check(self, data: bytes) -> None:
        http2, at = self._http2, 0
        while at < len(data):
            upper, lower, kind, flags, stream = FRAME_HEAD.unpack_from(data, at)
            size = upper << 8 | lower
            at += HEAD_SIZE + size
            assert at <= len(data), "half a frame"
            if kind == frames.RST_STREAM:
                self._over.add(stream)
            elif kind in (frames.DATA, frames.HEADERS):
                assert stream not in self._over, "a frame after a stream's end"
                assert size <= self._most, "a frame that is too large"
                if kind == frames.DATA and size:
                    self._window -= size
                    self._windows[stream] -= size
                    assert min(self._window, self._windows[stream]) >= 0, "more than a window lets through"
                if flags & END_STREAM:
                    self._over.add(stream)
        while http2.handed:
            handed = http2.handed.popleft()
            if isinstance(handed, HandedHead):
                self._handed.append(handed.stream)
        assert len(http2.streams) <= _LIMITS.streams, "too many streams"
        assert 0 <= http2._gathered <= _LIMITS.gathered, "too much is gathered"
        assert len(http2._blocked) <= len(http2.streams)


def run(data: bytes) -> None:
    """Lets a client do what bytes say."""
    FuzzedClient().run(data)
