"""lane_http1: which requests are asked about, what is sent of an answer, and what is handed on from where."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapehead.lane import lane_http1
from tapehead.lane.lane_http1 import MOST_BODY, MOST_HEAD, LaneHttp1
from tapehead.lane.lane_messages import LaneAnswer, LaneRequest, Pace
from tests.unit.lane.http2_wire import TellingLane

CHUNKED = ((b"Transfer-Encoding", b"chunked"),)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
PACE = Pace(head_at=1, chunk_at=(2, 3), end_at=4)


def short() -> LaneAnswer:
    return LaneAnswer(status=200, reason=b"OK", fields=((b"Content-Length", b"2"),), chunks=(b"hi",))


def stream(pace: Pace | None = None, trailers: tuple[tuple[bytes, bytes], ...] = ()) -> LaneAnswer:
    return LaneAnswer(status=200, reason=b"OK", fields=CHUNKED, chunks=(b"ab", b"c"), trailers=trailers, pace=pace)


def lane_of(answer: LaneAnswer | None) -> TellingLane:
    return TellingLane(say=lambda _: answer)


def request(*lines: bytes, body: bytes = b"", first: bytes = b"POST /v1?a=b HTTP/1.1") -> bytes:
    return b"\r\n".join([first, b"Host: h", *lines, b"", b""]) + body


def test_a_request_that_is_answered() -> None:
    """Whole, with its fields as they came; the answer is its head and its body."""
    lane = lane_of(short())
    connection = LaneHttp1(lane)
    sent = connection.receive(request(b"X-A:  b \t", b"content-length: 3", body=b"abc"), 0)
    fields = ((b"Host", b"h"), (b"X-A", b"b"), (b"content-length", b"3"))
    assert [LaneRequest(b"POST", b"", b"h", b"/v1?a=b", fields, b"abc")] == lane.asked
    assert ((OK, b""), False, None) == (sent, connection.is_over, connection.due)
    assert "<LaneHttp1 waiting, 0 bytes have come>" == repr(connection)


@given(st.lists(st.integers(1, 80), max_size=6), st.binary(max_size=40), st.booleans())
def test_pieces(sizes: list[int], body: bytes, chunked: bool) -> None:
    """However a request is cut into pieces, and whatever comes behind it: the same is asked and answered."""
    framed = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n"
    one = (
        request(b"Transfer-Encoding: Chunked", body=framed)
        if chunked
        else request(b"Content-Length: %d" % len(body), body=body)
    )
    data, lane = one + one, lane_of(short())
    connection, sent = LaneHttp1(lane), b""
    for size in sizes:
        out, rest = connection.receive(data[:size], 0)
        assert b"" == rest
        sent, data = sent + out, data[size:]
    sent += connection.receive(data, 0)[0]
    assert (OK + OK, [body, body]) == (sent, [each.body for each in lane.asked])


@pytest.mark.parametrize(
    "data",
    [
        request(first=b"POST /v1 HTTP/1.0"),
        request(first=b"POST /v1 HTTP/1.1 "),
        request(first=b"POST  /v1 HTTP/1.1"),
        request(first=b"P@ST /v1 HTTP/1.1"),
        request(b"X-A : b"),
        request(b" folded"),
        request(b"X-A: b\nX-B: c"),
        request(b"X-A: \0"),
        request(b"host: other"),
        request(b"Content-Length: 1", b"Content-Length: 1", body=b"a"),
        request(b"Content-Length: +1", body=b"a"),
        request(b"Content-Length: 1, 1", body=b"a"),
        request(b"Content-Length: 99999999999999999", body=b"a"),
        request(b"Content-Length: 1", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
        request(b"Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n"),
        request(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
        request(b"Transfer-Encoding: chunked", body=b"0x1\r\na\r\n0\r\n\r\n"),
        request(b"Transfer-Encoding: chunked", body=b"1;a=b\r\na\r\n0\r\n\r\n"),
        request(b"Transfer-Encoding: chunked", body=b"1\r\nab\r\n0\r\n\r\n"),
        request(b"Transfer-Encoding: chunked", body=b"0\r\nX-T: u\r\n\r\n"),
        request(b"Transfer-Encoding: chunked", body=b"1\na\n0\n\n"),
        request(b"Transfer-Encoding: chunked", body=b"123456789"),
        request(b"Upgrade: websocket", b"Connection: Upgrade"),
        request(b"Expect: 100-continue", b"Content-Length: 1"),
        request(b"Connection: X-A", b"X-A: b"),
        request(b"Content-Length: %d" % (MOST_BODY + 1)),
        b"GET / HTTP/1.1\r\nX-A: b\r\n\r\n",
        b"\r\n",
        b"\x16\x03\x01",
        b"GET /\n",
        b"GET / HTTP/1.0\r\nHost",
        b"GET / HTTP/1.1\r\nX-A: " + b"a" * MOST_HEAD,
    ],
)
def test_what_leaves_a_choice(data: bytes) -> None:
    """It is handed on as it came; a request that stands before it is answered."""
    lane = lane_of(short())
    assert (b"", data) == LaneHttp1(lane).receive(data, 0)
    assert (OK, data) == LaneHttp1(lane).receive(request() + data, 0)
    assert [request()] == [request()] * len(lane.asked)


def test_too_much_in_chunks() -> None:
    """A body in chunks that is larger than what is gathered is handed on."""
    data = request(b"Transfer-Encoding: chunked", body=b"ffffff\r\n" + b"a" * (MOST_BODY + 1))
    assert (b"", data) == LaneHttp1(lane_of(short())).receive(data, 0)


def test_what_nobody_answers() -> None:
    """It is handed on from its first byte, with all that came behind it."""
    connection = LaneHttp1(lane_of(None))
    data = request(b"Content-Length: 1", body=b"a") + b"more"
    assert (b"", b"") == connection.receive(data[:10], 0)
    assert (b"", data) == connection.receive(data[10:], 0)
    assert b"" == connection.take_rest()


def test_what_is_not_taken() -> None:
    """It is not gathered: what has come of it is handed on at once."""
    lane = TellingLane(takes_it=False)
    data = request(b"Content-Length: 9", body=b"a")
    assert ((b"", data), []) == (LaneHttp1(lane).receive(data, 0), lane.asked)


def test_the_rest() -> None:
    """Of a request that is not whole what has come can be had, once."""
    connection = LaneHttp1(lane_of(short()))
    data = request(b"Content-Length: 9", body=b"a")
    assert (b"", b"") == connection.receive(data, 0)
    assert f"<LaneHttp1 waiting, {len(data)} bytes have come>" == repr(connection)
    assert (data, b"") == (connection.take_rest(), connection.take_rest())
    assert (OK, b"") == connection.receive(request(), 0)


def test_chunks() -> None:
    """Each in one of its own, trailers behind the last."""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert head + b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n" == LaneHttp1(lane_of(stream())).receive(request(), 0)[0]
    answer = stream(trailers=((b"x-t", b"u"),))
    assert LaneHttp1(lane_of(answer)).receive(request(), 0)[0].endswith(b"0\r\nx-t: u\r\n\r\n")


@pytest.mark.parametrize("pace", [None, Pace(head_at=0, chunk_at=(0, 0), end_at=0)])
@pytest.mark.parametrize(
    ("line", "fields", "status", "is_over"),
    [
        (b"Connection: keep-alive", CHUNKED, 200, False),
        (b"Connection: close", CHUNKED, 200, True),
        (b"X-A: b", (), 200, True),
        (b"X-A: b", (), 204, False),
        (b"X-A: b", ((b"content-length", b"3"),), 200, False),
    ],
)
def test_ends(
    line: bytes, fields: tuple[tuple[bytes, bytes], ...], status: int, is_over: bool, pace: Pace | None
) -> None:
    """The connection is over after the answer where the client wants it, or nothing else says where it ends."""
    answer = LaneAnswer(status=status, fields=fields, chunks=(b"ab", b"c"), pace=pace)
    connection = LaneHttp1(lane_of(answer))
    sent, rest = connection.receive(request(line) + request(line), 0)
    assert (is_over, 1 if is_over else 2, b"") == (connection.is_over, sent.count(b"HTTP/1.1"), rest)
    assert (" over," in repr(connection)) is is_over


def test_pace() -> None:
    """Parts go when they are due, what is asked meanwhile waits, and what comes behind it is handed on then."""
    answers = iter([stream(PACE), None])
    connection = LaneHttp1(TellingLane(say=lambda _: next(answers)))
    assert (b"", b"") == connection.wake(0)
    assert ((b"", b""), 11) == (connection.receive(request(), 10), connection.due)
    assert (b"", b"") == connection.wake(10.5)
    assert (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"") == connection.wake(11)
    assert (True, "<LaneHttp1 sending, 0 bytes have come>") == (connection.is_sending, repr(connection))
    assert (b"", b"") == connection.receive(request()[:9], 11)
    assert (b"", b"") == connection.receive(request()[9:], 11)
    assert ((b"2\r\nab\r\n1\r\nc\r\n", b""), 14) == (connection.wake(13), connection.due)
    assert ((b"0\r\n\r\n", request()), None) == (connection.wake(14), connection.due)
    assert not connection.is_sending


def test_a_request_behind_a_paced_answer() -> None:
    """It is answered when that has ended."""
    answers = iter([stream(PACE), short()])
    connection = LaneHttp1(TellingLane(say=lambda _: next(answers)))
    connection.receive(request() + request(), 0)
    sent, rest = connection.wake(4)
    assert (True, b"") == (sent.endswith(b"0\r\n\r\n" + OK), rest)


def test_an_end_in_its_time() -> None:
    """A connection that the client wants to end is over with the last part, whatever came behind it."""
    connection = LaneHttp1(lane_of(stream(PACE)))
    connection.receive(request(b"Connection: close") + request(), 0)
    assert b"" == connection.wake(4)[1]
    assert connection.is_over


def test_heads_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that were read are forgotten when there are too many."""
    monkeypatch.setattr(lane_http1, "_MOST_HEADS", 2)
    connection = LaneHttp1(lane_of(short()))
    for number in range(5):
        connection.receive(request(b"X-N: %d" % number), 0)
    assert len(lane_http1._heads) <= 2
