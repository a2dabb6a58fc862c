"""Where a text ends in what may be the first part of a credential."""

import pytest

from tapehead.redact.beginnings import Beginnings
from tapehead.redact.key_formats import KINDS

VALUE, OTHER = b"hunter-22-shapeless", b"huntress-and-more"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"", None),
        (b"say hu", None),  # too little to be taken for one
        (b"say hun", 4),
        (b"say hunter-22", 4),
        (b"hunter-22 is no hunter-2", 16),
        (b"say " + VALUE, None),  # it is whole: that is found
        (b"say hunting", None),
        (b"say hunter-22-shapeles s", None),
        (b"hunhunter", 3),
        (b"a key: sk-ant-ap", 7),
        (b"a key: sk-an", 7),
        (b"a key: sk-ant-ap03 and", None),
        (b"task-based", None),  # no key begins within a word
        (b"AKIA", 0),
        (b"AKIA" + b"x" * 40, None),  # it would have been found by now
        (b"ax.hunt", 3),
    ],
)
def test_open_end(text: bytes, expected: int | None) -> None:
    """It is the first that goes up to the end."""
    begins = Beginnings([VALUE, OTHER], KINDS)
    assert expected == begins.open_end(text)
    assert (None if expected is None else expected + 500) == begins.open_end(b"." * 499 + b" " + text)


def test_of_nothing() -> None:
    """Without values and kinds no text is held."""
    assert Beginnings((), ()).open_end(b"sk-ant-ap") is None
    assert "2 values" in repr(Beginnings([VALUE, OTHER], ()))
