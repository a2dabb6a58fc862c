import json
import random
from typing import Any

from tapehead.cassette import Interaction
from tapehead.explain.candidates import KEPT, SAME_HOST, shortlist
from tests.unit.matching.asked import URL, recorded, request

WORDS = [
    "the",
    "quick",
    "brown",
    "fox",
    "jumps",
    "over",
    "a",
    "lazy",
    "dog",
    "and",
    "tells",
    "us",
    "what",
    "is",
    "in",
    "the",
    "news",
    "today",
]
TOOLS = [{"type": "function", "function": {"name": name, "description": "Does things. " * 9}} for name in "abc"]


def chat(seed: int, **more: Any) -> dict[str, Any]:
    """A conversation of its own."""
    words = random.Random(seed)
    texts = [" ".join(words.choices(WORDS, k=60)) for _ in range(3)]
    messages = [{"role": "user", "content": text} for text in texts]
    return {"model": "m", "messages": [{"role": "system", "content": "Be brief."}, *messages], "tools": TOOLS} | more


def many(count: int) -> list[Interaction]:
    return [recorded(n, request(chat(n))) for n in range(count)]


def first(body: object, interactions: list[Interaction]) -> int:
    return shortlist(request(body), interactions)[0].interaction.id


def test_same_endpoint_first() -> None:
    """The same host comes before the same path, and that before the same method; a model in the path does not count."""
    gemini = "https://h/v1beta/models/{}:generateContent"
    interactions = [
        recorded(0, request(url=gemini.format("a"), method="PUT")),
        recorded(1, request(url="https://h/other?x")),
        recorded(2, request(url="https://other" + gemini.format("b")[9:])),
        recorded(3, request(url=gemini.format("a") + "?x")),
        recorded(4, request(url="https://h/other")),
    ]

    ranked = shortlist(request(url=gemini.format("b")), interactions)

    assert [3, 0, 1, 4, 2] == [each.interaction.id for each in ranked]
    assert [7, 6, 5, 5, 3] == [each.rank for each in ranked]
    assert [True, True, True, True, False] == [each.rank >= SAME_HOST for each in ranked]


def test_few_are_kept() -> None:
    """However many there are, a few are kept; and none of another endpoint when those of the same are enough."""
    interactions = [recorded(1000, request(url=f"{URL}/other")), *many(200)]

    assert KEPT == len(shortlist(request(chat(7)), interactions))
    assert all(each.interaction.id < 1000 for each in shortlist(request(chat(7)), interactions))


def test_nothing_in_common() -> None:
    """Empty bodies, and bodies that share nothing, stay in the cassette's order."""
    interactions = [recorded(n, request(b"" if n % 2 else b"x" * 50)) for n in range(200)]

    assert list(range(0, 2 * KEPT, 2)) == [each.interaction.id for each in shortlist(request(b"y" * 50), interactions)]
    assert [1, 3] == [each.interaction.id for each in shortlist(request(b""), interactions)][:2]


def test_one_edit_in_many() -> None:
    """Among many conversations of the same shape the one that was edited is found: at its start, end or middle."""
    interactions = many(1000)
    for place in range(4):
        body = chat(777)
        body["messages"][place]["content"] += " please"
        assert 777 == first(body, interactions)


def test_two_edits_in_many() -> None:
    """It is also found when it differs at its start and at its end."""
    body = chat(777, model="another-model")
    body["messages"][0]["content"] = "Today is Monday."
    body["messages"][3]["content"] += " please"

    assert 777 == first(body, many(1000))
    body["messages"][0]["content"] = ""
    assert 777 == first(body, many(1000))


def test_other_spelling_in_many() -> None:
    """It is also found when its JSON is spelt with other spaces."""
    assert 777 == first(json.dumps(chat(777), separators=(",", ":")).encode(), many(1000))


def test_large_bodies_are_not_searched() -> None:
    """Searching stops after some megabytes; what both share at the ends still decides."""
    bodies = [b"%d" % n * 2_000_000 for n in range(4)]
    interactions = [recorded(n, request(body)) for n, body in enumerate(bodies)]

    assert 3 == first(b"x" + bodies[3], interactions)
