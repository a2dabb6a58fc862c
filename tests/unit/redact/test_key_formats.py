"""Finding shapes: where the literal is rare it is looked for by itself, and what is found is the same."""

import pytest

from tapehead.redact.key_formats import SHAPES, _matches


@pytest.mark.parametrize("behind", [b"", b"." * 100_000])
def test_one_after_the_other(behind: bytes) -> None:
    """A key that begins within another is part of it."""
    shape = next(each for each in SHAPES if each.literal == b"sk-ant-")
    key = b"sk-ant-" + b"z" * 16 + b"-sk-ant-" + b"y" * 16

    assert [(0, len(key)), (len(key) + 1, 2 * len(key) + 1)] == list(_matches(shape, key + b" " + key + behind))
