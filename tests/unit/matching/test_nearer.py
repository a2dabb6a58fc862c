"""Where a whole text is ignored, the recording that differs in its date alone answers before one of another text."""

import json

from tapehead.cassette import Request
from tapehead.matching.index import Index
from tapehead.matching.live import LiveRequest
from tapehead.matching.miss import Miss
from tapehead.matching.nearer import nearer
from tapehead.matching.rules import Rules, parse_ignore
from tests.unit.matching.asked import recorded, request

RULES = Rules(ignore=parse_ignore(["/prompt"]))


def ask(prompt: str) -> Request:
    return request({"prompt": prompt})


def answers(index: Index, *prompts: str) -> list[int]:
    found = [index.answer(LiveRequest(ask(each), RULES)) for each in prompts]
    return [-1 if isinstance(each, Miss) else each.interaction.id for each in found]


def test_the_same_but_for_a_date() -> None:
    """It answers first; what is only ignored answers after it."""
    prompts = [f"Today is 2026-11-27. {topic}?" for topic in ("Weather", "News", "Prices")]
    index = Index([recorded(n, ask(each)) for n, each in enumerate(prompts)], rules=RULES)

    assert [1, 0, 2, -1] == answers(
        index, *(f"Today is 2026-11-28. {each}?" for each in ("News", "Weather", "Rain", "X"))
    )


def test_order_among_those() -> None:
    """Of several that differ in their dates alone the first answers."""
    index = Index([recorded(n, ask(f"At 10:00:0{n}: go")) for n in range(3)], rules=RULES)

    assert [0, 1, 2] == answers(index, "At 11:00:02: go", "At 11:00:01: go", "At 11:00:09: go")


def test_what_was_replaced() -> None:
    """Its text is that which is there now."""
    index = Index([recorded(n, ask(f"{topic} 2026-11-27")) for n, topic in enumerate("abc")], rules=RULES)
    assert [2] == answers(index, "c 2026-11-28")
    index.replace({0: recorded(0, ask("b 2026-11-27")), 1: recorded(1, ask("a 2026-11-27"))})

    assert [1, 0] == answers(index, "a 2026-11-28", "b 2026-11-28")


def test_where_it_is_not_looked_for() -> None:
    """Where no part of a body is ignored, and in large bodies."""
    assert nearer(Rules()) is None
    assert nearer(Rules(ignore=parse_ignore(["query:a", "text:x"]))) is None
    near = nearer(RULES)
    assert near
    assert b"" == near(request(json.dumps({"a": "x" * 70_000}).encode()))
