"""A response sent chunk by chunk, in time, by mitmproxy's own HTTP layers: no socket, no second server.

mitmproxy sends a response that a hook sets at once and in one piece. Here its `HttpStream` is subclassed to send a
`PacedResponse` on an absolute schedule instead; `http_layer` wakes it and puts it in. And a streamed response that is
tapped (`stream_tap`) ends for its client only when the tap's owner is done with it. The states, and who moves them,
are told in `stream_state`. Does not know cassettes.
"""

import collections
import time
from collections.abc import Sequence
from typing import Any

from mitmproxy import flow
from mitmproxy.proxy import commands, events, layer
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers.http import DropStream, HttpStream, SendHttp
from mitmproxy.proxy.layers.http._events import (
    ErrorCode,
    RequestEndOfMessage,
    RequestProtocolError,
    ResponseData,
    ResponseEndOfMessage,
    ResponseHeaders,
    ResponseProtocolError,
    ResponseTrailers,
)
from mitmproxy.proxy.layers.http._hooks import HttpErrorHook

from tapehead.mitm.hook_dispatch import StartHookNow
from tapehead.mitm.http1 import RequestEndWithTrailers, ResponseEndWithTrailers
from tapehead.mitm.late_head import LateHeadStream
from tapehead.mitm.loop_clock import LoopClock, set_arrival
from tapehead.mitm.paced_response import Abort, PacedResponse
from tapehead.mitm.stream_state import (
    CallAfterRead,
    ForwardDirectly,
    StartTimer,
    StreamState,
    TerminalChunkHeld,
    TerminalEventHook,
    TimerFired,
)
from tapehead.mitm.stream_tap import Hold, StreamTap
from tapehead.wire.chunks import CoalescedChunks, coalesce

_clock = LoopClock()
MAX_SLICE = 0.01
"""Seconds of one round of the event loop, of all streams together."""
_YIELD_DELAY = 0.0005
_ENDS = (ResponseTrailers, ResponseEndOfMessage)
_FOLLOW_UP_WINDOW = 0.05  # seconds in which a stream that may say more after its terminal event does, or ends
_FORWARDING, _HOLDING, _SLEEPING = StreamState.FORWARDING, StreamState.HOLDING, StreamState.SLEEPING


class PacedStream(LateHeadStream):
    """Sends the parts of a PacedResponse when they are due, and what a stream's tap holds back after its hook.

    Everything else is mitmproxy's.
    """

    def __init__(self, context: Context, stream_id: int, begin: StartHookNow) -> None:
        super().__init__(context, stream_id)
        self._begin = begin

    _follow_up_until = 0.0
    """Until when more may come while it is HOLDING."""

    def __repr__(self) -> str:
        states = str(HttpStream.__repr__(self))
        return f"<PacedStream {states}, {self._state.name.lower()}>"

    def handle_event(self, event: events.Event) -> Any:
        # Not a generator itself, and what a stream's chunks need and no more: there are many.
        if isinstance(event, RequestEndOfMessage):
            set_arrival(self.flow, _clock.earliest_arrival())
        if type(event) is ResponseData and self._paused is None:
            if self._can_forward():
                return self._forward(event.data)
            if type(event.data) is CoalescedChunks:
                return self._replay_chunks(event.data.parts)
        if self._state is _HOLDING:
            return self._on_event_while_holding(event)
        if self._paused and self._paused_event_queue and getattr(event, "command", None) is self._paused.command:
            return self._resume(event)
        return super().handle_event(event)

    def _can_forward(self) -> bool:
        """Whether a chunk is for the tap, and mitmproxy would do nothing with it besides."""
        return self._state is _FORWARDING and self.server_state == self.state_stream_response_body

    def takes_directly(self, data: bytes) -> bool:
        """Has the tap take chunks that go on at once. Returns whether it has; if not, they are to come as an event."""
        return self._paused is None and self._can_forward() and self._tap is not None and self._tap.take_quiet(data)

    def _forward(self, data: bytes) -> Any:
        """What mitmproxy's states make of a chunk, without passing through them."""
        tap = self._tap
        assert tap
        chunks = tap(data)
        if tap.hold is not None and tap.hold is not Hold.LAST_BYTE:
            return self._hold(chunks)
        return (*self.take_head(), self.data_event(coalesce(chunks))) if chunks else ()

    def _hold(self, chunks: Sequence[bytes]) -> layer.CommandGenerator[None]:
        """The tap holds the terminal event back, and lets these chunks go."""
        if chunks:
            yield self.data_event(coalesce(chunks))
        self._state = _HOLDING
        if self._tap and self._tap.hold is Hold.TERMINAL_EVENT:
            yield CallAfterRead(self)
        else:
            self._follow_up_until = time.monotonic() + _FOLLOW_UP_WINDOW
            yield StartTimer(self, self._follow_up_until)

    def _replay_chunks(self, chunks: Sequence[bytes]) -> layer.CommandGenerator[None]:
        for chunk in chunks:
            yield from self.handle_event(ResponseData(self.stream_id, chunk))

    def _on_event_while_holding(self, event: events.Event) -> layer.CommandGenerator[None]:
        """The end may come in the same read as the terminal event: that waits for its hook then, and needs none of its own."""
        tap = self._tap
        assert tap
        if type(event) is ResponseTrailers:  # the end comes next
            yield from super().handle_event(event)
            return
        if type(event) is TimerFired and time.monotonic() < self._follow_up_until:
            return  # that of an earlier wait
        if type(event) is ResponseData and tap.hold is not Hold.TERMINAL_EVENT:
            yield from self._on_more_data(event.data)
            return
        self._state = _FORWARDING
        if type(event) is TimerFired:
            event = TerminalChunkHeld()
        elif type(event) is not TerminalChunkHeld and not isinstance(event, ResponseEndOfMessage):
            yield from super().handle_event(TerminalChunkHeld())
        yield from self.handle_event(event)

    def _on_more_data(self, data: bytes) -> layer.CommandGenerator[None]:
        """What comes after a terminal event that something may follow."""
        tap = self._tap
        assert tap
        yield from map(self.data_event, tap(data))
        self._state = _FORWARDING if tap.hold is None or tap.hold is Hold.LAST_BYTE else _HOLDING
        if tap.hold is Hold.TERMINAL_EVENT:
            yield CallAfterRead(self)

    def _resume(self, event: events.Event) -> layer.CommandGenerator[None]:
        """As mitmproxy goes on after a hook, but with each event that came meanwhile as if it came now."""
        queue, self._paused_event_queue = self._paused_event_queue, collections.deque()
        yield from super().handle_event(event)
        while queue and self._paused is None:
            yield from self.handle_event(queue.popleft())
        self._paused_event_queue.extendleft(reversed(queue))

    def _handle_event(self, event: events.Event) -> layer.CommandGenerator[None]:
        if self._state is StreamState.READING_ON:
            given = self.on_event_while_reading_on(event)
        elif type(event) is TimerFired:
            given = self.on_timer()
        elif type(event) is TerminalChunkHeld:
            given = self._release_terminal_chunk()
        elif type(event) in (RequestEndWithTrailers, ResponseEndWithTrailers):
            given = self._end_with_trailers(event)
        else:
            given = super()._handle_event(event)
        reply = None
        while True:
            try:
                command = given.send(reply)
            except StopIteration:
                return
            if isinstance(command, commands.StartHook) and command.blocking is True:  # else a child's
                waits = self._begin(command)
                reply = None if waits is None else (yield waits)
            else:
                reply = yield command

    def on_timer(self) -> layer.CommandGenerator[None]:
        """Goes on with what it slept for."""
        return self.send_due_parts() if self._state is _SLEEPING else _no_commands()

    def _end_with_trailers(self, event: Any) -> layer.CommandGenerator[None]:
        yield from super()._handle_event(event.trailers)
        yield from super()._handle_event(event)

    def send_response(self, already_streamed: bool = False) -> layer.CommandGenerator[None]:
        response = self.flow.response
        if already_streamed or not isinstance(response, PacedResponse):
            held = self._tap.release() if self._tap else ()
            last = [*self.take_head(), *map(self.data_event, held)]
            sending = _with_last_chunks(super().send_response(already_streamed), last)
            yield from self.finish_unseen(sending) if self.left else sending
            return
        response.stream = True  # so that no view of mitmproxy looks for content
        self.schedule = response.schedule
        self.position = -1
        self._state = StreamState.PACING
        self.server_state = self._state_pacing
        yield from self.send_due_parts()

    def start_response_stream(self) -> layer.CommandGenerator[None]:
        assert self.flow.response
        tap = self.flow.response.stream
        if isinstance(tap, StreamTap):
            self._tap = tap
            if not self.context.options.store_streamed_bodies:
                self._state = _FORWARDING
                yield ForwardDirectly(self)
        for command in super().start_response_stream():
            if isinstance(command, commands.Log):  # that it is streamed: our own line says all there is to say
                continue
            if isinstance(command, SendHttp) and self._state is _FORWARDING and self._tap and self._tap.is_short:
                yield from self.hold_head(command)
            else:
                yield command

    def state_stream_response_body(self, event: events.Event) -> layer.CommandGenerator[None]:
        yield from super().state_stream_response_body(event)
        tap = self._tap
        if tap and tap.hold is not None and tap.hold is not Hold.LAST_BYTE:
            yield from self._release_terminal_chunk()

    def _release_terminal_chunk(self) -> layer.CommandGenerator[None]:
        held = self._tap.release() if self._tap else ()
        self._has_said_last = True
        yield TerminalEventHook(self.flow)
        if self.flow.error is None:  # else it is not on disk
            yield from map(self.data_event, held)

    def data_event(self, chunk: bytes) -> SendHttp:
        """Returns what sends a chunk to the client."""
        return SendHttp(ResponseData(self.stream_id, chunk), self.context.client)

    def send_due_parts(self) -> layer.CommandGenerator[None]:
        """Sends what is due, then sleeps until the next part is."""
        schedule, response = self.schedule, self.flow.response
        if self.position < 0:
            if (yield from self.sleep_until(schedule.headers_at)):
                return
            self.position = 0
            assert isinstance(response, PacedResponse)
            if response.abort and not response.abort.has_head:
                self.position = len(schedule.chunks)
                yield from self.send_due_parts()
                return
            response.timestamp_start = time.time()
            yield SendHttp(ResponseHeaders(self.stream_id, response, response.ends_with_head), self.context.client)
        while self.position < len(schedule.chunks):
            if (yield from self.sleep_until(schedule.chunk_at[self.position])):
                return
            self.position += 1
            yield self.data_event(schedule.chunks[self.position - 1])
            now = time.monotonic()
            if now - _clock.iteration_started() > MAX_SLICE:  # others are to have their turn
                self._state = _SLEEPING
                yield StartTimer(self, now + _YIELD_DELAY)
                return
        if (yield from self.sleep_until(schedule.end_at)):
            return
        self._state = StreamState.PLAIN
        if isinstance(response, PacedResponse) and response.abort:
            yield from super().handle_protocol_error(_as_error(self.stream_id, response.abort))
            return
        yield from super().send_response(already_streamed=True)

    def sleep_until(self, due: float) -> layer.CommandGenerator[bool]:
        """Sets a timer for a part that is due so many seconds after the start, and gives whether it is to wait."""
        due += self.schedule.start
        if due <= time.monotonic():
            self._state = StreamState.PACING
            return False
        self._state = _SLEEPING
        yield StartTimer(self, due)
        return True

    def handle_protocol_error(
        self, event: RequestProtocolError | ResponseProtocolError
    ) -> layer.CommandGenerator[None]:
        if self._state is _SLEEPING and isinstance(event, RequestProtocolError):  # the client went away: stop at once
            self._state = StreamState.PLAIN
            self.flow.error = flow.Error(event.message)
            yield HttpErrorHook(self.flow)
            self.client_state = self.server_state = self.state_errored
            self.flow.live = False
            yield DropStream(self.stream_id)
            return
        yield from super().handle_protocol_error(event)

    def _state_pacing(self, _: events.Event) -> layer.CommandGenerator[None]:
        yield from ()


def _with_last_chunks(
    sending: layer.CommandGenerator[None], last_chunks: list[SendHttp]
) -> layer.CommandGenerator[None]:
    """What ends a response, the chunks that its tap held back sent before its end."""
    reply = None
    while True:
        try:
            command = sending.send(reply)
        except StopIteration:
            break
        if last_chunks and isinstance(command, SendHttp) and isinstance(command.event, _ENDS):
            yield from last_chunks
            last_chunks = []
        reply = yield command


def _as_error(stream_id: int, abort: Abort) -> ResponseProtocolError:
    """What mitmproxy has when a server breaks off: it gives its client a 502, a reset or a closed connection for it."""
    code = ErrorCode.__members__.get(abort.error, ErrorCode.GENERIC_SERVER_ERROR)
    return ResponseProtocolError(stream_id, abort.reason, code)


def _no_commands() -> layer.CommandGenerator[None]:
    yield from ()
