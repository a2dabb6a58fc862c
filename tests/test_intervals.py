"""The interval of paired differences: textbook values, its coverage by trying all signs, and what a stray pair does."""

import itertools
import math

import pytest

from tests.support.intervals import Interval, interval

# Hollander, Wolfe, Chicken, 3rd edition, table 3.1: depression before and after a tranquilizer.
BEFORE = (1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30)
AFTER = (0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29)
DIFFERENCES = [after - before for before, after in zip(BEFORE, AFTER, strict=True)]


def test_textbook() -> None:
    """Of the textbook's example, it gives the textbook's estimate, interval and confidence."""
    found = interval(DIFFERENCES, 0.95)

    assert (-0.46, -0.786, -0.010) == tuple(round(each, 3) for each in (found.estimate, found.low, found.high))
    assert 0.961 == round(found.confidence, 3)


@pytest.mark.parametrize("count", range(1, 9))
@pytest.mark.parametrize("confidence", [0.5, 0.8, 0.95])
def test_coverage(count: int, confidence: float) -> None:
    """Of all signs that differences around 0 may have, the interval holds 0 in the share that it claims."""
    sizes = [1.01**n * (n + 1) for n in range(count)]
    found = [
        interval([sign * size for sign, size in zip(signs, sizes, strict=True)], confidence)
        for signs in itertools.product((-1, 1), repeat=count)
    ]
    claimed = found[0].confidence

    assert {claimed} == {each.confidence for each in found}
    assert math.isclose(claimed, sum(each.low <= 0 <= each.high for each in found) / len(found), abs_tol=1e-12)
    assert claimed >= confidence or count < 6


def test_few() -> None:
    """Of fewer than 6 the interval is their range, and says how little that is worth."""
    assert Interval(low=1.0, estimate=2.0, high=4.0, confidence=0.75) == interval([4.0, 1.0, 1.5])
    assert Interval(low=3.0, estimate=3.0, high=3.0, confidence=0.0) == interval([3.0])
    with pytest.raises(ValueError, match="no differences"):
        interval([])


def test_a_stray_pair() -> None:
    """One of twelve that is far off moves neither the estimate nor a bound further than the others are spread."""
    even = [0.001 * n for n in range(-5, 7)]

    assert interval([*even[:-1], 5.0]).estimate - interval(even).estimate < 0.001
    assert interval([*even[:-1], 5.0]).high <= max(even)
    assert interval([-5.0, *even[1:]]).low >= min(even)
