"""Cassettes of many interactions: recorded through a session, loaded, replayed, with the time and the memory it takes.

Flows are made up and go through the very session that the addon uses, so that a hundred thousand of them take minutes.
Prints figures, and yields what is out of bounds. Linux: memory is read from /proc.
"""

import asyncio
import gc
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mitmproxy import http
from mitmproxy.test import tflow, tutils

from tapehead.cassette import load
from tapehead.exchange.config import Config
from tapehead.exchange.options import OPTIONS, parse
from tapehead.exchange.workers import WorkerPool
from tapehead.recording.cassette_pool import CassettePool
from tapehead.redact.redactor import Redactor
from tapehead.sessions.session import Session

GROWTH = 1.02
"""Memory with a half recorded over memory with a tenth of them. Of few interactions it is the warm-up's, and not judged."""
_FEWEST = 20_000
_BODY = b'{"id":"chatcmpl-1","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"content":"Hi"}}]}'


@dataclass(slots=True)
class _Options:
    values: dict[str, object] = field(default_factory=dict)

    def __getattr__(self, name: str) -> object:
        return self.values.get(name, OPTIONS[name].default)


def large(count: int, _seed: int) -> Iterator[str]:
    """Records, loads and replays `count` interactions."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.yaml"
        start, marks = time.monotonic(), asyncio.run(_record(path, count))
        took = time.monotonic() - start
        few, many = marks
        growth = many / few
        print(
            f"large: {count} recorded in {took:.0f} s ({took / count * 1e3:.2f} ms each), {path.stat().st_size >> 20} MB; "
            f"memory {few >> 10} MB at {count // 10}, {many >> 10} MB at {count // 2}: {growth:.3f}",
            flush=True,
        )
        if growth > GROWTH and count >= _FEWEST:
            yield f"large: memory grew by {growth:.3f}, at most {GROWTH} is right"
        start = time.monotonic()
        if (held := len(load(path).interactions)) != count:
            yield f"large: {held} of {count} were recorded"
        print(f"large: loaded in {time.monotonic() - start:.1f} s", flush=True)
        if trouble := asyncio.run(_replay(path, count)):
            yield f"large: {trouble}"


async def _replay(path: Path, count: int) -> str:
    """What went wrong, or ""."""
    start = time.monotonic()
    session = _session(path, "replay_only")
    opened = time.monotonic() - start
    for number in range(count):
        flow = _flow(number)
        await session.request(flow)
        if flow.response is None or flow.response.status_code != 200:
            return f"request {number} was not answered"
    took = time.monotonic() - start - opened
    print(
        f"large: opened for replay in {opened:.1f} s, {took / count * 1e3:.2f} ms a request, {_memory() >> 10} MB",
        flush=True,
    )
    unused = len(session.close().unused)
    return f"{unused} were not used" if unused else ""


async def _record(path: Path, count: int) -> tuple[int, int]:
    """Memory in KiB with a tenth and with a half of them recorded."""
    session = _session(path, "record_only")
    few = many = 0
    for number in range(count):
        flow = _flow(number)
        assert await session.request(flow)
        flow.response = tutils.tresp(content=_BODY, headers=http.Headers(content_type="application/json"))
        session.responseheaders(flow)
        assert callable(flow.response.stream)
        flow.response.stream(_BODY)
        flow.response.stream(b"")
        await session.response(flow)
        if number == count // 10:
            few = _memory()
        if number == count // 2:
            many = _memory()
    session.close()
    return few, many


def _session(path: Path, mode: str) -> Session:
    config: Config = parse(_Options({"cassette": str(path), "cassette_mode": mode}))
    return Session(config, redactor=Redactor(), pool=CassettePool(), workers=WorkerPool())


def _flow(number: int) -> http.HTTPFlow:
    body = b'{"model":"m","messages":[{"role":"user","content":"question %d"}]}' % number
    headers = http.Headers(content_type="application/json", authorization="Bearer made-up-token-0123456789")
    request = tutils.treq(
        method=b"POST", scheme=b"https", host="api.example.com", port=443, path=b"/v1/chat/completions", content=body
    )
    request.headers = headers
    return tflow.tflow(req=request, resp=False)


def _memory() -> int:
    """KiB of ours that are in use."""
    gc.collect()
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])
