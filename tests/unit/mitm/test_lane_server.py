"""lane_server: what a lane hands on is recorded and answered as ever, on the very same connection."""

import time

import pytest
from h2.errors import ErrorCodes

from tests.support.harness import Certs, Origin
from tests.support.wires import Tape
from tests.unit.mitm import h2peers
from tests.unit.mitm.h2peers import Client, Serving, goaway


@pytest.fixture(params=["gathers", "streams"])
def lane(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lane that answers nothing: it gathers requests, or does not even take them."""
    monkeypatch.setenv("TAPEHEAD_TEST_LANE", request.param)


@pytest.mark.usefixtures("lane")
def test_requests_that_are_handed_on(tape: Tape, origin: Origin) -> None:
    """Each is recorded and replayed, in the chunks in which it came; one that is none is reset, and those beside it go on."""
    said = []
    for start in tape.record, tape.replay:
        with start() as proxy, Client(proxy.port, proxy.client_context(), origin.port) as client:
            streams = [client.ask("/sse?n=3&ms=30"), client.ask("/bytes?n=40000")]
            got = client.answers(*streams)
            said.append([(got[each].status, got[each].end, got[each].data) for each in streams])
            if start == tape.record:
                broken = client.ask("/", **{"X-Upper": "a"})
                client.authority, known = "a b", client.authority
                elsewhere = client.ask("/")
                client.authority = known
                assert ["reset", "reset"] == [each.end for each in client.answers(broken, elsewhere).values()]
                again = client.ask("/bytes?n=7")
                assert 7 == len(client.answers(again)[again].data)
                assert 1 == proxy.stop()
                assert "it is no HTTP/2" in proxy.output
    assert said[0] == said[1]
    assert [("200", "ended")] * 2 == [each[:2] for each in said[0]]
    assert 40000 == len(said[0][1][2])


def _breaks_off(serving: Serving, stream: int, asked: int) -> None:
    if asked > 1:
        serving.head(stream)
        serving.data(stream, b"data: 1\n\n")
    serving.h2.reset_stream(stream, ErrorCodes.INTERNAL_ERROR)
    serving.flush()


@pytest.mark.usefixtures("lane")
def test_an_answer_that_breaks_off(tape: Tape, certs: Certs) -> None:
    """Before its head it is an error of ours, after it a reset."""
    with h2peers.Origin(certs=certs, script=_breaks_off) as origin, tape.record() as proxy:
        with Client(proxy.port, proxy.client_context(), origin.port) as client:
            first = client.ask("/first")
            one = client.answers(first)[first]
            second = client.ask("/second")
            two = client.answers(second)[second]
    assert ("502", "ended") == (one.status, one.end)
    assert ("200", "reset", b"data: 1\n\n") == (two.status, two.end, two.data)


@pytest.mark.usefixtures("lane")
def test_a_client_that_ends_it_all(tape: Tape, origin: Origin) -> None:
    """With an error, or with what is no HTTP/2: the connection is closed, and the second is told."""
    with tape.record() as proxy:
        for end in goaway(0, ErrorCodes.PROTOCOL_ERROR), b"GET / HTTP/1.1\r\n\r\n":
            with Client(proxy.port, proxy.client_context(), origin.port) as client:
                stream = client.ask("/sse?n=50&ms=100")
                client.send(end)
                assert "" == client.answers(stream)[stream].end
        assert 1 == proxy.stop()
        assert 1 == proxy.output.count("it is no HTTP/2")


def test_an_answer_with_a_pace(tape: Tape, origin: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its chunks come when they are due, and no origin is asked."""
    monkeypatch.setenv("TAPEHEAD_TEST_LANE", "answers")
    with tape.record() as proxy, Client(proxy.port, proxy.client_context(), origin.port) as client:
        start = time.monotonic()
        streams = [client.ask("/one"), client.ask("/two")]
        got = client.answers(*streams)
        took = time.monotonic() - start
        assert 0 == proxy.stop()
    assert [[b"data: %d\n\n" % n for n in (1, 2, 3)] + [b""]] * 2 == [got[each].pieces for each in streams]
    assert 0.5 <= took
    assert [] == origin.log()
