"""What lives long says of itself how it stands: states and counts, and no secret of what passes through it."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from mitmproxy import connection, options
from mitmproxy.proxy.context import Context
from mitmproxy.test import tflow

from tapehead.cassette.model import Request
from tapehead.cassette.store import Store
from tapehead.exchange.config import Config
from tapehead.exchange.options import OPTIONS, parse
from tapehead.exchange.outcomes import RunStats
from tapehead.exchange.workers import WorkerPool
from tapehead.matching.index import Index
from tapehead.mitm.http_stream import PacedStream
from tapehead.mitm.stream_state import StreamState
from tapehead.recording.cassette_pool import CassettePool
from tapehead.recording.recorder import Recorder
from tapehead.recording.renderer import Renderer
from tapehead.recording.response_tap import ResponseTap
from tapehead.recording.write_queue import WriteQueue
from tapehead.redact.redactor import Redactor
from tapehead.replaying.player import Player
from tapehead.sessions.session import Session
from tapehead.sessions.session_registry import SessionRegistry
from tests.support.examples import TEXT

SECRET = "sk-proj-abcdefghijklmnop1234567890"


def _no_key(_: Request) -> bytes:
    return b""


def config(path: Path, **values: Any) -> Config:
    defaults = {name: option.default for name, option in OPTIONS.items()} | {"cassette_mode": "record_only"}
    return parse(SimpleNamespace(**defaults | {"cassette": str(path)} | values))


def flow_with_secrets() -> Any:
    """An exchange with a credential in its URL, its headers and its bodies."""
    flow = tflow.tflow(resp=True)
    flow.request.path = f"/v1/chat?key={SECRET}"
    flow.request.headers["authorization"] = f"Bearer {SECRET}"
    flow.request.content = SECRET.encode()
    return flow


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "chat.yaml"


def test_a_queue(file: Path) -> None:
    """Whether it writes, how much waits, and its store."""
    queue = WriteQueue(Store(file))

    assert f"<WriteQueue idle, 0 waiting, <Store '{file}' open, 0 appended>>" == repr(queue)
    queue.close()


def test_a_recorder_and_its_taps(file: Path) -> None:
    """How many exchanges are under way; of each, how much has come and how many chunks are held. Not what they are."""
    queue, workers = WriteQueue(Store(file)), WorkerPool()
    renderer = Renderer(config(file), queue.store.dialect, Redactor(), workers, key=_no_key)
    recorder = Recorder(config(file), queue, Redactor(), RunStats(), workers, renderer, None)
    flow = flow_with_secrets()
    recorder.request(flow)
    recorder.responseheaders(flow)
    tap = flow.response.stream
    tap(SECRET.encode())

    assert f"<Recorder open, 1 under way, {queue!r}>" == repr(recorder)
    assert f"<ResponseTap under way, {len(SECRET)} bytes in 1 chunks, 1 held>" == repr(tap)
    recorder.take_finished()
    assert f"<Recorder closed, 1 under way, {queue!r}>" == repr(recorder)
    tap.complete = True
    assert "<ResponseTap complete, " in repr(tap)
    assert SECRET not in repr((recorder, tap))
    queue.close()


def test_a_tap_of_a_body_that_is_too_large() -> None:
    """It says so: nothing of it is kept."""
    tap = ResponseTap(flow_with_secrets(), 0.0, 0, size=1 << 40, is_too_large=True)

    assert "<ResponseTap too large, 1099511627776 bytes in 0 chunks, 0 held>" == repr(tap)


def test_a_player(file: Path) -> None:
    """Its cassette, the timings that it has, and its index."""
    player = Player(config(file), Index([]), {}, Redactor(), RunStats(), WorkerPool())

    assert f"<Player '{file}', <Index 0 interactions, 0 used>>" == repr(player)


def test_a_pool_of_cassettes(file: Path) -> None:
    """How many are open; of each its store, and how many sessions share it."""
    pool = CassettePool()
    assert "<CassettePool 0 open>" == repr(pool)

    settings = config(file)
    recording = pool.open(file, overwrite=True, dialect=settings.dialect, redactor=Redactor())
    pool.open(file, overwrite=True, dialect=settings.dialect, redactor=Redactor())

    assert "<CassettePool 1 open>" == repr(pool)
    assert f"<SharedCassette <Store '{file}' open, 0 appended>, 2 sessions>" == repr(recording)
    recording.close()


def test_workers() -> None:
    """Whether threads were needed, and how many processes run."""
    workers = WorkerPool()
    assert "<WorkerPool no threads, 0 processes>" == repr(workers)

    asyncio.run(workers.in_thread(int))
    assert "<WorkerPool with threads, 0 processes>" == repr(workers)

    workers.close()
    assert "<WorkerPool no threads, 0 processes>" == repr(workers)


def test_a_session(file: Path) -> None:
    """Its name, mode and cassette, whether it is open, and what came of the requests."""
    file.write_text(TEXT)
    settings = config(file, cassette_mode="replay_only")
    session = Session(settings, redactor=Redactor(), pool=CassettePool(), workers=WorkerPool(), name="a")
    assert f"<Session 'a' replay_only '{file}' open: nothing>" == repr(session)

    assert session.player
    flow = flow_with_secrets()
    asyncio.run(session.request(flow))

    assert 404 == flow.response.status_code
    assert f"<Session 'a' replay_only '{file}' open: 1 missed>" == repr(session)
    session.close()
    assert f"<Session 'a' replay_only '{file}' closed: 1 missed>" == repr(session)


def test_the_sessions_of_a_proxy(tmp_path: Path) -> None:
    """How many were begun, are open, have ended, or have a cassette that cannot be opened."""

    async def run() -> None:
        settings = config(tmp_path / "_unnamed.yaml", cassette_dir=str(tmp_path))
        sessions = SessionRegistry(settings, redactor=Redactor(), pool=CassettePool(), workers=WorkerPool())
        assert "<SessionRegistry open: 0 begun, 0 open, 0 ended, 0 that cannot be opened>" == repr(sessions)

        name = sessions.begin("a", user=SECRET)
        await sessions.find(name)
        assert "<SessionRegistry open: 1 begun, 1 open, 0 ended, 0 that cannot be opened>" == repr(sessions)

        sessions.close()
        assert "<SessionRegistry closed: 0 begun, 0 open, 1 ended, 0 that cannot be opened>" == repr(sessions)

    asyncio.run(run())


def test_a_stream() -> None:
    """The states that mitmproxy gives it, and our own; nothing of its flow."""
    client = connection.Client(peername=("127.0.0.1", 1), sockname=("127.0.0.1", 2), timestamp_start=0.0)
    stream = PacedStream(Context(client, options.Options()), 3, lambda _: None)
    stream.flow = flow_with_secrets()
    mitmproxys = "HttpStream(id=3, client_state=state_uninitialized, server_state=state_uninitialized)"

    assert f"<PacedStream {mitmproxys}, plain>" == repr(stream)
    stream._state = StreamState.HOLDING
    assert f"<PacedStream {mitmproxys}, holding>" == repr(stream)
