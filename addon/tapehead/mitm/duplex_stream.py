"""A stream whose request may be answered before it ends: it asks who answers while the request is still coming.

mitmproxy either holds a request until its end or sends it upstream from its head on, where no answer of ours is allowed.
Here it is held, and after each read in which a message of it was completed the hook `tapehead_request_open` decides: it sets
a response, which is sent while the request goes on; or `flow.request.stream`, and the request goes upstream, what came of it
first; or nothing, and it is held on. One that is complete by then is as any other. Does not know what a message says.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mitmproxy import http
from mitmproxy.proxy import commands, events, layer
from mitmproxy.proxy.layers.http import SendHttp
from mitmproxy.proxy.layers.http._events import (
    RequestData,
    RequestEndOfMessage,
    RequestTrailers,
    ResponseEndOfMessage,
    ResponseHeaders,
)
from mitmproxy.proxy.layers.http._hooks import HttpResponseHeadersHook

from tapehead.mitm.gated_stream import GatedStream
from tapehead.mitm.paced_response import AnswerScript, PacedResponse
from tapehead.mitm.stream_state import StartTimer, StreamState
from tapehead.wire.splitter import Splitter

_OPEN = "tapehead_open"
"""An attribute of the request, as it is not to be saved with the flow: its `OpenRequest`."""


@dataclass(slots=True)
class OpenRequest:
    """What came of a request that has not ended."""

    SILENCE = 0.05
    """Seconds after which a client that has said nothing is taken to wait for its server."""

    splitter: Splitter
    frames: list[bytes] = field(default_factory=list)
    """Its messages, as far as they are complete."""
    times: list[float] = field(default_factory=list)
    """When each of them came: times of `time.monotonic`."""
    start: float = field(default_factory=time.monotonic)
    sent: int = -1
    """How many chunks of its answer had gone out when it did not go on as recorded; -1: nor had the head."""
    conversation: Any = None
    """What whoever answers it wants to know again, when the request does not go on as recorded."""

    @property
    def may_speak(self) -> bool:
        """Whether a first message is under way, or may yet come."""
        return not self.frames and (self.splitter.rest or time.monotonic() < self.start + self.SILENCE)

    def __call__(self, data: bytes) -> bytes:
        """Takes data as mitmproxy's stream callable would; it never is one."""
        return data


@dataclass
class RequestOpenHook(commands.StartHook):
    """A request goes on, and more of it has come: whoever knows its answer, or where it is to go, sets that."""

    name = "tapehead_request_open"
    flow: http.HTTPFlow


@dataclass
class ScriptBrokenHook(commands.StartHook):
    """A request that is being answered does not go on as recorded: another script is to be set, or the trailers."""

    name = "tapehead_script_broken"
    flow: http.HTTPFlow


def open_request(flow: http.HTTPFlow) -> OpenRequest | None:
    """Returns what came of a flow's request, where it was to be asked about before its end."""
    found: OpenRequest | None = getattr(flow.request, _OPEN, None)
    return found


def ask_before_end(flow: http.HTTPFlow, splitter: Callable[[], Splitter]) -> None:
    """Has a flow, whose request's head is there, asked about before the request ends."""
    flow.request.stream = opened = OpenRequest(splitter())
    setattr(flow.request, _OPEN, opened)


class DuplexStream(GatedStream):
    """Asks so where a flow wants it. Everything else is as without it."""

    _open: OpenRequest | None = None
    """While it is not known what becomes of the request."""
    _script: AnswerScript | None = None
    """While a request that has not ended is answered."""
    _is_ours = False
    """Whether we answer it before its end."""
    _asks = False
    """Whether a timer is set to ask."""

    def start_request_stream(self) -> layer.CommandGenerator[None]:
        asked = self.flow.request.stream
        if not isinstance(asked, OpenRequest):
            yield from super().start_request_stream()
            return
        self._open, self.flow.request.stream = asked, False
        self.client_state = self._state_open
        yield from self._ask_soon()

    def _ask_soon(self) -> layer.CommandGenerator[None]:
        """After this read: most requests are complete by then, and nothing needs to be asked."""
        self._asks = True
        yield StartTimer(self, time.monotonic())

    def _state_open(self, event: events.Event) -> layer.CommandGenerator[None]:
        opened = self._open
        assert opened
        if isinstance(event, RequestEndOfMessage):
            self._open = None
            setattr(self.flow.request, _OPEN, None)
        yield from self.state_consume_request_body(event)
        if type(event) is RequestData and (frames := opened.splitter.feed(event.data)):
            opened.frames += frames
            opened.times += [time.monotonic()] * len(frames)
            yield from self._ask_soon()

    def on_timer(self) -> layer.CommandGenerator[None]:
        if self._asks:
            self._asks = False
            if self._open is not None:
                yield from self._ask()
                return
        yield from super().on_timer()

    def _ask(self) -> layer.CommandGenerator[None]:
        opened = self._open
        is_early = opened is not None and opened.may_speak  # whoever answers looks later, when it may no longer be so
        yield RequestOpenHook(self.flow)
        if (yield from self.check_killed(True)):
            return
        if self.flow.response:
            self._open = None
            yield from self._answer()
        elif self.flow.request.stream:
            self._open = None
            came = bytes(self.request_body_buf)
            self.request_body_buf.clear()
            yield from _silently(super().start_request_stream())
            if came and self.client_state == self.state_stream_request_body:
                yield from self.client_state(RequestData(self.stream_id, came))
        elif is_early and self._open and not self._open.splitter.rest:
            self._asks = True
            yield StartTimer(self, self._open.start + self._open.SILENCE)

    def _answer(self) -> layer.CommandGenerator[None]:
        response = self.flow.response
        assert response
        self._is_ours = True
        response.timestamp_start = time.time()
        yield HttpResponseHeadersHook(self.flow)
        if (yield from self.check_killed(True)):
            return
        if isinstance(response, PacedResponse) and response.script:
            self._script = response.script
            self.client_state = self._state_scripted
        else:
            self.client_state = self.state_done  # what the client still says is nobody's
        yield from self.send_response()

    def _state_scripted(self, event: events.Event) -> layer.CommandGenerator[None]:
        if isinstance(event, RequestTrailers) or self._script is None:
            return
        is_end = isinstance(event, RequestEndOfMessage)
        data = event.data if isinstance(event, RequestData) else b""
        if not data and not is_end:
            return
        if not self._script.take(data, time.monotonic()):
            yield from self._break_off()
        elif self._state is StreamState.SLEEPING:
            yield from self.send_due_parts()

    def _break_off(self) -> layer.CommandGenerator[None]:
        """Ends the answer here, with what the hook makes of its trailers."""
        response = self.flow.response
        assert isinstance(response, PacedResponse)
        broken, self._script = self._script, None
        self._state = StreamState.PLAIN
        has_head = self.position >= 0
        if opened := open_request(self.flow):
            opened.sent = self.position
        yield ScriptBrokenHook(self.flow)
        if response.script is not broken and response.script:  # it goes on as another one
            self._script, self.schedule, self._state = response.script, response.schedule, StreamState.SLEEPING
            yield from self.send_due_parts()
            return
        if not has_head:
            yield SendHttp(ResponseHeaders(self.stream_id, response, end_stream=False), self.context.client)
        if response.tail:
            yield self.data_event(response.tail)
        self.client_state = self.state_done
        yield from super().send_response(already_streamed=True)

    def send_response(self, already_streamed: bool = False) -> layer.CommandGenerator[None]:
        sending = super().send_response(already_streamed)
        is_plain = not self._is_ours and self.client_state != self.state_stream_request_body
        return sending if is_plain else self._to_its_end(sending)

    def _to_its_end(self, sending: layer.CommandGenerator[None]) -> layer.CommandGenerator[None]:
        yield from sending
        if self._is_ours and self.client_state == self.state_done and self.server_state == self.state_done:
            self.client_state = self.state_errored  # takes what the client still says, which is nobody's
        if self.client_state == self.state_stream_request_body and self.server_state == self.state_done:
            # mitmproxy ends an answer with its request only: whoever waits for the end says nothing more.
            yield SendHttp(ResponseEndOfMessage(self.stream_id), self.context.client)

    def sleep_until(self, due: float) -> layer.CommandGenerator[bool]:
        script = self._script
        return super().sleep_until(due) if script is None else self._sleep_for(script)

    def _sleep_for(self, script: AnswerScript) -> layer.CommandGenerator[bool]:
        at = script.due(self.position)
        if at is None:
            self._state = StreamState.SLEEPING  # what the client says next goes on with it
            return True
        if at > time.monotonic():
            self._state = StreamState.SLEEPING
            yield StartTimer(self, at)
            return True
        self._state = StreamState.PACING
        if self.position == len(self.schedule.chunks):  # nothing waits for what the client still says
            self._script = None
            self.client_state = self.state_done
        return False


def _silently(given: layer.CommandGenerator[None]) -> layer.CommandGenerator[None]:
    """Without lines for the log: our own say all there is to say."""
    reply = None
    while True:
        try:
            command = given.send(reply)
        except StopIteration:
            return
        reply = None if isinstance(command, commands.Log) else (yield command)
