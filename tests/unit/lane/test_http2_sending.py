"""http2_sending: what may be sent, when, and in which order."""

import pytest

from tapehead.lane import http2_frames as frames
from tapehead.lane.http2_frames import END_STREAM, Http2Code, Setting
from tapehead.lane.lane_messages import Pace
from tests.unit.lane.http2_wire import HEAD, Frame, TellingLane, Wire, answer, data_of, goaway_of, parse, resets_of

WINDOW = Setting.INITIAL_WINDOW_SIZE


def _ends(said: list[Frame], stream: int = 1) -> bool:
    return any(each.stream == stream and each.flags & END_STREAM for each in said if each.kind in (0, 1))


def test_a_stream_window() -> None:
    """What it holds back goes on when it is opened, as far as that goes."""
    wire = Wire(TellingLane(say=lambda _: answer(b"abc", b"defgh")), settings={WINDOW: 4})
    said = wire.ask()
    assert [b"abc", b"d"] == data_of(said)
    assert [b"ef"] == data_of(wire.send(frames.window_update(1, 2)))
    said = wire.send(frames.window_update(1, 2))
    assert ([b"gh", b""], True) == (data_of(said), _ends(said))
    assert [] == wire.send(frames.window_update(1, 2))  # it is over, and the client may not know


def test_the_connections_window() -> None:
    """It is shared: what waits goes on by turns."""
    lane = TellingLane(say=lambda _: answer(b"a" * 40000, b"b" * 40000))
    wire = Wire(lane, settings={WINDOW: 2**20, Setting.MAX_FRAME_SIZE: 2**20})
    assert [40000, 25535] == list(map(len, data_of(wire.ask(1))))
    assert [] == data_of(wire.ask(3))
    assert [] == wire.send(frames.window_update(3, 5))
    said = wire.send(frames.window_update(0, 20000))
    assert [(1, 14465), (3, 5535)] == [
        (each.stream, len(each.payload)) for each in said if each.kind == 0 and each.payload
    ]
    said += wire.send(frames.window_update(0, 2**20))
    assert (True, True) == (_ends(said, 1), _ends(said, 3))
    assert 80000 == sum(len(each.payload) for each in said if each.stream == 3 and each.kind == 0)


def test_an_end_that_no_window_holds_back() -> None:
    """It goes with the last data, though nothing more would fit."""
    wire = Wire(TellingLane(say=lambda _: answer(b"a" * 65535 + b"b")), settings={WINDOW: 2**20})
    wire.ask()
    said = wire.send(frames.window_update(0, 1))
    assert ([b"b", b""], True) == (data_of(said), _ends(said))


def test_a_window_that_is_set() -> None:
    """All streams' change by it, into debt too; what becomes free goes after the acknowledgement."""
    wire = Wire(TellingLane(say=lambda _: answer(b"abcdef")), settings={WINDOW: 4})
    wire.ask()
    assert [frames.SETTINGS] == [each.kind for each in wire.setting(WINDOW, 1)]
    assert [frames.SETTINGS] == [each.kind for each in wire.setting(WINDOW, 4)]
    said = wire.setting(WINDOW, 5)
    assert [frames.SETTINGS, frames.DATA] == [each.kind for each in said]
    assert [b"e"] == data_of(said)


def test_frames_of_the_largest_size() -> None:
    """A chunk is parted where it does not fit, and not where it does."""
    lane = TellingLane(say=lambda _: answer(b"a" * 40000))
    assert [2**14, 2**14, 40000 - 2**15, 0] == list(map(len, data_of(Wire(lane).ask())))
    wire = Wire(lane, settings={Setting.MAX_FRAME_SIZE: 40000})
    assert [40000, 0] == list(map(len, data_of(wire.ask())))


def test_a_head_that_is_larger_than_a_frame() -> None:
    """It is continued."""
    large = answer(b"a")
    large.fields = ((b"x-large", b"v" * 40000),)
    wire = Wire(TellingLane(say=lambda _: large))
    said = wire.ask()
    assert [1, 9, 9, 0, 0] == [each.kind for each in said]
    assert (b"x-large", b"v" * 40000) in wire.read(b"".join(each.payload for each in said[:3]))


@pytest.mark.parametrize("say", [answer(b"a"), answer(ends_with_head=True)])
def test_a_smaller_table(say: object) -> None:
    """The next block says that none is used, as often as it is made smaller."""
    wire = Wire(TellingLane(say=lambda _: say), settings={Setting.HEADER_TABLE_SIZE: 0})  # type: ignore[arg-type,return-value]
    blocks = [wire.ask(stream)[0].payload for stream in (1, 3)]
    assert blocks[0] == b"\x20" + blocks[1]
    wire.setting(Setting.HEADER_TABLE_SIZE, 100)
    assert blocks[0] == wire.ask(5)[0].payload
    wire.setting(Setting.HEADER_TABLE_SIZE, 65536)
    assert blocks[1] == wire.ask(7)[0].payload


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (frames.window_update(0, 0), Http2Code.PROTOCOL_ERROR),
        (frames.window_update(0, 2**31 - 1), Http2Code.FLOW_CONTROL_ERROR),
        (frames.settings({WINDOW: 2**31}), Http2Code.FLOW_CONTROL_ERROR),
        (frames.window_update(1, 2**31 - 1 - 65535) + frames.settings({WINDOW: 65536}), Http2Code.FLOW_CONTROL_ERROR),
    ],
    ids=["by nothing", "too large", "set too large", "a stream's by a setting"],
)
def test_windows_that_are_none(data: bytes, code: Http2Code) -> None:
    """They end the connection."""
    wire = Wire()
    wire.send(wire.head(1))
    assert code == goaway_of(wire.send(data))
    assert wire.http2.closing


@pytest.mark.parametrize(
    ("increment", "code"), [(0, Http2Code.PROTOCOL_ERROR), (2**31 - 1, Http2Code.FLOW_CONTROL_ERROR)]
)
def test_a_streams_window_that_is_none(increment: int, code: Http2Code) -> None:
    """It ends the stream."""
    wire = Wire()
    wire.send(wire.head(1))
    assert [(1, code)] == resets_of(wire.send(frames.window_update(1, increment)))
    assert not wire.http2.closing


PACE = Pace(head_at=0.1, chunk_at=(0.2, 0.2, 0.5), end_at=0.6)


def test_a_pace() -> None:
    """Each part goes when it is due, counted from the request's end."""
    lane = TellingLane(say=lambda _: answer(b"a", b"b", b"c", pace=PACE, trailers=((b"x-t", b"u"),)))
    wire = Wire(lane)
    wire.now = 10.0
    assert [] == wire.ask()
    seen = []
    while (due := wire.http2.due) is not None:
        assert b"" == wire.http2.wake(due - 0.01)
        seen.append((round(due - 10, 3), [(each.kind, each.flags) for each in parse(wire.http2.wake(due))]))
    assert [(0.1, [(1, 4)]), (0.2, [(0, 0), (0, 0)]), (0.5, [(0, 0)]), (0.6, [(1, 5)])] == seen
    assert {} == wire.http2.streams


def test_a_pace_without_chunks() -> None:
    """A head that ends it, or an end that comes later."""
    pace = Pace(head_at=0.0, chunk_at=(), end_at=0.5)
    wire = Wire(TellingLane(say=lambda _: answer(pace=pace, ends_with_head=True)))
    assert _ends(wire.ask())
    assert wire.http2.due is None
    wire.lane.say = lambda _: answer(pace=pace)
    assert not _ends(wire.ask(3))
    assert _ends(parse(wire.http2.wake(0.5)), 3)


def test_a_paced_answer_that_the_client_leaves() -> None:
    """Nobody is woken for it; another's parts come all the same."""
    wire = Wire(TellingLane(say=lambda _: answer(b"a", b"b", b"c", pace=PACE)))
    wire.ask(1)
    wire.ask(3)
    wire.send(frames.reset(1, Http2Code.CANCEL))
    assert 0.1 == wire.http2.due
    assert {3} == {each.stream for each in parse(wire.http2.wake(1.0))}
    assert wire.http2.due is None


def test_a_pace_behind_a_window() -> None:
    """What is due waits for it, and the end after that."""
    wire = Wire(TellingLane(say=lambda _: answer(b"a", b"b", b"c", pace=PACE)), settings={WINDOW: 1})
    wire.ask()
    assert [b"a"] == data_of(parse(wire.http2.wake(9.0)))
    assert [b"b", b"c", b""] == data_of(wire.send(frames.window_update(1, 9)))


def _handed(wire: Wire, stream: int = 1) -> None:
    wire.lane.takes_it = False
    wire.ask(stream)


def test_an_upper_layers_answer() -> None:
    """An informational head, a head, chunks in frames of their own, an empty one too, the end."""
    wire = Wire()
    _handed(wire)
    http2 = wire.http2
    assert (True, False) == (http2.is_open(1), http2.has_head(1))
    said = http2.send_head(1, 100, ())
    assert not http2.has_head(1)
    said += http2.send_head(1, 200, ((b"x-a", b"b"),))
    assert http2.has_head(1)
    said += http2.send_data(1, [b"a", b"", b"b"]) + http2.send_end(1)
    assert [(1, 4), (1, 4), (0, 0), (0, 0), (0, 0), (0, 1)] == [(each.kind, each.flags) for each in parse(said)]
    assert (False, False) == (http2.is_open(1), http2.has_head(1))


def test_an_upper_layer_that_is_late() -> None:
    """Nothing is sent on a stream that is over."""
    wire = Wire()
    _handed(wire)
    wire.send(frames.reset(1, 8))
    http2 = wire.http2
    assert b"" == http2.send_head(1, 200, ()) + http2.send_data(1, [b"a"]) + http2.send_end(1) + http2.reset(1, 8)


def test_an_upper_layers_trailers_behind_a_window() -> None:
    """They wait for the data before them."""
    wire = Wire(settings={WINDOW: 1})
    _handed(wire)
    http2 = wire.http2
    http2.send_head(1, 200, ())
    assert [b"a"] == data_of(parse(http2.send_data(1, [b"ab"]) + http2.send_end(1, ((b"x-t", b"u"),))))
    said = wire.send(frames.window_update(1, 1))
    assert [(0, 0), (1, 5)] == [(each.kind, each.flags) for each in said]
    assert [(b"x-t", b"u")] == wire.read(said[1].payload)
    assert _ends(said)


def test_an_end_that_is_told_twice() -> None:
    """As mitmproxy tells it, by trailers and then by itself: behind a window it is one."""
    wire = Wire(settings={WINDOW: 1})
    _handed(wire)
    http2 = wire.http2
    http2.send_head(1, 200, ())
    http2.send_data(1, [b"ab"])
    assert (b"", b"") == (http2.send_end(1, ((b"x-t", b"u"),)), http2.send_end(1))
    said = wire.send(frames.window_update(1, 1))
    assert [(0, 0), (1, 5)] == [(each.kind, each.flags) for each in said]
    assert {} == http2.streams


def test_an_empty_chunk_behind_a_window() -> None:
    """It keeps its place."""
    wire = Wire(settings={WINDOW: 1})
    _handed(wire)
    wire.http2.send_head(1, 200, ())
    assert [b"a"] == data_of(parse(wire.http2.send_data(1, [b"ab", b""])))
    assert [b"b", b""] == data_of(wire.send(frames.window_update(1, 1)))


def test_an_empty_chunk_in_debt() -> None:
    """It costs nothing, and is sent once that is paid."""
    wire = Wire(settings={WINDOW: 1})
    _handed(wire)
    wire.http2.send_head(1, 200, ())
    wire.http2.send_data(1, [b"a"])
    wire.setting(WINDOW, 0)
    assert b"" == wire.http2.send_data(1, [b""])
    assert [b""] == data_of(wire.setting(WINDOW, 1))


def test_a_reset_of_ours() -> None:
    """What waits is dropped, and what was on its way is ignored."""
    wire = Wire(settings={WINDOW: 1})
    wire.lane.takes_it = False
    wire.send(wire.head(1))
    wire.http2.send_head(1, 200, ())
    wire.http2.send_data(1, [b"ab"])
    assert [(1, 2)] == resets_of(parse(wire.http2.reset(1, Http2Code.INTERNAL_ERROR)))
    assert [] == wire.send(frames.window_update(1, 9) + frames.frame(0, 0, 1, b"x") + frames.reset(1, 8))
    assert [] == wire.send(wire.head(1, HEAD[:1], ends=True))


def test_many_streams() -> None:
    """How they ended is known of the last thousands."""
    wire = Wire()
    block = wire.block()
    for number in range(1, 10001, 2):
        wire.send(frames.frame(1, 5, number, block if number == 1 else wire.block()))
    assert len(wire.http2._closed) <= 4096
    assert Http2Code.PROTOCOL_ERROR == goaway_of(wire.ask(1))
