"""The options as mitmproxy has them: what a file says, and what is none."""

import pytest
from mitmproxy import optmanager

from tapehead import BadOptionError
from tapehead.exchange.declared_options import from_file, refuse_unknown


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("cassette_speed", 2, "2"),
        ("cassette_speed", 0.5, "0.5"),
        ("cassette_ignore", "/a", ["/a"]),
        ("cassette_ignore", ["/a", 1], ["/a", "1"]),
        ("cassette_miss_report", True, True),
        ("cassette_failures", False, "false"),
    ],
)
def test_values_of_a_file(name: str, value: object, expected: object) -> None:
    """As people write them: a number where a text is wanted, one where a list is."""
    assert expected == from_file(name, value)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("cassette_miss_report", 5, "cassette_miss_report=5: expected true or false"),
        ("cassette_speed", None, "cassette_speed=None: expected a text or a number"),
        ("cassette_ignore", [{}], "expected a text or a number"),
        ("cassette_speed", [1, 2], "cassette_speed=1,2: expected one value"),
    ],
)
def test_values_of_no_type(name: str, value: object, message: str) -> None:
    """One line."""
    with pytest.raises(BadOptionError, match=message):
        from_file(name, value)


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("cassette_sped", "did you mean cassette_speed?"),
        ("cassete", "did you mean cassette?"),
        ("cassette_in_which_colour", "the options are"),
    ],
)
def test_unknown_options(name: str, advice: str) -> None:
    """mitmproxy would ignore an unknown option in silence."""
    manager = optmanager.OptManager()
    manager.deferred = {"other_thing": "1", name: "1"}

    with pytest.raises(BadOptionError, match=advice):
        refuse_unknown(manager)


def test_other_scripts_options_are_theirs() -> None:
    """What does not look like one of ours is let alone."""
    manager = optmanager.OptManager()
    manager.deferred = {"casserole": "1", "speed": "1"}

    refuse_unknown(manager)
