"""Connections to our own proxy are made whatever a test's plugins have put in the place of what `socket` has."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.error import URLError

import pytest

from tapehead.clients.straight_connection import straight


class Handler(BaseHTTPRequestHandler):
    """Says one word."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        pass


class HTTPServer6(HTTPServer):
    address_family = socket.AF_INET6


@pytest.fixture(params=["127.0.0.1", "::1"])
def server(request: pytest.FixtureRequest) -> Iterator[HTTPServer]:
    with (HTTPServer6 if ":" in request.param else HTTPServer)((request.param, 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def get(host: str, port: int) -> bytes:
    with straight.open(f"http://{f'[{host}]' if ':' in host else host}:{port}/", timeout=10) as answer:
        said: bytes = answer.read()
        return said


_Socket = socket.socket


def blocked(*arguments: Any, **named: Any) -> Any:
    """What has no network but for the server's thread."""
    if threading.current_thread() is threading.main_thread():
        raise RuntimeError("no network in tests")
    return _Socket(*arguments, **named)


def test_past_a_block(server: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of connecting, of sockets and of names; and past a proxy in the environment."""
    host, port = str(server.server_address[0]), server.server_port
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setattr(socket.socket, "connect", blocked)
    monkeypatch.setattr(socket, "socket", blocked)
    monkeypatch.setattr(socket, "getaddrinfo", blocked)

    assert b"ok" == get(host, port)


def test_a_name() -> None:
    """It is looked up like any other."""
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        assert b"ok" == get("localhost", server.server_port)
        thread.join()


def test_nobody_there() -> None:
    """It is an OSError, as ever."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(URLError, match="refused"):
        get("127.0.0.1", port)
