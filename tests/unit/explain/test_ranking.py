from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from tapehead.cassette import Request
from tapehead.explain.ranking import compare_candidate, nearest
from tests.unit.matching.asked import recorded, request

CHAT: dict[str, Any] = {
    "model": "m",
    "system": "Be brief.",
    "messages": [{"role": "user", "content": text} for text in ("Tell me a story.", "What then?", "And in the end?")],
    "temperature": 0.5,
    "tools": [{"name": "search", "description": "Searches"}],
}


def chat(*texts: str, **more: object) -> Request:
    """The conversation with some of it changed."""
    messages = [{"role": "user", "content": text} for text in texts]
    return request(CHAT | ({"messages": messages} if texts else {}) | more)


def identity(asked: Request) -> Request:
    return asked


def ids(asked: Request, requests: Sequence[Request]) -> list[int]:
    interactions = [recorded(number, each) for number, each in enumerate(requests)]
    return [each.interaction.id for each in nearest(asked, interactions, identity)]


@pytest.mark.parametrize(
    ("near", "far"),
    [
        (
            chat("Tell me a story.", "What then?", "And in the end!"),
            chat("Tell me a story!", "What then?", "And in the end?"),
        ),
        (chat("Tell me a story.", "What then?", "And in the end!"), chat(model="n")),
        (chat("Tell me a story.", "What then?", "Stop"), chat(system="Be rude.")),
        (chat("Tell me a story.", "What then?", "And in the end!"), chat(temperature=0.6)),
        (chat("Tell me a story.", "What then?"), chat("Tell me a story.")),
        (chat("Tell me a story.", "What then?", "And?"), chat("Sing", "What then?", "And?")),
        (chat(system=[{"type": "text", "text": "Be brief."}]), chat(system=[], model="n", temperature=1)),
        (chat(temperature=0.6), chat(temperature=[0.5])),
        (chat(tools=[{"name": "search", "description": "Searches", "cache_control": {}}]), chat(tools=[])),
        (chat("Sing", "Dance", "Laugh"), replace(chat(), method="PUT")),
        (chat("Sing", "Dance", "Laugh"), replace(chat(), url="https://other.example.com/v1/chat/completions")),
        (chat(temperature=1), chat(**{str(n): n for n in range(200)})),
    ],
)
def test_nearer(near: Request, far: Request) -> None:
    """Fewer and smaller differences are nearer; late in the conversation is nearer than early, or than the model."""
    assert [0, 1] == ids(chat(), [near, far])
    assert [1, 0] == ids(chat(), [far, near])


def test_order_of_equals() -> None:
    """Equally near ones stay in the cassette's order."""
    assert [0, 1, 2] == ids(chat(model="n"), [chat()] * 3)


def test_normal() -> None:
    """Requests are compared as `normalize` leaves them, and those that are large as they are."""
    interactions = [recorded(0, chat(model="a")), recorded(1, chat(temperature=1))]

    def without_model(asked: Request) -> Request:
        return replace(asked, body=asked.body.replace(b'"model": "a"', b'"model": "m"'))

    assert () == nearest(chat(), interactions, without_model)[0].comparison.differences
    large = request(b"[" + b"1," * 60_000 + b'"model": "a"]')
    assert large == compare_candidate(large, recorded(0, large), without_model).comparison.actual


def test_large_bodies() -> None:
    """When much was read the rest is left out, but for the likeliest."""
    bodies = [b'"%d' % n * 5_000_000 for n in range(3)]

    assert [0] == ids(request(bodies[0]), [request(body) for body in bodies])


def test_api_of_either_side() -> None:
    """The API is known by the request, else by what was recorded."""
    candidate = compare_candidate(request(), recorded(0, chat()), identity)

    assert candidate.api is not None
    assert "OpenAI chat completions" == candidate.api.name
