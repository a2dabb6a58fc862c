"""An index that makes its keys when one is needed answers as one that made them at once."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from tapehead.cassette import Interaction, Request, Response
from tapehead.matching.index import Index, Replayable
from tapehead.matching.live import LiveRequest
from tapehead.matching.looked_up_by import LookedUpBy, look_up
from tapehead.matching.match_candidate import MatchCandidate
from tapehead.matching.miss import Miss
from tapehead.matching.rules import Rules

RULES = Rules()
BODIES = [
    *(b'{"a": 1}', b'{"a":1}', b'{ "a": 1}', b'{"a": 2}', b'{"k": "[REDACTED:key]"}', b'{"k": "[REDACTED:key-2]"}'),
    *(b'{"k": "one"}', b'{"k": "two"}', b"x", b""),
]
HEADERS = [{}, {"Content-Type": ("application/json",)}, {"Range": ("bytes=0-1",)}, {"X-Other": ("1",)}]


def interactions(choose: random.Random, count: int, first: int = 0) -> list[Interaction]:
    made = []
    for number in range(first, first + count):
        request = Request(
            method=choose.choice(["POST", "POST", "GET"]),
            url=choose.choice(["https://h/a", "https://H/a", "https://h/b"]),
            body=choose.choice(BODIES),
            headers=choose.choice(HEADERS),
        )
        made.append(
            Interaction(id=number, request=request, response=Response(code=choose.choice([200, 200, 0]), status=""))
        )
    return made


class Made(Sequence[Interaction]):
    """Interactions that are others each time."""

    def __init__(self, every: list[Interaction]) -> None:
        self.every = every

    def __len__(self) -> int:
        return len(self.every)

    def __getitem__(self, place):  # type: ignore[no-untyped-def]  # of both kinds
        return [*map(replace, self.every[place])] if isinstance(place, slice) else replace(self.every[place])

    def __iter__(self) -> Iterator[Interaction]:
        return map(replace, self.every)


def pair(choose: random.Random, *, strict: bool, failures: bool) -> tuple[Index, Index]:
    every = interactions(choose, 12)
    known = choose.choice([12, 12, 8, 0])
    starts = {number: float(choose.randrange(6)) for number in range(known)} | {-1: 2.0}
    failed = [replace(each, id=-1) for each in interactions(choose, 1)] if failures else []
    replayable = choose.choice(list(Replayable))
    early, late = (
        Index(each, starts=starts, strict=strict, failures=failed, replayable=replayable, looked_up_by=by)
        for each, by in ((every, None), (Made(every), look_up(every, [each.request for each in every])))
    )
    early._complete()
    return early, late


def told(found: MatchCandidate | Miss) -> object:
    return (found.id, found.interaction, found.by, found.values) if isinstance(found, MatchCandidate) else found


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("failures", [False, True])
@pytest.mark.parametrize("seed", range(60))
def test_late_is_as_early(seed: int, *, strict: bool, failures: bool) -> None:
    """Whatever is asked, claimed, released, added and changed, in whatever order."""
    choose = random.Random(seed)
    early, late = pair(choose, strict=strict, failures=failures)
    added = 100
    for _ in range(30):
        request = interactions(choose, 1)[0].request
        asked = [LiveRequest(request, RULES) for _ in range(2)]
        what, repeat = choose.random(), choose.choice([None, *Replayable])
        if what < 0.6:
            assert told(early.answer(asked[0], repeat)) == told(late.answer(asked[1], repeat))
        elif what < 0.7:
            both = [list(map(told, index.candidates(each))) for index, each in zip((early, late), asked, strict=True)]
            assert both[0] == both[1]
        elif what < 0.8:
            place = choose.randrange(12)
            early.release(place)
            late.release(place)
        elif what < 0.85:
            assert list(map(told, early.unanswered())) == list(map(told, late.unanswered()))
        elif what < 0.9:
            new = interactions(choose, 1, added)[0]
            added += 1
            early.add_recorded(new)
            late.add_recorded(new)
        elif what < 0.95:
            new = interactions(choose, 1, choose.randrange(12))[0]
            early.replace({new.id: new})
            late.replace({new.id: new})
        assert early.unused() == late.unused()
        assert early.interactions == late.interactions
        assert list(early.answered()) == list(late.answered())
        assert early.origins() == late.origins()


def test_what_is_known_is_not_made() -> None:
    """A request that is found by its text needs no key, and origins that are given are not gathered."""
    every = interactions(random.Random(1), 12)
    by = look_up(every, [each.request for each in every])
    index = Index(Made(every), looked_up_by=LookedUpBy(ids=by.ids, digests=by.digests, origins={("https://h", 2)}))

    for each in every:
        assert isinstance(index.answer(LiveRequest(each.request, RULES)), MatchCandidate)
    assert not index._is_complete
    assert {("https://h", 2)} == index.origins()


def test_keys_that_are_made_elsewhere() -> None:
    """They are needed once nothing of a request's text is left, and taken when they are there; twice does nothing."""
    every = interactions(random.Random(2), 12)
    index = Index(Made(every), looked_up_by=look_up(every, [each.request for each in every]))
    first, other = (
        LiveRequest(every[0].request, RULES),
        LiveRequest(replace(every[0].request, url="https://h/c"), RULES),
    )

    assert [False, True] == [index.lacks_keys_for(each) for each in (first, other)]
    keys = index.make_keys()
    assert not index._is_complete
    index.take_keys(keys)
    index.take_keys([])
    assert [False, False] == [index.lacks_keys_for(each) for each in (first, other)]
    assert isinstance(index.answer(other), Miss)
