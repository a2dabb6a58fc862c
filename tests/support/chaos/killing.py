"""kill -9 of a recording proxy at a random moment of real traffic, and what must be in the cassette afterwards.

Knows what is asked and when the end comes. Does not know how often, nor what a failure means to its caller.
"""

import asyncio
import contextlib
import functools
import os
import random
import re
import signal
import ssl
import sys
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from tapehead.cassette import Cassette, CassetteError, dumps, load, timing
from tapehead.cassette.side_files import backup_path, timing_path
from tapehead.cassette.store import Recorded, Store
from tapehead.cassette.timing import Timing
from tests.support.chaos import asking
from tests.support.chaos.asking import Question
from tests.support.examples import INTERACTION
from tests.support.harness import Answer, Certs, Chunk, Origin
from tests.support.streams import AWS, NDJSON, SSE
from tests.support.streams import event as aws_event

_TOLD = 500  # kills after which it is said how far it has come
LATEST = 0.4  # seconds after the first question
_ADDED = Recorded(
    interaction=INTERACTION,
    timing=Timing(id=0, sha256=timing.digest(INTERACTION.response.body), start=1, headers=2, end=3, chunks=((2, 24),)),
)


MODES = (
    ("record_only", False),
    ("record_only", True),
    ("record_once", False),
    ("replay_with_new_episodes", True),
)
"""How it is recorded, and whether there is an old recording."""
_OLD = tuple(replace(INTERACTION, id=number) for number in range(3))
_OLD_TEXT = dumps(Cassette(interactions=_OLD))


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of answer: what the origin sends in these pieces, and whether the client leaves at its last event."""

    kind: str
    pieces: tuple[bytes, ...]
    coding: str = ""
    leaves: bool = False
    ms: int = 3

    @property
    def body(self) -> bytes:
        """Decoded, all of it."""
        return b"".join(self.pieces)

    def answer(self) -> Answer:
        """For the origin's script."""
        headers: tuple[tuple[str, str], ...] = (("content-type", self.kind),)
        pieces: Sequence[bytes] = self.pieces
        if self.coding:
            headers += (("content-encoding", self.coding),)
            pieces = gzipped(pieces)
        if len(pieces) == 1:
            return Answer.of(pieces[0], headers=headers)
        return Answer(headers=headers, chunks=tuple(Chunk(data=each, pause=self.ms / 1000) for each in pieces))


def gzipped(pieces: Sequence[bytes]) -> list[bytes]:
    """As servers compress a stream: each piece can be read when it has come; the trailer comes by itself."""
    coder = zlib.compressobj(wbits=31)
    return [*(coder.compress(each) + coder.flush(zlib.Z_SYNC_FLUSH) for each in pieces), coder.flush()]


_DELTA = b'data: {"choices":[{"delta":{"content":"word"}}]}\n\n'
_DONE = b"data: [DONE]\n\n"
_STOP = b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
_ERROR = b'data: {"error":{"message":"overloaded"}}\n\n'
_GEMINI = b'data: {"candidates":[{"finishReason":"STOP"}]}\n\n'

KINDS = {
    "length": Kind(kind="application/json", pieces=(b'{"a":"' + b"x" * 900 + b'"}',)),
    "gzip": Kind(kind="application/json", pieces=(b'{"a":"' + b"x" * 900 + b'"}',), coding="gzip"),
    "chunked": Kind(kind="application/octet-stream", pieces=(b"\xff\x00" * 500, b"y" * 3000, b"z")),
    "stream": Kind(kind=SSE, pieces=(_DELTA, _DELTA, _DONE)),
    "at-once": Kind(kind=SSE, pieces=(_DELTA, _DELTA + _DONE), ms=0),
    "openai": Kind(kind=SSE, pieces=(_DELTA, _DELTA, _DONE), leaves=True),
    "openai-cut": Kind(kind=SSE, pieces=(_DELTA, _DELTA + _DONE[:9], _DONE[9:]), leaves=True),
    "anthropic": Kind(kind=SSE, pieces=(b"event: ping\ndata: {}\n\n", _STOP[:21], _STOP[21:]), leaves=True),
    "error": Kind(kind=SSE, pieces=(_DELTA, _ERROR), leaves=True, ms=0),
    "error-done": Kind(kind=SSE, pieces=(_DELTA, _ERROR, _DONE), leaves=True),
    "gemini": Kind(kind=SSE, pieces=(_DELTA, _GEMINI), leaves=True, ms=0),
    "gzip-openai": Kind(kind=SSE, pieces=(_DELTA, _DELTA, _DONE), coding="gzip", leaves=True),
    "gzip-anthropic": Kind(kind=SSE, pieces=(_DELTA, _STOP), coding="gzip", leaves=True),
    "ollama": Kind(kind=NDJSON, pieces=(b'{"done":false}\n', b'{"done":true}\n'), leaves=True),
    "bedrock": Kind(kind=AWS, pieces=(aws_event("messageStop"), aws_event("metadata")), leaves=True),
}


def script(origin: Origin) -> None:
    """Makes the origin answer all kinds, each under its name."""
    for name, kind in KINDS.items():
        origin.script(f"/{name}", kind.answer())


@dataclass(slots=True, kw_only=True)
class Tally:
    """What came of many kills."""

    kills: int = 0
    finished: int = 0
    lost: Counter[str] = field(default_factory=Counter)
    unreadable: int = 0
    failures: list[str] = field(default_factory=list)

    def line(self) -> str:
        """All of it in one line."""
        return (
            f"{self.kills} kills, {self.finished} finished exchanges, {self.lost.total()} lost, "
            f"{self.unreadable} unreadable, {len(self.failures)} failures"
        )


class Forks:
    """A process that forks recording proxies, one at a time."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, confdir: Path, certs: Certs) -> Self:
        """One that is not yet asked for anything. Its input's end ends it."""
        pipe = asyncio.subprocess.PIPE
        command = (sys.executable, "-m", "tests.support.chaos.forking", str(confdir), str(certs.ca))
        env = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        return cls(await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, env=env))

    async def proxy(self, cassette: Path, mode: str = "record_only") -> tuple[int, int]:
        """The process id and the port of a new proxy."""
        assert self._process.stdin
        self._process.stdin.write(f"{mode} {cassette}\n".encode())
        pid, port = (await self._line()).split()
        assert pid != b"ended", f"the proxy ended by itself: {port.decode()}"
        return int(pid), int(port)

    async def ended(self) -> int:
        """The exit code of that proxy."""
        return int((await self._line()).split()[1])

    async def close(self) -> None:
        """Ends it."""
        assert self._process.stdin
        self._process.stdin.close()
        await self._process.wait()

    async def _line(self) -> bytes:
        assert self._process.stdout
        return await asyncio.wait_for(self._process.stdout.readline(), 60)


async def kill(forks: Forks, origin: Origin, ca: Path, path: Path, seed: int, tally: Tally) -> None:
    """One proxy, killed in mid-traffic: half of them at some time, half right when a client has seen an end."""
    choose = random.Random(seed)
    seen: dict[int, str] = {}
    done = asyncio.Event()
    at = choose.randint(1, 12) if choose.random() < 0.5 else 0
    mode, has_old = choose.choice(MODES)
    if has_old:
        _put_old(path)
    pid, port = await forks.proxy(path, mode)

    def end_it() -> None:
        if not done.is_set():
            done.set()
            os.kill(pid, signal.SIGKILL)

    def sees(number: int, name: str) -> Callable[[bytes], None]:
        def see(body: bytes) -> None:
            assert body == KINDS[name].body, (name, body)
            seen[number] = name
            if len(seen) == at:
                end_it()

        return see

    def questions(base: str) -> Iterator[Question]:
        while True:
            number, name = len(asked), choose.choice(list(KINDS))
            asked.append(name)
            kind = KINDS[name]
            until = kind.pieces[-1] if kind.leaves else b""
            yield Question(url=f"{base}/{name}?number={number}", until=until, seen=sees(number, name))

    asked: list[str] = []
    tls = asking.http1(port, questions(origin.url), _context(ca, "http/1.1"))
    several = asking.http2(port, questions(origin.url), _context(ca, "h2"), at_once=choose.randint(1, 4))
    clear = [asking.http1(port, questions(origin.plain_url), None) for _ in range(choose.randint(1, 3))]
    clients = [asyncio.create_task(each) for each in (several, tls, *clear)]
    asyncio.get_running_loop().call_later(LATEST * (choose.random() if not at else 4), end_it)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(done.wait(), 30)
    assert -9 == await forks.ended()
    ends = await asyncio.wait_for(asyncio.gather(*clients, return_exceptions=True), 30)
    for each in ends:  # the proxy is gone, which is what this is about
        if each is not None and not isinstance(each, OSError | EOFError):
            raise each
    tally.kills += 1
    tally.finished += len(seen)
    check(path, seen, asked, tally, kept=_kept(path, mode) if has_old else 0)


def check(path: Path, seen: dict[int, str], asked: Sequence[str], tally: Tally, *, kept: int = 0) -> None:
    """The cassette loads, with all that was seen in it, whole and once; the next run goes on with it. AssertionError.

    Before that it has those that it had, as many as were `kept`.
    """
    try:
        assert not kept or load(path).interactions[:kept] == _OLD, "what was there is not any more"
        there = _numbers(path, asked, kept)
        if lost := {number: name for number, name in seen.items() if number not in there}:
            tally.lost.update(lost.values())
            raise AssertionError(f"lost: {lost} of {len(seen)}")
        store = Store(path)
        assert there == [_number(each.request.url) for each in store.loaded.interactions[kept:]]
        store.append([_ADDED])
        store.close()
        again = load(path).interactions
        timings = timing.load(timing_path(path))
    except CassetteError:
        tally.unreadable += 1
        raise
    assert list(range(kept + len(there) + 1)) == [each.id for each in again]
    assert all(timings[each.id].fits(each.response.body) for each in again if each.id in timings)


def _put_old(path: Path) -> None:
    path.write_bytes(_OLD_TEXT)


def _kept(path: Path, mode: str) -> int:
    """How many of the old ones are to be in the file: all, or none where they are its backup. AssertionError."""
    if mode != "record_only" or path.read_bytes() == _OLD_TEXT:
        return len(_OLD)
    assert _OLD_TEXT == backup_path(path).read_bytes(), "the old recording is gone"
    return 0


def _numbers(path: Path, asked: Sequence[str], kept: int) -> list[int]:
    numbers: list[int] = []
    if not path.exists():  # the first exchange makes it
        return numbers
    for each in load(path).interactions[kept:]:
        number, name = _number(each.request.url), urlsplit(each.request.url).path[1:]
        assert (name, KINDS[name].body) == (asked[number], each.response.body), f"{name} is not whole"
        numbers.append(number)
    assert len(set(numbers)) == len(numbers), "an exchange is there twice"
    return numbers


def _number(url: str) -> int:
    return int(re.findall(r"number=(\d+)", url)[0])


async def run(folder: Path, certs: Certs, seeds: Iterator[int], tally: Tally, *, lanes: int = 4) -> None:
    """A kill for each seed, `lanes` of them side by side. What fails is in the tally, with its seed."""
    with Origin(certs) as origin:
        script(origin)

        async def lane(forks: Forks) -> None:
            for seed in seeds:
                path = folder / f"{seed}.yaml"
                try:
                    await kill(forks, origin, folder / "mitmproxy-ca-cert.pem", path, seed, tally)
                except (AssertionError, CassetteError) as e:
                    tally.failures.append(f"kill --seed {seed} --count 1: {e}")
                    print(tally.failures[-1], flush=True)
                _remove(folder, seed)
                if tally.kills % _TOLD == 0:
                    print(tally.line(), flush=True)

        started = [await Forks.start(folder, certs) for _ in range(lanes)]
        pid, _ = await started[0].proxy(folder / "first.yaml")  # it makes the authority
        os.kill(pid, signal.SIGKILL)
        await started[0].ended()
        await asyncio.gather(*map(lane, started))
        for each in started:
            await each.close()


def _remove(folder: Path, seed: int) -> None:
    for each in folder.glob(f"{seed}.*"):
        each.unlink()


@functools.cache
def _context(ca: Path, protocol: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(ca)
    context.set_alpn_protocols([protocol])
    return context
