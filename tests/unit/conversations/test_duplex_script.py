"""What of an answer may go, by what the client has said: causal at every speed, and at the recorded pace."""

import pytest

from tapehead.cassette.frame_order import parse_order
from tapehead.cassette.timing import Timing
from tapehead.conversations.duplex_script import DuplexScript, delays_of, needs_of
from tapehead.mitm.paced_response import Schedule
from tapehead.wire.message_frames import PrefixedSplitter


def framed(text: bytes) -> bytes:
    """A message with what stands before it."""
    return b"\0" + len(text).to_bytes(4, "big") + text


ASKED = [framed(b"one"), framed(b"two")]


def script(order: str = "c1s1c1es1", **more: object) -> DuplexScript:
    """A ping-pong of two messages each way, a tenth of a second for each of the server's."""
    steps = parse_order(order)
    assert steps
    needs = needs_of(steps, [6, 6], [6, 6])
    values = {
        "same": lambda number, message: message == ASKED[number],
        "splitter": PrefixedSplitter(),
        "messages": 2,
        "ends": "e" in order,
        "needs": needs,
        "delays": [0.1] * len(needs),
        "start": 5.0,
    }
    return DuplexScript(**(values | more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("order", "frames", "chunks", "needs"),
    [
        ("c1s1c1es1", [6, 6], [6, 6], [1, 1, 3, 3]),
        ("hc1s2e", [6, 6], [6, 6], [0, 1, 1, 2]),
        ("s1c1", [6], [6], [0, 0, 1]),
        ("c2", [], [], [2, 2]),
        ("c1s2c1s1", [6, 6, 6], [4, 8, 6], [1, 1, 1, 2, 2]),  # chunks that are no messages
        ("c1s1c1s1", [6, 6], [3, 3, 3, 3], [1, 1, 1, 2, 2, 2]),
        ("c1s1c1", [6, 6], [6, 6], [1, 1, 2, 2]),  # more messages than the order says
    ],
)
def test_each_part_waits_for_what_came_before_it(
    order: str, frames: list[int], chunks: list[int], needs: list[int]
) -> None:
    """The head, each chunk and the end, by how much of the client had come."""
    steps = parse_order(order)
    assert steps
    assert needs == needs_of(steps, frames, chunks)


def test_a_part_is_due_after_what_it_waits_for() -> None:
    """At the recorded pace from there, however late the client speaks; and never before."""
    answer = script()
    assert "<DuplexScript 0 of 2 messages>" == repr(answer)
    assert answer.due(-1) is None
    assert answer.take(ASKED[0][:3], 6.0)
    assert answer.due(0) is None
    assert answer.take(ASKED[0][3:], 7.0)
    assert (7.1, 7.1, None) == (answer.due(-1), answer.due(0), answer.due(1))
    assert answer.take(ASKED[1], 8.0)
    assert answer.due(1) is None
    assert answer.take(b"", 9.0)
    assert (9.1, 9.1) == (answer.due(1), answer.due(2))


def test_a_server_may_speak_first() -> None:
    """Then the request's beginning counts."""
    assert 5.1 == script("s1c1es1").due(0)


def test_another_message_breaks_it() -> None:
    """It is told which, and kept."""
    answer = script()
    assert answer.take(ASKED[0], 6.0)
    assert not answer.take(framed(b"too"), 7.0)
    assert ("message 2 of the client is another than the recorded one", framed(b"too")) == (
        answer.broken,
        answer.differs,
    )
    assert "broken" in repr(answer)


def test_a_request_that_ends_too_early_breaks_it() -> None:
    """It is told after how many messages."""
    answer = script()
    assert answer.take(ASKED[0], 6.0)
    assert not answer.take(b"", 7.0)
    assert "the request ended after 1 message; the recorded one has 2" == answer.broken


def test_a_request_that_goes_on_breaks_it_only_where_the_recorded_one_had_ended() -> None:
    """Else its server ended first, and nobody knows what the client would have said."""
    answer = script()
    assert answer.take(ASKED[0] + ASKED[1], 6.0)
    assert not answer.take(ASKED[0], 7.0)
    assert "the request goes on after 2 messages, where the recorded one ended" == answer.broken
    answer = script("c2s2")
    assert answer.take(ASKED[0] + ASKED[1] + ASKED[0], 6.0)


PLANNED = Schedule(headers_at=1.0, chunk_at=(1.0, 3.0), chunks=(b"a", b"b"), end_at=4.0)


def test_delays_are_from_what_a_part_waits_for() -> None:
    """By the times of the client's messages, divided by the speed."""
    timing = Timing(id=0, sha256="", start=0, headers=1000, end=4000, chunks=(), client=(500.0, 2500.0))
    assert [0.5, 0.5, 0.5, 1.5] == delays_of([1, 1, 2, 2], PLANNED, timing, 1)
    still = Schedule(chunk_at=(0.0, 0.0), chunks=(b"a", b"b"))
    assert [0.0] * 4 == delays_of([1, 1, 2, 2], still, timing, 0)


def test_without_times_of_the_client_only_waits_between_parts_count() -> None:
    """What waits for the client goes when that has come; the end keeps its distance."""
    assert [0.0, 0.0, 0.0, 1.0] == delays_of([1, 1, 2, 2], PLANNED, None, 1)
    assert [0.0, 0.0, 2.0, 1.0] == delays_of([1, 1, 1, 2], PLANNED, None, 1)
