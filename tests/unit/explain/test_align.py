from collections.abc import Sequence

import pytest

from tapehead.explain.align import Pair, align, common_end, common_start, reordered


@pytest.mark.parametrize(
    ("a", "b", "start", "end"),
    [
        ("", "", 0, 0),
        ("abc", "abc", 3, 0),
        ("abxc", "abyc", 2, 1),
        ("aa", "aaa", 2, 0),
        ("abc", "xyz", 0, 0),
        ("ab", "b", 0, 1),
    ],
)
def test_common(a: str, b: str, start: int, end: int) -> None:
    """What both share at the start and at the end does not overlap."""
    assert (start, end) == (common_start(a, b), common_end(a, b, start))


@pytest.mark.parametrize(
    ("old", "new", "pairs"),
    [
        ([1, 2], [1, 2], []),
        ([1, 2], [1, 9, 2], [(None, 1)]),
        ([1, 9, 2], [1, 2], [(1, None)]),
        ([1, 2, 3], [1, 9, 3], [(1, 1)]),
        ([1, 2, 3], [9, 1, 8], [(None, 0), (1, 2), (2, None)]),
        ([1, 2, 3, 4], [2, 3, 4, 5], [(0, None), (None, 3)]),
        ([1], [7, 8, 9], [(0, 0), (None, 1), (None, 2)]),
        ([], [1], [(None, 0)]),
    ],
)
def test_align(old: Sequence[int], new: Sequence[int], pairs: list[Pair]) -> None:
    """What came is told from what went and what was replaced; what is equal is not told."""
    assert pairs == align(old, new)


def test_align_long() -> None:
    """In long lists that differ all over, items are paired by position."""
    assert [(i, i) for i in range(1000)] == align(range(1000), range(1, 1001))


@pytest.mark.parametrize(
    ("old", "new", "span"),
    [
        ([1, 2, 3, 4], [1, 3, 2, 4], (1, 2)),
        ([1, 2, 3], [3, 2, 1], (0, 2)),
        ([1, 2], [1, 3], None),
        ([1, 2], [2, 1, 3], None),
    ],
)
def test_reordered(old: Sequence[int], new: Sequence[int], span: tuple[int, int] | None) -> None:
    """The same items in another order are found with the first and the last that stand elsewhere."""
    assert span == reordered(old, new)
