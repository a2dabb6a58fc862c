"""When the parts of a recorded response are due on replay: by the times that were recorded, or by its events.

Does not know how a schedule is kept.
"""

from collections.abc import Sequence
from dataclasses import replace

from tapehead.cassette.model import Answered, Interaction, Response
from tapehead.cassette.timing import Timing
from tapehead.exchange.flows import sizes_to_chunks
from tapehead.mitm.paced_response import Schedule
from tapehead.wire.event_splitters import split_events

LONG = 256 * 1024
"""Bytes of a recorded body: a longer one is cut into its chunks off the loop."""


def build_schedule(
    interaction: Interaction | Answered, timing: Timing | None, speed: float, start: float
) -> tuple[Schedule, bool]:
    """Returns when the parts of a recorded response are due at a speed, by its own timing if there is one that fits it.

    The second is False when there is a timing that does not fit: the body was edited since. `start` is a time of
    `time.monotonic`.
    """
    recorded = interaction.response
    pace = 1 / (speed * 1000) if speed else 0.0  # seconds now for a millisecond then
    chunks, fits = recorded_chunks(recorded, timing)
    if timing is not None and fits:
        due = Schedule(
            start=start,
            headers_at=timing.headers * pace,
            chunk_at=tuple(at * pace for at, _ in timing.chunks),
            chunks=tuple(chunks),
            end_at=timing.end * pace,
        )
        return due, True
    headers = recorded.duration / 1_000_000 * pace
    times = (headers,) * len(chunks)
    return Schedule(start=start, headers_at=headers, chunk_at=times, chunks=tuple(chunks), end_at=headers), fits


def recorded_chunks(recorded: Response, timing: Timing | None) -> tuple[Sequence[bytes], bool]:
    """Returns the chunks of a recorded response without their times, and what `build_schedule` says of its timing."""
    fits = timing is None or timing.fits(recorded.body)
    if timing is not None and fits:
        if len(timing.chunks) == 1:
            return (recorded.body,), True
        return sizes_to_chunks(recorded.body, (size for _, size in timing.chunks)), True
    content_type = next(iter(recorded.headers.get("Content-Type", ())), None)
    return tuple(split_events(content_type, recorded.body)), fits


def in_same_chunks(planned: Schedule, body: bytes) -> Schedule:
    """Returns a schedule for another body of the same length, in chunks of the same sizes."""
    return replace(planned, chunks=tuple(sizes_to_chunks(body, map(len, planned.chunks))))


def in_one_chunk(planned: Schedule, body: bytes) -> Schedule:
    """Returns a schedule for another body, which is due as a whole when the last chunk was."""
    return replace(planned, chunks=(body,), chunk_at=planned.chunk_at[-1:] or (planned.headers_at,))
