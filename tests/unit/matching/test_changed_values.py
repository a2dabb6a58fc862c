"""Requests recorded with some credentials and replayed with others: each gets its own answer, and none another's."""

import base64
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from tapehead.cassette import Interaction, Request, Response
from tapehead.matching.index import Index
from tapehead.matching.live import LiveRequest
from tapehead.matching.match_candidate import MatchCandidate
from tapehead.matching.miss import Miss
from tapehead.matching.rules import Rules
from tapehead.redact.placeholder_numbers import PlaceholderNumbers
from tapehead.redact.redactor import Redactor

SEEDS = 40
"""More are tried by hand: 5,000 take some minutes."""

RULES = Rules()
JSON = {"Content-Type": ("application/json",)}
FORM = {"Content-Type": ("application/x-www-form-urlencoded",)}
WORDS = ("weather", "news", "price", "sum", "count", "list")

type Make = Callable[[str, str], Request]
"""A request of a credential, and of what else is asked."""


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


MAKERS: dict[str, Make] = {
    "query": lambda key, asked: Request(method="GET", url=f"https://h/v1/{asked}?key={key}&q={asked}"),
    "json": lambda key, asked: Request(
        method="POST", url="https://h/j", body=_json({"q": asked, "api_key": key}), headers=JSON
    ),
    "nested": lambda key, asked: Request(
        method="POST",
        url="https://h/n",
        body=_json({"arguments": _json({"api_key": key, "q": asked}).decode()}),
        headers=JSON,
    ),
    "form": lambda key, asked: Request(
        method="POST", url="https://h/f", body=f"q={asked}&password={key}".encode(), headers=FORM
    ),
    "prompt": lambda key, asked: Request(
        method="POST",
        url="https://h/p",
        body=_json({"messages": [{"content": f"{asked} with {key}, please"}]}),
        headers=JSON,
    ),
}


def credential(rnd: random.Random) -> str:
    """One that a rule knows by its shape, so that it is found in a prompt as well."""
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    return "sk-ant-api03-" + "".join(rnd.choices(letters, k=40)) + "a1B"


def record(requests: list[Request]) -> Index:
    """An index of what is written of them."""
    redactor, numbers = Redactor(), PlaceholderNumbers()
    written = [redactor.request(each, numbers) for each in requests]
    response = Response(code=200, status="200 OK")
    return Index([Interaction(id=n, request=each, response=response) for n, each in enumerate(written)])


def ask(index: Index, requests: list[Request], redactor: Redactor) -> Iterator[MatchCandidate | Miss]:
    for each in requests:
        yield index.answer(LiveRequest(each, RULES, redacted=redactor.request(each)))


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("knows", [True, False], ids=["known", "unknown"])
def test_other_credentials(name: str, knows: bool) -> None:
    """With other credentials each request is answered by its own recording, whether or not they look like some.

    The order of those with one text but for the credential stays as it was: nothing else tells them apart.
    """
    make = MAKERS[name]
    for seed in range(SEEDS):
        rnd = random.Random(f"{name} {seed}")  # to be the same in each run
        keys = [credential(rnd) for _ in range(rnd.randint(1, 4))]
        others = [credential(rnd) if knows else f"dummy-{n}" for n in range(len(keys))]
        order = [(rnd.randrange(len(keys)), rnd.choice(WORDS)) for _ in range(rnd.randint(1, 12))]
        index = record([make(keys[n], asked) for n, asked in order])
        found = list(ask(index, [make(others[n], asked) for n, asked in order], Redactor()))

        assert list(range(len(order))) == [None if isinstance(each, Miss) else each.id for each in found], seed


@pytest.mark.parametrize("name", MAKERS)
def test_the_same_credentials_in_another_order(name: str) -> None:
    """Asked in any order, requests with other credentials that differ elsewhere too are answered by their own recordings."""
    make = MAKERS[name]
    for seed in range(SEEDS):
        rnd = random.Random(f"{name} {seed}")  # to be the same in each run
        words = rnd.sample(WORDS, k=len(WORDS))
        index = record([make(credential(rnd), asked) for asked in words])
        order = rnd.sample(range(len(words)), k=len(words))
        found = list(ask(index, [make(credential(rnd), words[n]) for n in order], Redactor()))

        assert order == [None if isinstance(each, Miss) else each.id for each in found], seed
        assert not any(isinstance(each, MatchCandidate) and each.by_order for each in found)


ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "base64": base64.b64encode,
    "urlsafe": lambda text: base64.urlsafe_b64encode(text).rstrip(b"="),
    "hex": lambda text: text.hex().encode(),
}


@pytest.mark.parametrize("plain", ["", "sk-ant-api03-Zz9Yy8Xx7Ww6Vv5Uu4Tt3Ss2"], ids=["alone", "beside a plain one"])
@pytest.mark.parametrize("encode", ENCODERS.values(), ids=ENCODERS)
def test_encoded_credentials(encode: Callable[[bytes], bytes], plain: str) -> None:
    """So it is where all that was redacted is encoded, so that no placeholder can be read in the recording."""
    rnd = random.Random(5)  # to be the same in each run

    def make(asked: str) -> Request:
        return Request(method="GET", url=f"https://h/v1/{asked}/{encode(credential(rnd).encode()).decode()}/{plain}x")

    index = record([make(asked) for asked in WORDS])
    order = rnd.sample(range(len(WORDS)), k=len(WORDS))
    found = list(ask(index, [make(WORDS[n]) for n in order], Redactor()))

    assert order == [None if isinstance(each, Miss) else each.id for each in found]
    assert all(isinstance(each, Miss) for each in ask(index, [make("another"), make(WORDS[0])], Redactor()))


@pytest.mark.parametrize("name", MAKERS)
def test_nothing_else_may_differ(name: str) -> None:
    """A request that differs anywhere but at the place of the credential is a miss."""
    make = MAKERS[name]
    for seed in range(SEEDS):
        rnd = random.Random(f"{name} {seed}")  # to be the same in each run
        key, other = credential(rnd), rnd.choice((credential(rnd), "dummy"))
        asked, changed = rnd.sample(WORDS, k=2)
        request = make(other, changed)
        variants = [
            request,
            replace(make(other, asked), method="PUT"),
            replace(make(other, asked), url=make(other, asked).url + ("&" if name == "query" else "?") + "x=1"),
        ]
        index = record([make(key, asked)])

        assert all(isinstance(each, Miss) for each in ask(index, variants, Redactor())), seed
