"""WebSockets on mitmproxy's side: one that is recorded closes when that is on disk, one that is played has no server.

mitmproxy relays pings and closes to a server, which is not there on replay: then the client is answered here. Who plays
says what is due (`ConversationPlay`). Does not know cassettes.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import wsproto.events
from mitmproxy import http
from mitmproxy.proxy import commands, events, layer
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers.http import HttpStream, SendHttp
from mitmproxy.proxy.layers.http._events import ResponseEndOfMessage
from mitmproxy.proxy.layers.websocket import WebsocketEndHook, WebsocketLayer, WebsocketMessageHook
from wsproto.connection import Connection, ConnectionState, ConnectionType
from wsproto.frame_protocol import CloseReason

from tapehead.mitm.hook_dispatch import StartHookNow

PLAY = "tapehead_play"
"""In a flow's metadata: the ConversationPlay that answers its client."""
_ABNORMAL = 1006  # RFC 6455, 7.4.1: no close frame came; it cannot be sent
_BATCH = 64  # messages that are sent at once
_MAX_SLICE = 0.01  # seconds of a round of the event loop
_YIELD_DELAY = 0.0005
_CLOSING_TIMEOUT = 5.0  # seconds that a client has to answer a close


@dataclass(frozen=True, slots=True)
class Spoken:
    """A message to the client."""

    data: bytes
    is_binary: bool


@dataclass(frozen=True, slots=True)
class Closing:
    """The end from the server's side. Of 1006 the connection just ends."""

    code: int
    reason: str


class ConversationPlay(Protocol):
    """Plays the server's part. Times are of `time.monotonic`."""

    next_due: float | None
    """When something is due next; None while it is the client's turn."""

    def start(self, now: float) -> None:
        """Starts the clock: the client has the head of the response."""
        ...

    def hear(self, data: bytes, now: float, *, is_binary: bool) -> None:
        """Takes a message of the client's."""
        ...

    def due(self, now: float, most: int) -> Sequence[Spoken | Closing]:
        """Returns what is due, `most` of it."""
        ...

    def leave(self) -> None:
        """Takes note that the client has gone, or that all was said."""
        ...


class WebsocketStream(HttpStream):
    """Puts those layers in where mitmproxy has one of its own."""

    _begin: StartHookNow

    def flow_done(self) -> layer.CommandGenerator[None]:
        if not self.flow.websocket:
            yield from super().flow_done()
            return
        play = self.flow.metadata.get(PLAY)
        self.child_layer = (
            PlayedWebsocket(self.context, self.flow, play)
            if play
            else RecordedWebsocket(self.context, self.flow, self._begin)
        )
        self._handle_event = self.passthrough
        yield from self.child_layer.handle_event(events.Start())
        yield SendHttp(ResponseEndOfMessage(self.stream_id), self.context.client)


class RecordedWebsocket(WebsocketLayer):
    """Relays as mitmproxy does, but for the end: the other side sees it when the hook is over, and as it was."""

    def __init__(self, context: Context, flow: http.HTTPFlow, begin: StartHookNow) -> None:
        super().__init__(context, flow)
        self._begin = begin

    def relay_messages(self, event: events.Event) -> layer.CommandGenerator[None]:
        ending: list[commands.Command] = []
        for command in super().relay_messages(event):
            data = self.flow.websocket
            if isinstance(command, WebsocketMessageHook):
                if (waits := self._begin(command)) is not None:  # a task for each message would cost as much again
                    yield waits
            elif isinstance(command, WebsocketEndHook):
                yield command
                yield from ending
                ending = []
            elif data is None or data.timestamp_end is None:
                yield command
            elif not isinstance(command, commands.SendData) or data.close_code != _ABNORMAL:
                ending.append(command)  # a peer that just went is no farewell, as which mitmproxy would pass it on
        yield from ending


class PlayedWebsocket(layer.Layer):
    """The server's end of a WebSocket, with nothing behind it."""

    def __init__(self, context: Context, flow: http.HTTPFlow, play: ConversationPlay) -> None:
        super().__init__(context)
        self.flow = flow
        self._play = play
        self._ws = Connection(ConnectionType.SERVER)
        self._parts: list[bytes] = []
        self._wake: commands.RequestWakeup | None = None
        self._is_over = False

    def __repr__(self) -> str:
        return f"<PlayedWebsocket {self._ws.state.name.lower()}>"

    def _handle_event(self, event: events.Event) -> layer.CommandGenerator[None]:
        if self._is_over:
            return
        if isinstance(event, events.Start):
            self._play.start(time.monotonic())
            yield from self._advance()
        elif isinstance(event, events.Wakeup):
            if event.command is self._wake:
                self._wake = None
                yield from self._on_time()
        elif isinstance(event, events.DataReceived | events.ConnectionClosed):
            self._ws.receive_data(event.data if isinstance(event, events.DataReceived) else None)
            yield from self._on_frames(self._ws.events())

    def _on_frames(self, frames: Iterable[Any]) -> layer.CommandGenerator[None]:
        for frame in frames:
            if isinstance(frame, wsproto.events.Message):
                is_text = isinstance(frame, wsproto.events.TextMessage)
                self._parts.append(frame.data.encode() if isinstance(frame.data, str) else bytes(frame.data))
                if frame.message_finished:
                    message, self._parts = b"".join(self._parts), []
                    self._play.hear(message, time.monotonic(), is_binary=not is_text)
            elif isinstance(frame, wsproto.events.Ping):
                yield self._send(frame.response())
            elif isinstance(frame, wsproto.events.CloseConnection):
                if self._ws.state in (ConnectionState.REMOTE_CLOSING, ConnectionState.OPEN):
                    yield self._send(frame.response())  # in OPEN: what came is no WebSocket
                yield from self._end(frame.code, frame.reason, by_client=True)
                return
        yield from self._advance()

    def _on_time(self) -> layer.CommandGenerator[None]:
        if self._ws.state is ConnectionState.OPEN:
            yield from self._advance()
        else:
            yield from self._end(_ABNORMAL, "", by_client=True)

    def _advance(self) -> layer.CommandGenerator[None]:
        """Sends what is due, and sleeps until something is."""
        if self._ws.state is not ConnectionState.OPEN:
            return
        began = now = time.monotonic()
        while due := self._play.due(now, _BATCH):
            closing = due[-1] if isinstance(due[-1], Closing) else None
            said = b"".join(self._framed(each) for each in due if isinstance(each, Spoken))
            if said:
                yield commands.SendData(self.context.client, said)
            if closing:
                yield from self._close(closing)
                return
            now = time.monotonic()
            if now - began > _MAX_SLICE:  # others are to have their turn
                yield from self._sleep(_YIELD_DELAY)
                return
        if (at := self._play.next_due) is not None:
            yield from self._sleep(max(at - now, 0))

    def _sleep(self, seconds: float) -> layer.CommandGenerator[None]:
        self._wake = commands.RequestWakeup(seconds)
        yield self._wake

    def _close(self, closing: Closing) -> layer.CommandGenerator[None]:
        if closing.code == _ABNORMAL:
            yield from self._end(closing.code, closing.reason, by_client=False)
            return
        self._note_end(closing.code, closing.reason, by_client=False)
        code = CloseReason.NO_STATUS_RCVD if closing.code == CloseReason.NO_STATUS_RCVD else closing.code
        yield self._send(wsproto.events.CloseConnection(code=code, reason=closing.reason or None))
        yield from self._sleep(_CLOSING_TIMEOUT)

    def _end(self, code: int, reason: str | None, *, by_client: bool) -> layer.CommandGenerator[None]:
        self._is_over = True
        self._play.leave()
        self._note_end(code, reason, by_client=by_client)
        yield WebsocketEndHook(self.flow)
        self.flow.live = False
        yield commands.CloseConnection(self.context.client)

    def _note_end(self, code: int, reason: str | None, *, by_client: bool) -> None:
        data = self.flow.websocket
        if data and data.timestamp_end is None:
            data.timestamp_end = time.time()
            data.closed_by_client, data.close_code, data.close_reason = by_client, code, reason

    def _framed(self, message: Spoken) -> bytes:
        if message.is_binary:
            return self._ws.send(wsproto.events.BytesMessage(message.data))
        return self._ws.send(wsproto.events.TextMessage(message.data.decode("utf-8", "replace")))

    def _send(self, frame: Any) -> commands.SendData:
        return commands.SendData(self.context.client, self._ws.send(frame))
