from dataclasses import replace
from typing import Any

import pytest

from tapehead.cassette import Request
from tapehead.explain.ranking import compare_candidate
from tapehead.explain.sentences import Sentence, describe_difference
from tests.unit.matching.asked import URL, recorded, request

CHAT: dict[str, Any] = {
    "model": "gpt-4o",
    "temperature": 0.7,
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Say hi in Portuguese, please, and be brief"},
    ],
    "tools": [{"type": "function", "function": {"name": "search"}}],
}
GEMINI = "https://h/v1beta/models/{}"


def said(old: Request, new: Request) -> list[Sentence]:
    candidate = compare_candidate(new, recorded(0, old), lambda asked: asked)
    return [describe_difference(each, candidate.comparison, candidate.api) for each in candidate.comparison.differences]


def user(content: object) -> dict[str, Any]:
    return CHAT | {"messages": [CHAT["messages"][0], {"role": "user", "content": content}]}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            user("Say hi, and be brief"),
            user("Say hi, and be rude"),
            'message 2 (user) differs at character 16: recorded "Say hi, and be brief", got "Say hi, and be rude"',
        ),
        (user("Hi"), user(""), 'message 2 (user) is "", recorded "Hi"'),
        (user("Hi"), user(None), 'message 2 (user) is null, recorded "Hi"'),
        (user("Hi"), user([{"type": "text", "text": "Hi"}]), 'message 2 (user) is a list of 1, recorded "Hi"'),
        (user([]), user([{"type": "text", "text": "Hi"}]), 'the text in message 2 (user) was added: "Hi"'),
        (user([{"type": "image"}]), user([]), "the image in message 2 (user) is missing"),
        (CHAT, CHAT | {"model": "gpt-5"}, 'the model is "gpt-5", recorded "gpt-4o"'),
        (CHAT, CHAT | {"temperature": 0.2}, "temperature is 0.2, recorded 0.7"),
        (CHAT, CHAT | {"temperature": "0.7"}, 'temperature is "0.7", recorded 0.7'),
        (CHAT, CHAT | {"stream": True}, "stream was added: true"),
        (CHAT, CHAT | {"metadata": {"type": "x"}}, "metadata was added"),
        (CHAT | {"stream": False}, CHAT, "stream is missing, recorded false"),
        (
            CHAT | {"user": "a" * 80},
            CHAT | {"user": "a" * 79 + "b"},
            f'user differs at character 80: recorded "…{"a" * 25}", got "…{"a" * 24}b"',
        ),
        (
            CHAT | {"n": int("1" * 70)},
            CHAT | {"n": int("1" * 69 + "2")},
            f'n differs at character 70: recorded "…{"1" * 25}", got "…{"1" * 24}2"',
        ),
        (CHAT, CHAT | {"messages": []}, 'message 1 (system) is missing, recorded "Be brief."'),
        (
            CHAT | {"messages": []},
            CHAT
            | {"messages": [{"role": "assistant", "tool_calls": [{"type": "function", "function": {"name": "add"}}]}]},
            "message 1 (assistant) was added: tool call `add`",
        ),
        (CHAT, CHAT | {"messages": CHAT["messages"][::-1]}, "messages 1 and 2 come in another order"),
        (CHAT | {"tools": []}, CHAT, "tool `search` was added"),
        (CHAT | {"stop": ["a", "b", "c"]}, CHAT | {"stop": ["c", "b", "a"]}, "stop has its items in another order"),
        (CHAT | {"stop": ["end"]}, CHAT | {"stop": ["stop"]}, 'stop[0] is "stop", recorded "end"'),
    ],
)
def test_chat(old: Any, new: Any, words: str) -> None:
    """A difference between two conversations is told in a conversation's words."""
    assert words == said(request(old), request(new))[0].text


def test_tools_in_another_order() -> None:
    """Tools that came in another order are told as one difference."""
    tools = [{"name": name, "description": name} for name in ("a", "b", "c")]
    bodies = (CHAT | {"tools": each} for each in (tools, tools[::-1]))

    assert ["the tools come in another order"] == [each.text for each in said(*map(request, bodies))]


def test_inputs_in_another_order() -> None:
    """So it is with the inputs of an embedding."""
    requests = (request({"input": list(each)}, url="https://h/v1/embeddings") for each in ("abcd", "adcb"))

    assert ["inputs 2 to 4 come in another order"] == [each.text for each in said(*requests)]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (request(), request(method="GET"), "the method is GET, recorded POST"),
        (request(), request(method="\x1b"), "the method is \\x1b, recorded POST"),
        (request(), request(url=URL.replace("api.", "")), "the host is example.com, recorded api.example.com"),
        (request(), request(url="https://api.example.com/v2"), 'the path is "/v2", recorded "/v1/chat/completions"'),
        (
            request(url=GEMINI.format("a:generateContent")),
            request(url=GEMINI.format("b:generateContent")),
            'the model is "b", recorded "a"',
        ),
        (
            request(url=GEMINI.format("a:generateContent")),
            request(url=GEMINI.format("a:streamGenerateContent")),
            'the path is "/v1beta/models/a:streamGenerateContent", recorded "/v1beta/models/a:generateContent"',
        ),
        (request(url="https://h/?a=1"), request(url="https://h/"), 'query parameter `a` is missing, recorded "1"'),
        (
            request(url="https://h/?a&b"),
            request(url="https://h/?b&a"),
            "the parameters of the query come in another order",
        ),
        (request(url="http://h/"), request(url="http://h:80/"), 'the URL is "http://h:80/", recorded "http://h/"'),
        (request(b"a=1"), request(b"a=2"), 'form field `a` is "2", recorded "1"'),
        (request(), replace(request(), headers={"Accept": ("a",)}), 'header `Accept` was added: "a"'),
        (request(b"abc\n"), request(b"abd\xff"), 'the body is "abd\\xff", recorded "abc\\n"'),
        (
            request(b"a" * 99),
            request(b"a" * 98 + b"b"),
            f'the body differs at character 99: recorded "…{"a" * 25}", got "…{"a" * 24}b"',
        ),
        (request(b"ab"), request(), 'the body is missing, recorded "ab"'),
        (request({}), request([]), "the body is a list of 0, recorded an object"),
        (request({"n": 1}, url="https://h/"), request({"n": 2}, url="https://h/"), "`n` of the body is 2, recorded 1"),
        (request(b'{"n":1,"n":2}'), request(b'{"n":2}'), "the body differs in a name that it has twice"),
    ],
)
def test_other(old: Request, new: Request, words: str) -> None:
    """So is any other difference, as plain."""
    assert [words] == [each.text for each in said(old, new)]


def test_sentence() -> None:
    """A sentence has also its parts, for programs."""
    (told,) = said(request(user("Hi, Ann")), request(user("Hi, Bob")))

    assert ("/messages/1/content", "changed", '"Hi, Ann"', '"Hi, Bob"', 5) == (
        told.where,
        told.kind,
        told.recorded,
        told.actual,
        told.character,
    )
