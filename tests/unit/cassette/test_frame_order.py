"""The order of both bodies' messages, as a header says it."""

import pytest

from tapehead.cassette.frame_order import FrameOrder, parse_order


def order(steps: str) -> FrameOrder:
    """An order that came step by step."""
    noted = FrameOrder()
    for step in steps:
        noted.add(step)
    return noted


@pytest.mark.parametrize(
    ("steps", "text", "plain"),
    [
        ("", "", False),
        ("ce", "c1e", True),
        ("e", "e", True),
        ("ccehss", "c2es2", True),
        ("es", "es1", True),
        ("chscse", "c1s1c1s1e", False),
        ("chs", "c1s1", False),
        ("chces", "c1hc1es1", False),  # the head came by itself
        ("cheh", "c1heh", False),
        ("hce", "hc1e", False),
        ("ch", "c1", False),  # it ended before its request
    ],
)
def test_an_order_is_said_in_short(steps: str, text: str, plain: bool) -> None:
    """Runs are counted, and a head is named only where it came by itself."""
    assert (text, plain) == (order(steps).text, order(steps).is_plain)
    assert f"<FrameOrder {text}>" == repr(order(steps))


def test_counts_are_added() -> None:
    """Several messages may come in one read."""
    noted = FrameOrder()
    noted.add("c", 3)
    noted.add("c", 2)
    assert "c5" == noted.text


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("c1s2c1es1", (("c", 1), ("s", 2), ("c", 1), ("e", 1), ("s", 1))),
        ("hc1e", (("h", 1), ("c", 1), ("e", 1))),
        ("", None),
        ("c", None),
        ("c0", None),
        ("x1", None),
        ("c1e1", None),
        ("eces1e", None),
        ("c1es1e", None),
        ("c9999999999", None),
    ],
)
def test_an_order_is_read(text: str, steps: object) -> None:
    """What is none is None: a header may have been edited."""
    assert steps == parse_order(text)
