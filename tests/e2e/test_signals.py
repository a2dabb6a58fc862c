"""A signal in mid-traffic costs no finished exchange, and leaves a cassette that loads."""

import signal
import socket
import time

import httpx
import pytest

from tests.support.chaos import killing
from tests.support.chaos import signals as chaos
from tests.support.harness import Origin
from tests.support.wires import RECORD, RawOrigin, Tape, raw_exchange, raw_request

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


@pytest.mark.parametrize("name", [name for name, kind in killing.KINDS.items() if kind.leaves])
def test_the_last_words_are_on_disk_first(tape: Tape, name: str) -> None:
    """A client that leaves at any terminal event finds the exchange on disk, the server still being there."""
    kind = killing.KINDS[name]
    pieces = killing.gzipped(kind.pieces)[:-1] if kind.coding else kind.pieces
    coding = f"Content-Encoding: {kind.coding}\r\n" if kind.coding else ""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind.kind}\r\n{coding}Transfer-Encoding: chunked\r\n\r\n".encode()
    chunks = [b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces]
    with RawOrigin(head, *chunks, 5.0) as origin, tape.record() as proxy:
        raw_exchange(proxy.port, raw_request(f"{origin.url}/chat"), until=chunks[-1])
        assert -9 == proxy.kill()
    assert [kind.body] == [each.response.body for each in tape.load().interactions]


def test_an_error_waits_for_its_end_alone(tape: Tape) -> None:
    """A client that leaves at an error sees it soon, also when the server says no more and stays; it is recorded."""
    error = killing.KINDS["error"].pieces[-1]
    with RawOrigin(SSE_HEAD, b"%x\r\n%s\r\n" % (len(error), error), 5.0) as origin, tape.record() as proxy:
        began = time.monotonic()
        raw_exchange(proxy.port, raw_request(f"{origin.url}/chat"), until=error)
        assert time.monotonic() - began < 2
        proxy.wait_for("recorded 0 GET")
        assert 0 == proxy.stop()
    assert [error] == [each.response.body for each in tape.load().interactions]


@pytest.mark.parametrize("pause", [0.01, 0.3])
def test_more_after_an_error(tape: Tape, pause: float) -> None:
    """What some servers say after an error in mid-stream is recorded too, however long they think about it."""
    error, done = killing.KINDS["error-done"].pieces[1:]
    chunks = [b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (error, done)]
    with RawOrigin(SSE_HEAD, chunks[0], pause, chunks[1], 0.1, b"0\r\n\r\n") as origin, tape.record() as proxy:
        raw_exchange(proxy.port, raw_request(f"{origin.url}/chat"), until=b"0\r\n\r\n")
        assert 0 == proxy.stop()
    assert [error + done] == [each.response.body for each in tape.load().interactions]


def test_the_last_words_after_others(tape: Tape) -> None:
    """What is known to follow an error is on disk before a client sees it, also when it was long in coming."""
    error, done = killing.KINDS["error-done"].pieces[1:]
    chunks = [b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (error, done)]
    with RawOrigin(SSE_HEAD, chunks[0], 0.3, chunks[1], 5.0) as origin, tape.record() as proxy:
        raw_exchange(proxy.port, raw_request(f"{origin.url}/chat"), until=chunks[1])
        assert -9 == proxy.kill()
    assert [error + done] == [each.response.body for each in tape.load().interactions]


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


SWITCH = """
import asyncio
from mitmproxy import ctx

def request(flow):
    asyncio.get_running_loop().call_later(0.1, lambda: ctx.options.update(cassette=%r))
"""


@pytest.mark.parametrize("path", ["/slow?ms=600", "/sse?n=3&ms=200", "/bytes?n=9&chunks=3&ms=200"])
@pytest.mark.parametrize("http2", [False, True], ids=["http1", "http2"])
def test_what_ends_after_the_run(origin: Origin, tape: Tape, path: str, http2: bool) -> None:
    """A run that ends while an exchange is under way: its client is not to see an end that is on no disk."""
    script = tape.folder / "switch.py"
    script.write_text(SWITCH % str(tape.folder / "other.yaml"))
    with tape.start([RECORD, script]) as proxy, proxy.client(http2=http2) as client:
        with pytest.raises(httpx.RemoteProtocolError):
            client.get(f"{origin.url}{path}")
        proxy.wait_for(r"not recorded \(the run has ended\): GET \S+")
        assert 0 == proxy.stop()
    assert not tape.path.exists()
