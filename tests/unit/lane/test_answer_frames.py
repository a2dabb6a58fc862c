"""answer_frames: an answer is made frames once, and those are the same on every stream but for its number."""

from hpack import Decoder

from tapehead.lane.answer_frames import frames_of, head_block, header_frames
from tapehead.lane.http2_frames import CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS
from tapehead.lane.lane_messages import Pace
from tests.unit.lane.http2_wire import answer, parse


def test_an_answer() -> None:
    """A head, a frame for each chunk, an empty one that ends it; made once."""
    one = answer(b"ab", b"c")
    made = frames_of(one)

    assert made is frames_of(one)
    assert (3, b"") == (made.size, made.trailers)
    assert [
        (HEADERS, END_HEADERS, 7, made.head),
        (DATA, 0, 7, b"ab"),
        (DATA, 0, 7, b"c"),
        (DATA, END_STREAM, 7, b""),
    ] == parse(made.on_stream(7))
    assert made.on_stream(7)[9:] != made.on_stream(2**31 - 1)[9:]
    assert [(b":status", b"200"), (b"x-a", b"b")] == list(Decoder().decode(made.head, raw=True))


def test_trailers() -> None:
    """They end it."""
    made = frames_of(answer(b"ab", trailers=((b"grpc-status", b"0"),)))
    assert (HEADERS, END_HEADERS | END_STREAM, 1, made.trailers) == parse(made.on_stream(1))[-1]


def test_a_head_alone() -> None:
    """It ends itself."""
    made = frames_of(answer(ends_with_head=True))
    assert [(HEADERS, END_HEADERS | END_STREAM, 1, made.head)] == parse(made.on_stream(1))


def test_what_is_never_sent_at_once() -> None:
    """Of an answer with a pace nothing is kept but blocks; likewise of one with a chunk that no frame holds."""
    assert [] == frames_of(answer(b"a", pace=Pace(head_at=0, chunk_at=(0,), end_at=0))).whole
    large = frames_of(answer(bytes(2**24)))
    assert ([], 2**24) == (large.whole, large.largest)


def test_a_large_head() -> None:
    """Its block goes on in other frames."""
    block = head_block(200, [(b"x-a", b"b" * 40)])
    assert [
        (HEADERS, END_STREAM, 3, block[:20]),
        (CONTINUATION, 0, 3, block[20:40]),
        (CONTINUATION, END_HEADERS, 3, block[40:]),
    ] == parse(header_frames(block, 3, ends=True, most=20))
    assert [(HEADERS, END_HEADERS, 3, block)] == parse(header_frames(block, 3, ends=False))
