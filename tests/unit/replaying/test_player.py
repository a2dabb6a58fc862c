import asyncio
import base64
import json
import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from mitmproxy import http
from mitmproxy.test import tflow

from tapehead.cassette import CassetteError, Interaction, Request, Response
from tapehead.cassette.timing import Timing, digest
from tapehead.exchange import options
from tapehead.exchange.outcomes import ExchangeResult, Outcome, RunStats
from tapehead.exchange.workers import INLINE_LIMIT, WorkerPool
from tapehead.matching.index import Index, RecordedKey
from tapehead.mitm.paced_response import PacedResponse
from tapehead.redact.redactor import Redactor
from tapehead.replaying.miss_report import MissReport
from tapehead.replaying.player import Player
from tapehead.replaying.schedules import build_schedule, in_one_chunk

BODY = b"data: 1\n\ndata: 2\n\n"
INTERACTION = Interaction(
    id=0,
    request=Request(method="POST", url="https://h/"),
    response=Response(
        code=200,
        status="200 OK",
        body=BODY,
        headers={"Content-Type": ("text/event-stream",)},
        duration=500_000_000,
    ),
)
TIMING = Timing(
    id=0, sha256=digest(BODY), start=1.0, headers=500.0, end=900.0, chunks=((600.0, 4), (700.0, 10), (800.0, 4))
)


@pytest.mark.parametrize(("speed", "factor"), [(1, 1.0), (2, 0.5), (0.5, 2.0), (0, 0.0)])
def test_recorded_chunks_at_every_speed(speed: float, factor: float) -> None:
    """Chunk boundaries are the recorded ones at every speed, times the recorded ones divided by it."""
    planned, _ = build_schedule(INTERACTION, TIMING, speed, 7.0)

    assert (7.0, 0.5 * factor, 0.9 * factor) == pytest.approx((planned.start, planned.headers_at, planned.end_at))
    assert (b"data", b": 1\n\ndata:", b" 2\n\n") == planned.chunks
    assert (0.6 * factor, 0.7 * factor, 0.8 * factor) == pytest.approx(planned.chunk_at)


def test_without_a_timing() -> None:
    """Each stream event is a chunk, after the recorded duration."""
    planned, _ = build_schedule(INTERACTION, None, 1, 0.0)

    assert (b"data: 1\n\n", b"data: 2\n\n") == planned.chunks
    assert (0.5, 0.5) == planned.chunk_at
    assert (0.5, 0.5) == (planned.headers_at, planned.end_at)


def test_other_bodies_are_one_chunk() -> None:
    """A body that is no stream goes in one piece; an empty one in none."""
    plain = replace(INTERACTION, response=replace(INTERACTION.response, headers={}))
    empty = replace(INTERACTION, response=replace(INTERACTION.response, body=b""))

    assert (BODY,) == build_schedule(plain, None, 0, 0.0)[0].chunks
    assert () == build_schedule(empty, None, 0, 0.0)[0].chunks


def test_another_body() -> None:
    """It goes in one piece when the last of the recorded ones went; after the head where there was none."""
    planned, _ = build_schedule(INTERACTION, TIMING, 1, 0.0)
    empty = replace(planned, chunks=(), chunk_at=())

    assert ((b"new",), planned.chunk_at[-1:], planned.end_at) == (
        (new := in_one_chunk(planned, b"new")).chunks,
        new.chunk_at,
        new.end_at,
    )
    assert (0.5,) == in_one_chunk(empty, b"new").chunk_at


def asked(body: bytes, *, proto: int = 1) -> Interaction:
    """An interaction whose request has a body of its own."""
    request = Request(method="POST", url="https://api.test/v1", body=body, content_length=len(body))
    return replace(INTERACTION, request=request, response=replace(INTERACTION.response, proto_major=proto))


def flow(body: bytes) -> http.HTTPFlow:
    """A live request with it."""
    made = tflow.tflow(req=http.Request.make("POST", "https://api.test/v1", body))
    assert made.response is None
    return made


@dataclass
class Deck:
    """A player, and what became of what it was asked."""

    path: Path
    interactions: tuple[Interaction, ...]
    timings: dict[int, Timing] = field(default_factory=dict)
    report: MissReport | None = None
    results: list[ExchangeResult] = field(default_factory=list)
    workers: WorkerPool = field(default_factory=WorkerPool)

    def __post_init__(self) -> None:
        defaults: dict[str, Any] = {name: option.default for name, option in options.OPTIONS.items()}
        given = {"cassette_mode": "replay_only", "cassette": str(self.path)}
        config = options.parse(SimpleNamespace(**defaults | given))
        stats = RunStats(on_result=self.results.append)
        self.player = Player(
            config, Index(self.interactions), self.timings, Redactor(), stats, self.workers, self.report
        )

    def try_replay(self, one: http.HTTPFlow) -> bool:
        return asyncio.run(self.player.try_replay(one))

    def replay(self, one: http.HTTPFlow) -> http.Response:
        asyncio.run(self.player.replay_or_miss(one))
        assert one.response
        return one.response


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the cassette would be."""
    return tmp_path / "a.yaml"


def test_what_is_recorded(path: Path) -> None:
    """It answers once, in its chunks, and is counted with them."""
    deck = Deck(path, (asked(b"one"),), {0: TIMING})
    response = deck.replay(flow(b"one"))

    assert isinstance(response, PacedResponse)
    assert (200, (b"data", b": 1\n\ndata:", b" 2\n\n")) == (response.status_code, response.schedule.chunks)
    assert [(Outcome.REPLAYED, 0, len(BODY), 3)] == [(e.outcome, e.interaction, e.size, e.chunks) for e in deck.results]
    assert 404 == deck.replay(flow(b"one")).status_code
    assert [Outcome.REPLAYED, Outcome.MISSED] == [each.outcome for each in deck.results]


def test_a_nonce(path: Path) -> None:
    """A token that had one has that of the request, and so the answer is one chunk."""
    claims = base64.urlsafe_b64encode(b'{"nonce":"recorded","iss":"https://id"}').rstrip(b"=")
    token = b"eyJhbGciOiJSUzI1NiJ9." + claims + b".c2lnbmF0dXJlLW9mLWl0"
    one = asked(b"nonce=n1")
    live = replace(one, response=replace(one.response, body=b'{"id_token":"%b"}' % token, headers={}))
    answer, _ = Redactor().response(live.response, [])
    deck, sent = Deck(path, (replace(one, response=answer),)), flow(b"nonce=n1")
    sent.request.headers["Content-Type"] = "application/x-www-form-urlencoded"
    response = deck.replay(sent)

    assert isinstance(response, PacedResponse)
    (chunk,) = response.schedule.chunks
    assert b'"nonce":"n1"' in base64.urlsafe_b64decode(json.loads(chunk)["id_token"].split(".")[1] + "==")


def test_trying(path: Path) -> None:
    """What is not there is not answered, and not counted: it may be recorded."""
    deck, known, new = Deck(path, (asked(b"one"),)), flow(b"one"), flow(b"two")

    assert (True, False) == (deck.try_replay(known), deck.try_replay(new))
    assert known.response
    assert new.response is None
    assert [Outcome.REPLAYED] == [each.outcome for each in deck.results]


def test_a_miss_is_explained(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """To the client, in the log and in the file for programs; one that cannot be written is said once."""
    report = MissReport(path)
    deck = Deck(path, (asked(b'{"a": 1, "b": 1}'),), report=report)
    with caplog.at_level(logging.WARNING):
        response = deck.replay(flow(b'{"a": 2, "b": 2}'))
        told = [json.loads(line) for line in report.path.read_text().splitlines()]
        report.path.unlink()
        report.path.mkdir()
        for _ in range(2):
            deck.replay(flow(b"other"))

    (text,) = {each.reason for each in deck.results[:1]}
    assert text.startswith(f"tapehead: no interaction in {path} answers POST https://api.test/v1: ")
    assert (404, True) == (response.status_code, text in json.loads(response.get_text() or "")["error"]["message"])
    assert told == [deck.results[0].explanation]
    messages = [each.getMessage() for each in caplog.records]
    assert f"{text}\n" in messages[0]
    assert [f"{report.path}: not written: is a directory"] == [each for each in messages if "not written" in each]


def test_the_misses_of_the_run_before(path: Path) -> None:
    """They are gone when a run begins."""
    report = MissReport(path)
    report.path.write_text("{}\n")
    MissReport(path)

    assert not report.path.exists()


@pytest.mark.parametrize("size", [INLINE_LIMIT + 1, 300_000])
def test_a_large_request(path: Path, size: int) -> None:
    """It finds what it would find at once; so does the reason why it finds nothing."""
    deck = Deck(path, (asked(b"x" * size),))
    response = deck.replay(flow(b"x" * size))
    missed = deck.replay(flow(b"y" * size))
    deck.workers.close()

    assert (200, 404) == (response.status_code, missed.status_code)


def test_a_large_response(path: Path) -> None:
    """It is cut in a thread, into the same chunks."""
    one = asked(b"one")
    events = tuple(b"data: %d\n\n" % n for n in range(30_000))
    deck = Deck(path, (replace(one, response=replace(one.response, body=b"".join(events))),))
    response = deck.replay(flow(b"one"))
    deck.workers.close()

    assert isinstance(response, PacedResponse)
    assert events == response.schedule.chunks


def test_bodies_that_were_edited(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """They answer event by event, and that is said once."""
    edited = [replace(asked(body), id=number) for number, body in enumerate((b"one", b"two"))]
    deck = Deck(path, tuple(edited), {number: replace(TIMING, id=number, sha256="0" * 64) for number in (0, 1)})
    with caplog.at_level(logging.WARNING):
        responses = [deck.replay(flow(body)) for body in (b"one", b"two")]

    for each in responses:
        assert isinstance(each, PacedResponse)
        assert (b"data: 1\n\n", b"data: 2\n\n") == each.schedule.chunks
    (told,) = caplog.messages
    assert told.startswith(f"{path}.timing.jsonl: interaction 0 and perhaps others were edited")


def test_what_is_excused(path: Path) -> None:
    """It is answered if it is recorded, and else excused, which is no miss."""
    deck, one, other = Deck(path, (asked(b"one"),)), flow(b"one"), flow(b"other")
    asyncio.run(deck.player.replay_or_excuse(one))
    asyncio.run(deck.player.replay_or_excuse(other))

    assert one.response
    assert other.response
    assert [200, 404] == [one.response.status_code, other.response.status_code]
    assert b"cassette_passthrough says that it does not matter" in (other.response.content or b"")
    assert [Outcome.REPLAYED, Outcome.EXCUSED] == [each.outcome for each in deck.results]


def test_a_miss_of_a_long_url(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Its lines stay short, whatever is long in it."""
    deck = Deck(path, (asked(b"one"),))
    for url in ("https://api.test/" + "z" * 60_000, "https://api.test/v1?" + "z" * 60_000 + "=1"):
        one = flow(b"one")
        one.request.url = url
        deck.replay(one)
    one = flow(b"one")
    one.request.method = "M" * 60_000
    deck.replay(one)

    assert max(len(each) for message in caplog.messages for each in message.splitlines()) < 600
    assert "(60017 characters)" in caplog.messages[0]


def test_many_misses(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The first ten are told at length, each of the rest in one line."""
    deck = Deck(path, (asked(b'{"a":1,"b":2}'), asked(b'{"a":2,"b":1}')))
    for number in range(15):
        deck.replay(flow(b'{"a":%d,"b":9}' % (10 + number)))

    assert [True] * 10 + [False] * 5 == ["\n" in message for message in caplog.messages]
    assert all(": nearest is interaction 0: " in message for message in caplog.messages)


def test_hosts_of_http2(path: Path) -> None:
    """Those that answered so; no name is none of them."""
    player = Deck(path, (asked(b"one", proto=2),)).player

    assert [True, True, False, False] == [
        player.was_recorded_over_http2(host) for host in ("api.test", "API.test", "other.test", None)
    ]
    assert not Deck(path, (asked(b"one"),)).player.was_recorded_over_http2("api.test")


def test_its_repr(path: Path) -> None:
    """It says what it plays, and nothing of what is in there."""
    assert f"<Player {str(path)!r}, <Index 1 interactions, 0 used>>" == repr(
        Deck(path, (asked(b"one"),), {0: TIMING}).player
    )


def test_keys_of_many(path: Path) -> None:
    """They are made off the loop, once, for all that ask at the same time for what no text answers."""
    deck = Deck(path, tuple(asked(b"%d" % number) for number in range(201)))
    unknown = [flow(b"one"), flow(b"two")]
    made = deck.player._index.make_keys
    calls = []

    def make() -> Sequence[RecordedKey]:
        calls.append(threading.current_thread())
        return made()

    deck.player._index.make_keys = make  # type: ignore[method-assign]

    async def ask() -> None:
        await asyncio.gather(*map(deck.player.replay_or_miss, unknown))

    asyncio.run(ask())
    assert [True, True] == [each.response is not None for each in unknown]
    assert [False] == [each is threading.main_thread() for each in calls]
    assert [Outcome.MISSED] * 2 == [each.outcome for each in deck.results]
    assert deck.try_replay(flow(b"7"))


def test_a_cassette_that_cannot_be_read_any_more(path: Path) -> None:
    """It is a miss, and says why."""
    deck = Deck(path, (asked(b"one"),))

    def fails(*_: object) -> None:
        raise CassetteError(file="c", found="other bytes", expected="the same")

    deck.player._index.answer = fails  # type: ignore[method-assign, assignment]
    assert b"c: found other bytes, expected the same" in (deck.replay(flow(b"one")).content or b"")
    assert [Outcome.MISSED] == [each.outcome for each in deck.results]
