"""lane_http2: what becomes of a request."""

import pytest

from tapehead.lane import http2_frames as frames
from tapehead.lane.http2_frames import DATA, END_STREAM, Http2Code
from tapehead.lane.http2_limits import Http2Limits
from tapehead.lane.http2_streams import (
    HandedData,
    HandedEnd,
    HandedFault,
    HandedHead,
    HandedReset,
    HandedTrailers,
)
from tapehead.lane.lane_messages import LaneRequest, Pace
from tests.unit.lane.http2_wire import HEAD, TellingLane, Wire, answer, data_of, goaway_of, resets_of

REQUEST = LaneRequest(b"POST", b"https", b"api.test", b"/v1", (), is_http2=True)
TRAILERS = ((b"x-t", b"u"),)
PROTOCOL, CLOSED = Http2Code.PROTOCOL_ERROR, Http2Code.STREAM_CLOSED


def test_a_request_that_is_answered() -> None:
    """The lane sees its head, then all of it; its answer goes out, and nothing is handed on."""
    wire = Wire()
    said = wire.ask(1, b"ab", b"c", trailers=[("x-t", "u")])
    assert [REQUEST] == wire.lane.heads
    assert [REQUEST._replace(body=b"abc", trailers=TRAILERS)] == wire.lane.asked
    assert [b"hello", b""] == data_of(said)
    assert [(b":status", b"200"), (b"x-a", b"b")] == wire.read(said[0].payload)
    assert ({}, []) == (wire.http2.streams, list(wire.http2.handed))


def test_a_request_without_a_body() -> None:
    """It ends with its head."""
    wire = Wire()
    wire.ask(1)
    wire.ask(3, b"")
    wire.ask(5, b"a")
    assert [REQUEST, REQUEST, REQUEST._replace(body=b"a")] == wire.lane.asked


def test_padding_and_windows() -> None:
    """Padding is no body."""
    wire = Wire()
    wire.send(wire.head(1) + frames.frame(DATA, 0x9, 1, b"\2ab\0\0"))
    assert [b"ab"] == [each.body for each in wire.lane.asked]


def test_what_is_not_finished() -> None:
    """It is known of a request until its end has come."""
    wire = Wire()
    assert not wire.http2.has_unfinished
    wire.send(wire.head(1))
    assert wire.http2.has_unfinished
    wire.send(frames.frame(DATA, END_STREAM, 1, b"ab"))
    assert not wire.http2.has_unfinished


@pytest.mark.parametrize("pieces", [(), (b"",), (b"ab", b"c")])
@pytest.mark.parametrize("trailers", [(), (("x-t", "u"),)])
def test_a_request_that_nobody_answers(pieces: tuple[bytes, ...], trailers: tuple[tuple[str, str], ...]) -> None:
    """It is handed on whole, as if it had just come."""
    wire = Wire(TellingLane(say=lambda _: None))
    assert [] == wire.ask(1, *pieces, trailers=trailers)
    body = b"".join(pieces)
    assert [
        HandedHead(1, REQUEST, b"api.test", ends=not body and not trailers),
        *([HandedData(1, body)] if body else []),
        *([HandedTrailers(1, TRAILERS)] if trailers else []),
        HandedEnd(1),
    ] == list(wire.http2.handed)
    assert 0 == wire.http2._gathered


def test_a_request_that_is_not_taken() -> None:
    """It is handed on as it comes; an end before its answer's leaves the stream open."""
    wire = Wire(TellingLane(takes_it=False))
    wire.send(wire.head(1))
    assert [HandedHead(1, REQUEST, b"api.test", ends=False)] == list(wire.http2.handed)
    wire.send(frames.frame(DATA, 0, 1, b"a") + frames.frame(DATA, 0, 1, b"b"))
    wire.send(wire.head(1, [("x-t", "u")], ends=True))
    assert [HandedData(1, b"a"), HandedData(1, b"b"), HandedTrailers(1, [(b"x-t", b"u")]), HandedEnd(1)] == list(
        wire.http2.handed
    )[1:]
    assert [] == wire.lane.asked
    assert wire.http2.is_open(1)
    wire.http2.send_head(1, 200, (), ends=True)
    assert {} == wire.http2.streams


def test_an_answer_before_the_requests_end() -> None:
    """The stream is open until the request has ended too."""
    wire = Wire(TellingLane(takes_it=False))
    wire.send(wire.head(1))
    wire.http2.send_head(1, 200, (), ends=True)
    assert (False, [1]) == (wire.http2.is_open(1), list(wire.http2.streams))
    wire.send(frames.frame(DATA, END_STREAM, 1, b"a"))
    assert {} == wire.http2.streams
    assert HandedEnd(1) == wire.http2.handed[-1]


def test_who_waits_for_a_100() -> None:
    """It is not gathered: the upper layer says it."""
    wire = Wire()
    wire.send(wire.head(1, [*HEAD, ("expect", "100-continue")]))
    assert [HandedHead] == [type(each) for each in wire.http2.handed]


@pytest.mark.parametrize("limits", [Http2Limits(body=5), Http2Limits(gathered=5)])
def test_a_body_that_is_too_long_to_gather(limits: Http2Limits) -> None:
    """It is handed on from there; what is gathered is forgotten."""
    wire = Wire(limits=limits)
    wire.ask(1, b"abc", b"def", b"g")
    assert [HandedData(1, b"abcdef"), HandedData(1, b"g"), HandedEnd(1)] == list(wire.http2.handed)[1:]
    assert (0, []) == (wire.http2._gathered, wire.lane.asked)


def test_all_bodies_at_once() -> None:
    """They have a bound too, and what is answered is free again."""
    wire = Wire(limits=Http2Limits(gathered=5))
    for number in range(1, 9, 2):
        wire.ask(number, b"abcd")
    assert 4 == len(wire.lane.asked)
    wire.send(wire.head(9) + frames.frame(DATA, 0, 9, b"abcd"))
    wire.ask(11, b"ab")
    assert [11] == [each.stream for each in wire.http2.handed if isinstance(each, HandedEnd)]


@pytest.mark.parametrize(
    ("length", "pieces"), [("3", (b"abcd",)), ("3", (b"ab",)), ("3", ()), ("3", (b"ab", b"cd", b"e"))]
)
def test_a_length_that_is_another(length: str, pieces: tuple[bytes, ...]) -> None:
    """The stream is reset, and an upper layer learns that it was there."""
    wire = Wire()
    said = wire.ask(1, *pieces, fields=[*HEAD, ("content-length", length)])
    assert (1, PROTOCOL) in resets_of(said)
    assert [HandedHead, HandedReset] == [type(wire.http2.handed[0]), type(wire.http2.handed[-1])]
    assert (0, []) == (wire.http2._gathered, wire.lane.asked)


def test_a_request_that_is_none() -> None:
    """Its stream is reset, and an upper layer is told why; the connection goes on."""
    wire = Wire()
    said = wire.ask(1, b"abc", fields=HEAD[1:])
    assert [(1, PROTOCOL)] == resets_of(said)
    assert [HandedFault(1, "a malformed request: no :method")] == list(wire.http2.handed)
    assert wire.ask(3)


def test_too_many_at_once() -> None:
    """They are refused, to be asked again."""
    wire = Wire(limits=Http2Limits(streams=2))
    for number in (1, 3, 5):
        said = wire.send(wire.head(number))
    assert [(5, Http2Code.REFUSED_STREAM)] == resets_of(said)
    assert [] == list(wire.http2.handed)


def test_trailers_before_the_end() -> None:
    """They are none."""
    wire = Wire()
    assert [(1, PROTOCOL)] == resets_of(wire.send(wire.head(1) + wire.head(1, [("x-t", "u")])))


def test_a_client_that_breaks_off() -> None:
    """What it had sent is handed on, with its end; a request that came whole and is being answered is nobody's loss."""
    lane = TellingLane(say=lambda _: answer(b"a", pace=Pace(head_at=1, chunk_at=(1,), end_at=1)))
    wire = Wire(lane)
    wire.send(wire.head(1) + frames.frame(DATA, 0, 1, b"ab") + frames.reset(1, Http2Code.CANCEL))
    wire.ask(3)
    wire.send(frames.reset(3, Http2Code.CANCEL))
    assert [
        HandedHead(1, REQUEST, b"api.test", ends=False),
        HandedData(1, b"ab"),
        HandedReset(1, Http2Code.CANCEL),
    ] == list(wire.http2.handed)


def test_a_client_that_is_gone() -> None:
    """Each of its streams is over."""
    wire = Wire(TellingLane(takes_it=False))
    wire.send(wire.head(1))
    wire.ask(3)
    wire.http2.leave("gone")
    assert [HandedReset(1, 0, "gone"), HandedReset(3, 0, "gone")] == list(wire.http2.handed)[-2:]
    assert wire.http2.closing


def _closed_by_end(wire: Wire) -> None:
    wire.ask(1)


def _closed_by_client(wire: Wire) -> None:
    wire.send(wire.head(1) + frames.reset(1, 8))


def _half_closed(wire: Wire) -> None:
    wire.lane.takes_it = False
    wire.ask(1)


@pytest.mark.parametrize("kind", ["data", "fields"])
@pytest.mark.parametrize(
    ("before", "ends_connection"), [(_closed_by_end, True), (_closed_by_client, False), (_half_closed, False)]
)
def test_what_comes_after_the_end(before: object, ends_connection: bool, kind: str) -> None:
    """It ends the stream once more, or the connection."""
    wire = Wire()
    before(wire)  # type: ignore[operator]
    said = wire.send(frames.frame(DATA, 0, 1, b"late") if kind == "data" else wire.head(1, ends=True))
    assert (CLOSED if ends_connection else None) == goaway_of(said)
    assert ([] if ends_connection else [(1, CLOSED)]) == resets_of(said)


@pytest.mark.parametrize("number", [0, 1, 7])
def test_data_of_what_has_not_begun(number: int) -> None:
    """It ends the connection."""
    assert PROTOCOL == goaway_of(Wire().send(frames.frame(DATA, 0, number, b"a")))


@pytest.mark.parametrize("number", [2, 3])
def test_numbers_out_of_order(number: int) -> None:
    """They end the connection."""
    wire = Wire()
    wire.ask(5)
    assert PROTOCOL == goaway_of(wire.ask(number))


def test_blocks_of_what_we_reset() -> None:
    """They are read, as those after them build on them."""
    wire = Wire(TellingLane(takes_it=False))
    wire.send(wire.head(1))
    wire.http2.reset(1, 8)
    assert [] == wire.send(wire.head(1, [("x-new", "one")], ends=True))
    wire.send(wire.head(3, [*HEAD, ("x-new", "one")]))
    head = wire.http2.handed[-1]
    assert isinstance(head, HandedHead)
    assert ((b"x-new", b"one"),) == head.request.fields
