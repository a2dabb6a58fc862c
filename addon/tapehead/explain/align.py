"""What two sequences have in common: their starts and ends, and which items of two lists belong together.

Knows no items, only whether they are equal; so equal values come as equal numbers. The work is bounded: in long lists
that differ all over, items are paired by position.
"""

from collections.abc import Sequence
from difflib import SequenceMatcher

type Pair = tuple[int | None, int | None]
"""The positions of an item in the old and the new list; None where it is in one of them only."""

_MAX_CELLS = 40_000  # of a table of all old by all new items: a few milliseconds


def common_start[T: (str, bytes, Sequence[int])](a: T, b: T) -> int:
    """Returns how many items both have at the start: by halving, as texts may be long."""
    low, high = 0, min(len(a), len(b))
    while low < high:
        middle = (low + high + 1) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def common_end[T: (str, bytes, Sequence[int])](a: T, b: T, start: int) -> int:
    """Returns how many items both have at the end, not counting the `start` items that they share there."""
    low, high = 0, min(len(a), len(b)) - start
    while low < high:
        middle = (low + high + 1) // 2
        if a[len(a) - middle : len(a) - low] == b[len(b) - middle : len(b) - low]:
            low = middle
        else:
            high = middle - 1
    return low


def align(old: Sequence[int], new: Sequence[int]) -> list[Pair]:
    """Returns the pairs that differ, in order: what came, what went, and what stands in the place of something else."""
    start = common_start(old, new)
    end = common_end(old, new, start)
    olds, news = range(start, len(old) - end), range(start, len(new) - end)
    if not olds or not news or len(olds) * len(news) > _MAX_CELLS:
        return _by_position(olds, news)
    matcher = SequenceMatcher(None, [old[i] for i in olds], [new[j] for j in news], autojunk=False)
    pairs: list[Pair] = []
    for tag, i, i_end, j, j_end in matcher.get_opcodes():
        if tag != "equal":
            pairs += _by_position(olds[i:i_end], news[j:j_end])
    return pairs


def reordered(old: Sequence[int], new: Sequence[int]) -> tuple[int, int] | None:
    """Returns the first and last position between which the same items stand in another order; else None."""
    if len(old) != len(new):
        return None
    start = common_start(old, new)
    end = len(old) - common_end(old, new, start)
    return (start, end - 1) if sorted(old[start:end]) == sorted(new[start:end]) else None


def _by_position(olds: range, news: range) -> list[Pair]:
    both = min(len(olds), len(news))
    pairs: list[Pair] = list(zip(olds, news, strict=False))
    pairs += [(i, None) for i in olds[both:]]
    pairs += [(None, j) for j in news[both:]]
    return pairs
