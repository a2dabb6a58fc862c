"""A stream whose client leaves before the end: its server is read on from, for a short while, and nobody sees what comes.

Many a client leaves at the last event of a protocol that nobody here knows, some milliseconds before the body ends. If
it ends in time, the exchange is over as any other is; else it broke off where its client left. The states are told in
`stream_state`. Does not know what becomes of an exchange.
"""

import time
from collections.abc import Generator
from typing import Any

from mitmproxy.proxy import events, layer
from mitmproxy.proxy.layers.http import SendHttp
from mitmproxy.proxy.layers.http._events import (
    RequestProtocolError,
    ResponseData,
    ResponseProtocolError,
)

from tapehead.mitm.reading_on import READS
from tapehead.mitm.stream_state import StartTimer, StreamState, TerminalChunkHeld, TimerFired
from tapehead.mitm.stream_tap import UPSTREAM_FAILED, Hold, StreamTap
from tapehead.mitm.websocket_layers import WebsocketStream

MAX_BYTES = 4 * 1024 * 1024
"""That are read on: an abandoned download is none of those whose end is near."""
_IGNORED = (RequestProtocolError, TerminalChunkHeld)


class ReadOnStream(WebsocketStream):
    """Reads on where its tap wants it."""

    _state = StreamState.PLAIN
    _tap: StreamTap | None = None
    """What sees the chunks, where they are tapped; in the state PLAIN mitmproxy gives them to it."""
    _has_said_last = False
    """Whether the hook for the terminal event has been triggered."""
    left: RequestProtocolError | None = None
    """How the client left, while this reads on and after that."""
    _read_until = 0.0
    _read_bytes = 0

    def handle_protocol_error(
        self, event: RequestProtocolError | ResponseProtocolError
    ) -> layer.CommandGenerator[None]:
        tap = self._tap
        if isinstance(event, RequestProtocolError) and tap and self._can_read_on(tap):
            self._state, self.left = StreamState.READING_ON, event
            tap.note_client_left()
            self._read_until = time.monotonic() + tap.read_on
            READS.begin(self.context.client, tap.read_on)
            yield StartTimer(self, self._read_until)
            return
        if isinstance(event, ResponseProtocolError):
            self.flow.metadata[UPSTREAM_FAILED] = event.code.name
        yield from super().handle_protocol_error(event)

    def _can_read_on(self, tap: StreamTap) -> bool:
        return (
            self._state is StreamState.FORWARDING
            and tap.read_on > 0
            and not self._has_said_last
            and self.client_state == self.state_done
            and self.server_state == self.state_stream_response_body
        )

    def on_event_while_reading_on(self, event: events.Event) -> layer.CommandGenerator[None]:
        """Takes what comes, and ends with the body, or when it has waited long enough."""
        assert self._tap
        if type(event) is ResponseData:
            self._tap(event.data)
            self._read_bytes += len(event.data)
            if self._read_bytes > MAX_BYTES:
                yield from self._give_up(self._tap)
        elif type(event) is TimerFired:
            if time.monotonic() >= self._read_until:  # else that of an earlier wait
                yield from self._give_up(self._tap)
        elif isinstance(event, ResponseProtocolError):
            yield from self._give_up(self._tap)
        elif not isinstance(event, _IGNORED):
            yield from super()._handle_event(event)

    def _give_up(self, tap: StreamTap) -> layer.CommandGenerator[None]:
        """The exchange ends as if nothing had come since its client left; but for a terminal event, which ends it well."""
        self._state = StreamState.PLAIN
        if tap.hold is None or tap.hold is Hold.LAST_BYTE:
            tap.forget_unseen()
        assert self.left
        yield from super().handle_protocol_error(self.left)
        READS.end(self.context.client)

    def finish_unseen(self, sending: layer.CommandGenerator[None]) -> layer.CommandGenerator[None]:
        """Gives what ends a response, without what would go to the client."""
        self._state = StreamState.PLAIN
        yield from _without(sending, self.context.client)
        READS.end(self.context.client)


def _without(sending: layer.CommandGenerator[None], client: object) -> Generator[Any, Any, None]:
    reply = None
    while True:
        try:
            command = sending.send(reply)
        except StopIteration:
            return
        is_sent = isinstance(command, SendHttp) and command.connection is client
        reply = None if is_sent else (yield command)
