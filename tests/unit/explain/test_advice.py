from typing import Any

import pytest

from tapehead.cassette import Request
from tapehead.explain.advice import FIX_PROGRAM, RECORD, Advice, advise, ignoring
from tapehead.explain.comparison import compare
from tapehead.matching.normalize import normalize_request
from tapehead.matching.rules import Ignore, Rules, parse_ignore, parse_match
from tests.unit.matching.asked import URL, request

CHAT: dict[str, Any] = {
    "model": "m",
    "messages": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}],
    "tools": [{"name": "search"}],
}


def advised(old: Request, new: Request) -> list[Advice]:
    return [each for each in advise(compare(old, new).differences) if each not in (RECORD, FIX_PROGRAM)]


@pytest.mark.parametrize(
    ("old", "new", "option"),
    [
        (request(CHAT), request(CHAT | {"model": "n"}), "cassette_ignore=/model"),
        (request(CHAT), request(CHAT | {"model": "n", "seed": 1}), "cassette_ignore=/model,/seed"),
        (
            request(CHAT),
            request(CHAT | {"messages": [CHAT["messages"][0], {"role": "user", "content": "c"}]}),
            "cassette_ignore=/messages/1/content",
        ),
        (request(CHAT), request(CHAT | {"tools": []}), "cassette_ignore=/tools"),
        (request(CHAT), request(CHAT | {"tools": [{"name": "a"}, {"name": "search"}]}), "cassette_ignore=/tools"),
        (request({"a/b": {"~": 1}}), request({"a/b": {"~": 2}}), "cassette_ignore=/a~1b/~0"),
        (request(url=f"{URL}?trace=1"), request(url=f"{URL}?trace=2"), "cassette_ignore=query:trace"),
        (request(b"a=1"), request(b"a=2"), "cassette_ignore=form:a"),
        (
            request({"messages": [{"tool_calls": [{"id": "a"}]}, {"tool_call_id": "a"}]}),
            request({"messages": [{"tool_calls": [{"id": "b"}]}, {"tool_call_id": "b"}]}),
            "cassette_ignore=/messages/*/tool_calls/*/id,/messages/*/tool_call_id",
        ),
        (
            request({"messages": [{"content": "It is 2026-11-27."}, {"content": "x"}]}),
            request({"messages": [{"content": "It is 2026-11-28."}, {"content": "x"}]}),
            r"cassette_ignore=text(/messages/0/content):\d{4}-\d\d-\d\d",
        ),
        (
            request({"messages": [{"content": "It is 2026-11-27."}, {"content": "Is it 2026-11-27?"}]}),
            request({"messages": [{"content": "It is 2026-11-28."}, {"content": "Is it 2026-11-28?"}]}),
            r"cassette_ignore=text(/messages/*/content):\d{4}-\d\d-\d\d",
        ),
        (request(b"On 2026-11-27"), request(b"On 2026-11-28"), r"cassette_ignore=text:\d{4}-\d\d-\d\d"),
        (request({"a)": "On 2026-11-27"}), request({"a)": "On 2026-11-28"}), "cassette_ignore=/a)"),
        (request(CHAT), request(CHAT, url=URL.replace("api", "eu.api")), "cassette_match=method,path,query,body"),
        (
            request(CHAT),
            request(CHAT, url=URL.replace("https://api", "http://eu.api")),
            "cassette_match=method,path,query,body",
        ),
    ],
)
def test_option_makes_it_match(old: Request, new: Request, option: str) -> None:
    """The option that is advised makes the two requests the same."""
    (advice,) = advised(old, new)
    name, _, value = option.partition("=")
    rules = Rules(match=parse_match([value])) if name == "cassette_match" else Rules(ignore=parse_ignore([value]))

    assert option == advice.option
    assert normalize_request(old, rules) == normalize_request(new, rules)
    assert normalize_request(old, Rules()) != normalize_request(new, Rules())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (request(CHAT), request(CHAT, method="PUT")),
        (request(CHAT), request(CHAT | {"model": "n"}, url=f"{URL}/x")),
        (request(CHAT), request(CHAT | {"messages": CHAT["messages"][1:]})),
        (request(CHAT), request(CHAT | {"messages": CHAT["messages"][::-1]})),
        (request({"l": [{"a": 1}, {"b": 1}]}), request({"l": [0, {"a": 1}, {"b": 2}]})),
        (request({"a,b": 1}), request({"a,b": 2})),
        (request({"a" * 200: 1}), request({"a" * 200: 2})),
        (request({"*": 1}), request({"*": 2})),
        (request({"a\n": 1}), request({"a\n": 2})),
        (request({str(n): 1 for n in range(5)}), request({str(n): 2 for n in range(5)})),
        (request({}), request([])),
        (request({}), request({})),
    ],
)
def test_nothing_to_ignore(old: Request, new: Request) -> None:
    """Nothing is advised to be ignored if that would not do, or if it is very much."""
    assert [] == advised(old, new)


def test_both_options() -> None:
    """A request to another host that differs in a field as well needs both."""
    ways = advised(request(CHAT), request(CHAT | {"model": "n"}, url=URL.replace("api", "eu.api")))

    assert ["cassette_ignore=/model", "cassette_match=method,path,query,body"] == [each.option for each in ways]


def test_patterns_stand_alone() -> None:
    """A pattern may have commas: it is another --set."""
    old, new = ({"content": f"On 2026-11-2{n}", "x": n} for n in (7, 8))
    (way,) = advised(request(old), request(new))

    assert r"--set cassette_ignore=/x --set 'cassette_ignore=text(/content):\d{4}-\d\d-\d\d'" in way.line
    ignore = parse_ignore([each.partition("=")[2] for each in (way.option or "", *way.more_options)])
    assert normalize_request(request(old), Rules(ignore=ignore)) == normalize_request(
        request(new), Rules(ignore=ignore)
    )


def test_words_for_a_part_of_a_text() -> None:
    """It is said that only a part is ignored."""
    (way,) = advised(request({"a": "On 2026-11-27"}), request({"a": "On 2026-11-28"}))

    assert "to ignore this part of the text, if it may differ" == way.text


def test_words() -> None:
    """Each way is one line, with what to write as a shell takes it."""
    (one,) = advised(request({"a~": 1}), request({"a~": 2}))
    (tools,) = advised(request(CHAT), request(CHAT | {"tools": []}))
    (two,) = advised(request({"a": 1, "b": 1}), request({"a": 2, "b": 2}))

    assert "to ignore it, if it may differ: --set 'cassette_ignore=/a~0'" == one.line
    assert "to ignore all tools, if they may differ: --set cassette_ignore=/tools" == tools.line
    assert "to ignore these, if they may differ: --set cassette_ignore=/a,/b" == two.line
    assert "or mend the program, so that it asks what was recorded" == FIX_PROGRAM.line


def test_whole_body() -> None:
    """A body cannot be ignored as a whole."""
    assert [None] == [ignoring(each) for each in compare(request({}), request([])).differences]
    assert Ignore() == parse_ignore([])
