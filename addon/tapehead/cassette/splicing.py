"""Blocks of a cassette put in the place of others, and lines of its timing file: all else keeps its bytes.

The file is made anew beside the old one, in pieces that are copied without being read, and takes its name in one step.
Does not know what is in a block.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from tapehead.cassette.file_lock import write_locked
from tapehead.cassette.model import Cassette

type Span = tuple[int, int]
"""Where in a file a block begins and ends."""
type Piece = tuple[Span, Iterable[bytes]]
"""What was there, and what is to be there."""

_COPIED_AT_ONCE = 1024 * 1024  # bytes


def splice_locked(file: int, path: Path, pieces: Iterable[Piece], end: int) -> int:
    """Writes a file of ours, of which `end` bytes count, anew and atomically with the pieces, which are in order.

    Returns the new one, held as the old one is. Raises OSError; the old one is as before then.
    """
    return write_locked(path, _spliced(file, pieces, end), mode=os.fstat(file).st_mode & 0o777)


def moved(spans: Mapping[int, Span], pieces: Sequence[tuple[Span, Sequence[bytes]]]) -> dict[int, Span]:
    """Returns where blocks are when the pieces are in their places; those of the pieces are no longer among them."""
    replaced = {span for span, _ in pieces}
    moves = [(stop, sum(map(len, texts)) - (stop - start)) for (start, stop), texts in pieces]
    return {
        number: (start + shift, stop + shift)
        for number, (start, stop) in spans.items()
        if (start, stop) not in replaced
        for shift in (sum(by for at, by in moves if at <= start),)
    }


def spans_in(cassette: Cassette) -> dict[int, Span]:
    """Returns where in the file that a cassette was read from each block is, by id; nothing where that is not known."""
    source = cassette.source
    spans: dict[int, Span] = {}
    if source and source.texts:
        start = len(source.head.encode())
        for interaction, text in zip(source.interactions, source.texts, strict=True):
            stop = start + len(text.encode())
            spans.setdefault(interaction.id, (start, stop))
            start = stop
    return spans


def replace_line(timings: bytes, number: int, line: bytes) -> bytes:
    """Returns the lines of a timing file with that of an interaction replaced, or added where it has none."""
    begin = b'{"id":%d,' % number
    at = 0 if timings.startswith(begin) else timings.rfind(b"\n" + begin) + 1
    if not at and not timings.startswith(begin):
        return timings + line
    return timings[:at] + line + timings[timings.index(b"\n", at) + 1 :]


def read_pieces(file: int, start: int, stop: int) -> Iterator[bytes]:
    """Yields a part of a file. Raises OSError where it is not all there."""
    while start < stop:
        data = os.pread(file, min(stop - start, _COPIED_AT_ONCE), start)
        if not data:
            raise OSError("the file has become shorter")
        yield data
        start += len(data)


def _spliced(file: int, pieces: Iterable[Piece], end: int) -> Iterator[bytes]:
    position = 0
    for (start, stop), texts in (*pieces, ((end, end), ())):
        yield from read_pieces(file, position, start)
        yield from texts
        position = stop
