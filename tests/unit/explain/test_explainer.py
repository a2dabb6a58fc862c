import difflib
import json
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapehead.cassette import Request, load
from tapehead.explain.explainer import explain, explain_miss, explain_order, explain_used
from tapehead.matching.index import Index, Replayable
from tapehead.matching.miss import Miss
from tapehead.matching.normalize import normalize_request
from tapehead.matching.rules import Rules, parse_match
from tests.support.corpus import corpus
from tests.support.edits import GOLDEN, NORMAL, golden, typo
from tests.unit.matching.asked import URL, recorded, request

CHAT: dict[str, Any] = {
    "model": "m",
    "max_tokens": 9,
    "messages": [{"role": "user", "content": "Say hi in Portuguese, please, and be brief"}],
}


def test_golden() -> None:
    """What is said of single edits of real requests is what was read and found good; scripts/explanations renews it."""
    expected, actual = GOLDEN.read_text(encoding="utf-8"), golden()

    assert [] == list(difflib.unified_diff(expected.splitlines(), actual.splitlines(), lineterm=""))


def texts(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where a message has text."""
    for key, each in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(each, str) and each and key in ("text", "content", "output", "thinking"):
            yield *path, key
        elif isinstance(each, dict | list) and key not in ("input", "args", "cache_control"):
            yield from texts(each, (*path, key))


def edited(asked: Request) -> Iterator[tuple[Request, int]]:
    """The request with one character changed in each text of a message, and which message that is."""
    body = json.loads(asked.body)
    for name in ("messages", "input", "contents"):
        for path in texts(body.get(name, [])):
            changed = json.loads(asked.body)
            container = changed[name]
            for step in path[:-1]:
                container = container[step]
            container[path[-1]] = typo(container[path[-1]])
            yield replace(asked, body=json.dumps(changed).encode()), int(path[0]) + 1


def test_names_the_message() -> None:
    """One character changed in any message of any recorded conversation: the explanation names that message."""
    count = 0
    for file in corpus()[::3]:
        interactions = load(file).interactions
        for interaction in interactions:
            for asked, number in edited(interaction.request):
                told = explain(asked, interactions, normal=NORMAL)
                words = told.near[0].told[0].text
                assert any(f"{noun} {number} (" in words for noun in ("message", "item")), (file.name, words)
                assert (interaction.id, 1) == (told.near[0].id, told.near[0].count), (file.name, words)
                count += 1
    assert count > 300


def test_empty() -> None:
    """An empty cassette is said to be empty."""
    told = explain(request(CHAT), [])

    assert ("empty", "the cassette holds no interaction") == (told.kind, told.headline)
    assert (told.headline, "what to do:") == told.lines()[:2]


def test_other_host() -> None:
    """When nothing is recorded for the host, the hosts of the cassette are named, and still the nearest is told."""
    every = [recorded(n, request(CHAT, url=f"https://h{n}/v1/chat/completions")) for n in range(7)]

    assert (
        "nothing is recorded for host api.example.com; the cassette has h0"
        == explain(request(CHAT), every[:1]).headline
    )
    told = explain(request(CHAT), every)
    assert "host" == told.kind
    assert told.headline.endswith("the cassette has h0, h1, h2, h3, h4, …")
    assert "  the host is api.example.com, recorded h0" == told.lines()[2]


def test_other_port() -> None:
    """A server that got another port is another host."""
    told = explain(request(url="http://localhost:2/"), [recorded(0, request(url="http://localhost:1/"))])

    assert "nothing is recorded for host localhost:2; the cassette has localhost:1" == told.headline


def test_host_that_does_not_count() -> None:
    """Where the host does not count, it is no reason."""
    rules = Rules(match=parse_match(["method,path,body"]))
    told = explain(
        request(CHAT | {"max_tokens": 1}),
        [recorded(0, request(CHAT, url=URL.replace("api", "eu")))],
        normal=partial(normalize_request, rules=rules),
    )

    assert "nearest is interaction 0: max_tokens is 1, recorded 9" == told.headline


def test_nearest() -> None:
    """The nearest has the same host, path and method where there is one, then the fewest differences."""
    every = [
        recorded(0, request(CHAT, url=f"{URL}/other")),
        recorded(1, request({"model": "other"})),
        recorded(2, request(CHAT)),
        recorded(3, request(CHAT, method="PUT")),
        recorded(4, request(CHAT, url=URL.replace("api", "eu"))),
    ]
    told = explain(request(CHAT | {"max_tokens": 3}), every)

    assert ("unknown", "nearest is interaction 2: max_tokens is 3, recorded 9") == (told.kind, told.headline)
    assert [2, 1, 3, 0, 4] == [each.id for each in told.near]


def test_most_telling_first() -> None:
    """Of several differences the one comes first from which others follow; what says where to cache comes last."""
    old = CHAT | {"system": "Be brief.", "messages": [{"role": "user", "content": "Hi", "cache_control": {}}]}
    new = CHAT | {"max_tokens": 1, "model": "n", "system": "Be rude.", "messages": [{"role": "user", "content": "Ho"}]}
    url = "https://h/v1/messages"
    told = explain(request(new, method="PUT", url=url), [recorded(0, request(old, url=url))])

    assert "nearest is interaction 0: the method is PUT, recorded POST (the first of 6 differences)" == told.headline
    assert [
        "method",
        "/model",
        "/system",
        "/messages/0/content",
        "/max_tokens",
        "/messages/0/cache_control",
    ] == [each.where for each in told.near[0].told]


def test_next_nearest() -> None:
    """Of the next nearest a difference is told that the nearest does not have, if there is one; equal ones are left out."""
    every = [
        recorded(0, request(CHAT)),
        recorded(1, request(CHAT | {"max_tokens": 1})),
        recorded(2, request(CHAT | {"model": "o"})),
        recorded(3, request(CHAT)),
    ]
    told = explain(request(CHAT | {"model": "n"}), every)

    assert [
        (0, 'the model is "n", recorded "m"'),
        (2, 'the model is "n", recorded "o"'),
        (1, "max_tokens is 9, recorded 1"),
    ] == [(each.id, each.told[0].text) for each in told.near]


def test_no_difference() -> None:
    """A request that does not differ is said not to."""
    told = explain(request(CHAT), [recorded(4, request(CHAT))])

    assert "interaction 4 does not differ from the request" == told.headline
    assert told.headline == told.lines()[0]


def test_much_differs() -> None:
    """However much differs it stays short."""
    old, new = ({str(n): text * 9999 for n in range(500)} for text in ("a", "b\x1b"))
    told = explain(request(new), [recorded(n, request(old | {"id": n})) for n in range(20)])

    assert len(told.lines()) <= 40
    assert all(len(line) < 250 and line.isprintable() for line in told.lines())
    assert len(json.dumps(told.to_json())) < 20_000


NAMES = st.sampled_from(
    [
        "messages",
        "input",
        "contents",
        "content",
        "parts",
        "tools",
        "system",
        "role",
        "type",
        "text",
        "functionDeclarations",
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5) | NAMES,
    lambda each: st.lists(each, max_size=4) | st.dictionaries(NAMES | st.text(max_size=3), each, max_size=4),
    max_leaves=30,
)
BODIES = st.dictionaries(NAMES, JSON, max_size=4).map(lambda value: json.dumps(value).encode()) | st.binary(max_size=20)
PATHS = st.sampled_from(
    ["chat/completions", "responses", "messages", "models/m:generateContent", "model/m/converse", "x"]
)


@given(st.lists(BODIES, min_size=2, max_size=5), PATHS)
def test_any_request(bodies: list[bytes], path: str) -> None:
    """Whatever is sent and recorded, the explanation is short, printable and can be written as JSON."""
    asked, *others = (request(body, url=f"https://h/{path}") for body in bodies)
    told = explain(asked, [recorded(n, each) for n, each in enumerate(others)], normal=NORMAL)

    assert len(told.lines()) <= 40
    assert all(line.isprintable() for line in (told.headline, *told.lines()))
    assert json.dumps(told.to_json()).isprintable()


@pytest.mark.parametrize(
    ("ids", "used_by", "headline"),
    [
        ([3], [4], "interaction 3 would match, but was already used by request 4"),
        ([3, 5], [4, 6], "interactions 3 and 5 would match, but were already used by requests 4 and 6"),
        ([3], [0], "interaction 3 would match, but was recorded in this run"),
        ([3, 5], [0, 6], "interactions 3 and 5 would match, but were already used by request 6"),
        (
            range(8),
            range(1, 9),
            "interactions 0, 1, 2, 3, 4 and 3 more would match, but were already used by requests 1, 2, 3, 4, 5 and 3 more",
        ),
    ],
)
def test_used(ids: list[int], used_by: list[int], headline: str) -> None:
    """What has answered is named with the requests that it answered."""
    told = explain_used(request(), [recorded(n, request()) for n in ids], used_by)

    again = " (each answers once; cassette_repeat=last lets the last one answer again)"
    assert ("used", headline + again) == (told.kind, told.headline)
    assert "  to let the last one answer again: --set cassette_repeat=last" in told.lines()


def test_order() -> None:
    """What comes later is named, and what comes next, with the differences from that."""
    told = explain_order(request(CHAT), [recorded(9, request(CHAT))], recorded(5, request(CHAT | {"max_tokens": 1})))

    assert (
        "it is recorded later in the cassette (interaction 9); interaction 5 comes next (cassette_order=strict)",
        "next comes interaction 5, with 1 difference:",
        "  max_tokens is 9, recorded 1",
        "what to do:",
        "  to answer in any order: --set cassette_order=any",
        "  or mend the program, so that it asks in the recorded order",
    ) == told.lines()


def test_miss() -> None:
    """Whatever an index says of a request is put into words."""
    every = [recorded(0, request(CHAT | {"n": 1})), recorded(1, request(CHAT)), recorded(2, request(CHAT))]

    def kind_of(index: Index, *bodies: object) -> str:
        for body in bodies:
            taken = index.take(request(body))
        assert isinstance(taken, Miss)
        return explain_miss(request(bodies[-1]), taken, every, normal=NORMAL).kind

    assert "unknown" == kind_of(Index(every), CHAT | {"n": 2})
    assert "order" == kind_of(Index(every, strict=True), CHAT)
    assert "used" == kind_of(Index(every, replayable=Replayable.NO), CHAT, CHAT, CHAT)


def test_another_credential() -> None:
    """Where only the credential is another one than before, that is said, and no difference made up."""
    every = [
        recorded(n, request(CHAT | {"api_key": f"[REDACTED:api_key{number}]"})) for n, number in enumerate(("", "-2"))
    ]
    index = Index(every)
    asked = request(CHAT | {"api_key": "mine"})
    assert every[0] == index.take(asked)
    missed = index.take(asked)
    assert isinstance(missed, Miss)
    told = explain_miss(asked, missed, every, normal=NORMAL)

    assert ("value", ()) == (told.kind, told.near)
    assert told.headline.startswith("interaction 1 would match, but a credential in the request is another one: ")


@pytest.mark.parametrize("mine", ["mine", "[REDACTED:value]", 5])
def test_a_value_at_a_placeholder_s_place_is_no_difference(mine: object) -> None:
    """What would match is not named among the differences, in JSON, in a URL and in a text; what differs is."""
    key = {"api_key": "[REDACTED:api_key-2]", "note": "by [REDACTED:value] now"}
    one = recorded(0, replace(request(CHAT | key), url=f"{URL}?key=[REDACTED:query]"))
    asked = replace(request(CHAT | {"api_key": mine, "note": "by me now", "n": 2}), url=f"{URL}?key=other")
    told = explain(asked, [one], normal=NORMAL)

    assert ["n was added: 2"] == [each.text for each in told.near[0].told]
    assert 1 == told.near[0].count


def test_failures_are_named_as_such() -> None:
    """They have numbers of their own."""
    one = recorded(3, request(CHAT))
    said = explain_used(request(CHAT), (one, replace(one, id=-2)), (1, 2)).headline

    assert said.startswith(f"interaction {one.id} and failure 2 would match, but were already used by requests 1 and 2")
    assert explain_used(request(CHAT), (replace(one, id=-1),), (1,)).headline.startswith(
        "failure 1 would match, but was"
    )
