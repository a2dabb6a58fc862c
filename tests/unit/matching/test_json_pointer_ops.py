import json
import time
from typing import Any

import pytest

from tapehead.matching.canonical_json import dump_canonical, parse_json
from tapehead.matching.json_pointer_ops import drop, find
from tapehead.text.json_pointer import parse_pointer


@pytest.mark.parametrize(
    ("value", "pointers", "left"),
    [
        ({"a": 1, "b": 2}, ["/a"], {"b": 2}),
        ({"a": 1}, ["/b", "/a/b", "/a/*", "/a/0"], {"a": 1}),
        ({"a": [{"id": 1, "n": 1}, {"n": 2}, 3]}, ["/a/*/id"], {"a": [{"n": 1}, {"n": 2}, 3]}),
        ({"a": {"x": {"id": 1}, "y": {"id": 2}}}, ["/a/*/id"], {"a": {"x": {}, "y": {}}}),
        ({"a": 1, "b": [2]}, ["/*"], {}),
        ([1, 2, 3, 4], ["/0", "/2"], [2, 4]),
        ([1, 2, 3], ["/*"], []),
        ([[1, 2], [3]], ["/0/1", "/0/0", "/1"], [[]]),
        ([1, [2]], ["/0", "/0/1", "/1/0"], [[]]),
        ([1, 2], ["/-", "/01", "/2", "/x", "/-1", "/99999999999999999999", "/٠"], [1, 2]),
        ({"0": 1, "": 2, "a/b": 3, "~": 4}, ["/0", "/", "/a~1b", "/~0"], {}),
        ({"*": 1, "a": 2}, ["/*"], {}),
        ({"a": {"b": 1}}, ["/a", "/a/b"], {}),
        ({"a": None}, ["/a/b"], {"a": None}),
    ],
)
def test_drop(value: Any, pointers: list[str], left: Any) -> None:
    """What the pointers name is gone, the rest is untouched, and positions are those from before."""
    drop(value, map(parse_pointer, pointers))

    assert left == value


@pytest.mark.parametrize(
    ("text", "pointer", "left"),
    [
        ('{"a":1,"b":2,"a":3}', "/a", '{"b":2}'),
        ('{"a":1,"b":2,"a":3}', "/*", "{}"),
        ('{"a":1,"b":2,"a":3}', "/c", '{"a":1,"a":3,"b":2}'),
        ('{"a":{"b":1},"a":{"b":2,"c":3}}', "/a/b", '{"a":{},"a":{"c":3}}'),
        ('{"a":{"b":1},"a":{"b":2,"c":3}}', "/*/c", '{"a":{"b":1},"a":{"b":2}}'),
    ],
)
def test_repeated_keys(text: str, pointer: str, left: str) -> None:
    """A key that came twice is found and dropped twice."""
    value = parse_json(text.encode())
    drop(value, [parse_pointer(pointer)])

    assert left == dump_canonical(value)


def test_find() -> None:
    """What is found is named by what it is in, and where."""
    value = json.loads('{"a":[{"b":1},{"b":[2]},3]}')

    assert [(value["a"][0], "b", 1), (value["a"][1], "b", [2])] == find(value, parse_pointer("/a/*/b"))
    assert [(value["a"], 2, 3)] == find(value, parse_pointer("/a/2"))
    assert [] == find(3, parse_pointer("/a"))


def test_linear() -> None:
    """Many places are taken out in time in proportion to their number."""
    started = time.process_time()
    for text in (
        b"[" + b",".join([b"1"] * 200_000) + b"]",
        b"{" + b",".join(b'"%d":1' % n for n in range(100_000)) + b',"0":1}',
        b"{" + b",".join([b'"a":1'] * 200_000) + b"}",
    ):
        value = parse_json(text)
        assert value is not None
        drop(value, [parse_pointer("/*"), parse_pointer("/a"), parse_pointer("/0")])
        assert dump_canonical(value) in ("[]", "{}")
    assert time.process_time() - started < 30
