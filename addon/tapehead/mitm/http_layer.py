"""mitmproxy's HTTP layer with streams that can pace: it wakes them, and puts together what they send.

Put in through the `next_layer` hook. Private to mitmproxy, as what `http_stream` builds on.
"""

import heapq
import itertools
import math
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from hyperframe.frame import DataFrame
from mitmproxy.connection import Server
from mitmproxy.proxy import commands, events, layer
from mitmproxy.proxy.layers.http import HttpLayer, HttpStream
from mitmproxy.proxy.layers.http._events import ResponseData
from mitmproxy.proxy.layers.http._http1 import Http1Server
from mitmproxy.proxy.layers.http._http2 import Http2Server

from tapehead.mitm.duplex_stream import DuplexStream
from tapehead.mitm.hook_dispatch import StartHookNow, begin_of
from tapehead.mitm.http_stream import MAX_SLICE
from tapehead.mitm.lane_layer import (
    BegunHttp2,
    LaneFor,
    LaneLayer,
    Shorten,
    no_lane,
    nothing_begun,
    stay_long,
)
from tapehead.mitm.lane_shortcut import put_in
from tapehead.mitm.late_head import ReadOver, TellReadOver
from tapehead.mitm.paced_response import Gate
from tapehead.mitm.patch_checks import left_out
from tapehead.mitm.patches import replace
from tapehead.mitm.stream_shortcut import put_in as put_shortcut_in
from tapehead.mitm.stream_state import CallAfterRead, ForwardDirectly, StartTimer, TerminalChunkHeld, TimerFired
from tapehead.mitm.write_coalescing import coalesce_writes
from tapehead.wire.chunks import CoalescedChunks, parts

if TYPE_CHECKING:
    from mitmproxy import master  # brings all addons of mitmproxy's along

type _SentBy = Callable[[Iterable[commands.Command]], Iterator[commands.Command]]
type _ShortenStream = Callable[["PacedLayer", Server], None]
_SERVERS = (Http1Server, Http2Server)


def install(to: "master.Master") -> None:
    """Makes a master's HTTP layers pace, but for patches that are left out. A second call does nothing."""
    if to.addons.get(PacedLayerAddon.name) is None:
        off = left_out()
        kind = PacedLayer if "direct-framing" in off else DirectlyFramingLayer
        sent_by = iter if "write-coalescing" in off else coalesce_writes
        shorten: Shorten = stay_long if "lane-shortcut" in off else partial(put_in, to)
        addon = PacedLayerAddon(begin_of(to.addons), kind, sent_by, shorten)
        if not off & {"stream-shortcut", "direct-framing"}:
            addon.shorten_stream = partial(put_shortcut_in, to)
        to.addons.add(addon)


def _stay_long(_: "PacedLayer", __: Server) -> None:
    """Does nothing: a response's chunks stay on their way through mitmproxy."""


class PacedLayer(LaneLayer):
    """mitmproxy's, with such streams."""

    _shorten_stream: _ShortenStream = staticmethod(_stay_long)

    def initialise(
        self,
        begin: StartHookNow,
        sent_by: "_SentBy",
        lane_for: LaneFor,
        begun_http2: BegunHttp2,
        shorten: Shorten,
        shorten_stream: _ShortenStream = _stay_long,
    ) -> None:
        """Does what a constructor would do: mitmproxy has made the object."""
        self._begin, self._sent_by = begin, sent_by
        self._shorten_stream = shorten_stream
        self.set_lane(lane_for, begun_http2, shorten)
        self._after_read: list[tuple[HttpStream, type[events.Event]]] = []
        self._timers: list[tuple[float, int, HttpStream]] = []
        self._numbers = itertools.count()
        self._wakes: dict[commands.Command, float] = {}

    def _handle_event(self, event: events.Event) -> Any:
        return self._sent_by(self._process_event(event))

    def _process_event(self, event: events.Event) -> layer.CommandGenerator[None]:
        """What all streams do at this event, and those whose time has come: one wakeup serves all that it can."""
        if isinstance(event, events.Start):
            self.put_lane_in()
        if not isinstance(event, events.Wakeup) or self._wakes.pop(event.command, None) is None:
            yield from self._intercept_timers(super()._handle_event(event))
        while self._after_read:
            stream, event_kind = self._after_read.pop()
            yield from self._intercept_timers(self.event_to_child(stream, event_kind()))
        until = math.inf
        while self._timers and self._timers[0][0] <= (now := time.monotonic()) < until:
            until = min(until, now + MAX_SLICE)
            yield from self._intercept_timers(self.event_to_child(heapq.heappop(self._timers)[2], TimerFired()))
        if self._timers and self._timers[0][0] < min(self._wakes.values(), default=math.inf):
            due = self._timers[0][0]
            wakeup = commands.RequestWakeup(max(due - time.monotonic(), 0))
            self._wakes[wakeup] = due
            yield wakeup

    def _intercept_timers(self, given: Iterable[commands.Command]) -> layer.CommandGenerator[None]:
        for command in given:
            if type(command) is CallAfterRead:
                self._after_read.append((command.stream, TerminalChunkHeld))
            elif type(command) is TellReadOver:
                self._after_read.append((command.stream, ReadOver))
            elif type(command) is ForwardDirectly:
                self._shorten_stream(self, command.stream.context.server)
            elif type(command) is StartTimer:
                heapq.heappush(self._timers, (command.due, next(self._numbers), command.stream))
            else:
                yield command

    def make_stream(self, stream_id: int) -> layer.CommandGenerator[None]:
        self.streams[stream_id] = DuplexStream(self.context.fork(), stream_id, self._begin)
        yield from self.event_to_child(self.streams[stream_id], events.Start())

    def event_to_child(self, child: Any, event: events.Event) -> Any:
        if type(event) is ResponseData and type(event.data) is CoalescedChunks and isinstance(child, _SERVERS):
            return self._one_by_one(child, event)
        return super().event_to_child(child, event)

    def _one_by_one(self, server: Any, event: ResponseData) -> layer.CommandGenerator[None]:
        """Each chunk in a frame of its own."""
        for part in parts(event.data):
            yield from super().event_to_child(server, ResponseData(event.stream_id, part))


class DirectlyFramingLayer(PacedLayer):
    """Likewise, and puts chunks into frames without asking mitmproxy's connections for each."""

    _framed: tuple[Any, bool] = (None, False)
    """The response that was last sent to an HTTP/1.1 client, and whether in chunks."""

    def event_to_child(self, child: Any, event: events.Event) -> Any:
        if type(event) is ResponseData and child._paused is None:
            if type(child) is Http1Server and child.response:
                return self._to_http1(child, event.data)
            if type(child) is Http2Server and type(event.data) is CoalescedChunks:
                return _to_http2(child, event)
        return HttpLayer.event_to_child(self, child, event)

    def _to_http1(self, server: Http1Server, data: bytes) -> Iterable[commands.SendData]:
        # mitmproxy 12.2.3 Http1Server.send, which reads the headers anew for each chunk
        response: Any = server.response
        known, chunked = self._framed
        if response is not known:
            chunked = "chunked" in response.headers.get("transfer-encoding", "").lower()
            self._framed = response, chunked
        if chunked:
            data = b"".join([b"%x\r\n%b\r\n" % (len(part), part) for part in parts(data)])
        return (commands.SendData(server.conn, data),) if data else ()


def _to_http2(server: Http2Server, event: ResponseData) -> Iterable[commands.SendData]:
    # mitmproxy 12.2.3 Http2Connection._handle_event
    if server.is_open_for_us(event.stream_id):
        yield from _frames(server, event.stream_id, event.data)


def _frames(server: Http2Server, stream: int, chunks: bytes) -> Iterable[commands.SendData]:
    """Each chunk in a frame of its own. hyper-h2 is asked once, whether it can be sent, where that is enough."""
    connection = server.h2_conn
    most = min(connection.max_outbound_frame_size, connection.local_flow_control_window(stream))
    if connection.stream_buffers.get(stream) or len(chunks) > most:
        for part in parts(chunks):
            connection.send_data(stream, part)
        data = connection.data_to_send()
    else:
        before = connection.data_to_send()
        connection.send_data(stream, chunks)
        connection.clear_outbound_data_buffer()
        data = b"".join([before, *(DataFrame(stream, part).serialize() for part in parts(chunks))])
    if data:
        yield commands.SendData(server.conn, data)


def set_lanes(of: "master.Master", lane_for: LaneFor) -> None:
    """Has a master's HTTP layers ask for a lane, those of connections that come from now on."""
    _addon(of).lane_for = lane_for


def set_begun(of: "master.Master", begun_http2: BegunHttp2) -> None:
    """Has them ask which connections of HTTP/2 have begun before they come to mitmproxy."""
    _addon(of).begun_http2 = begun_http2


def _addon(of: "master.Master") -> "PacedLayerAddon":
    addon: PacedLayerAddon = of.addons.get(PacedLayerAddon.name)
    return addon


class PacedLayerAddon:
    """Makes every HTTP layer one that can pace. To stand behind mitmproxy's own NextLayer in the chain."""

    name = "tapehead_pacing"

    def __init__(self, begin: StartHookNow, kind: type[PacedLayer], sent_by: "_SentBy", shorten: Shorten) -> None:
        self._begin, self._kind, self._sent_by, self._shorten = begin, kind, sent_by, shorten
        self.lane_for: LaneFor = no_lane
        self.begun_http2: BegunHttp2 = nothing_begun
        self.shorten_stream: _ShortenStream = _stay_long

    def next_layer(self, data: layer.NextLayer) -> None:
        for each in data.context.layers:
            if type(each) is HttpLayer:
                replace(each, "__class__", self._kind)
                cast("PacedLayer", each).initialise(
                    self._begin,
                    self._sent_by,
                    self.lane_for,
                    self.begun_http2,
                    self._shorten,
                    self.shorten_stream,
                )

    async def tapehead_gate(self, gate: Gate) -> None:
        await gate.changed()
