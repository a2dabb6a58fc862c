"""Changes to a text of bytes, as a list: so that what was found can be carried over to chunks, events and pieces.

Knows positions only, nothing of what was found.
"""

import bisect
from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Edit(NamedTuple):
    """`data[start:end]` is replaced."""

    start: int
    end: int
    new: bytes


def merge(ranked: Iterable[Iterable[Edit]]) -> list[Edit]:
    """Returns several lists as one, in order and without overlaps; the first lists win.

    Of edits that overlap the one of the earlier list says what is written, over all that any of them covers.
    """
    every = [(edit.start, rank, edit) for rank, edits in enumerate(ranked) for edit in edits]
    if not every:
        return []
    every.sort()
    merged: list[Edit] = []
    best = 0
    for _, rank, edit in every:
        if merged and edit.start < merged[-1].end:
            last = merged[-1]
            new = edit.new if rank < best else last.new
            best = min(best, rank)
            merged[-1] = Edit(last.start, max(last.end, edit.end), new)
        else:
            merged.append(edit)
            best = rank
    return merged


def not_covered_by(edits: Iterable[Edit], others: Sequence[Edit]) -> list[Edit]:
    """Returns the edits that are not wholly within one of the others, which are in order."""
    starts = [other.start for other in others]
    found = []
    for edit in edits:
        number = bisect.bisect_right(starts, edit.start) - 1
        if number < 0 or edit.end > others[number].end:
            found.append(edit)
    return found


def apply(data: bytes, edits: Sequence[Edit]) -> bytes:
    """Returns the text with all edits made; the very same object when there is none."""
    if not edits:
        return data
    parts: list[bytes] = []
    position = 0
    for start, end, new in edits:
        parts += (data[position:start], new)
        position = end
    parts.append(data[position:])
    return b"".join(parts)


def compose(data: bytes, first: Sequence[Edit], second: Sequence[Edit]) -> list[Edit]:
    """Returns the edits of `data` that do what `first`, and then `second` in the text that `first` gives, do."""
    if not (first and second):
        return list(first or second)
    # Each with where it stands in the text between, and by how much that differs from `data` before it.
    placed: list[tuple[int, int, Edit | None]] = [(start, end, None) for start, end, _ in second]
    shift = 0
    for edit in first:
        placed.append((edit.start + shift, edit.start + shift + len(edit.new), edit))
        shift += len(edit.new) - (edit.end - edit.start)
    between = apply(data, first)
    composed: list[Edit] = []
    shift = number = 0
    placed.sort(key=lambda each: each[:2])
    at = 0
    while at < len(placed):
        start, end, _ = placed[at]
        before = shift
        while at < len(placed) and (placed[at][0] < end or placed[at][0] == start):
            end = max(end, placed[at][1])
            if (old := placed[at][2]) is not None:
                shift += len(old.new) - (old.end - old.start)
            at += 1
        own = []
        while number < len(second) and second[number].start < end:
            own.append(Edit(second[number].start - start, second[number].end - start, second[number].new))
            number += 1
        composed.append(Edit(start - before, end - shift, apply(between[start:end], own)))
    return composed


def minimize(old: bytes, new: bytes, offset: int = 0) -> list[Edit]:
    """Returns what makes `new` of `old`, as one edit without what both begin and end with; none if they are equal."""
    if old == new:
        return []
    most = min(len(old), len(new))
    start = _common(old, new, most)
    end = _common(old[::-1], new[::-1], most - start)
    return [Edit(offset + start, offset + len(old) - end, new[start : len(new) - end])]


def _common(a: bytes, b: bytes, most: int) -> int:
    """How many bytes both have at the start: by halving, as the bytes may be many."""
    low = 0
    while low < most:
        middle = (low + most + 1) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            most = middle - 1
    return low


def resize(sizes: Sequence[int], edits: Sequence[Edit]) -> list[int]:
    """Returns the sizes of a body's chunks after the edits. What is new counts to the chunk where its edit begins."""
    if not edits:
        return list(sizes)
    resized, before, position, number, shift = [], 0, 0, 0, 0
    for size in sizes:
        position += size
        while number < len(edits) and edits[number].end <= position:
            shift += len(edits[number].new) - (edits[number].end - edits[number].start)
            number += 1
        boundary = position + shift
        if number < len(edits) and edits[number].start < position:  # the chunk ends within an edit
            boundary = edits[number].start + shift + len(edits[number].new)
        resized.append(boundary - before)
        before = boundary
    return resized


def split(edits: Sequence[Edit], sizes: Sequence[int], gap: int = 0) -> list[list[Edit]]:
    """Returns the edits of a text for each of the pieces that it was put together of, `gap` bytes between them.

    Of an edit that covers several pieces the first one gets what is new, the others lose what is old.
    """
    starts, position = [], 0
    for size in sizes:
        starts.append(position)
        position += size + gap
    parted: list[list[Edit]] = [[] for _ in sizes]
    for start, end, new in edits:
        number = bisect.bisect_right(starts, start) - 1
        while number < len(starts) and (starts[number] < end or new):
            left, size = starts[number], sizes[number]
            if start < left + size:  # else it begins in the gap
                parted[number].append(Edit(max(start - left, 0), min(end - left, size), new))
                new = b""
            number += 1
    return parted
