"""The sending half of an HTTP/2 connection: frames for streams, as far as windows let them, and answers by their pace.

What a window holds back waits with its stream, and goes on when the client opens it: of many streams a frame each, by
turns. Knows no request.
"""

import heapq
import itertools
from collections.abc import Sequence

from tapehead.lane.answer_frames import frames_of, head_block, header_frames
from tapehead.lane.field_blocks import NO_TABLE, TABLE_SIZE, write_block
from tapehead.lane.http2_frames import (
    DATA,
    DEFAULT_WINDOW,
    END_STREAM,
    LEAST_FRAME_SIZE,
    MAX_WINDOW,
    Http2Code,
    Http2ConnectionError,
    Http2StreamError,
    frame,
    frame_start,
)
from tapehead.lane.http2_streams import Closed, Http2Stream, StreamEnd
from tapehead.lane.lane_messages import Fields, LaneAnswer

_MOST_CLOSED = 4096  # streams of which we know how they ended


class Http2Sending:
    """Sends on one connection."""

    def __init__(self) -> None:
        self.streams: dict[int, Http2Stream] = {}
        """Those that are open."""
        self._out: list[bytes] = []
        self._closed: dict[int, Closed] = {}
        self._window = DEFAULT_WINDOW
        self._stream_window = DEFAULT_WINDOW
        self._frame_size = LEAST_FRAME_SIZE
        self._blocked: dict[int, Http2Stream] = {}
        self._timers: list[tuple[float, int, Http2Stream]] = []
        self._numbers = itertools.count()
        self._table_notice = False

    # What an upper layer sends on streams that were handed to it: each returns the bytes to send now.

    def is_open(self, number: int) -> bool:
        """Returns whether something may be sent on a stream."""
        stream = self.streams.get(number)
        return stream is not None and not stream.is_local_closed

    def has_head(self, number: int) -> bool:
        """Returns whether the head of a stream's answer has been sent."""
        stream = self.streams.get(number)
        return stream is not None and stream.has_head

    def send_head(self, number: int, status: int, fields: Fields, *, ends: bool = False) -> bytes:
        """Returns what sends a head; an informational one may come before."""
        if self.is_open(number):
            stream = self.streams[number]
            stream.has_head = status >= 200
            self._put_head(stream, head_block(status, fields), ends=ends)
        return self._flush()

    def send_data(self, number: int, chunks: Sequence[bytes]) -> bytes:
        """Returns what sends chunks, each in a frame of its own."""
        if self.is_open(number):
            stream = self.streams[number]
            for chunk in chunks:
                self._put_data(stream, chunk)
        return self._flush()

    def send_end(self, number: int, trailers: Fields = ()) -> bytes:
        """Returns what ends an answer."""
        if self.is_open(number):
            self._put_end(self.streams[number], write_block(trailers) if trailers else b"")
        return self._flush()

    def _flush(self) -> bytes:
        out = self._out
        if not out:
            return b""
        data = out[0] if len(out) == 1 else b"".join(out)
        out.clear()
        return data

    # Answers of the lane

    def _send_answer(self, stream: Http2Stream, answer: LaneAnswer, now: float) -> None:
        """Sends an answer, or the beginning of one that has a pace. Its request has ended."""
        if answer.pace is not None:
            stream.answer, stream.started = answer, now
            self._go_on(stream, answer, now)
            return
        frames = frames_of(answer)
        size = frames.size
        if (
            size <= self._window
            and size <= stream.window
            and frames.largest <= self._frame_size
            and not self._table_notice
        ):
            self._window -= size
            number = stream.number
            self._out.append(frames.on_stream(number))
            del self.streams[number]
            self._note_closed(number, Closed.ENDED)
            return
        self._put_head(stream, frames.head, ends=answer.ends_with_head)
        if not answer.ends_with_head:
            for chunk in answer.chunks:
                self._put_data(stream, chunk)
            self._put_end(stream, frames.trailers)

    @property
    def due(self) -> float | None:
        """When `wake` is to be called; None when there is nothing to wait for."""
        timers = self._timers
        while timers and self.streams.get(timers[0][2].number) is not timers[0][2]:
            heapq.heappop(timers)
        return timers[0][0] if timers else None

    def wake(self, now: float) -> bytes:
        """Returns what is due to be sent by now."""
        while (due := self.due) is not None and due <= now:
            stream = heapq.heappop(self._timers)[2]
            assert stream.answer
            self._go_on(stream, stream.answer, now)
        return self._flush()

    def _go_on(self, stream: Http2Stream, answer: LaneAnswer, now: float) -> None:
        """Sends the parts of an answer that are due, and has it woken for the next."""
        pace = answer.pace
        assert pace
        start = stream.started
        position, count = stream.position, len(answer.chunks)
        due = start + pace.head_at
        if position < 0 and due <= now:
            self._put_head(stream, frames_of(answer).head, ends=answer.ends_with_head)
            if answer.ends_with_head:
                return
            position = 0
        while 0 <= position < count and (due := start + pace.chunk_at[position]) <= now:
            self._put_data(stream, answer.chunks[position])
            position += 1
        stream.position = position
        if position == count and (due := start + pace.end_at) <= now:
            self._put_end(stream, frames_of(answer).trailers)
            return
        heapq.heappush(self._timers, (due, next(self._numbers), stream))

    # Frames

    def _put_head(self, stream: Http2Stream, block: bytes, *, ends: bool) -> None:
        if self._table_notice:
            self._table_notice = False
            block = NO_TABLE + block
        self._out.append(header_frames(block, stream.number, ends=ends, most=self._frame_size))
        if ends:
            self._close_local(stream)

    def _put_data(self, stream: Http2Stream, chunk: bytes) -> None:
        size = len(chunk)
        if stream.pending:
            stream.pending.append(chunk)
        elif size <= self._frame_size and size <= self._window and size <= stream.window:
            self._window -= size
            stream.window -= size
            self._out += (frame_start(DATA, 0, size), stream.number.to_bytes(4), chunk)
        else:
            most = self._frame_size
            stream.pending.extend([chunk[at : at + most] for at in range(0, size, most)] or [chunk])
            self._blocked[stream.number] = stream
            self._drain(stream)

    def _put_end(self, stream: Http2Stream, trailers: bytes) -> None:
        if stream.pending:
            if not isinstance(stream.pending[-1], StreamEnd):  # mitmproxy tells of trailers, and then of the end
                stream.pending.append(StreamEnd(trailers))
            return
        if not trailers:
            self._out.append(frame(DATA, END_STREAM, stream.number))
            self._close_local(stream)
            return
        self._put_head(stream, trailers, ends=True)

    def _drain(self, stream: Http2Stream) -> None:
        """Sends as much of what waits as the windows let through."""
        while self._drain_one(stream):
            pass

    def _drain_one(self, stream: Http2Stream) -> bool:
        """Sends a frame of what waits. Gives whether it did, and more waits."""
        part = stream.pending[0]
        if isinstance(part, StreamEnd):
            stream.pending.popleft()
            del self._blocked[stream.number]
            self._put_end(stream, part.trailers)
            return False
        room = min(self._window, stream.window, self._frame_size)
        if room < len(part):
            if room <= 0:
                return False
            stream.pending[0] = part[room:]
            part = part[:room]
        else:
            stream.pending.popleft()
        self._window -= len(part)
        stream.window -= len(part)
        self._out.append(frame(DATA, 0, stream.number, part))
        if stream.pending:
            return True
        del self._blocked[stream.number]
        return False

    def _drain_all(self) -> None:
        """Sends what the connection's window let wait, a frame of each stream by turns."""
        going = list(self._blocked.values())
        while going:
            going = [stream for stream in going if self._drain_one(stream)]

    def _widen(self, number: int, increment: int) -> None:
        """Takes a WINDOW_UPDATE."""
        if not number:
            if not increment:
                raise Http2ConnectionError(Http2Code.PROTOCOL_ERROR, "a window is opened by nothing")
            self._window += increment
            if self._window > MAX_WINDOW:
                raise Http2ConnectionError(Http2Code.FLOW_CONTROL_ERROR, "the connection's window is too large")
            self._drain_all()
            return
        stream = self.streams[number]
        if not increment:
            raise Http2StreamError(Http2Code.PROTOCOL_ERROR, "a window is opened by nothing")
        stream.window += increment
        if stream.window > MAX_WINDOW:
            raise Http2StreamError(Http2Code.FLOW_CONTROL_ERROR, "a stream's window is too large")
        if number in self._blocked:
            self._drain(stream)

    def _set_stream_window(self, size: int) -> None:
        """Takes a new size of all streams' windows."""
        if size > MAX_WINDOW:
            raise Http2ConnectionError(Http2Code.FLOW_CONTROL_ERROR, "a window that is too large is set")
        more = size - self._stream_window
        self._stream_window = size
        for stream in self.streams.values():
            stream.window += more
            if stream.window > MAX_WINDOW:
                raise Http2ConnectionError(Http2Code.FLOW_CONTROL_ERROR, "a stream's window becomes too large")

    def _set_table_size(self, size: int) -> None:
        """Takes a new size of the table for what we write: RFC 9113, 4.3.1 wants it to be said that we use less."""
        if size < TABLE_SIZE:
            self._table_notice = True

    # Ends

    def _close_local(self, stream: Http2Stream) -> None:
        stream.is_local_closed = True
        if stream.is_remote_closed:
            self._forget(stream, Closed.ENDED)

    def _forget(self, stream: Http2Stream, how: Closed) -> None:
        del self.streams[stream.number]
        self._blocked.pop(stream.number, None)
        self._note_closed(stream.number, how)

    def _note_closed(self, number: int, how: Closed) -> None:
        closed = self._closed
        closed[number] = how
        if len(closed) > _MOST_CLOSED:
            for old in list(itertools.islice(closed, _MOST_CLOSED // 2)):
                del closed[old]
