"""Connections whose first bytes are few, late or of another protocol, and the raw TCP that a user asks for: real mitmdump."""

import socket
import socketserver
import threading
from collections.abc import Iterator

import pytest

from tapehead.mitm import protocol_detection
from tests.support.harness import Mitmdump
from tests.support.wires import Tape


class _Echo(socketserver.BaseRequestHandler):
    """Answers what it gets."""

    def handle(self) -> None:
        while data := self.request.recv(4096):
            self.request.sendall(data)


class _Greeting(socketserver.BaseRequestHandler):
    """Speaks first, as SMTP and MySQL do."""

    def handle(self) -> None:
        self.request.sendall(b"220 mail.test\r\n")
        self.request.recv(4096)


@pytest.fixture
def echo() -> Iterator[int]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Echo) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture
def greeting() -> Iterator[int]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Greeting) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def tunnel(proxy: Mitmdump, port: int) -> socket.socket:
    """A connection to a port of this machine, through the proxy."""
    connection = socket.create_connection(("127.0.0.1", proxy.port), timeout=30)
    connection.sendall(f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\n".encode())
    assert b" 200 " in connection.recv(4096)
    return connection


def closed(connection: socket.socket) -> bool:
    """Whether the other side has closed it; waits until it has."""
    try:
        return b"" == connection.recv(4096)
    except ConnectionResetError:
        return True


def test_another_protocol_is_refused_at_once(tape: Tape, echo: int) -> None:
    """It is named, and mitmdump's exit code is 1."""
    with tape.record() as proxy, tunnel(proxy, echo) as connection:
        connection.sendall(b"\x00\x01binary")
        assert closed(connection)
        proxy.wait_for(rf"not understood: a connection to 127\.0\.0\.1:{echo}: neither TLS nor HTTP \(8 bytes\)")
        assert 1 == proxy.stop()
    assert "tapehead: 1 not understood" in proxy.output


def test_a_server_that_speaks_first(tape: Tape, greeting: int) -> None:
    """So does no HTTP server; its client would wait for ever."""
    with tape.record() as proxy, tunnel(proxy, greeting) as connection:
        assert closed(connection)
        proxy.wait_for("the server speaks first")
        assert 1 == proxy.stop()


@pytest.mark.parametrize("option", ["tcp_hosts", "ignore_hosts"])
def test_raw_tcp_that_is_asked_for(tape: Tape, echo: int, option: str) -> None:
    """mitmproxy's own options for it go on working, and it is no failure."""
    with tape.record(**{option: "127.0.0.1"}) as proxy, tunnel(proxy, echo) as connection:
        connection.sendall(b"\x00")
        assert b"\x00" == connection.recv(4096)
        connection.close()
        assert 0 == proxy.stop()


@pytest.mark.slow
def test_a_connection_that_does_not_go_on(tape: Tape, echo: int) -> None:
    """There is an end to waiting."""
    with tape.record() as proxy, tunnel(proxy, echo) as connection:
        connection.sendall(b"PO")
        connection.settimeout(protocol_detection.PATIENCE + 20)
        assert closed(connection)
        proxy.wait_for("it did not say within 10 s what it speaks")
        assert 1 == proxy.stop()


def test_heads_that_are_no_http(tape: Tape, echo: int) -> None:
    """The client gets its 400, and it is counted."""
    with tape.record() as proxy:
        for head in (b"GET HTTP/1.1\r\n\r\n", b"GET http://a.test/ HTTP/1.1\r\nContent-Length: x\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", proxy.port), timeout=30) as connection:
                connection.sendall(head)
                assert b" 400 " in connection.recv(4096)
        with tunnel(proxy, echo) as connection:
            connection.sendall(b"EHLO mail.test\r\n\r\n")
            assert b" 400 " in connection.recv(4096)
        assert 1 == proxy.stop()
    assert 2 == proxy.output.count("its head is no HTTP")
