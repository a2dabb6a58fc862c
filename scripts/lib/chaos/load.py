"""Many clients at once, for long: streams recorded and replayed, idle connections, and what it costs in files, memory, time.

Rests on the benchmarks' lab: its origin says one thing on each port, its clients check what they get. Linux: files and
memory are read from /proc. Prints figures, and yields what is out of bounds.
"""

import asyncio
import re
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from scripts.lib.bench.lab import Lab, Proxy, body, check
from scripts.lib.bench.origin import ANSWERS
from scripts.lib.bench.wire import Client, Reply, connect
from tests.support.wires import REPLAY

DELAY = 1.3
"""p99 of a chunk's delay at 50 streams over stock mitmdump's."""
GROWTH = 1.05
"""Memory at the end of a soak over memory when it was warm."""
_SPARE_FILES = 8
_STREAMS = 50
_ROUNDS = 5
_WITHIN = 0.9  # seconds, of the one that a stream takes: else all would end at the same moment
_SETTLING = 3.0  # seconds until connections that were closed are gone
_ANSWER = "pace"


def load(count: int, seed: int, *, minutes: float = 0.0, rough: bool = False) -> Iterator[str]:
    """4 x `count` streams at once, 20 x `count` idle connections, the delay at 50 streams, and a soak of `minutes`.

    `rough`: for a machine that does other things meanwhile; the delay is not judged.
    """
    del seed
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 16_384)), hard))  # children have it from us
    with tempfile.TemporaryDirectory() as folder, Lab(Path(folder)) as lab:
        for failures in (
            _streams(lab, 4 * count),
            _idle(lab, 20 * count),
            _delay(lab, rough=rough),
            _soak(lab, minutes),
        ):
            yield from failures


def _streams(lab: Lab, count: int) -> Iterator[str]:
    cassette = lab.new_path()
    recorder = lab.recorder(cassette)
    for name, proxy in (("recorded", recorder), ("replayed", None)):
        proxy = proxy or lab.proxy(REPLAY, cassette=str(cassette))
        before, start = _files(proxy), time.monotonic()
        asyncio.run(_at_once(lab, proxy, count))
        took = time.monotonic() - start
        time.sleep(_SETTLING)
        after = _files(proxy)
        print(
            f"load: {count} streams at once {name} in {took:.1f} s; files open {before} before, {after} after",
            flush=True,
        )
        if after > before + _SPARE_FILES:
            yield f"load: {after - before} files stay open"
        said = proxy.finish()
        if f"{count} {name}" not in said or "Traceback" in said:
            yield f"load: not all were {name}: {said[-2000:]}"


def _idle(lab: Lab, count: int) -> Iterator[str]:
    proxy = lab.recorder()
    before = _files(proxy)

    async def hold() -> int:
        held = [await asyncio.open_connection("127.0.0.1", proxy.port) for _ in range(count)]
        await _at_once(lab, proxy, 4)
        await asyncio.sleep(1)
        during = _files(proxy)
        for _, writer in held:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for _, writer in held), return_exceptions=True)
        return during

    during = asyncio.run(hold())
    time.sleep(_SETTLING)
    after, memory = _files(proxy), _memory(proxy)
    print(
        f"load: {count} idle connections; files open {before}, {during}, {after}; {memory >> 10} MB after", flush=True
    )
    if during < count or after > before + _SPARE_FILES:
        yield f"load: of {count} idle connections {during - before} were held, and {after - before} are left"
    proxy.finish()


def _delay(lab: Lab, *, rough: bool) -> Iterator[str]:
    proxies = {"ours": lab.recorder(), "stock": lab.proxy(lab.stream_script)}
    late: dict[str, list[float]] = {name: [] for name in proxies}
    for _ in range(_ROUNDS):
        for name, proxy in proxies.items():  # in turn, so that what else the machine does meets both
            late[name] += [
                each for reply in asyncio.run(_at_once(lab, proxy, _STREAMS, within=_WITHIN)) for each in _delays(reply)
            ]
    ours, stock = (sorted(late[name])[int(len(late[name]) * 0.99)] for name in ("ours", "stock"))
    print(
        f"load: p99 of a chunk's delay at {_STREAMS} streams: {ours * 1e3:.1f} ms, stock mitmdump's {stock * 1e3:.1f} ms: "
        f"{ours / stock:.2f}",
        flush=True,
    )
    if ours / stock > DELAY and not rough:
        yield f"load: p99 of the delay is {ours / stock:.2f} times stock mitmdump's, at most {DELAY} is right"
    for proxy in proxies.values():
        proxy.finish()


def _soak(lab: Lab, minutes: float) -> Iterator[str]:
    if not minutes:
        return
    proxy = lab.recorder()
    start, done = time.monotonic(), 0
    warm_until = start + min(60.0, minutes * 60 / 2)
    warm = files = 0
    while time.monotonic() < start + minutes * 60:
        done += len(asyncio.run(_at_once(lab, proxy, 20, answer="sse", first=done)))
        if not warm and time.monotonic() > warm_until:
            time.sleep(_SETTLING)
            warm, files = _memory(proxy), _files(proxy)
    time.sleep(_SETTLING)
    end, last = _memory(proxy), _files(proxy)
    print(
        f"load: soak of {minutes:g} minutes, {done} streams; memory {warm >> 10} MB warm, {end >> 10} MB at the end: "
        f"{end / warm:.3f}; files open {files}, {last}",
        flush=True,
    )
    if end / warm > GROWTH or last > files + _SPARE_FILES:
        yield f"load: memory grew by {end / warm:.3f} in the soak, and files by {last - files}"
    proxy.finish()


async def _at_once(
    lab: Lab, proxy: Proxy, count: int, *, answer: str = _ANSWER, first: int = 0, within: float = 0
) -> list[Reply]:
    """So many streams at once, begun `within` seconds, each over a connection of its own."""
    port, expected = lab.ports[answer], ANSWERS[answer].body

    async def ask(client: Client, number: int) -> Reply:
        await asyncio.sleep(within * number / count)
        return await client.ask(body(first + number))

    async with asyncio.timeout(300):
        clients = [await connect(proxy.port, port, proxy.context, http2=False) for _ in range(count)]
        replies = await asyncio.gather(*(ask(each, number) for number, each in enumerate(clients)))
    for each in clients:
        each.close()
    for reply in replies:
        check(reply, expected)
    return replies


def _delays(reply: Reply) -> Iterator[float]:
    """By how much each chunk came after it was due at the origin, in seconds."""
    pause = ANSWERS[_ANSWER].pause
    for number, (at, _) in enumerate(reply.chunks, 1):
        yield at - reply.sent - number * pause


def _files(proxy: Proxy) -> int:
    return len(list(Path(f"/proc/{proxy.pid}/fd").iterdir()))


def _memory(proxy: Proxy) -> int:
    """KiB in use."""
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{proxy.pid}/status").read_text())
    return int(found[1]) if found else 0
