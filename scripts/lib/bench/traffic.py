"""Benchmarks of the proxy: CPU of real mitmdumps for the same requests, ours beside a yardstick that runs along.

Rounds go A B, B A, A B: whatever drifts on the machine drifts for both.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from scripts.lib.bench.figures import AT_LEAST, AT_MOST, Figure
from scripts.lib.bench.lab import REPLAY, Lab, Proxy
from scripts.lib.bench.origin import ANSWERS
from tapehead.redact.redact_rules import Layer

PROTOCOLS = {"HTTP/1.1": False, "HTTP/2": True}
SHAPES = {"json": "JSON", "sse": "SSE, 20 events 2 ms apart", "sse-burst": "SSE, 20 events at once"}
LONG = {"long": "1 ms apart", "long-burst": "at once"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much is measured."""

    rounds: int
    requests: int
    """In each round, for each proxy."""
    interactions: int
    """In a large cassette."""
    rough: bool = False
    """Leave out what takes long."""

    @property
    def shapes(self) -> tuple[str, ...]:
        return tuple(name for name in SHAPES if not (self.rough and ANSWERS[name].pause))

    @property
    def spacings(self) -> tuple[str, ...]:
        return tuple(LONG)[:1] if self.rough else tuple(LONG)


async def paired(
    proxies: dict[str, Proxy], measure: Callable[[Proxy], Awaitable[float]], rounds: int
) -> dict[str, list[float]]:
    """What `measure` says of each proxy, round for round, after one that is not counted."""
    figures: dict[str, list[float]] = {name: [] for name in proxies}
    for number in range(-1, rounds):
        for name in proxies if number % 2 else reversed(proxies):
            figure = await measure(proxies[name])
            if number >= 0:
                figures[name].append(figure)
    return figures


def cpu_per_request(answer: str, *, http2: bool, count: int, at_once: int = 8) -> Callable[[Proxy], Awaitable[float]]:
    return lambda proxy: proxy.cpu_per_request(answer, http2=http2, count=count, at_once=at_once)


def per_second(cpu: list[float], yardstick: list[float]) -> list[tuple[float, float]]:
    return [(1 / ours, 1 / theirs) for ours, theirs in zip(cpu, yardstick, strict=True)]


async def record(lab: Lab, effort: Effort) -> list[Figure]:
    """Requests per CPU second while recording, and of mitmdump without us.

    By default mitmdump holds a stream back until it ends, and sends it in one piece. What passes streams on, as we do, is
    mitmdump with `stream_large_bodies`: that is what they are judged by.
    """
    proxies = {
        "record": lab.recorder(),
        "bare": lab.proxy(),
        "stream": lab.proxy(stream_large_bodies="1"),
    }
    yardsticks = {"bare": "bare mitmdump", "stream": "with stream_large_bodies=1"}
    figures = []
    for answer in effort.shapes:
        for protocol, http2 in PROTOCOLS.items():
            measure = cpu_per_request(answer, http2=http2, count=effort.requests)
            cpu = await paired(proxies, measure, effort.rounds)
            figures += [
                Figure(
                    benchmark="record",
                    what=f"{protocol}, {SHAPES[answer]} / {yardstick}",
                    unit="req/CPU s",
                    pairs=per_second(cpu["record"], cpu[name]),
                    goal=(AT_LEAST, 0.9) if name == ("bare" if answer == "json" else "stream") else None,
                )
                for name, yardstick in yardsticks.items()
            ]
    for proxy in proxies.values():
        proxy.finish()
    return figures


async def redact(lab: Lab, effort: Effort) -> list[Figure]:
    """Requests per CPU second while recording, and with every layer of the redaction turned off."""
    off = [argument for layer in Layer for argument in ("--set", f"cassette_redact=off:{layer.value}")]
    proxies = {"on": lab.recorder(), "off": lab.recorder(arguments=off)}
    figures = []
    for answer in effort.shapes:
        for protocol, http2 in PROTOCOLS.items():
            measure = cpu_per_request(answer, http2=http2, count=effort.requests)
            cpu = await paired(proxies, measure, effort.rounds)
            figures.append(
                Figure(
                    benchmark="redact",
                    what=f"{protocol}, {SHAPES[answer]} / without redaction",
                    unit="req/CPU s",
                    pairs=per_second(cpu["on"], cpu["off"]),
                    goal=(AT_LEAST, 0.9),
                )
            )
    for proxy in proxies.values():
        proxy.finish()
    return figures


async def replay(lab: Lab, effort: Effort) -> list[Figure]:
    """Requests per CPU second of hits (all different, each of its own interaction), and of mitmdump without us."""
    figures = []
    needed = effort.requests * (effort.rounds + 1)
    for answer in effort.shapes:
        for protocol, http2 in PROTOCOLS.items():
            cassette = lab.cassette(range(needed), answer, http2=http2)
            proxies = {"replay": lab.proxy(REPLAY, cassette=str(cassette)), "bare": lab.proxy()}
            measure = cpu_per_request(answer, http2=http2, count=effort.requests)
            cpu = await paired(proxies, measure, effort.rounds)
            figures.append(
                Figure(
                    benchmark="replay",
                    what=f"{protocol}, {SHAPES[answer]} / bare mitmdump",
                    unit="req/CPU s",
                    pairs=per_second(cpu["replay"], cpu["bare"]),
                    goal=(AT_LEAST, 1.1),
                )
            )
            for proxy in proxies.values():
                proxy.finish()
    return figures


async def tee(lab: Lab, effort: Effort) -> list[Figure]:
    """CPU for each event of long streams while recording, and with `flow.response.stream = True`."""
    proxies = {"record": lab.recorder(), "stream": lab.proxy(lab.stream_script)}
    figures = []
    for answer in effort.spacings:
        events = len(ANSWERS[answer].chunks)
        for protocol, http2 in PROTOCOLS.items():
            measure = cpu_per_request(answer, http2=http2, count=max(4, effort.requests // 50), at_once=4)
            cpu = await paired(proxies, measure, 2 if effort.rough else effort.rounds)
            figures.append(
                Figure(
                    benchmark="tee",
                    what=f"{protocol}, {events} events {LONG[answer]} / stream=True",
                    unit="us/event",
                    pairs=[
                        (ours / events * 1e6, theirs / events * 1e6)
                        for ours, theirs in zip(cpu["record"], cpu["stream"], strict=True)
                    ],
                    goal=(AT_MOST, 1.15),
                )
            )
    for proxy in proxies.values():
        proxy.finish()
    return figures


async def size(lab: Lab, effort: Effort) -> list[Figure]:
    """Requests per CPU second of hits in a large cassette, and in one of a single interaction. Both replayable."""
    figures = []
    sizes = {"many": effort.interactions, "one": 1}
    for protocol, http2 in PROTOCOLS.items():
        proxies, cycles = {}, {}
        for name, interactions in sizes.items():
            cassette = lab.cassette(range(interactions), "sse-burst", http2=http2)
            proxies[name] = lab.proxy(REPLAY, cassette=str(cassette), cassette_repeat="last")
            cycles[proxies[name]] = interactions
        measure = _cycling(cycles, http2=http2, count=effort.requests)
        cpu = await paired(proxies, measure, effort.rounds)
        figures.append(
            Figure(
                benchmark="size",
                what=f"{protocol}, replay of {effort.interactions} interactions / of 1",
                unit="req/CPU s",
                pairs=per_second(cpu["many"], cpu["one"]),
                goal=(AT_LEAST, 0.95),
            )
        )
        for proxy in proxies.values():
            proxy.finish()
    return figures


def _cycling(cycles: dict[Proxy, int], *, http2: bool, count: int) -> Callable[[Proxy], Awaitable[float]]:
    return lambda proxy: proxy.cpu_per_request("sse-burst", http2=http2, count=count, cycle=cycles[proxy])
