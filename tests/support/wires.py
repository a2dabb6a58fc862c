"""What the end-to-end tests have in common: the two scripts under mitmdump, and the bytes that a client gets.

Knows the command line of tapehead, httpx and bare HTTP/1.1 sockets. The origin of most tests is the harness's;
`RawOrigin` sends what no proper server would.
"""

import http.client
import os
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from tapehead.cassette import Cassette, load
from tapehead.cassette.side_files import timing_path
from tests.support.harness import Certs, Mitmdump

ADDON = Path(__file__).parents[2] / "addon"
RECORD = ADDON / "record.py"
REPLAY = ADDON / "replay.py"
FRONT_DOOR = Path(__file__).with_name("front_door.py")
DECLINING_LANE = Path(__file__).with_name("declining_lane.py")


@dataclass(slots=True, kw_only=True)
class Tape:
    """Makes mitmdumps over one cassette, and ends them with the test."""

    folder: Path
    confdir: Path
    certs: Certs
    started: list[Mitmdump] = field(default_factory=list)

    @property
    def path(self) -> Path:
        """The cassette."""
        return self.folder / "tape.yaml"

    @property
    def timing(self) -> Path:
        """The timing file beside it."""
        return timing_path(self.path)

    def load(self) -> Cassette:
        """What the cassette holds."""
        return load(self.path)

    def urls(self) -> list[str]:
        """The recorded URLs, in order."""
        return [each.request.url for each in self.load().interactions]

    def record(self, *, mode: str | Sequence[str] = "regular", **options: str) -> Mitmdump:
        """`mitmdump -s addon/record.py`; `options` may name another cassette."""
        return self.start(RECORD, mode=mode, **options)

    def replay(self, *, mode: str | Sequence[str] = "regular", **options: str) -> Mitmdump:
        """`mitmdump -s addon/replay.py`."""
        return self.start(REPLAY, mode=mode, **options)

    def start(
        self, script: Path | Sequence[Path], *, mode: str | Sequence[str] = "regular", **options: str
    ) -> Mitmdump:
        """mitmdump with a script, or several; with a lane that knows no answer where the environment wants one."""
        if os.environ.get("TAPEHEAD_TEST_LANE"):
            script = [*([script] if isinstance(script, Path) else script), DECLINING_LANE]
        door = os.environ.get("TAPEHEAD_TEST_DOOR")
        if door == "command":
            script = [*([script] if isinstance(script, Path) else script), FRONT_DOOR]
        elif door == "none":
            options = {"cassette_lane": "off", **options}
        proxy = Mitmdump(
            script,
            confdir=self.confdir,
            trust=self.certs.ca,
            mode=mode,
            options={"cassette": str(self.path), **options},
        )
        self.started.append(proxy)
        return proxy

    def refused(self, script: Path, **options: str) -> str:
        """The output of a mitmdump that ends by itself. Fails when its exit code is not 1."""
        proxy = Mitmdump(
            script, confdir=self.confdir, options={"cassette": str(self.path), **options}, start=False, cwd=self.folder
        )
        self.started.append(proxy)
        assert 1 == proxy.wait(20), proxy.output
        return proxy.output

    def close(self) -> None:
        """Kills what still runs."""
        for proxy in self.started:
            if proxy.child.returncode is None:
                proxy.kill()


@dataclass(frozen=True, slots=True, kw_only=True)
class Got:
    """A response as a client saw it: header names in lower case, chunks still content-coded."""

    status: int
    headers: dict[str, str]
    chunks: tuple[bytes, ...]
    text: bytes
    """The body, decoded."""

    @property
    def body(self) -> bytes:
        """The chunks put together."""
        return b"".join(self.chunks)


def fetch(client: httpx.Client, method: str, url: str, **more: Any) -> Got:
    """One exchange. httpx gives each HTTP/1.1 chunk and each HTTP/2 DATA frame by itself, if it is not a big one."""
    with client.stream(method, url, **more) as response:
        chunks = tuple(response.iter_raw())
        try:
            text = httpx.Response(200, headers=response.headers, content=b"".join(chunks)).content if chunks else b""
        except httpx.DecodingError:
            text = b""
        return Got(status=response.status_code, headers=dict(response.headers), chunks=chunks, text=text)


type Step = bytes | float | Callable[[socket.socket], None]
"""Bytes to send, seconds to wait, or something to do with the connection."""


def reset(connection: socket.socket) -> None:
    """Ends a connection with RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


class RawOrigin:
    """A TCP server in the clear that answers each request with the same steps, then closes the connection.

    `requests` has what came: head and body of each.
    """

    def __init__(self, *steps: Step) -> None:
        self._steps = steps
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.requests: list[bytes] = []
        self.accepted = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        try:
            self.requests.append(_read_request(connection))
            for step in self._steps:
                if isinstance(step, bytes):
                    connection.sendall(step)
                elif isinstance(step, float):
                    time.sleep(step)
                else:
                    step(connection)
        except OSError:
            pass
        finally:
            connection.close()


def _read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _some(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    lower = head.lower()
    if b"transfer-encoding: chunked" in lower:
        while not (body.startswith(b"0\r\n") or b"\r\n0\r\n" in body) or not body.endswith(b"\r\n\r\n"):
            body += _some(connection)
    elif b"content-length: " in lower:
        length = int(lower.partition(b"content-length: ")[2].partition(b"\r\n")[0])
        while len(body) < length:
            body += _some(connection)
    return head + b"\r\n\r\n" + body


def _some(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise ConnectionError("the client closed")
    return data


def raw_request(url: str, *, method: str = "GET", headers: str = "", body: bytes = b"") -> bytes:
    """A request as a forward proxy in the clear gets it."""
    return f"{method} {url} HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\n{headers}\r\n".encode() + body


def raw_exchange(port: int, request: bytes, *, until: bytes | None = None, timeout: float = 20) -> bytes:
    """Sends bytes to a loopback port, reads until the other side closes or `until` has come, and closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as connection:
        connection.sendall(request)
        data = b""
        while until is None or until not in data:
            try:
                piece = connection.recv(65536)
            except ConnectionResetError:
                break
            if not piece:
                break
            data += piece
        return data


def socks5(port: int, host: str, to: int, *, by_name: bool = True) -> socket.socket:
    """A connection through a SOCKS5 proxy, the name resolved by the proxy or (127.0.0.1) by the client."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    connection.sendall(b"\x05\x01\x00")
    assert b"\x05\x00" == connection.recv(2)
    address = b"\x03" + bytes([len(host)]) + host.encode() if by_name else b"\x01" + bytes([127, 0, 0, 1])
    connection.sendall(b"\x05\x01\x00" + address + struct.pack("!H", to))
    answer = connection.recv(10)
    assert b"\x05\x00" == answer[:2], answer
    return connection


def get_over(connection: socket.socket, context: ssl.SSLContext, url: str) -> tuple[int, bytes]:
    """Status and body of a GET over an open tunnel, with TLS."""
    parts = urlsplit(url)
    with context.wrap_socket(connection, server_hostname=parts.hostname) as tls:
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        tls.sendall(f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n".encode())
        response = http.client.HTTPResponse(tls)
        response.begin()
        return response.status, response.read()


def eventually(what: Callable[[], bool], *, timeout: float = 20) -> bool:
    """Whether something becomes true in time."""
    deadline = time.monotonic() + timeout
    while not what():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
