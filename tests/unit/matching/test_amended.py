"""Sequences on another one are sequences."""

import pytest

from tapehead.matching.amended import Amended, Picked, View


def test_amended() -> None:
    """Items are changed and added without a change below."""
    base = ["a", "b"]
    amended = Amended(base)
    amended.append("c")
    amended[0] = "x"

    assert ("x", "b", "c") == amended
    assert amended == ["x", "b", "c"]
    assert amended != ("x", "b")
    assert amended != ("x", "b", "d")
    assert amended != 3
    assert hash(amended) == hash(("x", "b", "c"))
    assert (["b", "c"], "c", 3) == (amended[1:], amended[-1], len(amended))
    assert ["a", "b"] == base
    assert "3 items" in repr(amended)
    with pytest.raises(IndexError):
        amended[3]


def test_what_is_asked_for_may_be_kept() -> None:
    """It is the very same then, where the one below makes it anew each time."""

    class Made(View[list[int]]):
        def __len__(self) -> int:
            return 2

        def _item(self, place: int) -> list[int]:
            return [place]

    amended = Amended(Made())
    assert amended[0] is not amended[0]
    amended.keep()
    assert amended[0] is amended[0]


def test_picked() -> None:
    """Some of the items, in the order in which their places are."""
    picked = Picked("abc", [2, 0])

    assert ("c", "a") == picked
    assert (2, "a", ["a"]) == (len(picked), picked[-1], picked[1:])
    assert "2 of 3" in repr(picked)
