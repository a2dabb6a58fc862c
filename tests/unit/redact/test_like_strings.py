import json

import pytest

from tapehead.redact.like_strings import LikeStrings, Piece


def texts(*values: object) -> set[str]:
    """The texts that the values, one for each event, may spell."""
    strings = LikeStrings()
    for number, value in enumerate(values):
        strings.add_json(number, value)
    return {"".join(str(piece[2]) for piece in pieces) for pieces in strings.texts()}


def events(*items: str) -> list[object]:
    return [json.loads(each) for each in items]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([{"a": "1"}, {"a": "2"}], {"12"}),
        ([{"a": "1"}, {"b": "2"}], set()),
        ([{"a": "1"}, {"a": "1"}], set()),
        ([{"id": "1", "type": "x"}, {"id": "2", "type": "y"}], set()),
        ([{"a": ["1", "2"]}, {"a": ["3"]}], {"123", "13"}),
        ([{"a": [{"b": "1"}, {"b": "2"}], "c": {}, "d": []}], {"12"}),
        (["1", "2"], {"12"}),
        ([{"index": n % 2, "a": str(n)} for n in range(8)], {"0246", "1357"}),
        ([{"index": n, "a": str(n)} for n in range(8)], {"01234567"}),
        ([{"item_id": f"i{n}", "index": n % 2, "a": str(n)} for n in range(8)], {"0246", "1357"}),
        ([{"a": [{"b": [{"c": f"{n}{m}"} for m in "xy"]} for n in range(4)]}], {"0x0y1x1y2x2y3x3y", "0x1x2x3x", "0y1y2y3y"}),
        ([{"embedding": [0.5, 1], "data": [1, 256], "n": [1, 2]}], set()),
    ],
)  # fmt: skip
def test_places(values: list[object], expected: set[str]) -> None:
    """Strings at one path are one text, each lane by itself; a number that counts on tells no lanes apart."""
    assert expected == texts(*values)


def test_byte_arrays() -> None:
    """Arrays of bytes are text, one after the other."""
    values = [{"bytes": list(each)} for each in (b"ab", b"cd")]
    strings = LikeStrings()
    for number, value in enumerate(values):
        strings.add_json(number, value)
    assert [[b"ab", b"cd"]] == [[piece[2] for piece in pieces] for pieces in strings.texts()]


def test_paths() -> None:
    """Each piece says where it stands."""
    strings = LikeStrings(is_document=True)
    one, two = "q7ZxAcBd", "93kLmN0p"
    strings.add_json(7, {"a": [{"b": one}, two, {"b": two}, one]})
    pieces = [Piece.of(each)[:3] for text in strings.texts() for each in text]
    assert [
        (7, ("a", "1"), two),
        (7, ("a", "3"), one),
        (7, ("a", "0", "b"), one),
        (7, ("a", "2", "b"), two),
    ] == pieces


def test_an_only_value() -> None:
    """Of a value without others like it only what is in arrays can be spread."""
    strings = LikeStrings(is_document=True)
    strings.add_json(0, {"a": "1", "b": {"a": "2"}})
    strings.add_text(0, b"text")
    assert [] == list(strings.texts())


@pytest.mark.parametrize(
    ("texts", "goes_on"),
    [
        (["What is it?", "The capital of France is Paris.", "And of Spain?"], False),
        (["celsius", "fahrenheit"], False),
        (["Use sk-ant-", "api03-q7Zx", " for it"], True),
        (["key: q7Zx", "AcBd", "93kLmN", " is it"], True),
        (["get", "the", "current", "weather", "forecast"], True),
        (["a b", "c d"], False),
    ],
)
def test_over_a_document(texts: list[str], goes_on: bool) -> None:  # a table
    """In a document words that end and begin count only where together they are as long as a key, and no words."""
    strings = LikeStrings(is_document=True)
    strings.add_json(0, [{"text": text} for text in texts])

    assert goes_on == bool([*strings.texts()])
