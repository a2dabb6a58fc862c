"""The lane at the place of mitmproxy's side of a client's HTTP/2 connection: what it hands on become mitmproxy's streams.

Those are sent as mitmproxy sends them, and what is said of the connection is what mitmproxy and our patches say. A layer
of mitmproxy's own kind, put in by `http_layer`. Does not know what a lane answers.
"""

import math
import time
from collections.abc import Iterable, Mapping

from mitmproxy import http, version
from mitmproxy.net.http import url
from mitmproxy.proxy import commands, events, layer
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers.http._base import HttpConnection, HttpEvent, ReceiveHttp, format_error
from mitmproxy.proxy.layers.http._events import (
    ErrorCode,
    RequestData,
    RequestEndOfMessage,
    RequestHeaders,
    RequestProtocolError,
    RequestTrailers,
    ResponseData,
    ResponseHeaders,
    ResponseProtocolError,
    ResponseTrailers,
)
from mitmproxy.proxy.layers.http._http2 import format_h2_response_headers
from mitmproxy.utils import human

from tapehead.lane.http2_control import code_name
from tapehead.lane.http2_frames import PREFACE, Http2Code
from tapehead.lane.http2_streams import (
    HandedData,
    HandedEnd,
    HandedFault,
    HandedHead,
    HandedReset,
    HandedTrailers,
)
from tapehead.lane.lane_http2 import LaneHttp2
from tapehead.lane.lane_messages import Lane
from tapehead.mitm.unread import unread
from tapehead.wire.chunks import parts

# mitmproxy 12.2.3 _http2.py, Http2Connection._handle_event and handle_h2_event
_RESETS: Mapping[ErrorCode, Http2Code] = {
    ErrorCode.CANCEL: Http2Code.CANCEL,
    ErrorCode.CLIENT_DISCONNECTED: Http2Code.CANCEL,
    ErrorCode.PASSTHROUGH_CLOSE: Http2Code.CANCEL,
    ErrorCode.HTTP_1_1_REQUIRED: Http2Code.HTTP_1_1_REQUIRED,
}
_RECEIVED_RESETS: Mapping[int, ErrorCode] = {
    Http2Code.CANCEL: ErrorCode.CANCEL,
    Http2Code.HTTP_1_1_REQUIRED: ErrorCode.HTTP_1_1_REQUIRED,
}
_NO_HTTP2 = "it is no HTTP/2"


class LaneHttp2Server(HttpConnection):
    """A client's connection."""

    def __init__(self, context: Context, lane: Lane | LaneHttp2) -> None:
        """Takes what answers, or a connection that has begun."""
        super().__init__(context, context.client)
        self._has_begun = isinstance(lane, LaneHttp2)
        if not isinstance(lane, LaneHttp2):
            lane = LaneHttp2(lane, is_lenient=not context.options.validate_inbound_headers)
        self._http2 = lane
        self._is_over = False
        self._wakes: dict[commands.Command, float] = {}

    @property
    def takes_at_once(self) -> bool:
        """Whether it waits for nothing, so that data may be given to `receive_at_once`."""
        return not (self._is_over or self._paused)

    def receive_at_once(self, data: bytes) -> tuple[bytes, bool]:
        """Takes data past mitmproxy's layers; returns what is sent, and whether that is all there is to do.

        Else an event with no data is to follow, which does the rest.
        """
        http2 = self._http2
        out = self._receive(data)
        return out, not (http2.handed or http2.closing or http2.error)

    def wake_at_once(self, now: float) -> bytes:
        """Returns what is due by now."""
        return b"" if self._is_over else self._http2.wake(now)

    @property
    def due(self) -> float | None:
        """When something is due, a time of `time.monotonic`."""
        return self._http2.due

    @property
    def has_answered(self) -> bool:
        """Whether the lane has answered something."""
        return self._http2.has_answered

    def _handle_event(self, event: events.Event) -> layer.CommandGenerator[None]:
        http2 = self._http2
        if self._is_over:
            return
        if isinstance(event, events.DataReceived):
            yield from self._send(self._receive(event.data))
            yield from self._hand_on()
        elif isinstance(event, events.Wakeup):
            self._wakes.pop(event.command, None)
            yield from self._send(http2.wake(time.monotonic()))
        elif isinstance(event, HttpEvent):
            yield from self._send((yield from self._answer(event)))
        elif isinstance(event, events.ConnectionClosed):
            http2.leave("peer closed connection")
            yield from self._hand_on()
        if (due := http2.due) is not None and due < min(self._wakes.values(), default=math.inf):
            wakeup = commands.RequestWakeup(max(due - time.monotonic(), 0))
            self._wakes[wakeup] = due
            yield wakeup

    def _receive(self, data: bytes) -> bytes:
        if self._has_begun and data == PREFACE:  # told again, so that mitmproxy has something to go by
            self._has_begun = False
            return b""
        return self._http2.receive(data, time.monotonic())

    def _send(self, data: bytes) -> Iterable[commands.SendData]:
        return (commands.SendData(self.conn, data),) if data else ()

    # What is sent on streams that were handed on

    def _answer(self, event: HttpEvent) -> layer.CommandGenerator[bytes]:
        http2, number = self._http2, event.stream_id
        if isinstance(event, ResponseHeaders):
            if not http2.is_open(number):
                return b""
            _, *fields = yield from format_h2_response_headers(self.context, event)
            return http2.send_head(number, event.response.status_code, fields, ends=event.end_stream)
        if isinstance(event, ResponseData):
            return http2.send_data(number, parts(event.data))
        if isinstance(event, ResponseTrailers):
            return http2.send_end(number, event.trailers.fields)
        if isinstance(event, ResponseProtocolError):
            return self._break_off(event)
        return http2.send_end(number)

    def _break_off(self, event: ResponseProtocolError) -> bytes:
        """What is sent of an answer that has no end."""
        http2, number = self._http2, event.stream_id
        status = event.code.http_status_code()
        if status is None or not http2.is_open(number) or http2.has_head(number):
            return http2.reset(number, _RESETS.get(event.code, Http2Code.INTERNAL_ERROR))
        fields = ((b"server", version.MITMPROXY.encode()), (b"content-type", b"text/html"))
        head = http2.send_head(number, status, fields)
        return head + http2.send_data(number, [format_error(status, event.message)]) + http2.send_end(number)

    # What comes

    def _hand_on(self) -> layer.CommandGenerator[None]:
        http2 = self._http2
        error = http2.error
        if error:
            yield self._log(f"HTTP/2 protocol error: {error}")
        if http2.closing:
            yield commands.CloseConnection(self.conn)
            self._is_over = True
        while http2.handed:
            handed = http2.handed.popleft()
            if isinstance(handed, HandedHead):
                yield from self._begin(handed)
            elif isinstance(handed, HandedFault):
                yield from self._tell(handed.reason)
            else:
                yield ReceiveHttp(_as_event(handed))
                if isinstance(handed, HandedReset) and handed.reason and not self._is_over:
                    yield from self._tell(handed.reason)
        if error:
            yield unread(self.context, _NO_HTTP2)

    def _begin(self, head: HandedHead) -> layer.CommandGenerator[None]:
        try:
            request = _as_request(head)
        except ValueError as e:  # what else is handed on of it has no stream, and is ignored
            yield from self._send(self._http2.reset(head.stream, Http2Code.PROTOCOL_ERROR))
            yield from self._tell(f"Invalid HTTP/2 request headers: {e}")
            return
        yield ReceiveHttp(RequestHeaders(head.stream, request, end_stream=head.ends))

    def _tell(self, message: str) -> Iterable[commands.Command]:
        return self._log(message), unread(self.context, _NO_HTTP2)

    def _log(self, message: str) -> commands.Log:
        return commands.Log(f"{human.format_address(self.conn.peername)}: {message}")


def _as_request(head: HandedHead) -> http.Request:
    # mitmproxy 12.2.3 _http2.py, parse_h2_request_headers and Http2Server.handle_h2_event
    request, authority = head.request, head.authority
    host, port = "", 0
    if authority:
        host, given = url.parse_authority(authority, check=True)
        port = given or (80 if request.scheme == b"http" else 443)
    return http.Request(
        host=host,
        port=port,
        method=request.method,
        scheme=request.scheme,
        authority=authority,
        path=request.path,
        http_version=b"HTTP/2.0",
        headers=http.Headers(request.fields),
        content=None,
        trailers=None,
        timestamp_start=time.time(),
        timestamp_end=None,
    )


def _as_event(handed: HandedData | HandedTrailers | HandedEnd | HandedReset) -> HttpEvent:
    if isinstance(handed, HandedData):
        return RequestData(handed.stream, handed.data)
    if isinstance(handed, HandedTrailers):
        return RequestTrailers(handed.stream, http.Headers(handed.fields))
    if isinstance(handed, HandedEnd):
        return RequestEndOfMessage(handed.stream)
    code = _RECEIVED_RESETS.get(handed.code, ErrorCode.GENERIC_CLIENT_ERROR)
    reason = handed.reason or f"stream reset by client ({code_name(handed.code)})"
    return RequestProtocolError(handed.stream, reason, code)
