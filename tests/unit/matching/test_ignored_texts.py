import json

import pytest

from tapehead.matching.canonical_json import DuplicateKeyDict, parse_json
from tapehead.matching.ignored_texts import MARK, remove_texts, remove_texts_in
from tapehead.matching.index import Index
from tapehead.matching.key import request_key
from tapehead.matching.rules import Rules, parse_ignore
from tests.unit.matching.asked import URL, recorded, request

DAY = r"\d{4}-\d\d-\d\d"


def left(value: object, *entries: str) -> object:
    value = json.loads(json.dumps(value))
    remove_texts_in(value, parse_ignore(entries).texts)
    return value


@pytest.mark.parametrize(
    ("entry", "value", "expected"),
    [
        (rf"text(/a/0):{DAY}", {"a": ["on 2026-11-27!", "2026-11-27"]}, {"a": [f"on {MARK}!", "2026-11-27"]}),
        (rf"text(/a/*/b):{DAY}", {"a": [{"b": "2026-11-27", "c": "2026-11-27"}]}, {"a": [{"b": MARK, "c": "2026-11-27"}]}),
        (rf"text(/a):{DAY}", {"a": {"b": ["2026-11-27", 1, None]}, "c": "-"}, {"a": {"b": [MARK, 1, None]}, "c": "-"}),
        (rf"text:{DAY}", {"2026-11-27": ["2026-11-27 to 2026-11-28"]}, {"2026-11-27": [f"{MARK} to {MARK}"]}),
        ("text:a,b", ["a,b,c"], [f"{MARK},c"]),
        ("text(/x):a", {"a": "a"}, {"a": "a"}),
    ],
)  # fmt: skip
def test_what_is_left(entry: str, value: object, expected: object) -> None:
    """Only what the pattern matches, only where the pointer leads; names stay."""
    assert expected == left(value, entry)


def test_repeated_keys_stay() -> None:
    """What a key that comes twice has is no client's."""
    value = parse_json(b'{"a":"x","a":"y"}')
    remove_texts_in(value, parse_ignore(["text:x"]).texts)

    assert isinstance(value, DuplicateKeyDict)
    assert [("a", "x"), ("a", "y")] == value.all


def test_a_scalar_body() -> None:
    """A body that is one string has no place to be changed in."""
    remove_texts_in("x", parse_ignore(["text:x"]).texts)


def test_other_bodies() -> None:
    """In a body of text all that is ignored everywhere goes, and nothing else."""
    ignored = parse_ignore([f"text:{DAY}", "text(/a):b"]).texts

    assert f"b {MARK} \udcff".encode(errors="surrogateescape") == remove_texts(b"b 2026-11-27 \xff", ignored)


@pytest.mark.parametrize(
    ("one", "other", "content_type"),
    [
        ({"messages": [{"content": "It is 2026-11-27."}]}, {"messages": [{"content": "It is 2026-11-28."}]}, ""),
        (b"plain 2026-11-27", b"plain 2026-11-28", ""),
        (b"day=2026-11-27&a=1", b"a=1&day=2026-11-28", ""),
    ],
)
def test_keys(one: object, other: object, content_type: str) -> None:
    """Requests that differ in nothing else have one key, and else two."""
    rules = Rules(ignore=parse_ignore([f"text:{DAY}"]))

    assert request_key(request(one), rules) == request_key(request(other), rules)
    assert request_key(request(one), Rules()) != request_key(request(other), Rules())


def test_the_exact_one_answers_first() -> None:
    """What is ignored tells two recordings apart all the same."""
    bodies = [{"m": f"It is 2026-11-2{n}."} for n in (7, 8)]
    index = Index(
        [recorded(n, request(body)) for n, body in enumerate(bodies)],
        rules=Rules(ignore=parse_ignore([f"text(/m):{DAY}"])),
    )

    assert bodies[1] == json.loads(index.take(request(bodies[1], url=URL)).request.body)  # type: ignore[union-attr]
