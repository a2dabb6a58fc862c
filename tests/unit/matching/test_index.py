from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tapehead.cassette import Interaction, Request, Response
from tapehead.matching.index import Index, Miss, MissKind, Replayable
from tapehead.matching.key import request_key
from tapehead.matching.rules import Rules, parse_ignore

NO_STARTS: Mapping[int, float] = {}


def interaction(number: int, body: bytes = b"", url: str = "https://h/a") -> Interaction:
    return Interaction(
        id=number,
        request=Request(method="POST", url=url, body=body),
        response=Response(code=200, status="200 OK"),
    )


def ask(body: bytes = b"") -> Request:
    return Request(method="POST", url="https://h/a", body=body)


def take(index: Index, body: bytes = b"") -> int | MissKind:
    taken = index.take(ask(body))
    return taken.kind if isinstance(taken, Miss) else taken.id


def ids(interactions: tuple[Interaction, ...]) -> list[int]:
    return [each.id for each in interactions]


def test_recorded_order_once_each() -> None:
    """Interactions of one key answer in recorded order, once each; other keys do not disturb them."""
    every = [interaction(0), interaction(1, b"x"), interaction(2)]
    index = Index(every)

    assert [0, 2, 1] == [take(index), take(index), take(index, b"x")]
    assert Miss(kind=MissKind.USED, interactions=(every[0], every[2]), used_by=(1, 2)) == index.take(ask())
    assert Miss(kind=MissKind.USED, interactions=(every[1],), used_by=(3,)) == index.take(ask(b"x"))


def test_unknown() -> None:
    """A request that nothing is recorded for is unknown, in an empty cassette and in another."""
    assert Miss(kind=MissKind.UNKNOWN) == Index([]).take(ask())
    assert Miss(kind=MissKind.UNKNOWN) == Index([interaction(0)]).take(ask(b"x"))


def test_every_request_counts() -> None:
    """Requests are counted whether they are answered or not, so that a number is the same in a log."""
    index = Index([interaction(0), interaction(1)], replayable=Replayable.NO)

    assert [MissKind.UNKNOWN, 0, MissKind.UNKNOWN, 1] == [take(index, body) for body in (b"x", b"", b"x", b"")]
    assert Miss(kind=MissKind.USED, interactions=tuple(index.interactions), used_by=(2, 4)) == index.take(ask())


@pytest.mark.parametrize(
    ("replayable", "answers"),
    [
        (Replayable.NO, [0, 1, 2, MissKind.USED, MissKind.USED, MissKind.USED, MissKind.USED]),
        (Replayable.LAST, [0, 1, 2, 2, 2, 2, 2]),
        (Replayable.ALL, [0, 1, 2, 0, 1, 2, 0]),
    ],
)
def test_replayable(replayable: Replayable, answers: list[int | MissKind]) -> None:
    """Once all were used none answers, or the last, or all of them round and round."""
    index = Index([interaction(n) for n in range(3)], replayable=replayable)

    assert answers == [take(index) for _ in range(7)]


def test_rules() -> None:
    """Which requests are the same is told by the rules."""
    index = Index([interaction(0, b'{"a":1}')], rules=Rules(ignore=parse_ignore(["/a"])))

    assert 0 == take(index, b'{"a":2}')


@pytest.mark.parametrize(
    ("starts", "answers"),
    [
        ({}, [0, 1, 2]),
        ({0: 30.0, 1: 10.0, 2: 20.0, 3: 5.0}, [1, 2, 0]),
        ({0: 30.0, 1: 10.0, 2: 20.0}, [1, 2, 0]),  # not of another key's
        ({0: 30.0, 1: 10.0, 3: 5.0}, [0, 1, 2]),
        ({0: 10.0, 1: 10.0, 2: 5.0}, [2, 0, 1]),
    ],
)
def test_starts(starts: dict[int, float], answers: list[int]) -> None:
    """Where the starts of all of a key are known they answer in that order, equal ones as recorded."""
    index = Index([interaction(0), interaction(1), interaction(2), interaction(3, b"x")], starts=starts)

    assert answers == [take(index) for _ in range(3)]


@pytest.mark.parametrize(
    ("starts", "order"),
    [
        (NO_STARTS, [b"a", b"b", b"a", b"c"]),
        ({0: 3.0, 1: 1.0, 2: 2.0, 3: 4.0}, [b"b", b"a", b"a", b"c"]),
        ({0: 3.0, 2: 2.0}, [b"a", b"b", b"a", b"c"]),  # not all: recorded order, of each key too
    ],
)
def test_strict(starts: Mapping[int, float], order: list[bytes]) -> None:
    """Strictly, requests are answered in the order of the whole cassette."""
    recorded = [interaction(n, body) for n, body in enumerate([b"a", b"b", b"a", b"c"])]
    index = Index(recorded, strict=True, starts=starts)

    assert [0, 1, 2, 3] == sorted(int(str(take(index, body))) for body in order)
    assert [] == ids(index.unused())


def test_strict_miss() -> None:
    """Strictly, a request that would match is a miss while another is to come first; nothing is used by it."""
    index = Index([interaction(0, b"a"), interaction(1, b"b"), interaction(2, b"b")], strict=True)
    expected = Miss(kind=MissKind.ORDER, interactions=tuple(index.interactions[1:]), next=index.interactions[0])

    assert expected == index.take(ask(b"b"))
    assert MissKind.UNKNOWN == take(index, b"c")
    assert [0, 1] == [take(index, b"a"), take(index, b"b")]
    assert Miss(kind=MissKind.USED, interactions=(index.interactions[0],), used_by=(3,)) == index.take(ask(b"a"))
    assert [2] == ids(index.unused())


def test_strict_starts_of_one_key() -> None:
    """Strictly, an order that is known of one key only does not count: the cassette's does."""
    index = Index([interaction(0), interaction(1), interaction(2, b"x")], strict=True, starts={0: 2.0, 1: 1.0})

    assert [0, 1, 2] == [take(index), take(index), take(index, b"x")]


def test_strict_and_replayable() -> None:
    """Strictly, what answers again does so at any time, and does not disturb the order."""
    index = Index([interaction(0), interaction(1, b"x"), interaction(2, b"y")], strict=True, replayable=Replayable.LAST)

    assert [0, 0, MissKind.ORDER, 1, 0, 2, 1] == [take(index, body) for body in (b"", b"", b"y", b"x", b"", b"y", b"x")]


def test_added_while_recording() -> None:
    """What was recorded just now was used by its own request; what was recorded earlier still answers."""
    index = Index([interaction(0), interaction(1)])
    assert 0 == take(index)
    index.add_recorded(interaction(2))

    assert [1] == ids(index.unused())
    assert 1 == take(index)
    missed = index.take(ask())
    assert isinstance(missed, Miss)
    assert [0, 2, 1] == ids(missed.interactions)
    assert (1, 0, 2) == missed.used_by
    assert [0, 1, 2] == [each.id for each in index.interactions]


@pytest.mark.parametrize(("replayable", "answers"), [(Replayable.LAST, [5, 5, 6, 6]), (Replayable.ALL, [5, 5, 5, 6])])
def test_added_and_replayable(replayable: Replayable, answers: list[int]) -> None:
    """What was recorded just now answers again when asked to."""
    index = Index([], replayable=replayable)
    index.add_recorded(interaction(5))
    taken = [take(index), take(index)]
    index.add_recorded(interaction(6))

    assert answers == [*taken, take(index), take(index)]


def test_unused() -> None:
    """Those that have not answered, in the cassette's order."""
    index = Index([interaction(0), interaction(1), interaction(2, b"x")], starts={0: 2.0, 1: 1.0, 2: 0.0})
    take(index)

    assert [0, 2] == ids(index.unused())


@settings(max_examples=200, deadline=None)
@given(
    recorded=st.lists(st.sampled_from("abc"), max_size=8),
    asked=st.lists(st.sampled_from("abcd"), max_size=12),
    starts=st.dictionaries(st.integers(0, 7), st.floats(0, 9)),
    strict=st.booleans(),
)
def test_no_answer_twice(recorded: list[str], asked: list[str], starts: dict[int, float], strict: bool) -> None:
    """No recorded answer is given to two requests, each fits, and what is left is unused."""
    index = Index([interaction(n, body.encode()) for n, body in enumerate(recorded)], starts=starts, strict=strict)
    taken = [(index.take(ask(body.encode())), body) for body in asked]
    given = [(each, body) for each, body in taken if isinstance(each, Interaction)]

    assert all(each.request.body == body.encode() for each, body in given)
    assert sorted(range(len(recorded))) == sorted([*(each.id for each, _ in given), *ids(index.unused())])
    if not strict:
        assert all(recorded.count(body) < asked.count(body) for each, body in taken if isinstance(each, Miss))


def test_a_key_that_is_known() -> None:
    """Whoever has the key hands it over, and it is not made again."""
    index = Index([interaction(0)])
    key = request_key(ask(), Rules())
    index.add_recorded(interaction(1), key)

    assert interaction(0) == index.take(ask(b"another"), key)
    assert isinstance(index.take(ask(), key), Miss)


def test_what_an_index_says_of_itself() -> None:
    """How many interactions it has, how many have answered, and whether their order counts."""
    index = Index([interaction(0), interaction(1)], strict=True)
    index.take(ask())

    assert "<Index 2 interactions, 1 used, strict>" == repr(index)
    assert "<Index 0 interactions, 0 used>" == repr(Index([]))


def test_what_is_changed_in_its_place() -> None:
    """A changed interaction is found by its new request, in its place; whether it has answered is remembered."""
    index = Index([interaction(0, b"old"), interaction(1, b"old"), interaction(2, b"other")])
    assert 0 == take(index, b"old")
    index.replace({0: interaction(0, b"new"), 1: interaction(1, b"new"), 7: interaction(7)})
    same = interaction(2, b"other")
    index.replace({2: same})

    assert MissKind.UNKNOWN is take(index, b"old")
    assert 1 == take(index, b"new")
    assert MissKind.USED is take(index, b"new")
    assert same is index.interactions[2]
    assert [2] == ids(index.unused())
