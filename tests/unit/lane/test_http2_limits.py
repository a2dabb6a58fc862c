"""http2_limits: a budget."""

from tapehead.lane.http2_limits import Budget


def test_a_budget() -> None:
    """So much at once, more with time, never more than the most; what is earned counts at once."""
    budget = Budget(2, 1.0)
    assert [True, True, False] == [budget.spend(10.0) for _ in range(3)]
    assert [True, False] == [budget.spend(12.0) for _ in range(2)]
    assert [True, True, False] == [budget.spend(100.0) for _ in range(3)]
