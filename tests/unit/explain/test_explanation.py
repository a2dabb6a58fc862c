import json

from tapehead.explain.advice import FIX_PROGRAM, RECORD
from tapehead.explain.comparison import LIMIT
from tapehead.explain.explanation import Explanation, Near
from tapehead.explain.sentences import Sentence
from tapehead.started_by import StartedBy
from tests.unit.matching.asked import request

SENTENCES = tuple(Sentence(where=f"/{n}", kind="added", text=f"{n} was added") for n in range(20))
FIRST = Near(id=3, count=1, told=SENTENCES[:1])


def explanation(*near: Near, kind: str = "unknown", url: str = "https://h/") -> Explanation:
    asked = request(url=url)
    return Explanation(kind=kind, request=asked, headline="the headline", near=near, advice=(RECORD, FIX_PROGRAM))


def test_lines() -> None:
    """The nearest with its differences, the next in a line each, what to do."""
    assert (
        "nearest is interaction 3, with 1 difference:",
        "  0 was added",
        "next:",
        "  interaction 5 (2 differences): 1 was added",
        "what to do:",
        "  to record what is missing: --set cassette_mode=replay_with_new_episodes",
        "  or mend the program, so that it asks what was recorded",
    ) == explanation(FIRST, Near(id=5, count=2, told=SENTENCES[1:2])).lines()


def test_for_who_started_the_run() -> None:
    """Its advice is theirs, in the lines and in the JSON; what they have no command for stays."""
    who = StartedBy(add="run --add")
    told = explanation(FIRST).for_who(who)
    assert ("  to record what is missing: run --add", "  or mend the program, so that it asks what was recorded") == (
        told.lines()[-2:]
    )
    assert "to record what is missing: run --add" == told.to_json()["advice"][0]["line"]
    assert "cassette_mode=replay_with_new_episodes" == told.to_json()["advice"][0]["option"]


def test_other_kinds() -> None:
    """What is known besides comes first."""
    told = "the headline", "nearest is interaction 3, with 1 difference:"

    assert told == explanation(FIRST, kind="host").lines()[:2]
    assert "next comes interaction 3, with 1 difference:" == explanation(FIRST, kind="order").lines()[1]
    assert ("the headline", "what to do:") == explanation(kind="empty").lines()[:2]
    assert "the headline" == explanation(Near(id=3, count=0, told=())).lines()[0]


def test_never_more_than_40_lines() -> None:
    """However much differs, it is told in 40 lines."""
    nearest = Near(id=1, count=LIMIT, told=SENTENCES)
    lines = explanation(nearest, *[FIRST] * 5, kind="host").lines()

    assert len(lines) <= 40
    assert "nearest is interaction 1, with 100 differences or more:" == lines[1]
    assert "  and 80 more" == lines[22]


def test_to_json() -> None:
    """All of it can be written as JSON, with nothing in it that is long or that a terminal obeys."""
    value = explanation(FIRST, FIRST, url="https://h/\x1b" + "x" * 9999).to_json()

    assert value == json.loads(json.dumps(value))
    assert {"method": "POST", "url": "https://h/\\x1b" + "x" * 489 + "…"} == value["request"]
    assert (3, 1, 1, 1) == (value["nearest"], value["count"], len(value["differences"]), len(value["next"]))
    assert ["cassette_mode=replay_with_new_episodes", None] == [each["option"] for each in value["advice"]]
    assert {
        "where": "/0",
        "kind": "added",
        "words": "0 was added",
        "recorded": None,
        "got": None,
        "character": None,
    } == (value["next"][0]["first"])


def test_to_json_without_nearest() -> None:
    """Without a nearest interaction there are no differences."""
    value = explanation(kind="empty").to_json()

    assert ("empty", None, 0, [], []) == tuple(
        value[name] for name in ("kind", "nearest", "count", "differences", "next")
    )
