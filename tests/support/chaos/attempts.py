"""Whatever a client may try with a proxy that replays: each a way in which a proxy may come to connect or look up.

Knows protocols' first bytes. Does not know what comes of them: that is for whoever traces the proxy.
"""

import contextlib
import socket
import ssl
import struct
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

from tests.support.wires import socks5

NAME = "api.provider.example"
HOSTS = (NAME, "localhost", "127.0.0.1", "192.0.2.1")
FIRST_WORDS = (
    b"",
    b"\x00\x01\x02\x03" * 4,
    b"SSH-2.0-client\r\n\r\n",
    b"GET /x HTTP/1.1\r\nHost: api.provider.example\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00" * 9,
    b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00",  # a TLS hello that is none
)
UPGRADE = (
    "GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
DATAGRAMS = (b"\x00" * 16, b"\xc3\x00\x00\x00\x01\x08" + bytes(1194), b"\x16\xfe\xfd" + bytes(60))
"""Nothing, a QUIC initial packet by its looks, a DTLS hello by its looks."""

NAMES = (NAME, "localhost", "4.1.9.tapehead.invalid", f"{NAME}.3.443.tapehead.invalid")
"""Server names; the last two as the Node preload writes destinations."""
_WAIT = 0.3  # seconds for an answer that need not come
_AT_ONCE = 12


@dataclass(slots=True, kw_only=True)
class Attempts:
    """Made against one proxy's ports, by mitmproxy's names of their modes."""

    ports: dict[str, int]
    context: ssl.SSLContext
    made: int = 0
    own: set[int] = field(default_factory=set)
    """UDP ports of ours: what the proxy sends there is an answer."""

    def all(self) -> None:
        """Each of them, wherever it may fail."""
        every = list(self._each())
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            list(threads.map(_try, every))
        self.made += len(every)

    def _each(self) -> Iterator[Callable[[], None]]:
        for mode, port in self.ports.items():
            scheme = mode.partition(":")[2].partition(":")[0]
            dial = partial(_dial, port)
            if scheme in ("udp", "quic", "http3", "dtls"):
                yield from (partial(self._datagram, port, data) for data in DATAGRAMS)
            elif "dns" in (mode, scheme):
                yield from (partial(self._datagram, port, question(NAME, kind)) for kind in (1, 28, 15, 65))
            elif mode == "socks5":
                yield from (partial(self._through, partial(_socks, port, h), w) for h in HOSTS for w in FIRST_WORDS)
                yield partial(self._tls, partial(_socks, port, NAME), NAME)
            elif mode == "regular" or mode.startswith("upstream"):
                yield from self._regular(port)
            else:
                yield from (partial(self._tls, dial, name) for name in NAMES)
                yield from (partial(self._through, dial, words) for words in FIRST_WORDS)

    def _regular(self, port: int) -> Iterator[Callable[[], None]]:
        dial = partial(_dial, port)
        for host in HOSTS:
            for to in (f"{host}:443", f"{host}:9"):
                tunnel = partial(_tunnel, port, to)
                yield from (partial(self._through, tunnel, words) for words in FIRST_WORDS)
                yield from (partial(self._tls, tunnel, name) for name in (host, "another.name.example"))
                yield partial(self._tls, tunnel, host, UPGRADE.format(target="/live", host=to).encode())
                in_the_clear = f"GET http://{to}/x HTTP/1.1\r\nHost: {to}\r\n\r\n"
                yield partial(self._through, dial, in_the_clear.encode())
                yield partial(self._through, dial, UPGRADE.format(target=f"http://{to}/live", host=to).encode())

    def _through(self, connect: Callable[[], socket.socket], words: bytes) -> None:
        with connect() as connection:
            connection.settimeout(_WAIT)
            connection.sendall(words)
            connection.recv(4096)

    def _tls(self, connect: Callable[[], socket.socket], name: str, words: bytes = FIRST_WORDS[3]) -> None:
        with connect() as connection:
            connection.settimeout(5)
            with self.context.wrap_socket(connection, server_hostname=name) as tls:
                tls.settimeout(_WAIT)
                tls.sendall(words)
                tls.recv(4096)

    def _datagram(self, port: int, data: bytes) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.bind(("127.0.0.1", 0))
            self.own.add(client.getsockname()[1])
            client.settimeout(_WAIT)
            client.sendto(data, ("127.0.0.1", port))
            client.recv(4096)


def _try(attempt: Callable[[], None]) -> None:
    with contextlib.suppress(OSError, AssertionError):
        attempt()


def question(name: str, kind: int = 1) -> bytes:
    """A DNS question: for an address, or another kind of record by its number."""
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    return struct.pack("!6H", 7, 0x0100, 1, 0, 0, 0) + labels + b"\x00" + struct.pack("!2H", kind, 1)


def _dial(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def _socks(port: int, host: str) -> socket.socket:
    return socks5(port, host, 443, by_name=host != "127.0.0.1")


def _tunnel(port: int, to: str) -> socket.socket:
    connection = _dial(port)
    connection.sendall(f"CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n\r\n".encode())
    connection.settimeout(_WAIT)
    connection.recv(4096)
    return connection
