"""Real conversations: re-sent in another spelling they match, with one character changed they do not."""

import json
from collections.abc import Iterator
from dataclasses import replace
from random import Random

import pytest

from tapehead.cassette import Interaction, load
from tapehead.matching.index import Index
from tapehead.matching.live import LiveRequest
from tapehead.matching.miss import Miss
from tapehead.matching.rules import Rules
from tapehead.wire.asking_headers import ASKING
from tests.support.corpus import corpus
from tests.unit.matching.respelling import json_text, paths, replaced

SEED = 7


def cassettes() -> Iterator[tuple[Interaction, ...]]:
    for file in corpus():
        yield load(file).interactions


def test_every_request_matches_in_another_spelling() -> None:
    """Key order, spacing, escapes and the spelling of numbers changed: each of the requests finds its recording."""
    count, random = 0, Random(SEED)
    for interactions in cassettes():
        index = Index(interactions)
        for each in interactions:
            body = json_text(json.loads(each.request.body), random).encode(errors="surrogatepass")
            url = each.request.url.replace("https://", "HTTPS://")
            taken = index.take(replace(each.request, body=body, url=url))
            assert not isinstance(taken, Miss), each.request.url
            assert each.request.body == taken.request.body
            count += 1
    assert count > 600


@pytest.mark.parametrize("more", [(), tuple((name.lower(), "x") for name in ASKING)], ids=["without", "with"])
def test_every_request_matches_as_it_is_asked(more: tuple[tuple[str, str], ...]) -> None:
    """With the headers that say what is asked, which no public cassette has, and without: each finds its recording."""
    count = 0
    for interactions in cassettes():
        index = Index(interactions)
        for each in interactions:
            sent = [(name, value) for name, values in each.request.headers.items() for value in values]
            found = index.answer(LiveRequest(each.request, Rules(), headers=[*sent, *more]))
            assert not isinstance(found, Miss), each.request.url
            assert each.request.body == found.interaction.request.body
            count += 1
    assert count > 600


def test_no_request_matches_with_one_character_changed() -> None:
    """One character of one string of the body changed, wherever it is: nothing answers."""
    count, random = 0, Random(SEED)
    for interactions in cassettes():
        for each in interactions:
            value = json.loads(each.request.body)
            strings = [path for path in paths(value) if isinstance(_at(value, path), str) and _at(value, path)]
            path = random.choice(strings)
            text = _at(value, path)
            at = random.randrange(len(text))
            other = "x" if text[at] != "x" else "y"
            body = json.dumps(replaced(value, path, text[:at] + other + text[at + 1 :])).encode()
            assert isinstance(Index(interactions).take(replace(each.request, body=body)), Miss), path
            count += 1
    assert count > 600


def _at(value: object, path: tuple[str | int, ...]) -> str:
    for step in path:
        value = value[step]  # type: ignore[index]
    return value  # type: ignore[return-value]
