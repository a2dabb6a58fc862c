"""origin_form: what a server reads as the target of a request whose absolute form came in a tunnel or to its listener."""

import socket
from collections.abc import Callable, Iterator

import pytest
from mitmproxy.proxy.layers.http import HttpStream

from tapehead.mitm import origin_form
from tests.support.wires import RawOrigin, Tape, raw_exchange

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
TUNNEL = "CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n\r\n"


@pytest.fixture
def origin() -> Iterator[RawOrigin]:
    with RawOrigin(ANSWER) as origin:
        yield origin


def target(origin: RawOrigin) -> str:
    """Of the one request that arrived."""
    (arrived,) = origin.requests
    return arrived.split(b" ")[1].decode()


def post(url: str, host: str) -> bytes:
    return f"POST {url} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}".encode()


def in_tunnel(port: int, authority: str, request: bytes) -> bytes:
    """What is answered to a request in a tunnel to `authority`."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(TUNNEL.format(authority).encode())
        assert b" 200 " in connection.recv(4096)
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(4096), b""))


@pytest.mark.parametrize("spelled", [str, str.upper], ids=["as-in-the-tunnel", "in-capitals"])
def test_in_a_tunnel(origin: RawOrigin, tape: Tape, spelled: Callable[[str], str]) -> None:
    """The server of the tunnel gets the path, the cassette the URL; the recording answers origin and absolute form."""
    authority = f"localhost:{origin.port}"
    absolute = post(f"http://{spelled(authority)}/v1/x?a=b", authority)
    with tape.record() as proxy:
        assert in_tunnel(proxy.port, authority, absolute).endswith(b"ok")
        assert 0 == proxy.stop(), proxy.output

    assert "/v1/x?a=b" == target(origin)
    assert [f"http://{authority}/v1/x?a=b"] == tape.urls()
    with tape.replay(cassette_repeat="last") as proxy:
        for request in (absolute, post("/v1/x?a=b", authority)):
            assert in_tunnel(proxy.port, authority, request).endswith(b"ok")


def test_in_a_tunnel_through_another_proxy(origin: RawOrigin, tape: Tape) -> None:
    """Likewise where the tunnel leads on through an upstream proxy."""
    authority = f"localhost:{origin.port}"
    with tape.record() as other, tape.record(mode=f"upstream:{other.url}", cassette=f"{tape.path}.2.yaml") as proxy:
        assert in_tunnel(proxy.port, authority, post(f"http://{authority}/v1/x", authority)).endswith(b"ok")

    assert "/v1/x" == target(origin)


@pytest.mark.parametrize("named", ["server", "listener", "other-name-of-listener"])
def test_to_a_listener_for_one_server(origin: RawOrigin, tape: Tape, named: str) -> None:
    """A target that names the server, or the listener by any name, becomes a path."""
    with tape.record(mode=f"reverse:{origin.url}") as proxy:
        authority = {"server": f"127.0.0.1:{origin.port}", "listener": f"127.0.0.1:{proxy.port}"}.get(
            named, f"host.docker.internal:{proxy.port}"
        )
        assert raw_exchange(proxy.port, post(f"http://{authority}/v1/x", authority)).endswith(b"ok")
        assert 0 == proxy.stop(), proxy.output

    assert "/v1/x" == target(origin)
    assert [f"{origin.url}/v1/x"] == tape.urls()


def test_another_host_is_left(origin: RawOrigin, tape: Tape) -> None:
    """A target that names another host than the tunnel leads to stays as the client wrote it."""
    authority = f"localhost:{origin.port}"
    with tape.record() as proxy:
        in_tunnel(proxy.port, authority, post("http://other.example/v1/x", authority))

    assert "http://other.example/v1/x" == target(origin)


def test_installed_once() -> None:
    """A second call does not wrap what is wrapped."""
    origin_form.install()
    once = HttpStream.state_wait_for_request_headers
    origin_form.install()

    assert once is HttpStream.state_wait_for_request_headers
