import json

import pytest

from tapehead.cassette import Interaction, Request, Response
from tapehead.matching.nearest import difference, explain

CHAT = {"model": "m", "messages": [{"role": "user", "content": "Say hi in Portuguese, please, and be brief"}], "n": 1}


def request(body: object = b"", method: str = "POST", url: str = "https://h/v1/chat") -> Request:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Request(method=method, url=url, body=data)


def recorded(number: int, asked: Request) -> Interaction:
    return Interaction(id=number, request=asked, response=Response(code=200, status="200 OK"))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (request(), request(method="GET"), 'the method is "GET", recorded "POST"'),
        (
            request(),
            request(url="https://h/v2"),
            'the URL differs at character 11: recorded "https://h/v1/chat", got "https://h/v2"',
        ),
        (request(b"ab"), request(), "the body has 0 bytes, recorded 2"),
        (request(b"abc\n"), request(b"abd\xff"), 'the body differs at character 2: recorded "abc\\n", got "abd\\xff"'),
        (request({}), request(b"x"), 'the body differs at character 0: recorded "{}", got "x"'),
        (request(CHAT), request(CHAT | {"n": 2}), "body.n is 2, recorded 1"),
        (request(CHAT), request(CHAT | {"n": "1"}), 'body.n is "1", recorded 1'),
        (request(CHAT), request(CHAT | {"n": None}), "body.n is null, recorded 1"),
        (request({"a": True}), request({"a": False}), "body.a is false, recorded true"),
        (request({"a": {}}), request({"a": [1]}), "body.a is a list of 1, recorded an object"),
        (request({"a": 1}), request({}), "body.a is missing, recorded 1"),
        (request({}), request({"a\n": "x" * 99}), f'body.a\\n was added: "{"x" * 60}…"'),
        (request([1]), request([1, 2]), "body[1] was added: 2"),
        (request([1, 2]), request([1]), "body[1] is missing, recorded 2"),
        (request([[1], {"b": 1}]), request([[1], {"b": 2}]), "body[1].b is 2, recorded 1"),
        (request(b'{"a":1,"a":2}'), request(b'{"a":2}'), "the body repeats a key with another value"),
        (
            request(CHAT),
            request(CHAT | {"messages": [{"role": "user", "content": "Say hi in Portuguese, please, and be rude"}]}),
            'body.messages[0].content differs at character 37: recorded "…tuguese, please, and be brief", '
            'got "…tuguese, please, and be rude"',
        ),
    ],
)
def test_first_difference(old: Request, new: Request, said: str) -> None:
    """The first difference is told in words: where it is, what was recorded, what came."""
    assert said == difference(old, new)


def test_control_characters_are_escaped() -> None:
    """Nothing that a terminal would obey is shown raw."""
    said = difference(request({"a": "b"}), request({"a": "\x1b[2J\u202e"}))

    assert 'got "\\x1b[2J\\u202e"' in said


def test_nothing_recorded() -> None:
    """An empty cassette is said to be empty."""
    assert "the cassette holds no interaction" == explain(request(), [])


def test_other_host() -> None:
    """When the host is unknown, the hosts of the cassette are named."""
    every = [recorded(n, request(url=f"https://h{n}/")) for n in range(7)]

    assert 'nothing is recorded for "h"; the cassette has "h0"' == explain(request(), every[:1])
    assert explain(request(), every).endswith('"h4", …')


def test_nearest() -> None:
    """The nearest has the same host, path, method and URL where there is one, then the longest common start."""
    every = [
        recorded(0, request(CHAT, url="https://h/v1/other")),
        recorded(1, request({"model": "other"})),
        recorded(2, request(CHAT)),
        recorded(3, request(CHAT, method="PUT")),
        recorded(4, request(CHAT, url="https://other/v1/chat")),
    ]

    assert "nearest is interaction 2: body.n is 3, recorded 1" == explain(request(CHAT | {"n": 3}), every)
