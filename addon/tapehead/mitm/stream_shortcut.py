"""The short way of a tapped stream's chunks, from its server's socket to its client's, past mitmproxy's layers.

mitmproxy reads a stream, takes a lock, and passes what came through seven layers and back, for each event. Once a response
is being tapped, what comes by its server's connection goes by here: chunks that are there whole, of which the tap is sure
that they are not the last, are noted and sent. Anything else goes through the layers, in its turn, decrypted: the first
thing that is not such a chunk, and all that comes with it. Nothing goes by here while something is under way in the
layers, or while the client does not keep up: then mitmproxy's own way slows the server down.
"""

import asyncio
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from hyperframe.frame import DataFrame
from mitmproxy.connection import Server
from mitmproxy.proxy import events
from mitmproxy.proxy.layers.http._events import ResponseData
from mitmproxy.proxy.layers.http._http1 import Http1Client
from mitmproxy.proxy.layers.http._http2 import Http2Client, StreamState
from mitmproxy.proxy.layers.tls import ClientTLSLayer, ServerTLSLayer

from tapehead.mitm.chunked import ChunkedReader, whole_chunks
from tapehead.mitm.direct_tls import DirectTls
from tapehead.mitm.event_loop import is_taken
from tapehead.mitm.patches import replace
from tapehead.wire.chunks import coalesce

if TYPE_CHECKING:
    from mitmproxy import master  # brings all addons of mitmproxy's along

_FRAME_HEAD = 9  # bytes: RFC 9113, 4.1
_STREAM = 0x7FFFFFFF


class StreamShortcut(asyncio.Protocol):
    """Stands at the place of the protocol of a server's connection, which gets what is not for here."""

    def __init__(self, handler: Any, layer: Any, server: Server, http: Any, tls_layers: "tuple[Any, Any]") -> None:
        """Takes mitmproxy's handler of the client, its HTTP layer, and of the server's connection what speaks HTTP on it.

        `tls_layers`: the server's and the client's; None for one without TLS.
        """
        self._handler, self._layer, self._conn, self._http = handler, layer, server, http
        io = handler.transports[server]
        self._transport: asyncio.Transport = io.writer.transport
        self._client: asyncio.Transport = handler.transports[handler.client].writer.transport
        self._theirs: Any = self._transport.get_protocol()
        self._reader = io.reader
        self._lock, self._draining = handler._server_event_lock, handler._drain_lock
        self._register: Callable[[], None] = handler.timeout_watchdog.register_activity
        self._tls_layer, client_tls = tls_layers
        self._from_server = DirectTls(self._tls_layer and self._tls_layer.tls)
        self._to_client = DirectTls(client_tls and client_tls.tls)
        self._layers = tuple(layer.context.layers)
        self._forward = self._forward_frames if isinstance(http, Http2Client) else self._forward_chunks
        self._handed = b""
        self._is_unclear = False
        if self._tls_layer:
            replace(self._tls_layer, "receive_data", self._with_handed(self._tls_layer.receive_data))

    def __repr__(self) -> str:
        return f"<StreamShortcut {'busy' if self._is_busy() else 'ready'}, {len(self._handed)} bytes handed on>"

    # What the transport calls

    def data_received(self, data: bytes) -> None:
        if self._is_busy():
            self._theirs.data_received(data)
            return
        self._register()
        plain, reply, is_clear = self._from_server.decrypt(data)
        if reply:
            self._transport.write(reply)
        rest = self._forward(plain) if plain else b""
        if rest or not is_clear:
            self._to_layers(rest, is_clear)

    def eof_received(self) -> bool | None:
        return bool(self._theirs.eof_received())

    def connection_lost(self, exc: Exception | None) -> None:
        self._theirs.connection_lost(exc)

    def pause_writing(self) -> None:
        self._theirs.pause_writing()

    def resume_writing(self) -> None:
        self._theirs.resume_writing()

    def _is_busy(self) -> bool:
        """Whether what comes now is for the layers: it has no chunks, they are not done, or the client does not keep up."""
        client, http = self._client, self._http
        return bool(
            (isinstance(http, Http1Client) and type(getattr(http, "body_reader", None)) is not ChunkedReader)
            or self._reader._buffer
            or self._handed
            or is_taken(self._lock)
            or is_taken(self._draining)
            or client.is_closing()
            or client.get_write_buffer_size()
            or http._paused
            or any(each._paused for each in self._layers)
        )

    # The way to the client: each returns what it has not taken

    def _forward_chunks(self, plain: bytes) -> bytes:
        """Of HTTP/1.1: all or nothing."""
        http = self._http
        if http.state != http.read_body or http.buf or not http.body_reader.is_between_chunks:
            return plain
        chunks, size = whole_chunks(plain)
        if size != len(plain) or not self._send(http.stream_id, coalesce(chunks)):
            return plain
        return b""

    def _forward_frames(self, plain: bytes) -> bytes:
        """Of HTTP/2: frame by frame, those of one stream together."""
        http = self._http
        connection = http.h2_conn
        if connection.incoming_buffer._data or connection.incoming_buffer._headers_buffer:
            return plain
        position = 0
        for stream, chunks, end in _runs_of_data(plain, connection.max_inbound_frame_size):
            size = sum(map(len, chunks))
            if (
                http.streams.get(stream) is not StreamState.HEADERS_RECEIVED
                or stream not in connection.streams
                or size > connection.remote_flow_control_window(stream)
                or not self._send(stream, coalesce(chunks))
            ):
                break
            for chunk in chunks:
                connection._receive_data_frame(DataFrame(stream, chunk))
            connection.acknowledge_received_data(size, stream)
            position = end
        if reply := connection.data_to_send():
            self._transport.write(self._from_server.encrypt(reply))
        return plain[position:]

    def _send(self, number: int, data: bytes) -> bool:
        """Has a stream's tap take chunks and sends them on; or does nothing."""
        layer = self._layer
        stream = layer.streams.get(number)
        client = layer.connections[self._handler.client]
        if stream is None or client._paused or not stream.takes_directly(data):
            return False
        sent = layer.event_to_child(client, ResponseData(number, data))
        if out := b"".join([command.data for command in sent]):
            self._client.write(self._to_client.encrypt(out))
        return True

    # What goes by the layers

    def _to_layers(self, plain: bytes, is_clear: bool) -> None:
        """Has mitmproxy's layers take what is decrypted; if it is not clear what else came, has them look at their TLS."""
        event = events.DataReceived(self._conn, b"" if self._tls_layer else plain)
        if self._tls_layer:
            self._handed, self._is_unclear = plain, not is_clear
        task = asyncio.ensure_future(self._handler.server_event(event))
        task.add_done_callback(_tell)

    def _with_handed(self, receive: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
        """The TLS layer's own way to take data, but for what was decrypted here."""

        def received(data: bytes) -> Any:
            handed, self._handed = self._handed, b""
            looks, self._is_unclear = self._is_unclear, False
            if handed:
                yield from self._tls_layer.event_to_child(events.DataReceived(self._conn, handed))
            if data or looks or not handed:
                yield from receive(data)

        return received


def put_in(of: "master.Master", layer: Any, server: Server) -> None:
    """Has what comes by a server's connection go to the client of an HTTP layer directly, as far as it is a tapped stream's."""
    handler = next(
        (each for each in of.addons.get("proxyserver").connections.values() if each.client is layer.context.client),
        None,
    )
    if handler is None or server.via or server.transport_protocol != "tcp" or layer.debug:
        return
    writer = getattr(handler.transports.get(server), "writer", None)
    theirs = getattr(writer, "transport", None)
    ours = getattr(handler.transports[handler.client].writer, "transport", None)
    if theirs is None or ours is None or isinstance(theirs.get_protocol(), StreamShortcut):
        return
    stack = [*_stack(layer.connections.get(server))]
    tls = [each for each in (*layer.context.layers, *stack) if isinstance(each, ServerTLSLayer) and each.conn is server]
    client_tls = [each for each in layer.context.layers if isinstance(each, ClientTLSLayer)]
    if len(tls) != server.tls or len(client_tls) > 1 or not isinstance(stack[-1], Http1Client | Http2Client):
        return
    pair = tls[0] if tls else None, client_tls[0] if client_tls else None
    theirs.set_protocol(StreamShortcut(handler, layer, server, stack[-1], pair))


def _stack(top: Any) -> Iterator[Any]:
    """Yields a layer and those below it."""
    while top is not None:
        yield top
        top = getattr(top, "child_layer", None)


def _runs_of_data(plain: bytes, longest: int) -> Iterator[tuple[int, list[bytes], int]]:
    """Yields the runs of whole frames of data without flags: stream, data of each, and where the run ends."""
    run: tuple[int, list[bytes]] | None = None
    position = 0
    while len(plain) - position >= _FRAME_HEAD:
        size = int.from_bytes(plain[position : position + 3])
        stream = int.from_bytes(plain[position + 5 : position + 9]) & _STREAM
        end = position + _FRAME_HEAD + size
        if plain[position + 3] or plain[position + 4] or not size or size > longest or end > len(plain):
            break
        if run and run[0] != stream:
            yield *run, position
            run = None
        run = run or (stream, [])
        run[1].append(plain[position + _FRAME_HEAD : end])
        position = end
    if run:
        yield *run, position


def _tell(task: "asyncio.Future[None]") -> None:
    if not task.cancelled() and (error := task.exception()):
        context = {"message": "a recorded stream's connection failed", "exception": error}
        asyncio.get_running_loop().call_exception_handler(context)
