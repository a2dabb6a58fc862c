"""HTTP/2 by hand: a client through the proxy's tunnel and an origin, which say GOAWAY when no library would.

hyper-h2 takes it for the end of everything, so that the frame is sent past it. Knows nothing of tapehead.
"""

import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import h2.config
import h2.connection
import h2.events
from hyperframe.frame import GoAwayFrame

from tests.support.harness import Certs

_TIMEOUT = 20  # seconds


def goaway(last_stream_id: int, error_code: int = 0) -> bytes:
    """The frame's bytes."""
    return GoAwayFrame(0, last_stream_id=last_stream_id, error_code=error_code).serialize()


@dataclass(slots=True, kw_only=True)
class Stream:
    """What a client got on one stream."""

    status: str = ""
    pieces: list[bytes] = field(default_factory=list)
    """Of its body, a frame each."""
    end: str = ""
    """`ended`, `reset`, or "" when the connection was closed before either."""

    @property
    def data(self) -> bytes:
        return b"".join(self.pieces)


class Client:
    """`with Client(proxy_port, context, port) as client:` speaks HTTP/2 to localhost:`port` through the proxy."""

    def __init__(self, proxy_port: int, context: ssl.SSLContext, port: int, *, window: int = 65535) -> None:
        """`window`: bytes that each stream may send ahead."""
        context.set_alpn_protocols(["h2"])
        raw = socket.create_connection(("127.0.0.1", proxy_port), timeout=_TIMEOUT)
        raw.sendall(f"CONNECT localhost:{port} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n".encode())
        head = b""
        while b"\r\n\r\n" not in head:
            head += raw.recv(1)
        assert b" 200 " in head.split(b"\r\n")[0], head
        self._socket = context.wrap_socket(raw, server_hostname="localhost")
        assert "h2" == self._socket.selected_alpn_protocol()
        self._h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True, header_encoding="utf-8"))
        self.authority = f"localhost:{port}"
        self._h2.local_settings.initial_window_size = window
        self._h2.initiate_connection()
        self.send(self._h2.data_to_send())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def ask(self, path: str, **more: str) -> int:
        """Sends a GET, with headers as they are; its stream's number."""
        stream = self._h2.get_next_available_stream_id()
        headers = [(":method", "GET"), (":scheme", "https"), (":authority", self.authority), (":path", path)]
        headers += more.items()
        if more:  # what is no header is not mended
            self._h2.config.validate_outbound_headers = self._h2.config.normalize_outbound_headers = False
        self._h2.send_headers(stream, headers, end_stream=True)
        self.send(self._h2.data_to_send())
        return stream

    def offers_websockets(self) -> bool:
        """Whether its settings say that a stream may become a WebSocket (RFC 8441, 3)."""
        came: list[h2.events.Event] = []
        while not any(isinstance(event, h2.events.RemoteSettingsChanged) for event in came):
            came = self._h2.receive_data(self._socket.recv(65536))
        self.send(self._h2.data_to_send())
        return bool(self._h2.remote_settings.enable_connect_protocol)

    def ask_for_websocket(self, path: str) -> int:
        """Sends what makes a stream one, whatever the settings say; its number."""
        stream = self._h2.get_next_available_stream_id()
        headers = [(":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "https"), (":path", path)]
        headers += [(":authority", self.authority), ("sec-websocket-version", "13")]
        self._h2.config.validate_outbound_headers = self._h2.config.normalize_outbound_headers = False
        self._h2.send_headers(stream, headers)
        self.send(self._h2.data_to_send())
        return stream

    def widen(self, stream: int, size: int) -> None:
        """Lets a stream send so many bytes more."""
        self._h2.increment_flow_control_window(size, stream)
        self.send(self._h2.data_to_send())

    def answers(self, *streams: int) -> dict[int, Stream]:
        """What comes until these streams are over, or the connection is."""
        got = {stream: Stream() for stream in streams}
        while not all(each.end for each in got.values()):
            try:
                data = self._socket.recv(65536)
            except ConnectionResetError:  # it was closed before all that we said was read
                break
            if not data:
                break
            for event in self._h2.receive_data(data):
                match event:
                    case h2.events.ResponseReceived(stream_id=number, headers=headers):
                        got[number].status = {str(name): str(value) for name, value in headers}[":status"]
                    case h2.events.DataReceived(stream_id=number, data=piece, flow_controlled_length=length):
                        got[number].pieces.append(piece)
                        self._h2.acknowledge_received_data(length, number)
                    case h2.events.StreamEnded(stream_id=number):
                        got[number].end = "ended"
                    case h2.events.StreamReset(stream_id=number):
                        got[number].end = "reset"
            self.send(self._h2.data_to_send())
        return got


type Script = Callable[["Serving", int, int], None]
"""What an origin does with a request: the connection, its stream, how many requests there were."""


@dataclass(slots=True, kw_only=True)
class Serving:
    """An origin's connection."""

    socket: ssl.SSLSocket
    h2: h2.connection.H2Connection

    def head(self, stream: int) -> None:
        self.h2.send_headers(stream, [(":status", "200"), ("content-type", "text/event-stream")])
        self.flush()

    def data(self, stream: int, data: bytes, *, end: bool = False) -> None:
        self.h2.send_data(stream, data, end_stream=end)
        self.flush()

    def raw(self, data: bytes) -> None:
        """Bytes that the library does not know of."""
        self.socket.sendall(data)

    def flush(self) -> None:
        self.socket.sendall(self.h2.data_to_send())


@dataclass(slots=True, kw_only=True)
class Origin:
    """`with Origin(certs=..., script=...) as origin:` serves HTTP/2 on a loopback port."""

    certs: Certs
    script: Script
    connections: int = 0
    port: int = 0
    _listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))

    def __post_init__(self) -> None:
        self.port = self._listener.getsockname()[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.close()

    def _serve(self) -> None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.certs.cert, self.certs.key)
        context.set_alpn_protocols(["h2"])
        while True:
            try:
                raw = self._listener.accept()[0]
            except OSError:
                return
            raw.settimeout(_TIMEOUT)
            self.connections += 1
            threading.Thread(target=self._speak, args=(context, raw), daemon=True).start()

    def _speak(self, context: ssl.SSLContext, raw: socket.socket) -> None:
        try:
            with context.wrap_socket(raw, server_side=True) as connection:
                config = h2.config.H2Configuration(client_side=False, header_encoding="utf-8")
                serving, asked = Serving(socket=connection, h2=h2.connection.H2Connection(config)), 0
                serving.h2.initiate_connection()
                serving.flush()
                while data := connection.recv(65536):
                    for event in serving.h2.receive_data(data):
                        if isinstance(event, h2.events.RequestReceived) and event.stream_id:
                            asked += 1
                            self.script(serving, event.stream_id, asked)
                    serving.flush()
        except (OSError, h2.exceptions.ProtocolError):
            return  # the client has gone
