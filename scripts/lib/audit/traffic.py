"""One recording of a plan, and its replay: real mitmdumps, all exchanges through them, and what both ends saw.

Knows how the exchanges are made at once, and that both ends must get what the other one sent. Does not look into what
was recorded.
"""

import asyncio
import contextlib
import os
import signal
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from scripts.lib.audit.exchange import Exchange
from scripts.lib.audit.places import PLACES
from scripts.lib.audit.plan import Plan
from scripts.lib.audit.wire import Client, Message, Origin, connect
from tests.support.harness import HarnessError, Mitmdump, make_certs

ROOT = Path(__file__).parents[3]
RECORD, REPLAY = ROOT / "addon" / "record.py", ROOT / "addon" / "replay.py"
TAPE, CASSETTE = "tape", "audit.yaml"
TIME_FOR_ONE = 60.0  # seconds
TIME_FOR_ALL = 600.0  # of one recording, of one replay: what is learned is erased from all that was written before
MISSES = 10
"""Requests of each place that no interaction answers. Each of them is compared with all that were recorded."""

_HTTP1_CLIENTS = 6
_HTTP2_CLIENTS, _STREAMS = 2, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A run that has ended: what mitmdump said, and, by exchange, what client or origin got wrong."""

    output: str
    code: int
    port: int
    """The origin's."""
    faults: dict[int, str]


@dataclass(slots=True)
class _Lane:
    """A connection that is made anew when it breaks off."""

    make: Callable[[], asyncio.Future[Client]]
    _client: asyncio.Future[Client] | None = None

    async def ask(self, exchange: Exchange) -> Message:
        if self._client is None:
            self._client = self.make()
        connection = self._client
        try:
            async with asyncio.timeout(TIME_FOR_ONE):
                return await (await asyncio.shield(connection)).ask(exchange)
        except (OSError, EOFError, TimeoutError):
            if self._client is connection:
                self._client = None
            raise

    async def close(self) -> None:
        if self._client is not None:
            (await self._client).close()


@dataclass(slots=True)
class _Drive:
    """Makes exchanges, several at once, and checks each answer."""

    proxy: Mitmdump
    origin: Origin
    judge: Callable[[Exchange, Message], str]
    faults: dict[int, str] = field(default_factory=dict)

    async def run(self, exchanges: Sequence[Exchange]) -> None:
        contexts = {False: self.proxy.client_context(), True: self.proxy.client_context()}
        contexts[False].set_alpn_protocols(["http/1.1"])
        contexts[True].set_alpn_protocols(["h2"])
        lanes = []
        async with _bounded(self.faults), asyncio.TaskGroup() as group:
            for http2, count, at_once in ((False, _HTTP1_CLIENTS, 1), (True, _HTTP2_CLIENTS, _STREAMS)):
                left = iter([each for each in exchanges if each.http2 is http2])
                for _ in range(count):
                    lane = _Lane(self._maker(contexts, http2=http2))
                    lanes.append(lane)
                    for _ in range(at_once):
                        group.create_task(self._work(lane, left))
        for lane in lanes:
            await lane.close()

    def _maker(self, contexts: dict[bool, ssl.SSLContext], *, http2: bool) -> Callable[[], asyncio.Future[Client]]:
        async def make() -> Client:
            return await connect(self.proxy.port, self.origin.port, contexts, http2=http2)

        return lambda: asyncio.ensure_future(make())

    async def _work(self, lane: _Lane, exchanges: Iterable[Exchange]) -> None:
        for exchange in exchanges:
            try:
                fault = self.judge(exchange, await lane.ask(exchange))
            except (OSError, EOFError, TimeoutError) as e:
                fault = f"the client got no answer: {type(e).__name__}"
            if fault:
                self.faults[exchange.id] = fault


@contextlib.asynccontextmanager
async def _bounded(faults: dict[int, str]) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(TIME_FOR_ALL):
            yield
    except TimeoutError:
        faults[-5] = f"the exchanges took more than {TIME_FOR_ALL:g} s"


def status_of(got: Message) -> int:
    """An answer's status code; 0 for a stream that was reset."""
    text = got.value(":status") or got.start.partition(" ")[2].partition(" ")[0]
    return int(text) if text.isdigit() else 0


def differing(exchange: Exchange, got: Message) -> str:
    """What an answer has otherwise than the origin sent it; empty when it is the same."""
    status = status_of(got)
    reason = exchange.reason if exchange.http2 else got.start.partition(" ")[2].partition(" ")[2]
    same = {
        f"status {status}": status == exchange.status,
        "status text": reason == exchange.reason,
        "headers": set(exchange.answer_fields()) <= set(got.headers),
        "body": got.body == exchange.answer,
        "trailers": list(exchange.trailers) == got.trailers,
    }
    wrong = [name for name, holds in same.items() if not holds]
    return f"the client got another {', '.join(wrong)} than was sent" if wrong else ""


def record(plan: Plan, exchanges: Sequence[Exchange], folder: Path) -> Recording:
    """Records the exchanges into `folder`/tape, in which nothing else is."""
    certs = make_certs(folder / "certs")
    (folder / TAPE).mkdir()
    origin = Origin([*plan.warm_up, *exchanges])
    with _mitmdump(RECORD, plan, folder, trust=certs.ca) as proxy:
        drive = _Drive(proxy, origin, differing)

        async def run() -> None:
            await origin.start(str(certs.cert), str(certs.key))
            await drive.run(plan.warm_up)
            await drive.run(exchanges)

        code = _run(run(), proxy)
    return Recording(output=proxy.output, code=code, port=origin.port, faults=origin.faults | drive.faults)


def replay(plan: Plan, exchanges: Sequence[Exchange], folder: Path, port: int) -> Recording:
    """Plays what was recorded from the origin at a port, and asks for some that was not, for the sake of the log."""
    asked = [each for place in PLACES for each in [e for e in exchanges if e.plants[0].place == place][:MISSES]]
    misses = [replace(each, path=f"missing/{each.path}") for each in asked]
    origin = Origin(())
    origin.port = port
    try:
        proxy = _mitmdump(REPLAY, plan, folder)
    except HarnessError as e:
        return Recording(output=str(e), code=1, port=port, faults={-2: "mitmdump did not start to replay"})
    with proxy:
        played, missed = _Drive(proxy, origin, _not_played), _Drive(proxy, origin, _not_missed)

        async def run() -> None:
            await played.run(plan.warm_up)
            await missed.run(misses)
            await played.run(exchanges)

        code = _run(run(), proxy)
    return Recording(output=proxy.output, code=code, port=port, faults=missed.faults | played.faults)


def _run(traffic: Coroutine[None, None, None], proxy: Mitmdump) -> int:
    """mitmdump's exit code after the traffic. Its output is not shown: it may be just what must not be seen."""
    asyncio.run(traffic)
    try:
        return proxy.stop()
    except HarnessError:
        return -signal.SIGKILL


def _mitmdump(script: Path, plan: Plan, folder: Path, *, trust: Path | None = None) -> Mitmdump:
    tape = folder / TAPE
    return Mitmdump(
        script,
        confdir=folder / "confdir",
        trust=trust,
        options={"cassette": str(tape / CASSETTE)},
        env={**os.environ, **plan.environment},
        cwd=tape,
    )


def _not_played(exchange: Exchange, got: Message) -> str:
    if status_of(got) == exchange.status and b"cassette_miss" not in got.body:
        return ""
    return f"replay answered it with {status_of(got)}, {'a miss' if b'cassette_miss' in got.body else 'and no miss'}"


def _not_missed(_: Exchange, got: Message) -> str:
    return "" if b"cassette_miss" in got.body else "replay answered what was not recorded"
