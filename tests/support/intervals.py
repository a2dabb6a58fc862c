"""What paired measurements say of a difference: the Hodges-Lehmann estimate, and Wilcoxon's signed-rank interval.

Exact for few pairs, without random numbers; of 12 pairs or more, one that something else on the machine spoilt moves it
little: a mean, and a bootstrap of it, would follow that pair. Supposes that differences are spread evenly around their centre,
which the logarithms of ratios measured in alternating order are. Knows nothing of what was measured.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Where the centre of the differences is, in their unit, and how probably the bounds hold it."""

    low: float
    estimate: float
    high: float
    confidence: float
    """From 0 to 1; less than was asked for where the pairs are too few (95 % needs 6)."""


def interval(differences: Sequence[float], confidence: float = 0.95) -> Interval:
    """Returns the narrowest signed-rank interval with at least this confidence, or the widest there is.

    Raises ValueError without differences.
    """
    if not differences:
        raise ValueError("no differences")
    # Hollander, Wolfe, Chicken: Nonparametric Statistical Methods, 3rd edition, 3.2 and 3.3
    averages = sorted((a + b) / 2 for at, a in enumerate(differences) for b in differences[: at + 1])
    subsets = _subsets_by_sum(len(differences))
    below, outside = 0, 0  # the rank sums under the bound, and in how many cases they occur
    while 2 * (outside + subsets[below]) <= (1 - confidence) * sum(subsets):
        outside += subsets[below]
        below += 1
    if not below:
        below, outside = 1, subsets[0]
    return Interval(
        low=averages[below - 1],
        estimate=statistics.median(averages),
        high=averages[-below],
        confidence=max(0.0, 1 - 2 * outside / sum(subsets)),
    )


def _subsets_by_sum(count: int) -> list[int]:
    """Returns how many subsets of 1...count have each sum, from 0 on."""
    ways = [1]
    for rank in range(1, count + 1):
        longer = ways + [0] * rank
        for total, each in enumerate(ways):
            longer[total + rank] += each
        ways = longer
    return ways
