import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapehead.explain.json_diff import tree_differences
from tapehead.matching.canonical_json import dump_canonical, parse_json

LIMIT = 100


def tree(value: Any) -> Any:
    return parse_json(value if isinstance(value, bytes) else json.dumps(value).encode())


def tool(name: str, **more: object) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "parameters": {}} | more}


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ({"a": 1, "b": [{}]}, b'{"b": [{}], "a": 1.0}', []),
        ({"n": 1}, {"n": 2}, ["changed /n"]),
        ({"n": 1}, {"n": "1"}, ["changed /n"]),
        ({"n": 1}, {"n": True}, ["changed /n"]),
        ({"n": 0}, {"n": False}, ["changed /n"]),
        ({"n": 1}, {"n": None}, ["changed /n"]),
        ({"n": 1}, {}, ["removed /n"]),
        ({}, {"n": None}, ["added /n"]),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 2, "d": 3}}, ["changed /a/b", "removed /a/c", "added /a/d"]),
        ({"a": {}}, {"a": []}, ["changed /a"]),
        ([1], {}, ["changed body"]),
        ([1, 2, 3], [1, 9, 2, 3], ["added /1"]),
        ([1, 2, 3], [1, 3], ["removed /1"]),
        ([[1], {"b": 1}], [[1], {"b": 2}], ["changed /1/b"]),
        ([0, {"a": 1}], [{"x": 1}, 0, {"a": 2}], ["added /0", "changed /2/a"]),
        ([1, 2, 3], [1, 3, 2], ["moved body"]),
        ({"l": [[1], [2]]}, {"l": [[2], [1]]}, ["moved /l"]),
        (b'{"a":1,"a":2}', b'{"a":2}', ["changed body"]),
        (b'{"x":{"a":1,"a":2}}', b'{"x":{"a":2,"a":2}}', ["changed /x"]),
        (b'{"a":1,"a":2}', b'{"a":2,"a":1}', ["changed /a"]),
        (b'{"b":0,"a":1,"a":2}', b'{"a":1,"a":2,"b":0}', []),
        (b'{"a":NaN,"b":1}', b'{"a":NaN,"b":2}', ["changed /b"]),
        (b'{"n": 1e999999999999999999}', b'{"n": 2e999999999999999999}', ["changed /n"]),
    ],
)
def test_differences(old: Any, new: Any, found: list[str]) -> None:
    """Every difference is found with its kind and place, and nothing else; numbers go by value, keys by name."""
    assert found == [f"{each.kind.value} {each.where}" for each in tree_differences(tree(old), tree(new), LIMIT)]


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ([tool("a"), tool("b")], [tool("c"), tool("a"), tool("b")], ["added /tools/0"]),
        ([tool("a"), tool("b", x=1)], [tool("b", x=2)], ["removed /tools/0", "changed /tools/0/function/x"]),
        ([tool("a", x=1), tool("b")], [tool("a", x=1), tool("c")], ["changed /tools/1/function/name"]),
        ([tool("a", x=1)], [tool("c")], ["removed /tools/0", "added /tools/0"]),
        ([tool("a"), tool("b")], [tool("b"), tool("a")], ["moved /tools"]),
        ([tool("a"), tool("b")], [tool("b"), tool("a"), tool("c", x=1)], ["moved /tools", "added /tools/2"]),
        (
            [{"x": 1, "y": 1}],
            [tool("a")],
            ["removed /tools/0/x", "removed /tools/0/y", "added /tools/0/type", "added /tools/0/function"],
        ),
        ([tool("a"), tool("a", x=1)], [tool("a"), tool("a", x=2)], ["changed /tools/1/function/x"]),
    ],
)
def test_tools(old: Any, new: Any, found: list[str]) -> None:
    """Tools go by their names, if each has its own: one that was added or renamed is one difference."""
    differences = tree_differences(tree({"tools": old}), tree({"tools": new}), LIMIT)

    assert found == [f"{each.kind.value} {each.where}" for each in differences]


SCALARS = st.none() | st.booleans() | st.integers(-2, 2) | st.floats(-1, 1) | st.sampled_from(["", "a", "name", "1"])
VALUES = st.recursive(
    SCALARS,
    lambda each: st.lists(each, max_size=4) | st.dictionaries(st.sampled_from(["a", "name", "tools"]), each),
    max_leaves=20,
)


@given(st.lists(VALUES), st.lists(VALUES))
def test_nothing_is_missed(old: list[Any], new: list[Any]) -> None:
    """There is no difference between equal values, and at least one between others."""
    a, b = tree(old), tree(new)

    assert (dump_canonical(a) != dump_canonical(b)) == bool(tree_differences(a, b, LIMIT))


def test_paths_of_both_sides() -> None:
    """Behind an item that came, both paths are told; what came has none in the recorded body."""
    first, second = tree_differences(tree([0, {"a": 1}]), tree([{"x": 1}, 0, {"a": 2}]), LIMIT)

    assert (None, (0,)) == (first.recorded_path, first.actual_path)
    assert ((1, "a"), (2, "a")) == (second.recorded_path, second.actual_path)


def test_limit() -> None:
    """No more differences are found than wanted."""
    old, new = (tree({str(n): each for n in range(200)}) for each in (1, 2))

    assert LIMIT == len(tree_differences(old, new, LIMIT))


def test_deep_values_take_linear_time() -> None:
    """A difference below many levels, each with much that is equal, is found at once."""

    def nested(leaf: int) -> Any:
        return tree(b"[" * 150 + b"1," * 20_000 + str(leaf).encode() + (b"]" + b",1" * 50) * 149 + b"]")

    start = time.process_time()
    found = tree_differences(nested(1), nested(2), LIMIT)

    assert 1 == len(found)
    assert time.process_time() - start < 5
