"""A signal in mid-traffic costs no finished exchange, and leaves a cassette that loads."""

import signal
import socket

import pytest

from tests.e2e import chaos
from tests.e2e.harness import Origin
from tests.e2e.wires import RawOrigin, Tape, raw_request

SIGNALS = {"SIGTERM": signal.SIGTERM, "SIGINT": signal.SIGINT, "SIGKILL": signal.SIGKILL}
SSE_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", SIGNALS)
def test_in_mid_traffic(origin: Origin, tape: Tape, name: str, seed: int) -> None:
    """The cassette loads with every exchange in it whose end a client saw; SIGTERM and SIGINT end mitmdump with 0."""
    chaos.run(tape, origin, SIGNALS[name], seed)


@pytest.mark.slow
@pytest.mark.parametrize("name", SIGNALS)
def test_often_in_mid_traffic(origin: Origin, tape: Tape, name: str) -> None:
    """The same, 20 times; `scripts/chaos` does it as often as it is told."""
    seen = sum(chaos.run(tape, origin, SIGNALS[name], seed) for seed in range(100, 120))
    assert seen > 100


@pytest.mark.parametrize("name", SIGNALS)
def test_the_terminal_event_was_seen(tape: Tape, name: str) -> None:
    """What the client saw the terminal event of is on disk, though nobody has closed when the signal comes."""
    event = b"data: [DONE]\n\n"
    with RawOrigin(SSE_HEAD, b"%x\r\n%s\r\n" % (len(event), event), 5.0) as origin, tape.record() as proxy:
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=20) as connection:
            connection.sendall(raw_request(f"{origin.url}/chat"))
            data = b""
            while event not in data:
                data += connection.recv(65536)
            proxy.stop(SIGNALS[name])
    assert [event] == [each.response.body for each in tape.load().interactions]


def test_twice(origin: Origin, tape: Tape) -> None:
    """A second SIGTERM does not make a clean stop an unclean one."""
    with tape.record() as proxy, proxy.client() as client:
        client.get(f"{origin.url}/sse?n=1&ms=0")
        proxy.child.signal(signal.SIGTERM)
        assert 0 == proxy.stop(signal.SIGTERM)
    assert 1 == len(tape.urls())


def test_recording_goes_on_after_a_kill(origin: Origin, tape: Tape) -> None:
    """replay_with_new_episodes goes on after SIGKILL: the old interactions answer, new ones are added."""
    urls = [f"{origin.url}/sse?n=2&ms=0&number={n}" for n in range(4)]
    for number in range(1, 4):
        with tape.record(cassette_mode="replay_with_new_episodes") as proxy, proxy.client(http2=True) as client:
            assert all(client.get(url).status_code == 200 for url in urls[:number])
            proxy.kill()
    assert urls[:3] == tape.urls()
    assert 3 == len(origin.log())
