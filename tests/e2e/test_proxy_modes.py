"""Whatever mode mitmproxy runs in, the recorded URL is the upstream's: a cassette made in one replays in another."""

import socket
from collections.abc import Callable

import httpx
import pytest

from tests.support.harness import Mitmdump, Origin
from tests.support.wires import RECORD, REPLAY, Tape, get_over, socks5

PATH = "/bytes?n=100"

type Get = Callable[[Mitmdump, int, Origin], tuple[int, bytes]]


def _regular(proxy: Mitmdump, port: int, origin: Origin) -> tuple[int, bytes]:
    with httpx.Client(proxy=f"http://127.0.0.1:{port}", verify=proxy.client_context(), trust_env=False) as client:
        response = client.get(origin.url + PATH)
        return response.status_code, response.content


def _reverse(proxy: Mitmdump, port: int, origin: Origin) -> tuple[int, bytes]:
    response = httpx.get(f"http://127.0.0.1:{port}{PATH}", trust_env=False)
    return response.status_code, response.content


def _socks_by_name(proxy: Mitmdump, port: int, origin: Origin) -> tuple[int, bytes]:
    return get_over(socks5(port, "localhost", origin.port), proxy.client_context(), origin.url + PATH)


def _socks_by_address(proxy: Mitmdump, port: int, origin: Origin) -> tuple[int, bytes]:
    return get_over(socks5(port, "", origin.port, by_name=False), proxy.client_context(), origin.url + PATH)


def _tunnel(proxy: Mitmdump, port: int, origin: Origin) -> tuple[int, bytes]:
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    connection.sendall(f"CONNECT localhost:{origin.port} HTTP/1.1\r\nHost: localhost:{origin.port}\r\n\r\n".encode())
    assert b" 200 " in connection.recv(4096)
    return get_over(connection, proxy.client_context(), origin.url + PATH)


CLIENTS: dict[str, tuple[str, Get]] = {
    "regular": ("regular", _regular),
    "regular-tunnel": ("regular", _tunnel),
    "reverse": ("reverse:{origin}", _reverse),
    "upstream": ("upstream:{upstream}", _regular),
    "socks5-name": ("socks5", _socks_by_name),
    "socks5-address": ("socks5", _socks_by_address),
}
MODES = list(dict.fromkeys(mode for mode, _ in CLIENTS.values()))


def _ask(proxy: Mitmdump, origin: Origin) -> dict[str, tuple[int, bytes]]:
    return {name: get(proxy, proxy.ports[MODES.index(mode)], origin) for name, (mode, get) in CLIENTS.items()}


def test_every_mode_records_the_same_url(origin: Origin, tape: Tape) -> None:
    """Regular, reverse, upstream and socks5 record the upstream's URL; what one recorded, each of the others replays."""
    with Mitmdump(confdir=tape.confdir, options={"ignore_hosts": ".*"}) as upstream:
        modes = [mode.format(origin=origin.url, upstream=upstream.url) for mode in MODES]
        with tape.start(RECORD, mode=modes) as proxy:
            answers = _ask(proxy, origin)
            assert 0 == proxy.stop(), proxy.output
    assert {(200, 100)} == {(status, len(body)) for status, body in answers.values()}
    assert [origin.url + PATH] * len(CLIENTS) == tape.urls()
    assert [""] * len(CLIENTS) == [each.request.host for each in tape.load().interactions]
    arrived = len(origin.log())
    with tape.start(REPLAY, mode=modes, cassette_repeat="last") as proxy:
        assert answers == _ask(proxy, origin)
        assert 0 == proxy.stop(), proxy.output
    assert arrived == len(origin.log())


@pytest.mark.parametrize("name", ["reverse", "upstream", "socks5-name"])
def test_recorded_in_regular_mode_replayed_in_another(origin: Origin, tape: Tape, name: str) -> None:
    """A recording made in regular mode answers in each other mode, the upstream proxy and the origin being gone."""
    with tape.record() as proxy:
        first = _regular(proxy, proxy.port, origin)
        assert 0 == proxy.stop()
    mode, get = CLIENTS[name]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        gone = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with tape.replay(mode=mode.format(origin=origin.url, upstream=gone)) as proxy:
        assert first == get(proxy, proxy.port, origin)


def test_a_reverse_proxy_in_the_clear(origin: Origin, tape: Tape) -> None:
    """A plain upstream is recorded with its own scheme and port, and the client's Host header is not taken for it."""
    with tape.record(mode=f"reverse:{origin.plain_url}", cassette_record_host="true") as proxy:
        response = httpx.get(f"{proxy.url}{PATH}", headers={"host": "other.example"}, trust_env=False)
        assert 200 == response.status_code
        assert 0 == proxy.stop()
    assert [origin.plain_url + PATH] == tape.urls()
