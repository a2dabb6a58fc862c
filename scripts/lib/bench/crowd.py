"""Benchmarks of many streams at once, and of the last chunk of long ones: their clients and their origin are in Go.

What a client of the same interpreter would add of its own, with a thousand streams, is more than what is measured.
"""

import asyncio
import json
import os
import shutil
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.lib.bench.figures import Distance
from scripts.lib.bench.lab import REPLAY, Lab, Proxy, make_cassette
from scripts.lib.bench.start import Served
from scripts.lib.bench.traffic import Effort
from tapehead.cassette.model import Interaction, Request, Response
from tapehead.cassette.store import Recorded
from tapehead.cassette.timing import Timing, digest
from tests.support.harness import HarnessError

_PACER = Path(__file__).parent / "pacer"
_HOST = "localhost:443"
_WORDS = "The quick brown fox jumps over the lazy dog. "
_LONG = _WORDS + "It does so at a leisurely pace."
_TIMEOUT = 300.0  # seconds
_KB = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class _Load:
    """What the clients ask for: so many streams at once, each of so many events."""

    streams: int
    events: int
    every: float
    """Seconds between two events of a stream."""
    apart: float = 0.0
    """Seconds between two starts."""
    text: str = _WORDS


_REPLAYED = _Load(streams=1000, events=100, every=0.05, apart=0.002)
_RECORDED = _Load(streams=100, events=100, every=0.05, apart=0.005)
# Streams; bytes of each; the milliseconds that the last chunk may be held.
_ENDS = (
    (_Load(streams=1, events=2200, every=0.001, text=_LONG), 3.0),
    (_Load(streams=1, events=8800, every=0.00025, text=_LONG), 3.0),
    (_Load(streams=50, events=250, every=0.02, text=_LONG * 5), 10.0),
)


async def _pacer(lab: Lab) -> Path:
    """The clients' program. Raises HarnessError where it cannot be built."""
    program = lab.folder / "pacer"
    if not program.exists():
        if shutil.which("go") is None:
            raise HarnessError("there is no `go` on PATH, which builds the clients of this benchmark")
        building = await asyncio.create_subprocess_exec("go", "build", "-o", program, ".", cwd=_PACER)
        if await building.wait():
            raise HarnessError("the clients of this benchmark cannot be built")
    return program


async def _run(
    lab: Lab, proxy: Proxy, load: _Load, *, first: int = 0, is_origin: bool
) -> Mapping[str, Sequence[float]]:
    """Milliseconds, median, 99th percentile and most: of the events but for the last ones, and of these."""
    arguments = {
        "proxy": f"127.0.0.1:{proxy.port}",
        "origin": _HOST,
        "ca": str(lab.folder / "confdir" / "mitmproxy-ca-cert.pem"),
        "streams": str(load.streams),
        "events": str(load.events),
        "every": f"{load.every * 1e6:.0f}us",
        "apart": f"{load.apart * 1e6:.0f}us",
        "first": str(first),
        "text": load.text,
    }
    if is_origin:
        arguments |= {"cert": str(lab.certs.cert), "key": str(lab.certs.key)}
    command = [str(await _pacer(lab)), *(f"-{name}={value}" for name, value in arguments.items())]
    running = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    async with asyncio.timeout(_TIMEOUT):
        told, _ = await running.communicate()
    if running.returncode:
        raise HarnessError(f"the clients ended with {running.returncode}")
    found: Mapping[str, Sequence[float]] = json.loads(told)
    return found


def _medians(runs: Sequence[Sequence[float]]) -> tuple[float, float, float]:
    median, p99, most = (statistics.median(each) for each in zip(*runs, strict=True))
    return median, p99, most


def _recorded(number: int, load: _Load) -> Recorded:
    """What the recorder writes of stream `number`."""
    events = [
        b"data: %s\n\n" % json.dumps({"id": "c-1", "choices": [{"index": 0, "delta": {"content": load.text}}]}).encode()
    ] * (load.events - 1)
    chunks = [*events, b"data: [DONE]\n\n"]
    value = {"model": "gpt-4o-mini", "stream": True, "messages": [{"role": "user", "content": f"stream {number}"}]}
    asked = json.dumps(value, separators=(",", ":")).encode()
    answer = b"".join(chunks)
    headers = {"Accept": ("application/json",), "Content-Type": ("application/json",), "User-Agent": ("bench",)}
    request = Request(
        method="POST", url=f"https://{_HOST.removesuffix(':443')}/v1/chat/completions", body=asked, headers=headers,
        content_length=len(asked),
    )  # fmt: skip
    response = Response(
        code=200, status="200 OK", body=answer, headers={"Content-Type": ("text/event-stream",)}, content_length=-1,
        transfer_encoding=("chunked",),
    )  # fmt: skip
    times = [load.every * 1000 * (at + 1) for at in range(load.events)]
    timing = Timing(
        id=number, sha256=digest(answer), start=1758698629123.0, headers=times[0], end=times[-1],
        chunks=tuple(zip(times, map(len, chunks), strict=True)),
    )  # fmt: skip
    return Recorded(interaction=Interaction(id=number, request=request, response=response), timing=timing)


async def crowd(lab: Lab, effort: Effort) -> list[Distance]:
    """Milliseconds by which events come late: of a thousand streams replayed, and of a hundred that are recorded."""
    rounds = 1 if effort.rough else 3
    load = _REPLAYED
    every = [_recorded(number, load) for number in range(load.streams * rounds)]
    cassette = make_cassette(lab.new_path(), every)
    players: Mapping[str, Callable[[], Proxy]] = {
        "addon": lambda: lab.proxy(REPLAY, cassette=str(cassette), cassette_speed="1"),
        "command": lambda: Proxy(lab, Served(lab, "replay", cassette, cassette_speed="1")),
    }
    rows = []
    for door, start in players.items():
        player = start()
        runs = [await _run(lab, player, load, first=number * load.streams, is_origin=False) for number in range(rounds)]
        player.finish()
        rows.append(_row("crowd", f"{load.streams} streams replayed, {door}: lateness", runs, "late", "p99", 10))
    recorder = lab.recorder()
    runs = [await _run(lab, recorder, _RECORDED, is_origin=True) for _ in range(rounds)]
    recorder.finish()
    rows.append(_row("crowd", f"{_RECORDED.streams} streams recorded: lateness", runs, "late", "p99", 15))
    return rows


async def last(lab: Lab, effort: Effort) -> list[Distance]:
    """Milliseconds for which the last chunk of streams is held, less what the disk takes for as much in the same run."""
    rows = []
    for load, goal in _ENDS[:1] if effort.rough else _ENDS:
        recorder, bare = lab.recorder(), lab.proxy(lab.stream_script)
        await _run(lab, recorder, load, is_origin=True)  # warms up
        size = load.events * (len(load.text) + 80) // _KB
        ours, theirs, disk = [], [], []
        for _ in range(max(3, effort.rounds)):
            ours.append(await _run(lab, recorder, load, is_origin=True))
            theirs.append(await _run(lab, bare, load, is_origin=True))
            disk.append(_sync_time(lab.folder, size * _KB))
        recorder.finish()
        bare.finish()
        sync = statistics.median(disk)
        what = f"{load.streams} of {size} KB: held, less {sync:.1f} of fdatasync"
        mine, other = (_medians([each["last"] for each in runs]) for runs in (ours, theirs))
        held = [one - another - sync for one, another in zip(mine, other, strict=True)]
        rows.append(Distance(
            benchmark="last", what=what, median=held[0], p99=held[1], most=held[2], judged="p99", goal=goal
        ))  # fmt: skip
        rows.append(_row("last", f"{load.streams} of {size} KB: the events before", ours, "late", "", 0))
    return rows


def _sync_time(folder: Path, size: int) -> float:
    """Milliseconds until so many bytes at the end of a file are on disk."""
    path = folder / "disk"
    file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    try:
        os.write(file, os.urandom(size))
        before = time.perf_counter()
        os.fdatasync(file)
        return (time.perf_counter() - before) * 1000
    finally:
        os.close(file)


def _row(
    benchmark: str, what: str, runs: Sequence[Mapping[str, Sequence[float]]], which: str, judged: str, goal: float
) -> Distance:
    median, p99, most = _medians([each[which] for each in runs])
    return Distance(benchmark=benchmark, what=what, median=median, p99=p99, most=most, judged=judged, goal=goal)
