import json

from hypothesis import given, settings
from hypothesis import strategies as st

from tapehead.redact.json_leaves import Leaf, leaves

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=20,
)


def test_paths() -> None:
    """Every value has its path and place; lists and objects come after what is in them."""
    text = '{"a": [1, "x"], "b": {}}'
    assert [
        Leaf(("a", "0"), 7, 8),
        Leaf(("a", "1"), 10, 13),
        Leaf(("a",), 6, 14),
        Leaf(("b",), 21, 23),
        Leaf((), 0, 24),
    ] == list(leaves(text))


@given(value=VALUES, indent=st.sampled_from([None, 2]))
@settings(deadline=None)
def test_any_json(value: object, indent: int | None) -> None:
    """For any JSON each place holds the value that its path leads to."""
    text = json.dumps(value, indent=indent)
    for leaf in leaves(text):
        found: object = value
        for step in leaf.path:
            found = found[int(step)] if isinstance(found, list) else found[step]  # type: ignore[index]
        assert json.dumps(found) == json.dumps(json.loads(text[leaf.start : leaf.end]))


def test_what_is_not_json() -> None:
    """A text that ends or breaks in mid-value gives what is whole; nothing raises."""
    for text in ("", "}", "[1,", '{"a":', '{"a\\x":1}', '"x', "[1 2]", "hello", ",", "]" * 9, '{"a":1}}}'):
        list(leaves(text))
    assert [Leaf(("0",), 1, 2)] == list(leaves("[1,"))
    assert 100_000 == sum(1 for _ in leaves("[" * 100_000 + "]" * 100_000))
