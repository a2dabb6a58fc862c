"""Entries are counted, the first troubles kept, and each is told to who listens."""

from dataclasses import replace

import pytest

from tapehead.exchange import key_refusals
from tapehead.exchange.key_refusals import KeyRefusal, refusal_in
from tapehead.exchange.outcomes import ExchangeResult, Outcome, RunStats

GOOGLE = (
    b'{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT","details":'
    b'[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID","domain":"googleapis.com"}]}}'
)


def _entry(outcome: Outcome, url: str = "https://x/") -> ExchangeResult:
    return ExchangeResult(outcome=outcome, method="GET", url=url, start=0.0)


def test_counts_and_the_last_line() -> None:
    """What was lost or refused is said only if there is any."""
    tally = RunStats()
    assert "0 recorded, 0 replayed, 0 missed, 0 cut · f" == tally.summary("f")
    for outcome in (Outcome.RECORDED, Outcome.RECORDED, Outcome.LOST, Outcome.REFUSED, Outcome.MISSED):
        tally.add(_entry(outcome))
    assert 2 == tally.lost
    assert tally.summary("f").startswith("2 recorded, 0 replayed, 1 missed, 0 cut, 1 lost, 1 refused · ")


def test_answers_that_refuse_a_key() -> None:
    """They are said as what they are, recorded or replayed; of others nothing is."""
    tally = RunStats()
    answers = ((Outcome.RECORDED, 401), (Outcome.REPLAYED, 403), (Outcome.REPLAYED, 403), (Outcome.LOST, 401))
    for outcome, status in (*answers, (Outcome.RECORDED, 404)):
        tally.add(replace(_entry(outcome), status=status, key_refusal=refusal_in(status, b"")))
    assert ", a 401: the provider refused the key, 2 times 403: the provider refused access · f" in tally.summary("f")
    assert not key_refusals.are_all({})
    assert not key_refusals.are_all({401: 1, 200: 1})
    assert key_refusals.are_all({401: 1, 403: 2, 200: 0})


@pytest.mark.parametrize(
    ("code", "body", "challenges", "expected"),
    [
        (401, b"", (), KeyRefusal(status=401)),
        (401, b"", ("Basic realm=x",), KeyRefusal(status=401, is_challenge=True)),
        (401, b"", ('Bearer resource_metadata="https://x/.well-known/oauth-protected-resource"',), None),
        (403, b"", (), KeyRefusal(status=403)),
        (404, b"", ("Basic realm=x",), None),
        (400, GOOGLE, (), KeyRefusal(status=400)),
        (400, b"[" + GOOGLE + b"]", (), KeyRefusal(status=400)),
        (200, GOOGLE, (), None),
        (400, GOOGLE.replace(b"reason", b"said"), (), None),
        (400, b"API_KEY_INVALID", (), None),
        (400, b'{"error":"API_KEY_INVALID"}', (), None),
        (400, GOOGLE + b" " * 70_000, (), None),
    ],
)
def test_which_answers_refuse_a_key(
    code: int, body: bytes, challenges: tuple[str, ...], expected: KeyRefusal | None
) -> None:
    """By their status, Google's by what the error says of itself; where to log in is no refusal."""
    assert expected == refusal_in(code, body, challenges)


def test_a_login_that_a_refusal_begins() -> None:
    """A challenge after which the same URL is answered was none; of another URL, or after another error, it stays one."""
    tally, challenge = RunStats(), refusal_in(401, b"", ("Basic realm=x",))
    first = replace(_entry(Outcome.RECORDED, "https://x/v2?a=1"), status=401, key_refusal=challenge)
    for each in (first, first, replace(first, url="https://x/other")):
        tally.add(each)
    tally.add(replace(_entry(Outcome.RECORDED, "https://x/v2?a=2"), status=404))
    assert {401: 3} == tally.key_refusals
    tally.add(replace(_entry(Outcome.RECORDED, "https://x/v2?a=2"), status=200))
    assert {401: 1} == tally.key_refusals
    tally.add(replace(_entry(Outcome.RECORDED, "https://x/other"), status=200))
    assert not tally.key_refusals


def test_of_a_long_run_the_first_troubles_stay() -> None:
    """A hundred of them; the counts are of all."""
    tally = RunStats()
    for number in range(150):
        tally.add(_entry(Outcome.MISSED, f"https://x/{number}"))
        tally.add(_entry(Outcome.REPLAYED))
    assert (150, 150) == (tally.counts[Outcome.MISSED], tally.counts[Outcome.REPLAYED])
    assert [f"https://x/{n}" for n in range(100)] == [each.url for each in tally.failures]


def test_who_listens_is_told_the_session() -> None:
    """An entry itself does not know it."""
    told: list[ExchangeResult] = []
    RunStats(told.append, "chat").add(_entry(Outcome.CUT))
    assert [("chat", Outcome.CUT)] == [(each.session, each.outcome) for each in told]


def test_what_does_not_matter() -> None:
    """It is counted, said if there was any, and no problem."""
    tally = RunStats()
    assert "excused" not in tally.summary("f")
    tally.add(_entry(Outcome.EXCUSED))
    assert (1, []) == (tally.counts[Outcome.EXCUSED], tally.failures)
    assert ", 1 excused · " in tally.summary("f")
