"""Benchmarks of answers from a cassette: requests per CPU second of both doors, beside a mitmdump whose addon answers.

Each over HTTP/1.1 and HTTP/2, with requests that are all different, each answered by an interaction of its own, and with a
hundred that repeat; and with a connection for each request.
"""

import asyncio
from collections.abc import Awaitable, Callable

from scripts.lib.bench.figures import AT_LEAST, Figure
from scripts.lib.bench.lab import REPLAY, Lab, Proxy, body, check, cpu_of
from scripts.lib.bench.origin import ANSWERS
from scripts.lib.bench.start import Served
from scripts.lib.bench.traffic import PROTOCOLS, Effort, paired, per_second
from scripts.lib.bench.wire import connect

_ANSWER = "json"
_AT_ONCE = 16
_REPEATING = 100
_SCRIPT = """
from mitmproxy import http

BODY = {body!r}


def request(flow):
    flow.response = http.Response.make(200, BODY, {{"content-type": {kind!r}}})
"""
_DIFFERENT, _REPEATED, _CONNECTIONS = "all different", "repeating", "a new connection each"
_GOALS = {  # door, kind, protocol: from the acceptance of the lane
    ("addon", _DIFFERENT, "HTTP/1.1"): 10.0,
    ("addon", _DIFFERENT, "HTTP/2"): 10.0,
    ("command", _DIFFERENT, "HTTP/1.1"): 25.0,
    ("command", _DIFFERENT, "HTTP/2"): 20.0,
    ("addon", _REPEATED, "HTTP/1.1"): 12.0,
    ("addon", _REPEATED, "HTTP/2"): 12.0,
    ("command", _REPEATED, "HTTP/1.1"): 35.0,
    ("command", _REPEATED, "HTTP/2"): 30.0,
    ("addon", _CONNECTIONS, "HTTP/1.1"): 1.9,
    ("command", _CONNECTIONS, "HTTP/1.1"): 6.0,
}


async def lane(lab: Lab, effort: Effort) -> list[Figure]:
    """Requests per CPU second of answers that are recorded, by door, kind and protocol."""
    figures = []
    answering = lab.folder / "answering.py"
    answering.write_text(_SCRIPT.format(body=ANSWERS[_ANSWER].body, kind=ANSWERS[_ANSWER].content_type))
    needed = effort.requests * (effort.rounds + 1)
    for protocol, http2 in PROTOCOLS.items():
        for kind in (_DIFFERENT, _REPEATED, _CONNECTIONS):
            if kind == _CONNECTIONS and http2:
                continue
            count = _REPEATING if kind == _REPEATED else needed
            cassette = lab.cassette(range(count), _ANSWER, http2=http2)
            repeat = "last" if kind == _REPEATED else "never"
            served = Served(lab, "replay", cassette, cassette_repeat=repeat)
            proxies = {
                "stock": lab.proxy(answering, flow_detail="0"),
                "addon": lab.proxy(REPLAY, cassette=str(cassette), cassette_repeat=repeat),
                "command": Proxy(lab, served),
            }
            measure = _measured(kind, http2=http2, count=effort.requests)
            cpu = await paired(proxies, measure, effort.rounds)
            figures += [
                Figure(
                    benchmark="lane",
                    what=f"{protocol}, {kind}: {door} / an answering mitmdump",
                    unit="req/CPU s",
                    pairs=per_second(cpu[door], cpu["stock"]),
                    goal=(AT_LEAST, _GOALS[door, kind, protocol]),
                )
                for door in ("addon", "command")
            ]
            for proxy in proxies.values():
                proxy.finish()
    return figures


def _measured(kind: str, *, http2: bool, count: int) -> Callable[[Proxy], Awaitable[float]]:
    if kind == _CONNECTIONS:
        return lambda proxy: _cpu_per_connection(proxy, count=min(count, 200))
    cycle = _REPEATING if kind == _REPEATED else 0
    return lambda proxy: proxy.cpu_per_request(_ANSWER, http2=http2, count=count, at_once=_AT_ONCE, cycle=cycle)


async def _cpu_per_connection(proxy: Proxy, *, count: int) -> float:
    numbers = proxy.next_numbers(count)
    before = cpu_of(proxy.pid)

    async def work() -> None:
        for number in numbers:
            client = await connect(proxy.port, proxy.origin_port(_ANSWER), proxy.context, http2=False)
            check(await client.ask(body(number)), ANSWERS[_ANSWER].body)
            client.close()

    async with asyncio.timeout(300), asyncio.TaskGroup() as group:
        for _ in range(4):
            group.create_task(work())
    await asyncio.sleep(0.1)
    return (cpu_of(proxy.pid) - before) / count
