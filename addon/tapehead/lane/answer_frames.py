"""The frames of an answer over HTTP/2, made once: all but the number of their stream, which is put between.

A chunk is a frame of its own, the end an empty one after it, as mitmproxy sends them. Chunks are referred to, not copied.
"""

from collections.abc import Sequence
from typing import NamedTuple

from tapehead.lane.field_blocks import write_block
from tapehead.lane.http2_frames import (
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    HEADERS,
    LEAST_FRAME_SIZE,
    MOST_FRAME_SIZE,
    frame,
    frame_start,
)
from tapehead.lane.lane_messages import Fields, LaneAnswer


class AnswerFrames(NamedTuple):
    """What is kept with an answer."""

    head: bytes
    """Its block."""
    trailers: bytes
    """Likewise; b"" without any."""
    size: int
    """Bytes that windows count."""
    largest: int
    """Bytes of the largest payload of a frame, so that `whole` may be sent to whoever takes frames of this size."""
    whole: list[bytes]
    """All of it, in threes: a frame's start, the place of its stream, its payload. Empty where it is never sent at once."""

    def on_stream(self, number: int) -> bytes:
        """Returns all bytes, on this stream."""
        parts = self.whole.copy()
        parts[1::3] = [number.to_bytes(4)] * (len(parts) // 3)
        return b"".join(parts)


def head_block(status: int, fields: Fields) -> bytes:
    """Returns the block of a response's head."""
    return write_block(((b":status", b"%d" % status), *fields))


def frames_of(answer: LaneAnswer) -> AnswerFrames:
    """Returns an answer's frames, which are kept with it."""
    kept = answer.prepared
    if type(kept) is AnswerFrames:
        return kept
    head = head_block(answer.status, answer.fields)
    trailers = write_block(answer.trailers) if answer.trailers else b""
    chunks = () if answer.ends_with_head else answer.chunks
    largest = max(map(len, (head, trailers, *chunks)))
    whole: list[bytes] = []
    if answer.pace is None and largest <= MOST_FRAME_SIZE:
        whole = _whole(head, chunks, trailers, ends_with_head=answer.ends_with_head)
    made = AnswerFrames(head, trailers, sum(map(len, chunks)), largest, whole)
    answer.prepared = made
    return made


def _whole(head: bytes, chunks: Sequence[bytes], trailers: bytes, *, ends_with_head: bool) -> list[bytes]:
    frames = [(HEADERS, END_HEADERS | (END_STREAM if ends_with_head else 0), head)]
    frames += [(DATA, 0, chunk) for chunk in chunks]
    if trailers:
        frames.append((HEADERS, END_HEADERS | END_STREAM, trailers))
    elif not ends_with_head:
        frames.append((DATA, END_STREAM, b""))
    whole: list[bytes] = []
    for kind, flags, payload in frames:
        whole += (frame_start(kind, flags, len(payload)), b"", payload)
    return whole


def header_frames(block: bytes, number: int, *, ends: bool, most: int = LEAST_FRAME_SIZE) -> bytes:
    """Returns a field block's frames."""
    flags = END_STREAM if ends else 0
    if len(block) <= most:
        return frame(HEADERS, flags | END_HEADERS, number, block)
    pieces = [block[at : at + most] for at in range(0, len(block), most)]
    frames = [frame(HEADERS, flags, number, pieces[0])]
    frames += [frame(CONTINUATION, 0, number, piece) for piece in pieces[1:-1]]
    frames.append(frame(CONTINUATION, END_HEADERS, number, pieces[-1]))
    return b"".join(frames)
