"""Pairs of requests that differ in one value under a name that credentials have, too: recorded, redacted and replayed.

With values as people and programs make them, each is answered by its own recording alone; with credentials, by that which
was recorded with another one.
"""

import json
import string
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random
from urllib.parse import quote_plus

import pytest

from tapehead.cassette.model import Interaction, Request, Response
from tapehead.matching.index import Index
from tapehead.matching.live import LiveRequest
from tapehead.matching.miss import Miss
from tapehead.matching.rules import Rules
from tapehead.redact.placeholder_forms import is_form
from tapehead.redact.placeholder_numbers import PlaceholderNumbers
from tapehead.redact.redactor import Redactor

pytestmark = pytest.mark.slow

MOST = 100  # pairs of a name at a place
LETTERS = string.ascii_letters + string.digits
OF_CREDENTIALS = ("code", "key", "token", "sig", "auth", "secret", "credential", "access_key")
OF_PAIRS = ("signature", "ticket")  # in JSON they are other things
HARMLESS = ("account_id", "user_email", "user_id", "state", "cursor", "next_token", "sort_key")
WORDS = (
    *("report", "summary", "alpha", "river", "stone", "market", "planet", "orange"),
    *("silver", "invoice", "customer", "profile", "settings", "draft", "london"),
)

type Maker = Callable[[Random], str]

PLAIN: tuple[Maker, ...] = (
    lambda chance: _word(chance),
    lambda chance: f"{_word(chance)}-{_word(chance)}_{chance.randint(1, 99)}",
    lambda chance: str(chance.randint(0, 10 ** chance.randint(1, 12))),
    lambda chance: f"{_word(chance)}/{_word(chance)}/{_word(chance)}.pdf",
    lambda chance: f"user:{chance.randint(1, 9999)}",
    lambda chance: f"{_word(chance)}:user{chance.randint(1000, 9999)}:cart",
    lambda chance: f"2026-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}",
    lambda chance: f"2026-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}T{chance.randint(0, 23):02}:00:00Z",
    lambda chance: f"America/{_word(chance).title()}_{_word(chance).title()}",
    lambda chance: f"{_word(chance)}.{_word(chance)}@{_word(chance)}.com",
    lambda chance: f"print({chance.randint(1, 999)})",
    lambda chance: f"{_word(chance)} and {_word(chance)}",
    lambda chance: f"{_word(chance)}{_word(chance).title()}",
    lambda chance: f"claude-{_word(chance)}-4-{chance.randint(1, 9)}",
    lambda chance: f"v{chance.randint(1, 9)}.{chance.randint(0, 20)}.{chance.randint(0, 20)}",
    lambda chance: f"https://{_word(chance)}.example.com/{_word(chance)}?page={chance.randint(1, 99)}",
    lambda chance: f"10.{chance.randint(0, 255)}.0.{chance.randint(0, 255)}",
    lambda chance: f"2001:db8:{chance.getrandbits(16):x}::{chance.getrandbits(16):x}",
)
IDS: tuple[Maker, ...] = (
    lambda chance: str(uuid.UUID(int=chance.getrandbits(128), version=4)),
    lambda chance: f"{chance.getrandbits(160):040x}",
)
RANDOM: tuple[Maker, ...] = (
    lambda chance: "".join(chance.choices(LETTERS, k=chance.randint(28, 64))),
    lambda chance: "".join(chance.choices(LETTERS + "-_", k=43)),
)


def _word(chance: Random) -> str:
    return chance.choice(WORDS)


def in_query(name: str, value: str, path: str) -> Request:
    return Request(method="GET", url=f"https://api.test/{path}?limit=5&{name}={quote_plus(value)}")


def in_form(name: str, value: str, path: str) -> Request:
    headers = {"Content-Type": ("application/x-www-form-urlencoded",)}
    body = f"limit=5&{name}={quote_plus(value)}".encode()
    return Request(method="POST", url=f"https://api.test/{path}", headers=headers, body=body)


def in_json(name: str, value: str, path: str) -> Request:
    headers = {"Content-Type": ("application/json",)}
    body = json.dumps({"limit": 5, name: value}).encode()
    return Request(method="POST", url=f"https://api.test/{path}", headers=headers, body=body)


class Replay:
    """What was recorded of requests in one run, replayed in another. The ids are those of the requests."""

    def __init__(self, requests: Sequence[Request]) -> None:
        recording, numbers = Redactor(), PlaceholderNumbers()
        answer = Response(code=200, status="200 OK")
        recorded = []
        for id, request in enumerate(requests):
            recording.learn_request(_headers(request), request.url, request.body)
            recorded.append(Interaction(id=id, request=recording.request(request, numbers), response=answer))
        self._redactor = Redactor()
        self._index = Index(
            [replace(each, request=self._redactor.request(each.request)) for each in recorded],
            texts=[each.request for each in recorded],
            is_any=is_form,
        )

    def ask(self, request: Request) -> int | None:
        """The id of what answers."""
        self._redactor.learn_request(_headers(request), request.url, request.body)
        found = self._index.answer(LiveRequest(request, Rules(), redacted=self._redactor.request(request)))
        return None if isinstance(found, Miss) else found.id


def _headers(request: Request) -> list[tuple[str, str]]:
    return [(name, text) for name, texts in request.headers.items() for text in texts]


def pairs(makers: Sequence[Maker], chance: Random) -> list[tuple[str, str]]:
    """Values that differ, each in a way of its own."""
    every = ((chance.choice(makers)(chance), chance.choice(makers)(chance)) for _ in range(2 * MOST))
    return [(one, other) for one, other in every if one != other][:MOST]


@pytest.mark.parametrize("place", [in_query, in_form, in_json])
@pytest.mark.parametrize("name", [*OF_CREDENTIALS, *OF_PAIRS, *HARMLESS])
def test_plain_values(name: str, place: Callable[[str, str, str], Request]) -> None:
    """What was recorded with one plain value answers no other, and of two each answers its own, whoever asks first."""
    values = pairs(PLAIN + IDS if name in HARMLESS else PLAIN, Random(name))
    one = [place(name, value, f"one/{number}") for number, (value, _) in enumerate(values)]
    two = [place(name, value, f"two/{number}") for number, pair in enumerate(values) for value in pair]
    replay = Replay([*one, *two])

    assert [] == [each for at, each in enumerate(values) if replay.ask(place(name, each[1], f"one/{at}")) is not None]
    asked = [*range(1, len(two), 2), *range(0, len(two), 2)]
    assert [len(one) + at for at in asked] == [replay.ask(two[at]) for at in asked]


@pytest.mark.parametrize(
    ("name", "place"),
    [
        *((name, place) for name in OF_CREDENTIALS for place in (in_query, in_form, in_json)),
        *((name, place) for name in OF_PAIRS for place in (in_query, in_form)),
    ],
)
def test_other_credentials(name: str, place: Callable[[str, str, str], Request]) -> None:
    """What was recorded with one credential answers with any other."""
    values = pairs(RANDOM, Random(name))
    replay = Replay([place(name, value, str(number)) for number, (value, _) in enumerate(values)])
    answered = [replay.ask(place(name, other, str(number))) for number, (_, other) in enumerate(values)]

    assert list(range(len(values))) == answered
