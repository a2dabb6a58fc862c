"""Finding shapes: where the literal is rare it is looked for by itself, and what is found is the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapehead.redact.key_formats import SHAPES, KeyFormat, _matches

PIECES = [
    *(shape.literal for shape in SHAPES),
    b"a" * 40,
    b"A7" * 10,
    b".eyJ",
    b"sk-" * 3,
    b" ",
    b"\\n",
    b"%3D",
    b"-",
    b'"',
]


@given(st.lists(st.sampled_from(PIECES)), st.sampled_from(SHAPES), st.booleans())
def test_rare_or_not(pieces: list[bytes], shape: KeyFormat, rare: bool) -> None:
    """All that the pattern finds, and nothing else."""
    data = b"".join(pieces) + (b"." * 100_000 if rare else b"")

    assert [each.span() for each in shape.pattern.finditer(data)] == [each.span() for each in _matches(shape, data)]


@pytest.mark.parametrize("behind", [b"", b"." * 100_000])
def test_one_after_the_other(behind: bytes) -> None:
    """A key that begins within another is part of it."""
    shape = next(each for each in SHAPES if each.literal == b"sk-ant-")
    key = b"sk-ant-" + b"x" * 16 + b"-sk-ant-" + b"y" * 16

    assert [(0, len(key)), (len(key) + 1, 2 * len(key) + 1)] == [
        each.span() for each in _matches(shape, key + b" " + key + behind)
    ]
