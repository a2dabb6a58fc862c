"""connection_lane and lane_player: which requests are answered without a flow, and what else goes on to one."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tapehead.cassette import Interaction, Request, Response
from tapehead.cassette.model import Answered
from tapehead.cassette.timing import Timing, digest
from tapehead.exchange import options
from tapehead.exchange.outcomes import ExchangeResult, Outcome, RunStats
from tapehead.lane.lane_messages import LaneAnswer, LaneRequest
from tapehead.matching.index import Index
from tapehead.redact.redactor import Redactor
from tapehead.replaying.lane_player import LanePlayer
from tapehead.replaying.nonce_echo import NonceEcho
from tapehead.root import TapeheadError
from tapehead.sessions.connection_lane import ConnectionLane
from tapehead.sessions.sent_requests import RequestSent

KEY = "sk-proj-" + "a1B2c3D4" * 6


def recorded(number: int, body: bytes = b"{}", **changes: Any) -> Interaction:
    said: dict[str, Any] = {
        "code": 200,
        "status": "200 OK",
        "body": b"answer %d" % number,
        "content_length": 8,
    } | changes
    return Interaction(
        id=number, request=Request(method="POST", url="https://api.test/v1", body=body), response=Response(**said)
    )


def asked(*fields: tuple[bytes, bytes], body: bytes = b"{}", path: bytes = b"/v1", **changes: Any) -> LaneRequest:
    return LaneRequest(b"POST", b"", b"api.test", path, fields, body)._replace(**changes)


@dataclass
class Desk:
    """A router's part, and a session of a cassette."""

    path: Path
    interactions: list[Interaction]
    settings: dict[str, str] = field(default_factory=dict)
    timings: dict[int, Timing] = field(default_factory=dict)
    sent: list[RequestSent] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    learned: list[object] = field(default_factory=list)
    served: list[bool] = field(default_factory=list)
    may_go_on: bool = True
    told: list[ExchangeResult] | None = None

    def __post_init__(self) -> None:
        values = {name: option.default for name, option in options.OPTIONS.items()}
        config = options.parse(
            SimpleNamespace(**values | {"cassette_mode": "replay_only", "cassette": str(self.path)} | self.settings)
        )
        self.stats = RunStats(self.told.append if self.told is not None else None)
        self.nonces = NonceEcho()
        self.edited: list[Answered] = []
        self.session: Any = SimpleNamespace(
            lane=LanePlayer(
                config,
                Index(self.interactions, replayable=config.repeat.what),
                lambda place: Answered(self.interactions[place].id, self.interactions[place].response),
                len(self.interactions),
                self.timings,
                self.stats,
                self.nonces,
                url=Redactor().url,
                warn_edited=self.edited.append,
            )
        )
        router: Any = self
        self.lane = ConnectionLane(router, "https://api.test", "", lambda: self.served.append(True))

    def session_at_hand(self, name: str) -> Any:
        self.names.append(name)
        return self.session

    def learn_in_lane(self, headers: object, path: str) -> bool:
        self.learned.append(headers)
        return self.may_go_on

    def note_in_lane(self, name: str, sent: Callable[[], RequestSent]) -> None:
        self.sent.append(sent())


@pytest.fixture
def desk(tmp_path: Path) -> Callable[..., Desk]:
    """Makes one."""
    return lambda *interactions, **more: Desk(tmp_path / "c.yaml", list(interactions), **more)


def body_of(answer: LaneAnswer | None) -> bytes | None:
    return b"".join(answer.chunks) if answer else None


def test_answers(desk: Callable[..., Desk]) -> None:
    """Once each, in order; what was sent is noted, and the connection's first answer is told."""
    made = desk(recorded(0), recorded(1))
    request = asked((b"Authorization", f"Bearer {KEY}".encode()))
    assert made.lane.takes(request)
    assert [b"answer 0", b"answer 1", None] == [body_of(made.lane.answer(request)) for _ in range(3)]
    assert ([True], 2, 1) == (made.served, made.stats.counts[Outcome.REPLAYED], len(made.learned))
    assert ["https://api.test/v1"] * 2 == [each.url for each in made.sent]
    assert "<ConnectionLane 'https://api.test', 1 heads>" == repr(made.lane)
    assert "<LanePlayer 0 prepared>" == repr(made.session.lane)


@pytest.mark.parametrize(
    "request_",
    [
        asked((b"Content-Encoding", b"gzip")),
        asked((b"proxy-authorization", b"Basic x")),
        asked((b"Content-Type", b"application/grpc")),
        asked((b"Mcp-Session-Id", b"1")),
        asked((b"Accept", b"text/event-stream"), method=b"GET"),
        asked(method=b"HEAD"),
        asked(path=b"https://api.test/v1"),
    ],
)
def test_heads_that_are_not_taken(desk: Callable[..., Desk], request_: LaneRequest) -> None:
    """They need more than their text."""
    made = desk(recorded(0))
    assert (False, None) == (made.lane.takes(request_), made.lane.answer(request_))


@pytest.mark.parametrize(
    ("interaction", "body", "settings"),
    [
        (recorded(0, b'{"jsonrpc":"2.0"}'), b'{"jsonrpc":"2.0"}', {}),
        (recorded(0, b"nonce=1"), b"nonce=1", {}),
        (recorded(0, code=101), b"{}", {}),
        (recorded(0, body=b"x" * 300_000), b"{}", {}),
        (recorded(0, b"other"), b"{}", {}),
        (recorded(0, headers={"Retry-After": ("20",)}), b"{}", {"cassette_retry_after": "0"}),
        (recorded(0), b"{}", {"cassette_order": "strict"}),
    ],
)
def test_what_is_declined(
    desk: Callable[..., Desk], interaction: Interaction, body: bytes, settings: dict[str, str]
) -> None:
    """It is a flow's, and nothing has changed: it can still answer."""
    made = desk(interaction)
    if settings.get("cassette_order"):
        made.session.lane._index._strict = True
    elif settings:
        made = desk(interaction, settings=settings)
    assert made.lane.answer(asked(body=body)) is None
    assert (0, []) == (made.stats.counts[Outcome.REPLAYED], made.sent)
    assert made.session.lane._index.unused() == (interaction,)


def test_trailers_and_learning(desk: Callable[..., Desk]) -> None:
    """A request with trailers is a flow's; so is one of whose head something is to be erased first."""
    made = desk(recorded(0))
    assert made.lane.answer(asked(trailers=((b"x", b"y"),))) is None
    made.may_go_on = False
    assert not made.lane.takes(asked((b"X-A", b"b")))
    made.may_go_on = True
    assert made.lane.takes(asked((b"X-A", b"b")))


def test_sessions(desk: Callable[..., Desk]) -> None:
    """The header of a session's name is taken off; without a session, or with one that records, nothing answers."""
    made = desk(recorded(0))
    assert body_of(made.lane.answer(asked((b"X-Tapehead-Session", b"mine")))) == b"answer 0"
    assert (["mine"], ()) == (made.names, made.sent[0].headers)
    made.session.lane = None
    assert made.lane.answer(asked()) is None
    made.session = None
    assert made.lane.answer(asked()) is None


def test_a_file_that_changed(desk: Callable[..., Desk]) -> None:
    """It is a flow's to tell."""
    made = desk(recorded(0))

    def fails(*_: object) -> None:
        raise TapeheadError("found other bytes")

    made.session.lane.answer = fails
    assert made.lane.answer(asked()) is None


def test_heads_are_bounded(desk: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of a connection, what is prepared, and what is said of URLs."""
    monkeypatch.setattr("tapehead.sessions.connection_lane._MOST_HEADS", 2)
    monkeypatch.setattr("tapehead.replaying.lane_player._MOST_URLS", 1)
    monkeypatch.setattr("tapehead.replaying.lane_player._MOST_BYTES", 10)
    told: list[ExchangeResult] = []
    every = [recorded(number, b"%d" % number) for number in range(5)]
    made = desk(
        *(replace(each, request=replace(each.request, url=f"https://api.test/v1?n={each.id}")) for each in every),
        told=told,
        settings={"cassette_repeat": "last"},
    )
    for number in range(5):
        answer = made.lane.answer(asked(body=b"%d" % number, path=b"/v1?n=%d" % number))
        assert b"answer %d" % number == body_of(answer)
    assert [f"https://api.test/v1?n={number}" for number in range(5)] == [each.url for each in told]
    assert (len(made.lane._known) <= 2, len(made.session.lane._prepared) <= 3) == (True, True)


def test_chunks_and_pace(desk: Callable[..., Desk]) -> None:
    """The recorded ones; by times that do not fit the body none, and that is said."""
    body = b"answer 0"
    timing = Timing(id=0, sha256=digest(body), start=1.0, headers=4.0, end=16.0, chunks=((6.0, 3), (8.0, 5)))
    made = desk(recorded(0), timings={0: timing}, settings={"cassette_speed": "0.5"})
    answer = made.lane.answer(asked())
    assert answer
    assert answer.pace
    assert ([b"ans", b"wer 0"], 0.008, [0.012, 0.016], 0.032) == (
        list(answer.chunks),
        answer.pace.head_at,
        list(answer.pace.chunk_at),
        answer.pace.end_at,
    )
    made = desk(recorded(0), timings={0: replace(timing, sha256=digest(b"other"))})
    answer = made.lane.answer(asked())
    assert answer
    assert answer.pace is None
    assert ([body], [0]) == (list(answer.chunks), [each.id for each in made.edited])


def test_a_refused_key(desk: Callable[..., Desk]) -> None:
    """It is counted, and taken back by a later success, as a flow's would be."""
    made = desk(recorded(0, code=401, status="401 Unauthorized"), recorded(1))
    made.lane.answer(asked())
    assert {401: 1} == dict(made.stats.key_refusals)
    made.lane.answer(asked())
    assert 2 == made.stats.counts[Outcome.REPLAYED]


def test_other_options(desk: Callable[..., Desk]) -> None:
    """Those that change while it runs count from then on."""
    made = desk(recorded(0), recorded(1))
    made.lane.answer(asked())
    made.session.lane.config = replace(made.session.lane.config, speed=1.0)
    assert 0 == len(made.session.lane._prepared)
    answer = made.lane.answer(asked())
    assert answer
    assert answer.pace
    made.session.lane.finish()
