"""Benchmark of time: whether recording holds a stream up, and whether replay at speed 1 gives it in its own time.

Times are the client's: milliseconds from its request to each chunk, 50 chunks 20 ms apart.
"""

import asyncio
import itertools
import statistics
from collections.abc import Iterable, Sequence

from scripts.lib.bench.figures import Distance
from scripts.lib.bench.lab import REPLAY, Lab, Proxy, body, check
from scripts.lib.bench.origin import ANSWERS
from scripts.lib.bench.traffic import PROTOCOLS, Effort
from scripts.lib.bench.wire import Reply

_ANSWER = "pace"
_RUNS = ((1, 0.0), (50, 0.010), (50, 0.0))  # streams, seconds between their starts
_REPLAY_GOAL, _RECORD_GOAL = 10.0, 3.0  # milliseconds


async def _streams(proxy: Proxy, streams: int, apart: float, first: int, *, http2: bool) -> list[Reply]:
    """What the clients of so many streams got, the bodies of their requests numbered from `first`."""
    connections = 1 if http2 else streams
    clients = await proxy.clients(_ANSWER, http2=http2, connections=connections)

    async def one(number: int) -> Reply:
        await asyncio.sleep(number * apart)
        return await clients[number % len(clients)].ask(body(first + number))

    async with asyncio.timeout(60):
        replies = await asyncio.gather(*map(one, range(streams)))
    for reply in replies:
        check(reply, ANSWERS[_ANSWER].body)
    return replies


def _arrivals(reply: Reply) -> list[float]:
    return [(at - reply.sent) * 1000 for at, _ in reply.chunks]


def _spread(values: Iterable[float]) -> tuple[float, float, float]:
    """Median, 99th percentile, largest."""
    found = sorted(values)
    return statistics.median(found), found[int(len(found) * 0.99)], found[-1]


def _distance(what: str, spread: tuple[float, float, float], judged: str, goal: float) -> Distance:
    median, p99, most = spread
    return Distance(benchmark="pace", what=what, median=median, p99=p99, most=most, judged=judged, goal=goal)


def _replayed(what: str, recorded: Sequence[Reply], replayed: Sequence[Reply], *, judged: str) -> list[Distance]:
    """The last chunk, `[DONE]`, by itself: recording holds it until the exchange is on disk, and replay need not."""
    pairs = list(zip(recorded, replayed, strict=True))
    for then, now in pairs:
        if [chunk for _, chunk in then.chunks] != [chunk for _, chunk in now.chunks]:
            raise AssertionError(f"{what}: {len(then.chunks)} chunks were recorded, {len(now.chunks)} came, or others")
    times = [(_arrivals(then), _arrivals(now)) for then, now in pairs]
    before = (abs(b - a) for then, now in times for a, b in zip(then[:-1], now[:-1], strict=True))
    last = (abs(now[-1] - then[-1]) for then, now in times)
    return [
        _distance(f"{what}: arrival, replay - recording", _spread(before), judged, _REPLAY_GOAL),
        _distance(f"{what}: likewise of the last words", _spread(last), "", _REPLAY_GOAL),
    ]


def _held_up(what: str, ours: Sequence[Reply], theirs: Sequence[Reply], *, judged: str) -> list[Distance]:
    """How much later ours is, median against median and so on. Two runs of one proxy differ more, chunk by chunk."""
    rows = []
    every = (("time to first byte", _first_bytes), ("between chunks", _gaps), ("likewise of the last words", _last_gap))
    for name, times in every:
        one, other = (_spread(value for reply in replies for value in times(reply)) for replies in (ours, theirs))
        shift = one[0] - other[0], one[1] - other[1], one[2] - other[2]
        rows.append(_distance(f"{what}: {name}", shift, "" if times is _last_gap else judged, _RECORD_GOAL))
    return rows


def _first_bytes(reply: Reply) -> list[float]:
    return [(reply.headed - reply.sent) * 1000]


def _gaps(reply: Reply) -> list[float]:
    """But for the last one."""
    return [b - a for a, b in itertools.pairwise(_arrivals(reply)[:-1])]


def _last_gap(reply: Reply) -> list[float]:
    """Recording holds the last words until the exchange is on disk."""
    *_, before, last = _arrivals(reply)
    return [last - before]


async def pace(lab: Lab, effort: Effort) -> list[Distance]:
    """Milliseconds between what is replayed and was recorded, and between recording and mitmdump with stream=True."""
    rows = []
    rounds = max(1, effort.rounds // 2)
    for (streams, apart), (protocol, http2) in itertools.product(
        _RUNS[1:2] if effort.rough else _RUNS, PROTOCOLS.items()
    ):
        spread = f", started {apart * 1000:.0f} ms apart" if apart else ", started at once" if streams > 1 else ""
        what = f"{protocol}, {streams} stream{'s' if streams > 1 else ''}{spread}"
        cassette = lab.new_path()
        recorder = lab.recorder(cassette)
        proxies = {"record": recorder, "bare": lab.proxy(lab.stream_script), "again": lab.proxy(lab.stream_script)}
        got: dict[str, list[Reply]] = {name: [] for name in proxies}
        for number in range(rounds + 1):  # the first one warms up
            for name, proxy in proxies.items():
                replies = await _streams(proxy, streams, apart, number * streams, http2=http2)
                got[name] += replies if number else []
        for proxy in proxies.values():
            proxy.finish()
        player = lab.proxy(REPLAY, cassette=str(cassette), cassette_speed="1")
        replayed = []
        for number in range(rounds + 1):
            replies = await _streams(player, streams, apart, number * streams, http2=http2)
            replayed += replies if number else []
        player.finish()
        rows += _replayed(what, got["record"], replayed, judged="most")
        rows += _held_up(f"{what}: recording - stream=True", got["record"], got["bare"], judged="p99")
        rows += _held_up(f"{what}: stream=True - itself", got["again"], got["bare"], judged="")
    return rows
