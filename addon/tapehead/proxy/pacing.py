"""A response sent chunk by chunk, in time, by mitmproxy's own HTTP layers: no socket, no second server.

mitmproxy sends a response that a hook sets at once and in one piece. Here its `HttpStream` is subclassed to send a
`PacedResponse` on an absolute schedule instead; `layers` wakes it and puts it in. These classes are private to
mitmproxy: the version is pinned, and tests hold the contract. Does not know cassettes.
"""

import collections
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mitmproxy import flow, http
from mitmproxy.proxy import commands, events, layer
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers.http import DropStream, HttpStream, SendHttp
from mitmproxy.proxy.layers.http._events import (
    RequestEndOfMessage,
    RequestProtocolError,
    ResponseData,
    ResponseEndOfMessage,
    ResponseHeaders,
    ResponseProtocolError,
    ResponseTrailers,
)
from mitmproxy.proxy.layers.http._hooks import HttpErrorHook

from tapehead.proxy.dispatch import Begin
from tapehead.proxy.http1 import RequestEndWithTrailers, ResponseEndWithTrailers
from tapehead.proxy.rounds import Rounds, note
from tapehead.proxy.schedule import PacedResponse
from tapehead.wire.chunks import Chunks, as_one

UPSTREAM_FAILED = "tapehead_upstream_failed"
"""In a flow's metadata: it was its server that broke it off, not its client."""
_rounds = Rounds()
LONGEST_TURN = 0.01
"""Seconds of one round of the event loop, of all streams together."""
_REST = 0.0005
_ENDS = (ResponseTrailers, ResponseEndOfMessage)
_MAY_GO_ON = 0.05  # seconds in which a stream that may say more after its terminal event does, or ends


@dataclass
class TerminalEventHook(commands.StartHook):
    """A stream's callable holds back the chunk with the terminal event (as `last_words`): it is sent after this hook."""

    name = "tapehead_terminal_event"
    flow: http.HTTPFlow


class LastWords(events.Event):
    """A stream's callable holds back the chunk with the terminal event, and nothing came with it."""


class TurnEnd(commands.Command):
    """A stream's wish to get `LastWords` when all that came in this read is dealt with."""

    def __init__(self, stream: "PacedStream") -> None:
        self.stream = stream


class Due(events.Event):
    """The time has come for which a stream slept."""


class Sleep(commands.Command):
    """A stream's wish to get `Due` at a time of `time.monotonic`."""

    def __init__(self, stream: "PacedStream", due: float) -> None:
        self.stream = stream
        self.due = due


class PacedStream(HttpStream):
    """Sends the parts of a PacedResponse when they are due, and what a stream's callable holds back after its hook.

    Everything else is mitmproxy's.
    """

    def __init__(self, context: Context, stream_id: int, begin: Begin) -> None:
        super().__init__(context, stream_id)
        self._begin = begin

    _sleeps = False
    _tee: Any = None
    """The stream's callable, if it may hold chunks back."""
    _last_words_wait = False
    _wait_ends = 0.0
    """Until when it may go on after them."""

    def handle_event(self, event: events.Event) -> Any:
        # Not a generator itself, and what a stream's chunks need and no more: there are many.
        if isinstance(event, RequestEndOfMessage):
            note(self.flow, _rounds.earliest())
        if type(event) is ResponseData and self._paused is None:
            if self._can_relay():
                return self._relayed(event.data)
            if type(event.data) is Chunks:
                return self._one_by_one(event.data.parts)
        if self._last_words_wait:
            return self._after_last_words(event)
        if self._paused and self._paused_event_queue and getattr(event, "command", None) is self._paused.command:
            return self._continued(event)
        return super().handle_event(event)

    def _can_relay(self) -> bool:
        """Whether a chunk is for the tee, and mitmproxy would do nothing with it besides."""
        return (
            self._tee is not None and not self._last_words_wait and self.server_state == self.state_stream_response_body
        )

    def _relayed(self, data: bytes) -> Any:
        """What mitmproxy's states make of a chunk, without passing through them."""
        tee: Any = self._tee
        chunks = tee(data)
        if tee.last_words:
            return self._held_back(chunks)
        return (self._data(as_one(chunks)),) if chunks else ()

    def _held_back(self, chunks: Sequence[bytes]) -> layer.CommandGenerator[None]:
        """The tee holds last words back, and lets these chunks go."""
        if chunks:
            yield self._data(as_one(chunks))
        tee: Any = self._tee
        self._last_words_wait = True
        if tee.may_go_on:
            self._wait_ends = time.monotonic() + _MAY_GO_ON
            yield Sleep(self, self._wait_ends)
        else:
            yield TurnEnd(self)

    def _one_by_one(self, chunks: Sequence[bytes]) -> layer.CommandGenerator[None]:
        for chunk in chunks:
            yield from self.handle_event(ResponseData(self.stream_id, chunk))

    def _after_last_words(self, event: events.Event) -> layer.CommandGenerator[None]:
        """The end may come in the same read as the last words: then they wait for its hook, and need none of their own."""
        tee: Any = self._tee
        if type(event) is ResponseTrailers:  # the end comes next
            yield from super().handle_event(event)
            return
        if type(event) is Due and time.monotonic() < self._wait_ends:
            return  # that of an earlier wait
        if type(event) is ResponseData and tee.may_go_on:
            yield from self._more(event.data)
            return
        self._last_words_wait = False
        if isinstance(event, ResponseEndOfMessage):
            tee.held, tee.last_words = tee.last_words, ()
        elif type(event) is Due:
            if not tee.is_last:  # it may go on much later: the client does not wait for that, and all is one recording
                last_words, tee.last_words = tee.last_words, ()
                yield from map(self._data, last_words)
                return
            event = LastWords()
        elif type(event) is not LastWords:
            yield from super().handle_event(LastWords())
        yield from self.handle_event(event)

    def _more(self, data: bytes) -> layer.CommandGenerator[None]:
        """What comes after last words that may not be the last."""
        tee: Any = self._tee
        yield from map(self._data, tee(data))
        self._last_words_wait = bool(tee.last_words)
        if tee.last_words and not tee.may_go_on:
            yield TurnEnd(self)

    def _continued(self, event: events.Event) -> layer.CommandGenerator[None]:
        """As mitmproxy goes on after a hook, but with each event that came meanwhile as if it came now."""
        queue, self._paused_event_queue = self._paused_event_queue, collections.deque()
        yield from super().handle_event(event)
        while queue and self._paused is None:
            yield from self.handle_event(queue.popleft())
        self._paused_event_queue.extendleft(reversed(queue))

    def _handle_event(self, event: events.Event) -> layer.CommandGenerator[None]:
        if type(event) is Due:
            given = self._advance() if self._sleeps else _nothing()
        elif type(event) is LastWords:
            given = self._said_last_words()
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

    def _end_with_trailers(self, event: Any) -> layer.CommandGenerator[None]:
        yield from super()._handle_event(event.trailers)
        yield from super()._handle_event(event)

    def send_response(self, already_streamed: bool = False) -> layer.CommandGenerator[None]:
        response = self.flow.response
        if already_streamed or not isinstance(response, PacedResponse):
            held = getattr(response and response.stream, "held", ())
            yield from _with_last_chunks(super().send_response(already_streamed), list(map(self._data, held)))
            return
        response.stream = True  # so that no view of mitmproxy looks for content
        self._schedule = response.schedule
        self._position = -1
        self.server_state = self._state_pacing
        yield from self._advance()

    def start_response_stream(self) -> layer.CommandGenerator[None]:
        assert self.flow.response
        tee = self.flow.response.stream
        if hasattr(tee, "last_words") and not self.context.options.store_streamed_bodies:
            self._tee = tee
        for command in super().start_response_stream():
            if not isinstance(command, commands.Log):  # that it is streamed: our own line says all there is to say
                yield command

    def state_stream_response_body(self, event: events.Event) -> layer.CommandGenerator[None]:
        yield from super().state_stream_response_body(event)
        assert self.flow.response
        if getattr(self.flow.response.stream, "last_words", ()):
            yield from self._said_last_words()

    def _said_last_words(self) -> layer.CommandGenerator[None]:
        assert self.flow.response
        tee: Any = self.flow.response.stream
        last_words, tee.last_words = tee.last_words, ()
        yield TerminalEventHook(self.flow)
        if self.flow.error is None:  # else it is not on disk
            yield from map(self._data, last_words)

    def _data(self, chunk: bytes) -> SendHttp:
        return SendHttp(ResponseData(self.stream_id, chunk), self.context.client)

    def _advance(self) -> layer.CommandGenerator[None]:
        """Sends what is due, then sleeps until the next part is."""
        schedule, response = self._schedule, self.flow.response
        if self._position < 0:
            if (yield from self._asleep(schedule.headers)):
                return
            self._position = 0
            assert response
            response.timestamp_start = time.time()
            yield SendHttp(ResponseHeaders(self.stream_id, response, end_stream=False), self.context.client)
        while self._position < len(schedule.chunks):
            if (yield from self._asleep(schedule.times[self._position])):
                return
            self._position += 1
            yield self._data(schedule.chunks[self._position - 1])
            now = time.monotonic()
            if now - _rounds.start() > LONGEST_TURN:  # others are to have their turn
                self._sleeps = True
                yield Sleep(self, now + _REST)
                return
        if (yield from self._asleep(schedule.end)):
            return
        self._sleeps = False
        yield from super().send_response(already_streamed=True)

    def _asleep(self, due: float) -> layer.CommandGenerator[bool]:
        due += self._schedule.start
        self._sleeps = due > time.monotonic()
        if self._sleeps:
            yield Sleep(self, due)
        return self._sleeps

    def handle_protocol_error(
        self, event: RequestProtocolError | ResponseProtocolError
    ) -> layer.CommandGenerator[None]:
        if self._sleeps and isinstance(event, RequestProtocolError):  # the client went away: stop at once
            self._sleeps = False
            self.flow.error = flow.Error(event.message)
            yield HttpErrorHook(self.flow)
            self.client_state = self.server_state = self.state_errored
            self.flow.live = False
            yield DropStream(self.stream_id)
            return
        if isinstance(event, ResponseProtocolError):
            self.flow.metadata[UPSTREAM_FAILED] = True
        yield from super().handle_protocol_error(event)

    def _state_pacing(self, _: events.Event) -> layer.CommandGenerator[None]:
        yield from ()


def _with_last_chunks(
    sending: layer.CommandGenerator[None], last_chunks: list[SendHttp]
) -> layer.CommandGenerator[None]:
    """What ends a response, the chunks that a stream's callable held back (as `held`) sent before its end."""
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


def _nothing() -> layer.CommandGenerator[None]:
    yield from ()
