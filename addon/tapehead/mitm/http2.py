"""HTTP/2 connections that end gracefully: what is under way on one goes on, where mitmproxy 12.2 would cut it off.

A peer says with a GOAWAY frame that no new streams will do, and which of the old ones it answers. hyper-h2 takes it for
the end of the connection, and mitmproxy with it: the AWS SDK for JavaScript says it on each connection of an event
stream right after its request, and servers that are being restarted or rebalanced do. And the frames of a response that
come in one read are handed on together. A client's connection that breaks the protocol is told by a hook. Private
classes, wrapped in place, once.
"""

from collections.abc import Callable
from itertools import groupby
from typing import Any, cast

from h2.errors import ErrorCodes
from h2.events import ConnectionTerminated, DataReceived, Event, StreamReset
from mitmproxy.connection import ConnectionState
from mitmproxy.proxy.layers.http._http2 import Http2Client, Http2Server
from mitmproxy.proxy.layers.http._http_h2 import BufferedH2Connection

from tapehead.mitm.patches import replace
from tapehead.mitm.unread import unread
from tapehead.wire.chunks import coalesce

type _Received = tuple[list[Any], list[Event]]

_MARK = "_tapehead_wrapped"
_JOINING = "_tapehead_joining"


class _GracefulGoAway(ConnectionTerminated):
    """A graceful end: no new streams, please."""


def install() -> None:
    """Wraps mitmproxy's HTTP/2 connections. A second call does nothing."""
    if hasattr(BufferedH2Connection, _MARK):
        return
    setattr(BufferedH2Connection, _MARK, True)
    connection: Any = BufferedH2Connection
    client: Any = Http2Client
    replace(connection, "_receive_goaway_frame", _wrap_receive_goaway(connection._receive_goaway_frame))
    replace(client, "handle_h2_event", _wrap_handle_event(client.handle_h2_event))
    server: Any = Http2Server
    replace(server, "protocol_error", _telling_unread(server.protocol_error))


def install_joining() -> None:
    """Makes one event of a response's frames that come in one read. A second call does nothing."""
    connection: Any = BufferedH2Connection
    if not hasattr(connection, _JOINING):
        setattr(connection, _JOINING, True)
        replace(connection, "receive_data", _wrap_receive_data(connection.receive_data))


def _telling_unread(protocol_error: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(self: Any, message: str, *arguments: Any, **named: Any) -> Any:
        yield from protocol_error(self, message, *arguments, **named)
        yield unread(self.context, "it is no HTTP/2")

    return wrapped


def _wrap_receive_data(receive: Callable[[Any, bytes], list[Event]]) -> Callable[[Any, bytes], list[Event]]:
    """Chunks of one response that came in one read, as one."""

    def received(self: Any, data: bytes) -> list[Event]:
        events = receive(self, data)
        if not self.config.client_side:
            return events
        joined: list[Event] = []
        for stream, run in groupby(events, key=_stream_of_data):
            every = list(run)
            joined += every if stream is None else [_merge_data(cast("list[DataReceived]", every))]
        return joined

    return received


def _stream_of_data(event: Event) -> int | None:
    return event.stream_id if isinstance(event, DataReceived) else None


def _merge_data(received: list[DataReceived]) -> DataReceived:
    if len(received) == 1:
        return received[0]
    return DataReceived(
        stream_id=received[0].stream_id,
        data=coalesce([event.data for event in received if event.data] or [b""]),
        flow_controlled_length=sum(event.flow_controlled_length for event in received),
        stream_ended=received[-1].stream_ended,
    )


def _wrap_receive_goaway(receive: Callable[[Any, Any], _Received]) -> Callable[[Any, Any], _Received]:
    def received(self: Any, frame: Any) -> _Received:
        if frame.error_code != ErrorCodes.NO_ERROR:
            return receive(self, frame)
        if not self.config.client_side:
            return [], []  # it will close the connection when it has all its answers
        going = _GracefulGoAway()
        going.error_code, going.last_stream_id, going.additional_data = frame.error_code, frame.last_stream_id, None
        unanswered = [
            number for number, stream in self.streams.items() if number > frame.last_stream_id and stream.open
        ]
        return [], [going, *map(_refused, unanswered)]

    return received


def _refused(stream: int) -> Event:
    return StreamReset(stream_id=stream, error_code=ErrorCodes.REFUSED_STREAM, remote_reset=True)


def _wrap_handle_event(handle: Callable[[Any, Event], Any]) -> Callable[[Any, Event], Any]:
    # Not a generator itself: nearly every event is another, and there are many.
    def handled(self: Any, event: Event) -> Any:
        if type(event) is not _GracefulGoAway:
            return handle(self, event)
        if self.stream_queue:  # those could go nowhere: the connection ends as it does without us
            return handle(self, _as_terminated(event))
        return _no_new_streams(self)

    return handled


def _as_terminated(going: _GracefulGoAway) -> ConnectionTerminated:
    end = ConnectionTerminated()
    end.error_code, end.last_stream_id = going.error_code, going.last_stream_id
    return end


def _no_new_streams(self: Any) -> Any:
    self.conn.state &= ~ConnectionState.CAN_WRITE  # what HttpLayer.get_connection looks at; it writes all the same
    yield from ()
    return False
