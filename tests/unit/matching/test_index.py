import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tapehead.cassette import Interaction, Request, Response
from tapehead.matching.index import Index, Replayable
from tapehead.matching.key import request_key
from tapehead.matching.live import LiveRequest
from tapehead.matching.looked_up_by import look_up
from tapehead.matching.match_candidate import MatchCandidate, MatchedBy
from tapehead.matching.miss import Miss, MissKind
from tapehead.matching.placeholder_fits import PlaceholderFits
from tapehead.matching.rules import Rules, parse_ignore, parse_match

RULES = Rules()
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


def _same(live: LiveRequest) -> LiveRequest:
    return live


def ids(interactions: Sequence[Interaction]) -> list[int]:
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


def get(number: int, url: str, body: bytes = b"", **headers: tuple[str, ...]) -> Interaction:
    return Interaction(
        id=number,
        request=Request(method="GET", url=url, body=body, headers=headers),
        response=Response(code=200, status="200 OK"),
    )


def live(url: str, body: bytes = b"", rules: Rules = RULES, **more: Any) -> LiveRequest:
    return LiveRequest(Request(method="GET", url=url, body=body), rules, **more)


def answers(index: Index, *asked: LiveRequest) -> list[int | MissKind]:
    found = [index.answer(each) for each in asked]
    return [each.kind if isinstance(each, Miss) else each.interaction.id for each in found]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://h/q?a=1", "https://h/q?%61=1"),
        ("https://h/q?x=1&y=2", "https://h/q?y=2&x=1"),
        ("https://h/q?", "https://h/q"),
    ],
)
@pytest.mark.parametrize("replayable", Replayable)
def test_the_same_text_answers_first(one: str, other: str, replayable: Replayable) -> None:
    """Of requests that mean the same the one that is the same byte for byte answers first, and the other after it."""
    index = Index([get(0, one), get(1, other)], replayable=replayable)
    again = {Replayable.NO: MissKind.USED, Replayable.LAST: 1, Replayable.ALL: 1}[replayable]

    assert [1, 0, again] == answers(index, live(other), live(other), live(other))


@pytest.mark.parametrize("swapped", [False, True])
def test_ignored_parts_tell_apart_all_the_same(swapped: bool) -> None:
    """Prompts that are equal but for an ignored part are told apart by it where they can be, and else by their order."""
    rules = Rules(ignore=parse_ignore(["/day"]))
    index = Index([get(0, "https://h/", b'{"day":1}'), get(1, "https://h/", b'{"day":2}')], rules=rules)
    asked = [live("https://h/", body, rules) for body in (b'{"day":1}', b'{"day":2}')]

    assert [1, 0] if swapped else [0, 1] == answers(index, *(reversed(asked) if swapped else asked))


def test_recorded_headers_break_ties() -> None:
    """Of two that are the same text the one whose recorded headers are the client's answers first."""
    every = [get(0, "https://h/f", Range=("bytes=0-99",)), get(1, "https://h/f", Range=("bytes=100-255",))]

    assert [1, 0] == answers(
        Index(every),
        live("https://h/f", headers=[("range", "bytes=100-255")]),
        live("https://h/f", headers=[("range", "bytes=0-99")]),
    )


def test_text_and_headers_where_a_header_must_agree() -> None:
    """A text that is the same does not answer when a header that counts is another one."""
    rules = Rules(match=parse_match(["url", "headers:Accept"]))
    index = Index(
        [get(0, "https://h/f?a=1&b=2", Accept=("a/b",)), get(1, "https://h/f?b=2&a=1", Accept=("c/d",))], rules=rules
    )
    request = Request(method="GET", url="https://h/f?a=1&b=2", headers={"Accept": ("c/d",)})

    assert [1, MissKind.USED] == answers(index, LiveRequest(request, rules), LiveRequest(request, rules))


def test_candidates_remember_nothing() -> None:
    """Asking which match changes nothing; claiming one takes it out."""
    index = Index([get(0, "https://h/a?b=1&c=2"), get(1, "https://h/a?c=2&b=1"), get(2, "https://h/other")])
    asked = live("https://h/a?c=2&b=1")
    found = [(each.id, each.by) for each in index.candidates(asked)]

    assert [(1, MatchedBy.TEXT), (0, MatchedBy.MEANING)] == found == [(e.id, e.by) for e in index.candidates(asked)]
    index.claim(1)
    assert [0] == [each.id for each in index.candidates(asked)]
    assert [0, 2] == [each.id for each in index.unused()]


def test_many_of_one_text_are_found_at_once() -> None:
    """What has answered is not gone through again for each request."""
    index = Index([get(n, "https://h/a") for n in range(20_000)])
    start = time.process_time()

    assert list(range(20_000)) == answers(index, *(live("https://h/a") for _ in range(20_000)))
    assert time.process_time() - start < 5


ONE, TWO = "https://h/?code=[REDACTED:query]", "https://h/?code=[REDACTED:query-2]"


def coded(value: str, *, is_known: bool = True) -> LiveRequest:
    """A live request whose value is redacted, or not known as a credential here."""
    redacted = Request(method="GET", url="https://h/?code=[REDACTED:query]")
    return live(f"https://h/?code={value}", redacted=redacted if is_known else None)


@pytest.mark.parametrize("is_known", [True, False])
def test_any_value_at_the_place_of_a_placeholder(is_known: bool) -> None:
    """Another value matches, whether it is known as a credential or not; what differs elsewhere does not."""
    index = Index([get(0, ONE)])
    found = next(index.candidates(coded("US", is_known=is_known)))

    assert (0, MatchedBy.PLACEHOLDER, False) == (found.id, found.by, found.by_order)
    assert [MissKind.UNKNOWN] == answers(index, live("https://h/x?code=US"))
    assert [0, MissKind.USED] == answers(index, coded("US", is_known=is_known), coded("US", is_known=is_known))


@pytest.mark.parametrize("is_known", [True, False])
def test_a_placeholder_stands_for_one_value(is_known: bool) -> None:
    """The order decides which of two a first value is, and says so; from then on each value has its own."""
    index = Index([get(n, url) for n, url in enumerate((ONE, TWO, ONE, TWO))])
    first = index.answer(coded("FR", is_known=is_known))
    assert isinstance(first, MatchCandidate)
    second = index.answer(coded("US", is_known=is_known))
    assert isinstance(second, MatchCandidate)

    assert (0, True) == (first.id, first.by_order)
    assert (1, False) == (second.id, second.by_order)
    rest = [coded(each, is_known=is_known) for each in ("US", "FR", "US", "DE")]
    assert [3, 2, MissKind.USED, MissKind.VALUE] == answers(index, *rest)


def test_another_value_than_before_is_a_miss_that_says_so() -> None:
    """Where only the placeholder's number tells recordings apart, a value that was another one's does not get the answer."""
    index = Index([get(0, ONE), get(1, TWO)])

    assert [0] == answers(index, coded("US"))
    assert Miss(kind=MissKind.VALUE, interactions=(index.interactions[1],)) == index.answer(coded("US"))
    assert [1] == answers(index, coded("FR"))


def test_where_more_differs_a_value_may_be_any() -> None:
    """One dummy key for two that were recorded is enough, where the rest of the request says which is meant."""
    urls = ["https://h/a?code=[REDACTED:query]", "https://h/b?code=[REDACTED:query-2]"]
    index = Index([get(n, url) for n, url in enumerate(urls)])

    assert [1, 0] == answers(index, live("https://h/b?code=dummy"), live("https://h/a?code=dummy"))


def test_values_that_cannot_be_parted_are_any() -> None:
    """Where two placeholders stand side by side it cannot be told which part is whose: nothing is made of them."""
    index = Index(
        [get(n, f"https://h/?a=[REDACTED:k][REDACTED:l]&b=[REDACTED:m{number}]") for n, number in enumerate(("", "-2"))]
    )

    assert [0, 1] == answers(index, live("https://h/?a=xy&b=1"), live("https://h/?a=z&b=2"))


def test_two_values_in_one_request() -> None:
    """Two placeholders of one kind are two values; the same value twice is only taken where nothing else fits."""
    body = b'{"a":"[REDACTED:k]","b":"[REDACTED:k%b]"}'
    index = Index([get(0, "https://h/", body % b"-2"), get(1, "https://h/", body % b"")])

    assert [1, 0] == answers(index, live("https://h/", b'{"a":"x","b":"x"}'), live("https://h/", b'{"a":"x","b":"y"}'))


def test_what_a_client_echoes_is_its_own_placeholder() -> None:
    """A placeholder that a client has from a recorded answer is the one that was recorded."""
    index = Index([get(0, ONE), get(1, TWO)])
    echoed = "https://h/?code=%5BREDACTED:query-2%5D"
    redacted = Request(method="GET", url="https://h/?code=[REDACTED:query]")

    assert [1, MissKind.USED] == answers(index, live(echoed, redacted=redacted), live(TWO))


@pytest.mark.parametrize(("replayable", "expected"), [(Replayable.LAST, [1, 1, 1]), (Replayable.ALL, [0, 1, 0])])
def test_what_answers_again_by_placeholder(replayable: Replayable, expected: list[int]) -> None:
    """Interactions that match by a placeholder answer again like others."""
    index = Index([get(0, ONE), get(1, ONE)], replayable=replayable)

    assert [0, 1, *expected] == answers(index, *(coded("US") for _ in range(5)))


def test_a_value_that_is_known_in_one_place_only() -> None:
    """What was redacted in a prompt when it was recorded is found by a client in whose environment nothing is known."""
    index = Index([get(0, "https://h/", b'{"q":"sum up [REDACTED:value]"}'), get(1, "https://h/", b'{"q":"sum up x"}')])

    assert [1, 0] == answers(index, live("https://h/", b'{"q": "sum up x"}'), live("https://h/", b'{"q": "sum up y"}'))


def test_fewer_placeholders_are_nearer() -> None:
    """Of two that fit the one that leaves less open answers first."""
    index = Index(
        [
            get(0, "https://h/", b'{"a":"[REDACTED:x]","b":"[REDACTED:y]"}'),
            get(1, "https://h/", b'{"a":"1","b":"[REDACTED:y]"}'),
        ]
    )
    found = next(index.candidates(live("https://h/", b'{"a":"1","b":"2"}')))

    assert (1, False) == (found.id, found.by_order)


def test_go_vcr_compares_all_but_the_placeholders() -> None:
    """With go-vcr's own matcher a redacted request is the same whatever the number; nothing else may differ."""
    rules = Rules(match=parse_match(["go-vcr"]))
    index = Index([get(0, TWO)], rules=rules)
    redacted = Request(method="GET", url=ONE)

    assert [MissKind.UNKNOWN, 0] == answers(
        index, live("https://h/?code=US", rules=rules), live("https://h/?code=US", rules=rules, redacted=redacted)
    )


def test_strict_order_with_placeholders() -> None:
    """In strict order the next interaction answers, if it is among those that match."""
    index = Index([get(0, TWO), get(1, ONE)], strict=True)

    assert [0, 1] == answers(index, coded("US"), coded("FR"))


def test_the_text_of_the_file_counts() -> None:
    """A cassette of another's, whose credentials are not redacted, is told apart by them: `texts` are as in the file."""
    every = [get(0, ONE), get(1, ONE)]
    texts = [Request(method="GET", url=f"https://h/?code={value}") for value in ("K1", "K2")]

    assert [1, 0] == answers(Index(every, texts=texts), coded("K2"), coded("K3"))


def test_large_bodies_are_not_spelt_again() -> None:
    """Of a body that takes long it is not looked at what stands where."""
    filler = b"x" * 300_000
    body = b'{"a":"[REDACTED:k%b]","b":"' + filler + b'"}'
    index = Index([get(0, "https://h/", body % b""), get(1, "https://h/", body % b"-2")])
    redacted = Request(method="GET", url="https://h/", body=body % b"")
    asked = [live("https://h/", b'{"a":"%b","b":"%b"}' % (key, filler), redacted=redacted) for key in (b"1", b"1")]

    assert [0, 1] == answers(index, *asked)


def test_what_is_recorded_meanwhile_has_its_placeholders() -> None:
    """What was recorded in this run answers again by its placeholder."""
    index = Index([], replayable=Replayable.LAST)
    index.add_recorded(get(0, ONE))

    assert [0] == answers(index, coded("US", is_known=False))


def test_no_value_is_shown() -> None:
    """A live request shows itself without its credentials."""
    assert "<LiveRequest GET https://h/?code=[REDACTED:query]>" == repr(coded("secret"))
    placeholder_fits = PlaceholderFits(RULES)
    placeholder_fits.add(3, Request(method="GET", url=TWO), b"")
    placeholder_fits.bind([("query", b"secret"), ("", b"x"), ("query-2", b"[REDACTED:query-2]"), ("query", b"other")])
    assert "<PlaceholderFits 1 requests with placeholders, 1 known>" == repr(placeholder_fits)
    assert 3 in placeholder_fits
    assert 4 not in placeholder_fits


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


def test_what_may_be_any_value() -> None:
    """What stands for any value tells no two placeholders apart: neither is it remembered, nor taken for another's."""
    index = Index([get(n, url) for n, url in enumerate((ONE, TWO, ONE))], is_any=lambda value: value == b"any")

    assert [0, 1, 2] == answers(index, coded("any"), coded("any"), coded("US"))


def test_what_is_changed_has_its_placeholders() -> None:
    """A changed interaction is found by the placeholders it has now, and no more by those it had."""
    index = Index([get(0, TWO), get(1, "https://h/?code=US"), get(2, ONE), get(3, "https://h/other")])
    assert [0] == answers(index, coded("FR"))
    index.replace({0: get(0, "https://h/plain"), 1: get(1, ONE), 3: get(3, ONE)})

    assert [1, 2, 3] == answers(index, *[coded("US")] * 3)
    assert [MissKind.USED, MissKind.USED] == answers(index, coded("US"), live("https://h/plain"))


def test_what_is_changed_after_a_search() -> None:
    """What was searched before one of them changed is found as before: those with values in the URL and in the body."""
    in_body = interaction(1, b'{"code":"[REDACTED:code]"}')
    index = Index([get(0, ONE), in_body])
    assert MissKind.UNKNOWN is take(index, b"none of them")
    index.replace({0: get(0, "https://h/plain")})

    assert [1, 0] == [take(index, b'{"code":"US"}'), *answers(index, live("https://h/plain"))]


def test_what_is_changed_in_an_order() -> None:
    """Changed interactions answer in the order of their requests' starts, used or not."""
    index = Index([get(n, f"https://h/{n % 2}") for n in range(5)], starts={n: 9.0 - n for n in range(5)})
    assert [4] == answers(index, live("https://h/0"))
    index.replace({n: get(n, "https://h/1") for n in (0, 2, 4)})

    assert [3, 2, 1, 0, MissKind.USED] == answers(index, *[live("https://h/1")] * 5)


def failure(number: int, body: bytes = b"", code: int = 0) -> Interaction:
    one = interaction(number, body)
    return Interaction(id=number, request=one.request, response=Response(code=code, status=""))


def test_failures_in_their_order() -> None:
    """What failed answers with the others of its key by the starts; first where these are not known."""
    every, failed = [interaction(0), interaction(1)], [failure(-1), failure(-2)]
    starts = {0: 1.0, -1: 2.0, 1: 3.0, -2: 4.0}

    assert [0, -1, 1, -2, MissKind.USED] == [
        take(index) for index in [Index(every, starts=starts, failures=failed)] for _ in range(5)
    ]
    assert [-1, -2, 0, 1] == [take(index) for index in [Index(every, failures=failed)] for _ in range(4)]


def test_failures_are_no_interactions() -> None:
    """They are neither among the interactions nor among what was not asked for; a miss names them by their ids."""
    index = Index([interaction(0)], failures=[failure(-1), failure(-2, b"x", code=200)])

    assert ([0], [0]) == (ids(tuple(index.interactions)), ids(index.unused()))
    assert [-1, 0, -2] == [take(index), take(index), take(index, b"x")]
    missed = index.take(ask())
    assert isinstance(missed, Miss)
    assert [-1, 0] == ids(missed.interactions)
    assert () == index.unused()


def test_failures_again() -> None:
    """What never got an answer fails as often as it is asked; what was cut answers once, unless all answer again."""
    failed = [failure(-1), failure(-2), failure(-3, b"x", code=200)]
    index = Index([interaction(0, b"y")], failures=failed)

    assert [-1, -2, -2, -2] == [take(index) for _ in range(4)]
    assert [-3, MissKind.USED] == [take(index, b"x") for _ in range(2)]
    last = Index([interaction(0, b"y")], failures=failed, replayable=Replayable.LAST)
    assert [-3, -3] == [take(last, b"x") for _ in range(2)]


def test_failures_have_no_place_in_a_strict_order() -> None:
    """They answer whenever they are asked for, and nothing waits for them."""
    index = Index([interaction(0), interaction(1, b"x")], strict=True, failures=[failure(-1, b"x"), failure(-2, b"z")])

    assert [-1, MissKind.ORDER, 0, 1, -2] == [take(index, body) for body in (b"x", b"x", b"", b"x", b"z")]


def ranged(number: int, *ranges: str) -> Interaction:
    return get(number, "https://h/file", b"", **({"Range": ranges} if ranges else {}))


def asks(*ranges: str, rules: Rules = RULES) -> LiveRequest:
    return live("https://h/file", rules=rules, headers=[("accept", "*/*"), *(("range", each) for each in ranges)])


def test_headers_that_say_what_is_asked() -> None:
    """The one with that header answers, whatever the order; another value is another request."""
    index = Index([ranged(0, "bytes=0-1"), ranged(1, "bytes=2-3")])

    assert [1, MissKind.UNKNOWN, 0] == answers(index, asks("bytes=2-3"), asks("bytes=4-5"), asks("bytes=0-1"))
    assert [MissKind.USED] == answers(index, asks("bytes=0-1"))
    assert [MissKind.UNKNOWN] == answers(index, asks())


def test_absence_is_no_difference() -> None:
    """Public cassettes have no such header: what has none answers any, after one that has the very same."""
    index = Index([ranged(0), ranged(1, "bytes=2-3"), ranged(2)])

    assert [1, 0, 2] == answers(index, asks("bytes=2-3"), asks("bytes=2-3"), asks())


@pytest.mark.parametrize("replayable", [Replayable.LAST, Replayable.ALL])
def test_again_with_the_same_header(replayable: Replayable) -> None:
    """What answers again has the header as well."""
    index = Index([ranged(0, "bytes=0-1"), ranged(1, "bytes=2-3")], replayable=replayable)

    assert [0, 0, 0, 1, 1] == answers(index, *[asks("bytes=0-1")] * 3, *[asks("bytes=2-3")] * 2)
    assert [MissKind.UNKNOWN] == answers(index, asks("bytes=4-5"))


def test_a_header_that_is_ignored() -> None:
    """By name; it still tells two recordings apart."""
    rules = Rules(ignore=parse_ignore(["headers:range"]))
    index = Index([ranged(0, "bytes=0-1"), ranged(1, "bytes=2-3")], rules=rules)

    assert [1, 0] == answers(index, asks("bytes=2-3", rules=rules), asks("bytes=8-9", rules=rules))


def test_a_header_beside_a_placeholder() -> None:
    """Where a value stands for a credential the header counts all the same."""
    every = [get(n, "https://h/f?key=[REDACTED:query]", Range=(f"bytes={n}-9",)) for n in range(2)]
    index = Index(every)
    asked = [live("https://h/f?key=secret", headers=[("Range", f"bytes={n}-9")]) for n in (1, 0, 5)]

    assert [1, 0, MissKind.UNKNOWN] == answers(index, *asked)


def test_a_header_of_what_was_replaced() -> None:
    """It is that of what is there now."""
    index = Index([ranged(0, "bytes=0-1")])
    index.replace({0: ranged(0)})

    assert [0] == answers(index, asks("bytes=4-5"))


def test_what_has_not_answered_is_told_in_order() -> None:
    """By the starts, what failed among it; what answers a request that has not ended is counted as any other."""
    failed = Interaction(id=-1, request=ask(b"f"), response=Response(code=0, status=""))
    every = [interaction(0, b"late"), interaction(1, b"early")]
    index = Index(every, failures=[failed], starts={0: 3.0, -1: 2.0, 1: 1.0})
    assert [1, -1, 0] == [each.interaction.id for each in index.unanswered()]
    index.claim_for_open(next(index.unanswered()))
    assert [-1, 0] == [each.interaction.id for each in index.unanswered()]
    _, late = index.unanswered()
    index.reclaim(1, late)
    assert [1, -1] == [each.interaction.id for each in index.unanswered()]
    index.reclaim(late.id, next(index.unanswered()))
    assert [(1, 1)] == [(each.id, number) for each, number in index.answered()]
    assert 0 == take(index, b"late")
    assert [(1, 1), (0, 2)] == [(each.id, number) for each, number in index.answered()]


def test_in_strict_order_only_the_next_may_answer() -> None:
    """Until all have."""
    index = Index([interaction(0, b"a"), interaction(1, b"b")], strict=True)
    for number in (0, 1):
        (only,) = index.unanswered()
        assert number == only.interaction.id
        index.claim_for_open(only)
    assert [] == list(index.unanswered())


@pytest.mark.parametrize("body", [b"a", b""])
def test_what_is_released_answers_again(body: bytes) -> None:
    """In its old place: before those that come later in the cassette."""
    index = Index([interaction(n, body) for n in range(3)], rules=RULES)
    taken = [take(index, body) for _ in range(2)]
    index.release(0)
    index.release(0)

    assert [0, 1] == taken
    assert [0, 2] == ids(index.unused())
    assert [0, 2, MissKind.USED] == [take(index, body) for _ in range(3)]


@settings(max_examples=300)
@given(
    recorded=st.lists(st.tuples(st.sampled_from([b"{}", b"{ }", b"x"]), st.sampled_from(["", "a", "b"])), max_size=7),
    asked=st.lists(st.tuples(st.sampled_from([b"{}", b"{ }", b"x", b"y"]), st.sampled_from(["a", "b"])), max_size=9),
    name=st.sampled_from(["User-Agent", "Prefer"]),
    repeat=st.sampled_from(Replayable),
    strict=st.booleans(),
)
def test_by_text_alone(
    recorded: list[tuple[bytes, str]], asked: list[tuple[bytes, str]], name: str, repeat: Replayable, strict: bool
) -> None:
    """What the text finds is what the whole request would have found, claims and rounds included; else nothing changes."""
    every = [
        Interaction(
            id=number,
            request=Request(method="POST", url="https://h/", body=body, headers={name: (value,)} if value else {}),
            response=Response(code=200, status="200 OK"),
        )
        for number, (body, value) in enumerate(recorded)
    ]
    by_request = Index(every, rules=RULES, replayable=repeat, strict=strict)
    known = look_up(every, [each.request for each in every])
    known = replace(known, may_ask=lambda place: bool(recorded[place][1]))
    by_text = Index(every, rules=RULES, replayable=repeat, strict=strict, looked_up_by=known)
    for body, value in asked:
        request = Request(method="POST", url="https://h/", body=body)
        live = LiveRequest(request, RULES, headers=[(name, value)])
        wanted = by_request.answer(live)
        found = by_text.find_text("POST", "https://h/", body, partial(_same, live), again=name != "Prefer")
        if found is None:
            assert wanted == by_text.answer(live)
            continue
        assert isinstance(wanted, MatchCandidate)
        assert wanted.interaction == every[found.place]
        by_text.take_text(found)
    assert by_request.unused() == by_text.unused()


@pytest.mark.parametrize(
    ("repeat", "expected"), [(Replayable.LAST, [0, 1, None, 1, 1, 1]), (Replayable.ALL, [0, 1, None, 1, 0, 1])]
)
def test_by_text_again(repeat: Replayable, expected: list[int | None]) -> None:
    """What answers again does by its text, from when a whole request has found nothing else."""
    every = [interaction(0), interaction(1)]
    index, live = Index(every, replayable=repeat), LiveRequest(ask(), RULES)
    got: list[int | None] = []
    for _ in expected:
        found = index.find_text("POST", "https://h/a", b"", lambda: live, again=True)
        got.append(found.place if found else None)
        if found:
            index.take_text(found)
        else:
            index.answer(live)
    assert expected == got
    index.release(0)
    found = index.find_text("POST", "https://h/a", b"", lambda: live, again=True)
    assert found
    assert (0, -1) == found


def test_by_text_only_what_has_not_answered() -> None:
    """What answers again does not where it is not wanted; another method of matching has no text."""
    request = interaction(0).request
    live = LiveRequest(request, RULES)
    index = Index([interaction(0)], replayable=Replayable.LAST)
    index.take(request)
    assert index.find_text("POST", "https://h/a", b"", lambda: live, again=False) is None
    by_headers = Rules(match=parse_match(["method,url,body,headers:x-a"]))
    assert (
        Index([interaction(0)], rules=by_headers).find_text("POST", "https://h/a", b"", lambda: live, again=True)
        is None
    )


def test_a_request_that_came_to_ask_for_more() -> None:
    """What was known of the headers when the cassette was opened counts for what has not changed since."""
    every = [interaction(0, b"a"), interaction(1, b"b")]
    known = replace(look_up(every, [each.request for each in every]), may_ask=lambda _: False)
    index = Index(every, looked_up_by=known)
    asks = replace(every[1], request=replace(every[1].request, headers={"Range": ("bytes=0-1",)}))
    index.replace({1: asks})

    assert 0 == take(index, b"a")
    assert MissKind.UNKNOWN == take(index, b"b")
