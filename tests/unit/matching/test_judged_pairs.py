"""More than 3,000 pairs of requests, judged by the RFCs and by what servers do: none is judged otherwise."""

import pytest

from tests.unit.matching.judged_pairs import EACH, JUDGED, Judged, tried

SEED = 7


@pytest.mark.parametrize("rule", JUDGED, ids=lambda rule: rule.what)
def test_judged(rule: Judged) -> None:
    """All pairs of a rule are one request, or all are two."""
    assert [] == [pair for pair, right in tried(rule, SEED) if not right]


def test_number() -> None:
    """There are enough."""
    assert EACH * len(JUDGED) > 3000
