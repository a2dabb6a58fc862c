"""HTTP/1.1 as mitmproxy 12.2 cannot do it: trailers and informational responses, each of which hangs the client.

mitmproxy's reader raises on chunked trailers, its writer has no word for them, and a 103 is taken for the answer. A head
that cannot be read, or does not end, is a line in its log: here it is told by a hook as well. Its two connection classes
are private and made deep inside, so their methods are wrapped in place, once.
"""

import re
from collections.abc import Callable
from typing import Any

from mitmproxy import http
from mitmproxy.net.http import http1 as net_http1
from mitmproxy.proxy import commands, events
from mitmproxy.proxy.layers.http import _http1
from mitmproxy.proxy.layers.http._events import (
    RequestEndOfMessage,
    RequestTrailers,
    ResponseEndOfMessage,
    ResponseTrailers,
)
from mitmproxy.proxy.layers.http._http1 import Http1Client, Http1Connection, Http1Server

from tapehead.mitm.chunked import TrailersReader
from tapehead.mitm.patches import replace
from tapehead.mitm.unread import unread

type _Commands = Any  # mitmproxy's CommandGenerator

_LAST_CHUNK = b"0\r\n\r\n"
_MARK = "_tapehead_wrapped"


class RequestEndWithTrailers(RequestEndOfMessage):
    """The end of a request, and the trailers that came with it: for the stream to take as two events."""

    trailers: RequestTrailers


class ResponseEndWithTrailers(ResponseEndOfMessage):
    """Likewise of a response."""

    trailers: ResponseTrailers


def install() -> None:
    """Wraps mitmproxy's HTTP/1 connections. A second call does nothing."""
    if hasattr(Http1Connection, _MARK):
        return
    setattr(Http1Connection, _MARK, True)
    replace(_http1, "make_body_reader", _wrap_make_body_reader(_http1.make_body_reader))
    server: Any = Http1Server
    client: Any = Http1Client
    request_end = _wrap_end_of_message(RequestEndOfMessage, RequestEndWithTrailers, RequestTrailers)
    response_end = _wrap_end_of_message(ResponseEndOfMessage, ResponseEndWithTrailers, ResponseTrailers)
    replace(server, "ReceiveEndOfMessage", request_end)
    replace(client, "ReceiveEndOfMessage", response_end)
    replace(server, "send", _wrap_send(server.send))
    replace(client, "send", _wrap_send(client.send))
    replace(client, "read_headers", _wrap_read_headers(client.read_headers))
    replace(server, "read_headers", _telling_unread(server.read_headers))
    replace(net_http1, "read_request_head", _with_brackets(net_http1.read_request_head))


def _wrap_make_body_reader(make: Callable[[int | None], Any]) -> Callable[[int | None], Any]:
    def make_body_reader(expected_size: int | None) -> Any:
        reader = make(expected_size)
        return TrailersReader(reader) if expected_size is None else reader

    return make_body_reader


def _wrap_end_of_message(plain: Any, with_trailers: Any, trailers_event: Any) -> Callable[[Any, int], Any]:
    """What mitmproxy's reader makes its last event with."""

    def end(self: Any, stream_id: int) -> Any:
        trailers = getattr(self.body_reader, "trailers", None)
        if not trailers:
            return plain(stream_id)
        event = with_trailers(stream_id)
        event.trailers = trailers_event(stream_id, trailers)
        return event

    return end


def _wrap_send(send: Callable[[Any, Any], _Commands]) -> Callable[[Any, Any], _Commands]:
    # Not a generator itself: nearly every event has nothing to do with trailers, and there are many.
    def wrapped(self: Any, event: Any) -> _Commands:
        if type(event) in (RequestTrailers, ResponseTrailers):
            self.tapehead_trailers = event.trailers
            return ()
        if "tapehead_trailers" in self.__dict__ and isinstance(event, RequestEndOfMessage | ResponseEndOfMessage):
            return _with_trailers(send(self, event), self.__dict__.pop("tapehead_trailers"))
        return send(self, event)

    return wrapped


def _with_trailers(sent: _Commands, trailers: http.Headers) -> _Commands:
    for command in sent:
        if isinstance(command, commands.SendData) and command.data == _LAST_CHUNK:
            command = commands.SendData(command.connection, b"0\r\n%s\r\n" % bytes(trailers))
        yield command


def _wrap_read_headers(
    read_headers: Callable[[Any, events.Event], _Commands],
) -> Callable[[Any, events.Event], _Commands]:
    def wrapped(self: Any, event: events.Event) -> _Commands:
        while isinstance(event, events.DataReceived) and self.request and _is_informational(bytes(self.buf)[:16]):
            if self.buf.maybe_extract_lines() is None:
                return
        yield from read_headers(self, event)

    return wrapped


def _telling_unread(
    read_headers: Callable[[Any, events.Event], _Commands],
) -> Callable[[Any, events.Event], _Commands]:
    def wrapped(self: Any, event: events.Event) -> _Commands:
        cut = isinstance(event, events.ConnectionClosed) and bytes(self.buf).strip()
        yield from read_headers(self, event)
        if cut:
            yield unread(self.context, "its head did not end", is_cut=True)
        elif self.request is None and self.state == self.done:
            yield unread(self.context, "its head is no HTTP")

    return wrapped


def _with_brackets(read_request_head: Callable[[list[bytes]], http.Request]) -> Callable[[list[bytes]], http.Request]:
    """httpcore 1.0 leaves the brackets of an IPv6 address out of an absolute form; its Host header has them."""

    def read(lines: list[bytes]) -> http.Request:
        scheme, separator, rest = lines[0].partition(b"://")
        authority = re.match(rb"[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(?=[/ ])", rest) if separator else None
        if authority:
            for line in lines[1:]:
                name, _, value = line.partition(b":")
                host = value.strip()
                if name.lower() == b"host" and host.translate(None, b"[]") == authority[0]:
                    lines = [b"%b://%b%b" % (scheme, host, rest[authority.end() :]), *lines[1:]]
        return read_request_head(lines)

    return read


def _is_informational(start: bytes) -> bool:
    """Whether a 1xx begins here that is followed by the answer; after a 101 comes another protocol."""
    version, _, rest = start.partition(b" ")
    status = rest[:3]
    return version.startswith(b"HTTP/1.") and len(status) == 3 and status.startswith(b"1") and status != b"101"
