"""The server's side of an HTTP/2 connection: what the lane knows is answered, all else is handed on, a stream at a time.

Bytes in, bytes out, and a list of what an upper layer is to see; without a socket, and with a clock that is given. What
comes is taken at once, so that a client's windows are always open.
"""

from collections import deque

from tapehead.lane import http2_frames as frames
from tapehead.lane.http2_control import DEPENDS_ON_ITSELF, Http2Control
from tapehead.lane.http2_frames import END_STREAM, PADDED, Http2Code, Http2ConnectionError, Http2StreamError, word
from tapehead.lane.http2_limits import Http2Limits
from tapehead.lane.http2_streams import (
    Closed,
    Handed,
    HandedData,
    HandedEnd,
    HandedFault,
    HandedHead,
    HandedReset,
    HandedTrailers,
    Http2Stream,
)
from tapehead.lane.lane_messages import Lane, LaneRequest
from tapehead.lane.request_heads import HeadReader

_LIMITS = Http2Limits()


class LaneHttp2(Http2Control):
    """One client's connection."""

    def __init__(self, lane: Lane, *, limits: Http2Limits = _LIMITS, is_lenient: bool = False) -> None:
        """Begins a connection. `is_lenient`: what is no head is let through, as far as anything can be made of it."""
        super().__init__(limits)
        self.handed: deque[Handed] = deque()
        """What an upper layer is to take from here after each call."""
        self.has_answered = False
        """Whether the lane has answered something."""
        self._lane = lane
        self._heads = HeadReader(limits.fields, is_lenient=is_lenient)
        self._gathered = 0

    @property
    def has_unfinished(self) -> bool:
        """Whether the end of some request has not come."""
        return any(not each.is_remote_closed for each in self.streams.values())

    def leave(self, reason: str) -> None:
        """Takes note that the client is gone."""
        self.closing = True
        for stream in list(self.streams.values()):
            self._hand_reset(stream, Http2Code.NO_ERROR, reason)
        self.streams.clear()
        self._blocked.clear()

    def reset(self, number: int, code: int) -> bytes:
        """Returns what ends a stream before its time."""
        stream = self.streams.get(number)
        if stream is not None:
            self._out.append(frames.reset(number, code))
            self._forget(stream, Closed.RESET_BY_US)
        return self._flush()

    def _on_block(self, number: int, flags: int, block: bytes) -> None:
        stream = self.streams.get(number)
        if stream is not None:
            self._on_trailers(stream, flags, block)
            return
        if number <= self._highest or not number & 1:
            self._on_block_of_closed(number, block)
            return
        self._highest = number
        try:
            head = self._heads.head(block)
            if flags & DEPENDS_ON_ITSELF:
                raise Http2StreamError(Http2Code.PROTOCOL_ERROR, "a stream depends on itself")
            if len(self.streams) >= self._limits.streams:
                raise Http2StreamError(Http2Code.REFUSED_STREAM, "too many streams at once")
        except Http2StreamError as fault:
            if fault.code is not Http2Code.REFUSED_STREAM:
                self.handed.append(HandedFault(number, str(fault)))
            raise
        request = head.request
        is_handed = head.expects or not self._lane.takes(request)
        stream = self.streams[number] = Http2Stream(number, head, self._stream_window, is_handed=is_handed)
        ends = bool(flags & END_STREAM)
        if is_handed:
            self.handed.append(HandedHead(number, request, head.authority, ends))
        if ends:
            self._on_end(stream)

    def _on_block_of_closed(self, number: int, block: bytes) -> None:
        how = self._closed.get(number)
        if how is Closed.RESET_BY_US:  # it may have been on its way
            self._heads.skip(block)
        elif how is Closed.RESET_BY_THEM:
            self._heads.skip(block)
            raise Http2StreamError(Http2Code.STREAM_CLOSED, "fields after a stream's end")
        elif how is Closed.ENDED:
            raise Http2ConnectionError(Http2Code.STREAM_CLOSED, "fields after a stream's end")
        else:
            raise Http2ConnectionError(Http2Code.PROTOCOL_ERROR, "a stream with a number that is not in order")

    def _on_trailers(self, stream: Http2Stream, flags: int, block: bytes) -> None:
        if stream.is_remote_closed:
            self._heads.skip(block)
            raise Http2StreamError(Http2Code.STREAM_CLOSED, "fields after a request's end")
        fields = self._heads.trailers(block)
        if not flags & END_STREAM:
            raise Http2StreamError(Http2Code.PROTOCOL_ERROR, "trailers before a request's end")
        if stream.is_handed:
            self.handed.append(HandedTrailers(stream.number, fields))
        else:
            stream.trailers = tuple(fields)
        self._on_end(stream)

    def _on_data(self, number: int, flags: int, payload: bytes) -> None:
        size = len(payload)
        stream = self.streams.get(number)
        self._taken += size
        if self._taken > self._limits.window >> 1:
            self._out.append(frames.window_update(0, self._taken))
            self._taken = 0
        if flags & PADDED:
            payload = frames.unpad(payload)
        if stream is None:
            self._on_data_of_closed(number)
            return
        if stream.is_remote_closed:
            raise Http2StreamError(Http2Code.STREAM_CLOSED, "data after a request's end")
        if payload:
            received, length = stream.received + len(payload), stream.head.length
            if length is not None and received > length:
                raise Http2StreamError(Http2Code.PROTOCOL_ERROR, "more data than its Content-Length says")
            stream.received = received
            if stream.is_handed:
                self.handed.append(HandedData(number, payload))
            else:
                stream.parts.append(payload)
                self._gathered += len(payload)
                if stream.received > self._limits.body or self._gathered > self._limits.gathered:
                    self._hand_on(stream)
        elif not flags & END_STREAM:
            self._spend()
        if flags & END_STREAM:
            self._on_end(stream)
            return
        stream.taken += size
        if stream.taken > self._limits.window >> 1:
            self._out.append(frames.window_update(number, stream.taken))
            stream.taken = 0

    def _on_data_of_closed(self, number: int) -> None:
        if not number or number > self._highest:
            raise Http2ConnectionError(Http2Code.PROTOCOL_ERROR, "data of no stream")
        how = self._closed.get(number)
        if how is Closed.RESET_BY_US:  # it may have been on its way
            self._spend()
        elif how is Closed.RESET_BY_THEM:
            raise Http2StreamError(Http2Code.STREAM_CLOSED, "data after a stream's end")
        else:
            raise Http2ConnectionError(Http2Code.STREAM_CLOSED, "data after a stream's end")

    def _on_end(self, stream: Http2Stream) -> None:
        """The end of a request."""
        length = stream.head.length
        if length is not None and stream.received != length:
            raise Http2StreamError(Http2Code.PROTOCOL_ERROR, "less data than its Content-Length says")
        stream.is_remote_closed = True
        if stream.is_handed:
            self.handed.append(HandedEnd(stream.number))
            if stream.is_local_closed:
                self._forget(stream, Closed.ENDED)
            return
        request = _whole(stream)
        answer = self._lane.answer(request)
        if answer is None:
            self._hand_on(stream)
            self.handed.append(HandedEnd(stream.number))
            return
        if stream.parts:
            self._gathered -= stream.received
            stream.parts = []
        self.has_answered = True
        self._send_answer(stream, answer, self._now)

    def _hand_on(self, stream: Http2Stream) -> None:
        """Hands on what was gathered of a request."""
        number, head = stream.number, stream.head
        stream.is_handed = True
        ends = stream.is_remote_closed and not stream.parts and not stream.trailers
        self.handed.append(HandedHead(number, head.request, head.authority, ends))
        if stream.parts:
            self._gathered -= stream.received
            self.handed.append(HandedData(number, b"".join(stream.parts)))
            stream.parts = []
        if stream.trailers:
            self.handed.append(HandedTrailers(number, stream.trailers))

    # Ends

    def _refuse(self, number: int, fault: Http2StreamError) -> None:
        """Ends a stream for what was wrong with it."""
        if not self._resets.spend(self._now):
            raise Http2ConnectionError(Http2Code.ENHANCE_YOUR_CALM, "too many streams with errors")
        self._out.append(frames.reset(number, fault.code))
        stream = self.streams.get(number)
        if stream is None:
            self._note_closed(number, Closed.RESET_BY_US)
            return
        self._hand_reset(stream, fault.code, str(fault))
        self._forget(stream, Closed.RESET_BY_US)

    def _hand_reset(self, stream: Http2Stream, code: int, reason: str = "") -> None:
        """Tells of the end of a stream that an upper layer has, or would have."""
        if not stream.is_handed and not stream.is_remote_closed:  # it is to be known that it broke off
            self._hand_on(stream)
        if stream.is_handed:
            self.handed.append(HandedReset(stream.number, code, reason))

    def _on_reset(self, number: int, flags: int, payload: bytes) -> None:
        if len(payload) != 4:
            raise Http2ConnectionError(Http2Code.FRAME_SIZE_ERROR, "a RST_STREAM of another size")
        self._check_known(number)
        stream = self.streams.get(number)
        if stream is None:
            self._spend()
            return
        if not self._resets.spend(self._now):
            raise Http2ConnectionError(Http2Code.ENHANCE_YOUR_CALM, "too many streams that end early")
        self._hand_reset(stream, word(payload))
        self._forget(stream, Closed.RESET_BY_THEM)


def _whole(stream: Http2Stream) -> LaneRequest:
    """A request with its body."""
    request, parts = stream.head.request, stream.parts
    if not parts and not stream.trailers:
        return request
    body = parts[0] if len(parts) == 1 else b"".join(parts)
    method, scheme, authority, path, fields, _, _, _ = request
    return LaneRequest(method, scheme, authority, path, fields, body, stream.trailers, True)
