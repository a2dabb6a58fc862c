import json
from typing import Any

import pytest

from tapehead.matching.json_scalars import find_scalars, text_of

VALUES = [
    {"a": 1, "b": [True, None, {"c": "x"}], "d": {}, "e": []},
    [1, [2, [3.5e2]], {"k": -4}],
    {"odd": 'quo"te \\ back {[:,]}', "é": "ü"},
    {},
]


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> dict[tuple[str | int, ...], Any]:
    if isinstance(value, dict):
        return {p: v for name, each in value.items() for p, v in leaves(each, (*path, name)).items()}
    if isinstance(value, list):
        return {p: v for n, each in enumerate(value) for p, v in leaves(each, (*path, n)).items()}
    return {path: value}


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("spelling", [{}, {"indent": 2}, {"separators": (",", ":")}, {"ensure_ascii": False}])
def test_finds_each_value_where_it_stands(value: Any, spelling: dict[str, Any]) -> None:
    text = json.dumps(value, **spelling).encode()

    found = list(find_scalars(text))

    assert {each.path: json.loads(each.token) for each in found} == leaves(value)
    assert all(text[each.start : each.end] == each.token for each in found)


@pytest.mark.parametrize("text", [b"", b"plain", b"}", b'{"a":1}}', b"[1]]", b'{"a"', b"\xff{", b'{"a":"\xff"}'])
def test_what_is_no_json_raises_nothing(text: bytes) -> None:
    assert len(list(find_scalars(text))) <= 1


def test_names_are_strings_and_numbers() -> None:
    found = list(find_scalars(b'["a", 1, -2, true, null]'))

    assert [each.is_name for each in found] == [True, True, True, False, False]


@pytest.mark.parametrize(
    ("token", "text"),
    [(b'"a"', "a"), (b'"\\u00e9"', "é"), (b"12", "12"), (b'"\\x"', '"\\x"'), (b'"\xff"', "\udcff")],
)
def test_text_of_a_token(token: bytes, text: str) -> None:
    assert text_of(token) == text
