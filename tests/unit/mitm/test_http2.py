"""HTTP/2 connections that end gracefully: what is under way goes on, by real peers that say GOAWAY in the middle."""

import time

import pytest
from h2.errors import ErrorCodes

from tapehead.cassette import timing
from tapehead.cassette.side_files import timing_path
from tapehead.mitm import http2
from tests.support.harness import Certs, Origin
from tests.support.wires import Tape
from tests.unit.mitm import h2peers
from tests.unit.mitm.h2peers import Client, Serving, goaway


def test_a_client_that_says_it_right_after_its_request(tape: Tape, origin: Origin) -> None:
    """As the AWS SDK for JavaScript does on each connection: it gets the whole stream, recorded and replayed."""
    path = "/sse?n=6&ms=30"
    bodies = []
    for start in tape.record, tape.replay:
        with start() as proxy, Client(proxy.port, proxy.client_context(), origin.port) as client:
            stream = client.ask(path)
            client.send(goaway(0))
            answer = client.answers(stream)[stream]
        assert ("200", "ended") == (answer.status, answer.end)
        bodies.append(answer.data)
    assert 6 <= bodies[0].count(b"data:")
    assert bodies[0] == bodies[1]


def test_a_client_that_says_why_it_goes(tape: Tape, origin: Origin) -> None:
    """An error is the end, as ever."""
    with tape.record() as proxy, Client(proxy.port, proxy.client_context(), origin.port) as client:
        stream = client.ask("/sse?n=50&ms=100")
        client.send(goaway(0, ErrorCodes.PROTOCOL_ERROR))
        assert "" == client.answers(stream)[stream].end


def _mid_stream(serving: Serving, stream: int, asked: int) -> None:
    serving.head(stream)
    serving.data(stream, b"data: before\n\n")
    serving.raw(goaway(stream))
    time.sleep(0.1)
    serving.data(stream, b"data: after\n\n")
    serving.data(stream, b"data: [DONE]\n\n", end=True)


def test_an_origin_that_says_it_in_mid_stream(tape: Tape, certs: Certs) -> None:
    """The stream is finished and recorded whole; the next request goes over a connection of its own."""
    expected = b"data: before\n\ndata: after\n\ndata: [DONE]\n\n"
    with h2peers.Origin(certs=certs, script=_mid_stream) as origin:
        with tape.record() as proxy, Client(proxy.port, proxy.client_context(), origin.port) as client:
            for path in "/one", "/two":
                stream = client.ask(path)
                answer = client.answers(stream)[stream]
                assert ("200", "ended", expected) == (answer.status, answer.end, answer.data)
        assert 2 == origin.connections
    assert [expected, expected] == [each.response.body for each in tape.load().interactions]


def _refuse_second(serving: Serving, stream: int, asked: int) -> None:
    if asked == 1:
        serving.head(stream)
        serving.data(stream, b"data: first\n\n")
        return
    serving.raw(goaway(1))
    time.sleep(0.1)
    serving.data(1, b"data: [DONE]\n\n", end=True)


def test_streams_that_it_does_not_answer(tape: Tape, certs: Certs) -> None:
    """Those above its last one are refused at once, and not recorded; those below it are finished."""
    with h2peers.Origin(certs=certs, script=_refuse_second) as origin:
        with tape.record() as proxy, Client(proxy.port, proxy.client_context(), origin.port) as client:
            first = client.ask("/first")
            time.sleep(0.5)  # so that both are on one connection, in this order
            second = client.ask("/second")
            answers = client.answers(first, second)
    assert ("200", "ended", b"data: first\n\ndata: [DONE]\n\n") == (
        answers[first].status,
        answers[first].end,
        answers[first].data,
    )
    assert "200" != answers[second].status
    assert answers[second].end
    assert [f"https://localhost:{origin.port}/first"] == tape.urls()


def test_installing_it_twice_is_once() -> None:
    """mitmproxy reloads scripts."""
    from mitmproxy.proxy.layers.http._http_h2 import BufferedH2Connection

    http2.install()
    wrapped = BufferedH2Connection._receive_goaway_frame
    http2.install()
    assert wrapped is BufferedH2Connection._receive_goaway_frame


BURST = [b"data: %d\n\n" % number for number in range(30)] + [b"data: [DONE]\n\n"]


def _at_once(serving: Serving, stream: int, asked: int) -> None:
    serving.head(stream)
    for chunk in BURST:
        serving.h2.send_data(stream, chunk)
    serving.h2.send_data(stream, b"", end_stream=True)
    serving.flush()


@pytest.mark.parametrize("widened", [(), (65535,), (25, 65535)])
def test_what_comes_at_once(tape: Tape, certs: Certs, widened: tuple[int, ...]) -> None:
    """Chunks that came in one read are recorded each by itself, and each goes on in a frame of its own, as far as fits."""
    with h2peers.Origin(certs=certs, script=_at_once) as origin, tape.record() as proxy:
        with Client(proxy.port, proxy.client_context(), origin.port, window=0 if widened else 65535) as client:
            stream = client.ask("/")
            for more in widened:
                time.sleep(0.3)  # the answer is there, and has to wait
                client.widen(stream, more)
            answer = client.answers(stream)[stream]
    assert ("ended", b"".join(BURST)) == (answer.end, answer.data)
    if not widened:
        assert BURST == [piece for piece in answer.pieces if piece]
    recorded = timing.load(timing_path(tape.path))[0]
    assert [len(chunk) for chunk in BURST] == [size for _, size in recorded.chunks]
