"""An HTTP/2 connection without its requests: frames are found in what comes, blocks put together, settings kept.

What a client may ask for that only costs has a budget. What a frame of a stream means is told by a subclass.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable

from tapehead.lane import http2_frames as frames
from tapehead.lane.http2_frames import (
    ACK,
    CONTINUATION,
    END_HEADERS,
    FRAME_HEAD,
    HAS_PRIORITY,
    HEAD_SIZE,
    PADDED,
    PREFACE,
    Http2Code,
    Http2ConnectionError,
    Http2StreamError,
    Setting,
    word,
)
from tapehead.lane.http2_limits import Budget, Http2Limits
from tapehead.lane.http2_sending import Http2Sending

_BLOCK = 2**17  # bytes of a block, over all of its frames
DEPENDS_ON_ITSELF = 0x100
"""Said of a block's stream, beside its flags: no flag of a frame."""


class Http2Control(Http2Sending, ABC):
    """Takes frames of one connection."""

    def __init__(self, limits: Http2Limits) -> None:
        super().__init__()
        self.closing = False
        """Whether the connection is to be closed, once what was returned is sent."""
        self.error = ""
        """Why, if the client is at fault."""
        self._limits = limits
        self._now = 0.0
        self._rest = bytearray()
        self._needed = len(PREFACE)
        self._has_begun = False
        self._highest = 0
        self._taken = 0
        self._block: tuple[int, int, list[bytes]] | None = None
        """Of a block that goes on: its stream, its flags, its pieces."""
        self._control = Budget(limits.control, limits.control_per_second)
        self._resets = Budget(limits.resets, limits.resets_per_second)
        self._handlers: tuple[Callable[[int, int, bytes], None], ...] = (
            self._on_data,
            self._on_headers,
            self._on_priority,
            self._on_reset,
            self._on_settings,
            self._on_push_promise,
            self._on_ping,
            self._on_goaway,
            self._on_window_update,
            self._on_continuation,
        )

    def receive(self, data: bytes, now: float) -> bytes:
        """Takes what came of the client, and returns what is to be sent to it.

        `now`: seconds, of a clock that only goes forward.
        """
        if self.closing:
            return b""
        self._now = now
        rest = self._rest
        if rest:
            rest += data
            if len(rest) < self._needed:
                return b""
            data = bytes(rest)
            rest.clear()
        try:
            at = self._take(data)
        except Http2ConnectionError as fault:
            self._end(fault.code, str(fault))
            return self._flush()
        if at < len(data):
            rest += data[at:]
        return self._flush()

    @abstractmethod
    def leave(self, reason: str) -> None:
        """Takes note that the client is gone."""

    @abstractmethod
    def _on_block(self, number: int, flags: int, block: bytes) -> None:
        """A whole block of a stream, with the flags of its first frame."""

    @abstractmethod
    def _on_data(self, number: int, flags: int, payload: bytes) -> None:
        """A frame."""

    @abstractmethod
    def _on_reset(self, number: int, flags: int, payload: bytes) -> None:
        """Likewise."""

    @abstractmethod
    def _refuse(self, number: int, fault: Http2StreamError) -> None:
        """Ends a stream for what was wrong with it."""

    def _take(self, data: bytes) -> int:
        """Takes all whole frames, and gives where the rest begins."""
        at, end = 0, len(data)
        if not self._has_begun:
            if not data.startswith(PREFACE[:end]):
                raise Http2ConnectionError(Http2Code.PROTOCOL_ERROR, "it does not begin as HTTP/2 does")
            if end < len(PREFACE):
                return 0
            at = len(PREFACE)
            self._begin()
        most, handlers, unpack = self._limits.frame, self._handlers, FRAME_HEAD.unpack_from
        while end - at >= HEAD_SIZE:
            upper, lower, kind, flags, number = unpack(data, at)
            size = upper << 8 | lower
            if size > most:
                raise Http2ConnectionError(Http2Code.FRAME_SIZE_ERROR, "a frame is too large")
            start = at + HEAD_SIZE
            if end - start < size:
                self._needed = HEAD_SIZE + size
                return at
            at = start + size
            number &= 0x7FFFFFFF
            if self._block is not None and (kind != CONTINUATION or number != self._block[0]):
                raise Http2ConnectionError(Http2Code.PROTOCOL_ERROR, "a field block is broken off by another frame")
            if kind > CONTINUATION:
                self._spend()
                continue
            try:
                handlers[kind](number, flags, data[start:at])
            except Http2StreamError as fault:
                self._refuse(number, fault)
            if self.closing:
                return end
        self._needed = HEAD_SIZE
        return at

    def _begin(self) -> None:
        self._has_begun = True
        limits = self._limits
        values = {
            Setting.MAX_CONCURRENT_STREAMS: limits.streams,
            Setting.INITIAL_WINDOW_SIZE: limits.window,
            Setting.MAX_FRAME_SIZE: limits.frame,
            Setting.MAX_HEADER_LIST_SIZE: limits.fields,
        }
        self._out.append(frames.settings(values))
        if limits.window > frames.DEFAULT_WINDOW:
            self._out.append(frames.window_update(0, limits.window - frames.DEFAULT_WINDOW))

    def _spend(self) -> None:
        if not self._control.spend(self._now):
            raise Http2ConnectionError(Http2Code.ENHANCE_YOUR_CALM, "too many frames that say nothing")

    def _end(self, code: Http2Code, reason: str) -> None:
        self.error = reason
        self._out.append(frames.goaway(self._highest, code, reason.encode()))
        self.leave(reason)

    def _check_known(self, number: int) -> None:
        if not number or number > self._highest or not number & 1:
            raise Http2ConnectionError(Http2Code.PROTOCOL_ERROR, "a frame of a stream that has not begun")

    def _on_headers(self, number: int, flags: int, payload: bytes) -> None:
        if not number:
            raise Http2ConnectionError(Http2Code.PROTOCOL_ERROR, "fields of no stream")
        if flags & PADDED:
            payload = frames.unpad(payload)
        if flags & HAS_PRIORITY:
            if len(payload) < 5:
                raise Http2ConnectionError(Http2Code.FRAME_SIZE_ERROR, "a priority is broken off")
            if word(payload) & 0x7FFFFFFF == number:
                flags |= DEPENDS_ON_ITSELF
            payload = payload[5:]
        if flags & END_HEADERS:
            self._on_block(number, flags, payload)
        else:
            self._block = (number, flags, [payload])

    def _on_continuation(self, number: int, flags: int, payload: bytes) -> None:
        if self._block is None:
            raise Http2ConnectionError(Http2Code.PROTOCOL_ERROR, "a field block goes on that has not begun")
        _, first_flags, pieces = self._block
        pieces.append(payload)
        if len(pieces) > self._limits.continuations or sum(map(len, pieces)) > _BLOCK:
            raise Http2ConnectionError(Http2Code.ENHANCE_YOUR_CALM, "a field block has no end")
        if flags & END_HEADERS:
            self._block = None
            self._on_block(number, first_flags, b"".join(pieces))

    # The connection

    def _on_settings(self, number: int, flags: int, payload: bytes) -> None:
        if number:
            raise Http2ConnectionError(Http2Code.PROTOCOL_ERROR, "SETTINGS of a stream")
        if len(payload) % 6 or (flags & ACK and payload):
            raise Http2ConnectionError(Http2Code.FRAME_SIZE_ERROR, "SETTINGS of another size")
        self._spend()
        if flags & ACK:
            return
        for name, value in frames.settings_in(payload):
            if name == Setting.ENABLE_PUSH and value > 1:
                raise Http2ConnectionError(Http2Code.PROTOCOL_ERROR, "a setting that is neither on nor off")
            if name == Setting.INITIAL_WINDOW_SIZE:
                self._set_stream_window(value)
            elif name == Setting.HEADER_TABLE_SIZE:
                self._set_table_size(value)
            elif name == Setting.MAX_FRAME_SIZE:
                if not frames.LEAST_FRAME_SIZE <= value <= frames.MOST_FRAME_SIZE:
                    raise Http2ConnectionError(Http2Code.PROTOCOL_ERROR, "frames of a size that is not allowed")
                self._frame_size = value
        self._out.append(frames.frame(frames.SETTINGS, ACK, 0))
        self._drain_all()  # what a larger window lets through comes after it

    def _on_ping(self, number: int, flags: int, payload: bytes) -> None:
        if number:
            raise Http2ConnectionError(Http2Code.PROTOCOL_ERROR, "a PING of a stream")
        if len(payload) != 8:
            raise Http2ConnectionError(Http2Code.FRAME_SIZE_ERROR, "a PING of another size")
        self._spend()
        if not flags & ACK:
            self._out.append(frames.frame(frames.PING, ACK, 0, payload))

    def _on_window_update(self, number: int, flags: int, payload: bytes) -> None:
        if len(payload) != 4:
            raise Http2ConnectionError(Http2Code.FRAME_SIZE_ERROR, "a WINDOW_UPDATE of another size")
        if number:
            self._check_known(number)
            if number not in self.streams:
                return  # it may have been on its way
        self._widen(number, word(payload) & 0x7FFFFFFF)

    def _on_priority(self, number: int, flags: int, payload: bytes) -> None:
        if not number:
            raise Http2ConnectionError(Http2Code.PROTOCOL_ERROR, "a priority of no stream")
        if len(payload) != 5:
            raise Http2StreamError(Http2Code.FRAME_SIZE_ERROR, "a PRIORITY of another size")
        self._spend()
        if word(payload) & 0x7FFFFFFF == number:
            raise Http2StreamError(Http2Code.PROTOCOL_ERROR, "a stream depends on itself")

    def _on_push_promise(self, number: int, flags: int, payload: bytes) -> None:
        raise Http2ConnectionError(Http2Code.PROTOCOL_ERROR, "a client cannot push")

    def _on_goaway(self, number: int, flags: int, payload: bytes) -> None:
        if number:
            raise Http2ConnectionError(Http2Code.PROTOCOL_ERROR, "a GOAWAY of a stream")
        if len(payload) < 8:
            raise Http2ConnectionError(Http2Code.FRAME_SIZE_ERROR, "a GOAWAY of another size")
        code = word(payload, 4)
        if code != Http2Code.NO_ERROR:  # else it closes the connection when it has all its answers
            self.leave(f"the client ended the connection ({code_name(code)})")


def code_name(code: int) -> str:
    """Returns an error's name, or its number where it has none."""
    try:
        return Http2Code(code).name
    except ValueError:
        return str(code)
