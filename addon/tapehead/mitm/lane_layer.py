"""mitmproxy's HTTP layer behind a lane: what comes by a client's connection goes through that first, where there is one.

What the lane answers passes through nothing else; what it does not is mitmproxy's, from a request's first byte. Private
to mitmproxy, as what `http_layer` puts in.
"""

import time
from collections.abc import Callable
from typing import Any

from mitmproxy.proxy import commands, events, layer
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers.http import HttpLayer, HTTPMode
from mitmproxy.proxy.layers.tls import HTTP1_ALPNS

from tapehead.lane.lane_http1 import LaneHttp1
from tapehead.lane.lane_http2 import LaneHttp2
from tapehead.lane.lane_messages import Lane
from tapehead.mitm.lane_server import LaneHttp2Server
from tapehead.mitm.lane_shortcut import ShortLane

type LaneFor = Callable[[Context, HTTPMode], Lane | None]
"""Says what answers on a client's connection, before mitmproxy is asked; None where nothing does."""
type BegunHttp2 = Callable[[Context], LaneHttp2 | None]
"""Says which connection of HTTP/2 a client has begun before it came to mitmproxy."""
type Shorten = Callable[[Context, ShortLane], bool]
"""Has what comes by a client's connection go to its lane directly, and what is due wake it; returns whether it does."""
_PROTOCOLS = (None, *HTTP1_ALPNS, b"h2")


def no_lane(_: Context, __: HTTPMode) -> None:
    """Says that nothing answers before mitmproxy is asked."""


def nothing_begun(_: Context) -> None:
    """Says that all of a client's connection comes to mitmproxy."""


def stay_long(_: Context, __: ShortLane) -> bool:
    """Does nothing: a connection's bytes stay on their way through mitmproxy."""
    return False


class LaneLayer(HttpLayer):
    """mitmproxy's, with a lane for the client's connection: `_lane` over HTTP/1.1, `_http2_lane` over HTTP/2, or neither."""

    _lane: LaneHttp1 | None = None
    _http2_lane: LaneHttp2Server | None = None
    _is_short = False
    """Whether that was tried."""
    _is_direct = False
    _lane_wakeup: commands.RequestWakeup | None = None

    def set_lane(self, lane_for: LaneFor, begun_http2: BegunHttp2, shorten: Shorten) -> None:
        """Takes who is asked for a lane, who has begun one, and has one's data come directly."""
        self._lane_for, self._begun_http2, self._put_in = lane_for, begun_http2, shorten

    def put_lane_in(self) -> None:
        """Has the lane take a client's connection, if it has answers for it."""
        client = self.context.client
        if client.alpn == b"h2" and (http2 := self._begun_http2(self.context)):
            self._http2_lane = LaneHttp2Server(self.context.fork(), http2)
            self.connections.setdefault(client, self._http2_lane)
            return
        if client.alpn not in _PROTOCOLS or (lane := self._lane_for(self.context, self.mode)) is None:
            return
        if client.alpn == b"h2":
            self._http2_lane = LaneHttp2Server(self.context.fork(), lane)
            self.connections.setdefault(client, self._http2_lane)
        else:
            self._lane = LaneHttp1(lane)

    def handle_event(self, event: events.Event) -> Any:
        lane = self._lane
        if lane is None:
            http2 = self._http2_lane
            if (
                http2
                and type(event) is events.DataReceived
                and event.connection is self.context.client
                and http2.takes_at_once
            ):
                return self._given_by_http2(http2, event)
            return super().handle_event(event)
        if (
            type(event) is events.DataReceived
            and event.connection is self.context.client
            and self._is_between_requests()
        ):
            return self._given_by_lane(lane, *lane.receive(event.data, time.monotonic()))
        if type(event) is events.Wakeup and event.command is self._lane_wakeup:
            self._lane_wakeup = None
            return self._given_by_lane(lane, *lane.wake(time.monotonic()))
        if type(event) is events.ConnectionClosed and event.connection is self.context.client:
            return self._client_closed(lane, event)
        return super().handle_event(event)

    # What the shortcut asks

    def takes_directly(self) -> bool:
        if self._paused:
            return False
        if self._http2_lane:
            return self._http2_lane.takes_at_once
        return self._lane is not None and self._is_between_requests()

    def receive_directly(self, data: bytes, now: float) -> tuple[bytes, bytes | None]:
        if self._http2_lane:
            out, is_all = self._http2_lane.receive_at_once(data)
            return out, None if is_all else b""
        assert self._lane
        return self._as_directly(self._lane, *self._lane.receive(data, now))

    def wake_directly(self, now: float) -> tuple[bytes, bytes | None]:
        if self._http2_lane:
            return self._http2_lane.wake_at_once(now), None
        return self._as_directly(self._lane, *self._lane.wake(now)) if self._lane else (b"", None)

    def due_directly(self) -> float | None:
        lane = self._http2_lane or self._lane
        return lane.due if lane else None

    @staticmethod
    def _as_directly(lane: LaneHttp1, out: bytes, rest: bytes) -> tuple[bytes, bytes | None]:
        return out, rest if rest or lane.is_over else None

    def _is_between_requests(self) -> bool:
        """Whether mitmproxy's own connection waits for a request, and nothing of one has come to it."""
        server: Any = self.connections[self.context.client]
        return server.state == server.read_headers and not server.buf

    def _given_by_lane(self, lane: LaneHttp1, out: bytes, rest: bytes) -> layer.CommandGenerator[None]:
        client = self.context.client
        if out:
            yield commands.SendData(client, out)
            if not self._is_short:
                self._shorten()
        if lane.is_over:
            yield commands.CloseConnection(client)
        elif lane.due is not None and self._lane_wakeup is None and not self._is_direct:
            self._lane_wakeup = commands.RequestWakeup(max(0.0, lane.due - time.monotonic()))
            yield self._lane_wakeup
        elif rest:
            yield from super().handle_event(events.DataReceived(client, rest))

    def _given_by_http2(self, lane: LaneHttp2Server, event: events.DataReceived) -> layer.CommandGenerator[None]:
        out, is_all = lane.receive_at_once(event.data)
        if out:
            yield commands.SendData(self.context.client, out)
        if lane.has_answered and not self._is_short:
            self._shorten()
        if not is_all or (lane.due is not None and not self._is_direct):
            yield from super().handle_event(events.DataReceived(self.context.client, b""))

    def _shorten(self) -> None:
        """Has what comes go to the lane directly: it has had an answer."""
        self._is_short = True
        self._is_direct = self._put_in(self.context, self)

    def _client_closed(self, lane: LaneHttp1, event: events.ConnectionClosed) -> layer.CommandGenerator[None]:
        self._lane = None
        if lane.is_sending or lane.is_over:  # it has left what it asked for
            yield commands.CloseConnection(self.context.client)
            return
        if rest := lane.take_rest():
            yield from super().handle_event(events.DataReceived(self.context.client, rest))
        yield from super().handle_event(event)
