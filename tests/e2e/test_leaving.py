"""A client that leaves before a response ends: at an event that nobody here knows for the last, or anywhere in it."""

import asyncio
import time

import pytest

from tests.support.chaos import asking
from tests.support.chaos.asking import Question
from tests.support.harness import Answer, Chunk, Mitmdump, Origin
from tests.support.wires import RawOrigin, Tape, eventually, raw_exchange, raw_request

SSE = (("content-type", "text/event-stream"),)
FIRST, LAST, LATE = b'data: {"n":1}\n\n', b'data: {"phase":"over"}\n\n', b": late\n\n"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"
COUNT = 20


def chunk(data: bytes) -> bytes:
    """One HTTP/1.1 chunk."""
    return b"%x\r\n%s\r\n" % (len(data), data)


def leave_at(proxy: Mitmdump, url: str, end: bytes, *, http2: bool) -> None:
    """A client of its own reads up to the chunk with `end`, and leaves with its connection."""
    with proxy.client(http2=http2) as client, client.stream("GET", url) as response:
        assert any(end in each for each in response.iter_raw())


@pytest.mark.parametrize("pause", [0.0, 0.03], ids=["at once", "later"])
@pytest.mark.parametrize("way", ["plain", "http1", "http2"])
def test_at_an_unknown_last_event(origin: Origin, tape: Tape, way: str, pause: float) -> None:
    """The body ends soon after: it is recorded whole, each time, also when the run ends in between."""
    pieces = (FIRST, LAST, LATE)
    chunks = (Chunk(data=FIRST), Chunk(data=LAST, pause=0.003), Chunk(data=LATE, pause=pause))
    origin.script("/odd", Answer(headers=SSE, chunks=chunks))
    base = origin.plain_url if way == "plain" else origin.url
    with tape.record() as proxy:
        for number in range(COUNT):
            leave_at(proxy, f"{base}/odd?{number}", LAST, http2=way == "http2")
        assert 0 == proxy.stop()
    assert [b"".join(pieces)] * COUNT == [each.response.body for each in tape.load().interactions]
    assert f"{COUNT} recorded, 0 replayed, 0 missed, 0 cut" in proxy.output


def test_streams_of_one_connection(origin: Origin, tape: Tape) -> None:
    """A stream of HTTP/2 that is reset is read on from; others may be asked for meanwhile, up to the connection's end."""
    origin.script("/odd", Answer(headers=SSE, chunks=(Chunk(data=LAST), Chunk(data=LATE, pause=0.05))))
    seen: list[bytes] = []
    asked = (Question(url=f"{origin.url}/odd?{n}", until=LAST, seen=seen.append) for n in range(COUNT))
    with tape.record() as proxy:
        context = proxy.client_context()
        context.set_alpn_protocols(["h2"])
        with pytest.raises(RuntimeError, match="StopIteration"):  # there are no more
            asyncio.run(asking.http2(proxy.port, asked, context, at_once=1))
        assert [LAST] * COUNT == seen
        assert 0 == proxy.stop()
    assert [LAST + LATE] * COUNT == [each.response.body for each in tape.load().interactions], proxy.output


@pytest.mark.parametrize("http2", [False, True], ids=["http1", "http2"])
def test_when_no_end_comes(origin: Origin, tape: Tape, http2: bool) -> None:
    """The exchange is cut, and of it only what came before its client left is counted; its server is let go."""
    origin.script("/long", Answer(headers=SSE, chunks=tuple(Chunk(data=FIRST, pause=0.02) for _ in range(200))))
    with tape.record(cassette_read_on="100") as proxy:
        began = time.monotonic()
        leave_at(proxy, f"{origin.url}/long", FIRST, http2=http2)
        proxy.wait_for(r"cut by its client: GET \S+/long: ")
        assert time.monotonic() - began >= 0.1
        assert eventually(lambda: origin.log()[-1].outcome == "disconnected")
        assert 0 == proxy.stop()
    assert "0 recorded, 0 replayed, 0 missed, 1 cut" in proxy.output
    assert not tape.path.exists()


@pytest.mark.parametrize(
    ("more", "read_on"),
    [((0.05, chunk(LATE)), "250"), ((0.05, chunk(LATE), 5.0), "250"), ((0.2, END), "0")],
    ids=["broken off", "no end", "turned off"],
)
def test_what_is_no_end(tape: Tape, more: tuple[bytes | float, ...], read_on: str) -> None:
    """A body that breaks off, does not end in time, or may not be read on, is cut."""
    with RawOrigin(HEAD, chunk(FIRST), *more) as origin, tape.record(cassette_read_on=read_on) as proxy:
        raw_exchange(proxy.port, raw_request(f"{origin.url}/x"), until=FIRST)
        proxy.wait_for(r"cut by its client: GET \S+/x: Client disconnected")
        assert 0 == proxy.stop()
    assert not tape.path.exists()


def test_too_much_to_read_on(tape: Tape) -> None:
    """A download that nobody wants any more is not read to its end."""
    big = b"x" * (8 << 20)
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(big)
    with RawOrigin(head, big[:10], 0.05, big[10:]) as origin, tape.record(cassette_read_on="10000") as proxy:
        raw_exchange(proxy.port, raw_request(f"{origin.url}/big"), until=b"x" * 10)
        proxy.wait_for(r"cut by its client: GET \S+/big: ")
        assert 0 == proxy.stop()
    assert not tape.path.exists()


def test_a_known_last_event_that_nobody_saw(tape: Tape) -> None:
    """A terminal event that comes when the client has left ends the stream well, though the body does not end."""
    done = b"data: [DONE]\n\n"
    with RawOrigin(HEAD, chunk(FIRST), 0.05, chunk(done), 5.0) as origin, tape.record() as proxy:
        raw_exchange(proxy.port, raw_request(f"{origin.url}/x"), until=FIRST)
        proxy.wait_for("recorded 0 GET")
        assert 0 == proxy.stop()
    assert [FIRST + done] == [each.response.body for each in tape.load().interactions]


@pytest.mark.parametrize("signal_after", [0.0, 0.05])
def test_the_end_of_a_run_waits(tape: Tape, signal_after: float) -> None:
    """A run that is told to end right after its client left waits for the rest, and no longer than that takes."""
    with RawOrigin(HEAD, chunk(LAST), 0.15, chunk(LATE), END) as origin, tape.record() as proxy:
        raw_exchange(proxy.port, raw_request(f"{origin.url}/x"), until=LAST)
        time.sleep(signal_after)
        began = time.monotonic()
        assert 0 == proxy.stop()
        assert time.monotonic() - began < 3
    assert [LAST + LATE] == [each.response.body for each in tape.load().interactions]


@pytest.mark.parametrize("http2", [False, True], ids=["http1", "http2"])
def test_it_is_replayed(origin: Origin, tape: Tape, http2: bool) -> None:
    """What was recorded so is replayed to the same client without a miss."""
    origin.script("/odd", Answer(headers=SSE, chunks=(Chunk(data=LAST), Chunk(data=LATE, pause=0.02))))
    for start in (tape.record, tape.replay):
        with start() as proxy:
            leave_at(proxy, f"{origin.url}/odd", LAST, http2=http2)
            assert 0 == proxy.stop()
    assert "0 recorded, 1 replayed, 0 missed" in proxy.output
