from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tapehead.redact.edits import Edit, apply, compose, merge, minimize, not_covered_by, resize, split


@pytest.mark.parametrize(
    ("ranked", "merged"),
    [
        ([], []),
        ([[Edit(4, 6, b"b")], [Edit(0, 2, b"a")]], [Edit(0, 2, b"a"), Edit(4, 6, b"b")]),
        ([[Edit(2, 6, b"first")], [Edit(0, 3, b"second")]], [Edit(0, 6, b"first")]),
        ([[Edit(0, 3, b"first")], [Edit(2, 6, b"second")]], [Edit(0, 6, b"first")]),
        ([[Edit(4, 5, b"1")], [Edit(0, 9, b"2")], [Edit(8, 12, b"3")]], [Edit(0, 12, b"1")]),
        ([[Edit(0, 2, b"a")], [Edit(2, 4, b"b")]], [Edit(0, 2, b"a"), Edit(2, 4, b"b")]),
    ],
)
def test_merge(ranked: list[list[Edit]], merged: list[Edit]) -> None:
    """Edits that overlap become one over all of them, and the earlier list says what is written."""
    assert merged == merge(ranked)


def test_outside() -> None:
    """What is within another edit is left out; what goes beyond it, or stands elsewhere, is not."""
    others = [Edit(2, 5, b""), Edit(8, 9, b"")]
    inside, beyond, before, after = Edit(2, 5, b"x"), Edit(4, 6, b"x"), Edit(0, 1, b"x"), Edit(9, 12, b"x")
    assert [beyond, before, after] == not_covered_by([inside, Edit(3, 4, b""), beyond, before, after], others)


def test_apply() -> None:
    """Edits are made from left to right; without any the text is the very same object."""
    data = b"0123456789"
    assert b"0A3456B" == apply(data, [Edit(1, 3, b"A"), Edit(7, 10, b"B")])
    assert apply(data, []) is data


@given(old=st.binary(max_size=40), new=st.binary(max_size=40), shared=st.binary(max_size=20))
@settings(deadline=None)
def test_narrow(old: bytes, new: bytes, shared: bytes) -> None:
    """One edit, or none, makes the new text of the old one, and leaves alone what both begin with."""
    before, after = shared + old + shared, shared + new + shared
    edits = minimize(before, after)

    assert after == apply(before, edits)
    assert (old != new) == bool(edits)
    assert all(edit.start >= len(shared) for edit in edits)


@given(
    sizes=st.lists(st.integers(0, 9), max_size=12),
    cuts=st.lists(st.integers(0, 100), max_size=8, unique=True),
    new=st.binary(max_size=5),
)
@settings(deadline=None)
def test_resize(sizes: list[int], cuts: list[int], new: bytes) -> None:
    """The chunks' sizes still add up to the body, none is negative, and what no edit touches stays in its chunk."""
    body = bytes(sum(sizes))
    places = sorted(cut for cut in cuts if cut <= len(body))
    edits = [Edit(a, b, new) for a, b in zip(places[::2], places[1::2], strict=False)]
    resized = resize(sizes, edits)

    assert len(apply(body, edits)) == sum(resized)
    assert len(sizes) == len(resized)
    assert all(size >= 0 for size in resized)


def test_resize_keeps_what_is_new_together() -> None:
    """What is new counts to the chunk in which its edit begins; a chunk that lost all it had is empty."""
    assert [4, 0, 3] == resize([3, 3, 5], [Edit(1, 8, b"new")])
    assert [3, 3] == resize([3, 3], [])


def test_split_of_an_edit_that_begins_in_a_gap() -> None:
    """What is new goes to the piece behind it."""
    assert [[], [Edit(0, 1, b"N")]] == split([Edit(1, 3, b"N")], [1, 3], gap=1)


@given(
    pieces=st.lists(st.binary(max_size=6), min_size=1, max_size=8),
    cuts=st.lists(st.integers(0, 60), max_size=6, unique=True),
    gap=st.sampled_from([b"", b"\0"]),
)
@settings(deadline=None)
def test_split(pieces: list[bytes], cuts: list[int], gap: bytes) -> None:
    """Edits of the whole, made piece by piece, give the edited whole, if none of them is in a gap alone."""
    whole = gap.join(pieces)
    places = sorted(cut for cut in cuts if cut <= len(whole))
    edits = [Edit(a, b, b"N") for a, b in zip(places[::2], places[1::2], strict=False) if b > a]
    parted = split(edits, [len(piece) for piece in pieces], gap=len(gap))
    changed = [apply(piece, own) for piece, own in zip(pieces, parted, strict=True)]

    if not gap:
        assert apply(whole, edits) == b"".join(changed)
    assert len(pieces) == len(changed)


@st.composite
def _texts_and_edits(draw: st.DrawFn) -> tuple[bytes, list[Edit], list[Edit]]:
    data = draw(st.binary(max_size=20))
    first = _edits(draw, len(data))
    return data, first, _edits(draw, len(apply(data, first)))


def _edits(draw: st.DrawFn, size: int) -> list[Edit]:
    cuts = sorted(draw(st.sets(st.integers(0, size), max_size=8)))
    return [Edit(start, end, draw(st.binary(max_size=4))) for start, end in zip(cuts[::2], cuts[1::2], strict=False)]


@given(case=_texts_and_edits())
@settings(deadline=None)
def test_compose(case: tuple[bytes, list[Edit], list[Edit]]) -> None:
    """Composed edits do at once what both do one after the other, in order and without overlaps."""
    data, first, second = case
    composed = compose(data, first, second)

    assert apply(apply(data, first), second) == apply(data, composed)
    assert all(one.end <= other.start for one, other in pairwise(composed))
