"""The modes' names, and where `auto` records nothing."""

import pytest

from tapehead.modes import MODES, Mode, is_ci


def test_each_mode_has_a_short_name() -> None:
    """Beside go-vcr's own."""
    short = {name: mode for name, mode in MODES.items() if name != mode.value}
    assert set(Mode) == {*short.values()}


@pytest.mark.parametrize(("value", "expected"), [("true", True), ("1", True), ("woodpecker", True), ("", False),
                                                 ("0", False), ("False", False), (" no ", False)])  # fmt: skip
def test_ci(value: str, expected: bool) -> None:
    """As CI systems and people set it."""
    assert expected is is_ci({"CI": value})
    assert not is_ci({})
