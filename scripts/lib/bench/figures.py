"""What a benchmark measures and how it is shown: pairs of figures, their ratios, the goal.

Knows no benchmark.
"""

import math
import operator
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.support.intervals import Interval, interval

CONFIDENCE = 0.95  # of the interval of a comparison
AT_LEAST, AT_MOST = ">=", "<="
_HOLDS: dict[str, Callable[[float, float], bool]] = {AT_LEAST: operator.ge, AT_MOST: operator.le}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table: ours and the yardstick's, one pair a round. Without a goal it is for information."""

    benchmark: str
    what: str
    unit: str
    pairs: Sequence[tuple[float, float]]
    goal: tuple[str, float] | None = None

    @property
    def ratios(self) -> list[float]:
        return [ours / yardstick for ours, yardstick in self.pairs]

    @property
    def ratio(self) -> float:
        """The median of the rounds: what the goal is held against."""
        return statistics.median(self.ratios)

    @property
    def holds(self) -> bool:
        return self.goal is None or _HOLDS[self.goal[0]](self.ratio, self.goal[1])

    def cells(self) -> list[str]:
        ours, yardstick = (statistics.median(each) for each in zip(*self.pairs, strict=True))
        return [
            self.benchmark,
            self.what,
            f"{ours:.4g}",
            f"{yardstick:.4g}",
            self.unit,
            f"{self.ratio:.3f}",
            f"{min(self.ratios):.3f}-{max(self.ratios):.3f}",
            f"{self.goal[0]} {self.goal[1]}" if self.goal else "",
            "" if self.goal is None else "ok" if self.holds else "MISSED",
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Distance:
    """One line of the pace table: milliseconds between what ought to be the same."""

    benchmark: str
    what: str
    median: float
    p99: float
    most: float
    judged: str = ""
    """Which of the three the goal is for."""
    goal: float = 0.0

    @property
    def holds(self) -> bool:
        return not self.judged or float(getattr(self, self.judged)) <= self.goal

    def cells(self) -> list[str]:
        return [
            self.benchmark,
            self.what,
            *(f"{value:.2f}" for value in (self.median, self.p99, self.most)),
            f"{self.judged} <= {self.goal:g}" if self.judged else "",
            "" if not self.judged else "ok" if self.holds else "MISSED",
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One line of the table of two versions: requests per CPU second here and there, one pair a round."""

    name: str
    pairs: Sequence[tuple[float, float]]
    goal: float
    """The least ratio, here to there."""

    @property
    def ratio(self) -> Interval:
        """Of here to there: the interval of the pairs' logarithms, as ratios."""
        found = interval([math.log(here / there) for here, there in self.pairs], CONFIDENCE)
        low, estimate, high = (math.exp(each) for each in (found.low, found.estimate, found.high))
        return Interval(low=low, estimate=estimate, high=high, confidence=found.confidence)

    @property
    def holds(self) -> bool:
        """Whether the goal may be reached: it is within the interval, or the interval is above it."""
        return self.ratio.high >= self.goal

    def cells(self) -> list[str]:
        here, there = (statistics.median(each) for each in zip(*self.pairs, strict=True))
        ratio = self.ratio
        return [
            self.name,
            f"{here:.4g}",
            f"{there:.4g}",
            f"{ratio.estimate:.3f}",
            f"{ratio.low:.3f}-{ratio.high:.3f}",
            f"{ratio.confidence:.1%}",
            f">= {self.goal:g}",
            "ok" if self.holds else "BELOW",
        ]


HEADS: dict[type, list[str]] = {
    Figure: ["benchmark", "what / yardstick", "ours", "yardstick", "unit", "ratio", "min-max", "goal", ""],
    Distance: ["benchmark", "milliseconds", "median", "p99", "most", "goal", ""],
    Comparison: ["requests per CPU second", "here", "there", "here/there", "interval", "confidence", "goal", ""],
}


def table(rows: Sequence[Figure | Distance | Comparison]) -> str:
    """Rows of one kind, in columns."""
    every = [HEADS[type(rows[0])], *(row.cells() for row in rows)]
    widths = [max(map(len, column)) for column in zip(*every, strict=True)]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in every)
