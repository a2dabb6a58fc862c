from dataclasses import replace

import pytest

from tapehead.cassette import Interaction, Request, Response
from tapehead.cassette.timing import Timing, digest
from tapehead.replaying.player import build_schedule, in_one_chunk

BODY = b"data: 1\n\ndata: 2\n\n"
INTERACTION = Interaction(
    id=0,
    request=Request(method="POST", url="https://h/"),
    response=Response(
        code=200,
        status="200 OK",
        body=BODY,
        headers={"Content-Type": ("text/event-stream",)},
        duration=500_000_000,
    ),
)
TIMING = Timing(
    id=0, sha256=digest(BODY), start=1.0, headers=500.0, end=900.0, chunks=((600.0, 4), (700.0, 10), (800.0, 4))
)


@pytest.mark.parametrize(("speed", "factor"), [(1, 1.0), (2, 0.5), (0.5, 2.0), (0, 0.0)])
def test_recorded_chunks_at_every_speed(speed: float, factor: float) -> None:
    """Chunk boundaries are the recorded ones at every speed, times the recorded ones divided by it."""
    planned, _ = build_schedule(INTERACTION, TIMING, speed, 7.0)

    assert (7.0, 0.5 * factor, 0.9 * factor) == pytest.approx((planned.start, planned.headers_at, planned.end_at))
    assert (b"data", b": 1\n\ndata:", b" 2\n\n") == planned.chunks
    assert (0.6 * factor, 0.7 * factor, 0.8 * factor) == pytest.approx(planned.chunk_at)


def test_without_a_timing() -> None:
    """Each stream event is a chunk, after the recorded duration."""
    planned, _ = build_schedule(INTERACTION, None, 1, 0.0)

    assert (b"data: 1\n\n", b"data: 2\n\n") == planned.chunks
    assert (0.5, 0.5) == planned.chunk_at
    assert (0.5, 0.5) == (planned.headers_at, planned.end_at)


def test_other_bodies_are_one_chunk() -> None:
    """A body that is no stream goes in one piece; an empty one in none."""
    plain = replace(INTERACTION, response=replace(INTERACTION.response, headers={}))
    empty = replace(INTERACTION, response=replace(INTERACTION.response, body=b""))

    assert (BODY,) == build_schedule(plain, None, 0, 0.0)[0].chunks
    assert () == build_schedule(empty, None, 0, 0.0)[0].chunks


def test_another_body() -> None:
    """It goes in one piece when the last of the recorded ones went; after the head where there was none."""
    planned, _ = build_schedule(INTERACTION, TIMING, 1, 0.0)
    empty = replace(planned, chunks=(), chunk_at=())

    assert ((b"new",), planned.chunk_at[-1:], planned.end_at) == (
        (new := in_one_chunk(planned, b"new")).chunks,
        new.chunk_at,
        new.end_at,
    )
    assert (0.5,) == in_one_chunk(empty, b"new").chunk_at
