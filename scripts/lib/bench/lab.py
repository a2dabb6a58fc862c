"""What the benchmarks stand on: the origin, real mitmdumps, made-up cassettes, driven requests, CPU clocks.

Knows no benchmark and no goal.
"""

import asyncio
import json
import os
import ssl
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol, Self

from scripts.lib.bench.origin import ANSWERS
from scripts.lib.bench.wire import Client, Reply, connect
from tapehead.cassette.model import Interaction, Request, Response
from tapehead.cassette.store import Recorded, Store
from tapehead.cassette.timing import Timing, digest
from tests.support.harness import Mitmdump, make_certs
from tests.support.harness.process import Child

ROOT = Path(__file__).parents[3]
RECORD, REPLAY = ROOT / "addon" / "record.py", ROOT / "addon" / "replay.py"

STREAM_SCRIPT = """
def responseheaders(flow):
    flow.response.stream = True
"""

_SETTLING = 0.05  # seconds for what a proxy still does when its clients have everything


def body(number: int) -> bytes:
    """A request of 2 KB; each number makes another one, of the same length."""
    system = f"You are a helpful assistant. Conversation {number:08}. " + "Be brief and to the point. " * 30
    messages = [{"role": "system", "content": system}] + [
        {"role": role, "content": f"{role} says {turn}: what is the airspeed velocity of an unladen swallow?"}
        for turn in range(6)
        for role in ("user", "assistant")
    ]
    value = {"model": "gpt-4o-mini", "stream": True, "temperature": 0.7, "max_tokens": 1024, "messages": messages}
    return json.dumps(value).encode()


def interaction(number: int, answer_name: str, port: int, *, http2: bool) -> Recorded:
    """What the recorder writes for request `number` to an origin's port."""
    answer, asked = ANSWERS[answer_name], body(number)
    chunked = len(answer.chunks) > 1
    response = Response(
        code=200,
        status="200 OK",
        body=answer.body,
        headers={"Content-Type": (answer.content_type,)},
        proto="HTTP/2.0" if http2 else "HTTP/1.1",
        proto_major=2 if http2 else 1,
        proto_minor=0 if http2 else 1,
        transfer_encoding=("chunked",) if chunked and not http2 else (),
        content_length=-1 if chunked else len(answer.body),
        duration=641196000,
    )
    request = Request(
        method="POST",
        url=f"https://localhost:{port}/v1/chat/completions",
        body=asked,
        headers={"Accept": ("application/json",), "Content-Type": ("application/json",), "User-Agent": ("bench",)},
        content_length=len(asked),
    )
    times = [round(641.2 + 2.345 * n, 3) for n in range(len(answer.chunks))]
    return Recorded(
        interaction=Interaction(id=number, request=request, response=response),
        timing=Timing(
            id=number,
            sha256=digest(response.body),
            start=1758698629123.0,
            headers=641.196,
            end=times[-1] + 1,
            chunks=tuple(zip(times, map(len, answer.chunks), strict=True)),
        ),
    )


def make_cassette(path: Path, recorded: Sequence[Recorded]) -> Path:
    """A cassette of these, with its timing file."""
    store = Store(path)
    store.append(recorded)
    store.close()
    return path


def cpu_of(pid: int) -> float:
    """CPU seconds of a process so far, user and system, all threads: utime + stime of /proc/PID/stat, only finer."""
    return time.clock_gettime(~pid << 3 | 2)  # clock_getcpuclockid(3); a tick of /proc/PID/stat is 10 ms


class Proxying(Protocol):
    """What proxies: a `Mitmdump`, or something in its place."""

    @property
    def port(self) -> int: ...

    @property
    def pid(self) -> int: ...

    @property
    def output(self) -> str: ...

    def client_context(self) -> ssl.SSLContext: ...

    def stop(self) -> int: ...


class Proxy:
    """A running mitmdump, and the clients that go through it."""

    def __init__(self, lab: "Lab", mitmdump: Proxying) -> None:
        self._lab = lab
        self._mitmdump = mitmdump
        self._context = mitmdump.client_context()
        self._clients: dict[tuple[str, bool], list[Client]] = {}
        self._number = 0

    @property
    def port(self) -> int:
        """mitmdump's."""
        return self._mitmdump.port

    @property
    def pid(self) -> int:
        """mitmdump's."""
        return self._mitmdump.pid

    @property
    def output(self) -> str:
        """What mitmdump printed so far."""
        return self._mitmdump.output

    @property
    def context(self) -> ssl.SSLContext:
        """Trusts mitmdump's authority."""
        return self._context

    def next_numbers(self, count: int) -> Iterator[int]:
        """Returns numbers of requests that were not asked yet."""
        first, self._number = self._number, self._number + count
        return iter(range(first, first + count))

    def origin_port(self, answer: str) -> int:
        """Returns where an answer is to be had."""
        return self._lab.ports[answer]

    async def clients(self, answer: str, *, http2: bool, connections: int) -> list[Client]:
        """Connections to the answer's port, kept for the next time."""
        key = answer, http2
        if key not in self._clients:
            port = self._lab.ports[answer]
            self._clients[key] = [
                await connect(self._mitmdump.port, port, self._context, http2=http2) for _ in range(connections)
            ]
        return self._clients[key]

    async def cpu_per_request(
        self, answer: str, *, http2: bool, count: int, at_once: int = 8, connections: int = 0, cycle: int = 0
    ) -> float:
        """CPU seconds of mitmdump for each of `count` requests, all different unless they `cycle`. Checks answers."""
        per_client = 4 if http2 else 1
        clients = await self.clients(answer, http2=http2, connections=connections or max(1, at_once // per_client))
        expected = ANSWERS[answer].body
        numbers = self.next_numbers(count)
        before = cpu_of(self._mitmdump.pid)

        async def work(client: Client) -> None:
            for number in numbers:
                check(await client.ask(body(number % cycle if cycle else number)), expected)

        async with asyncio.timeout(300), asyncio.TaskGroup() as group:
            for worker in range(at_once):
                group.create_task(work(clients[worker % len(clients)]))
        await asyncio.sleep(_SETTLING)
        return (cpu_of(self._mitmdump.pid) - before) / count

    def finish(self) -> str:
        """Stops mitmdump; its output."""
        for client in (each for clients in self._clients.values() for each in clients):
            client.close()
        self._mitmdump.stop()
        return self._mitmdump.output


class Lab:
    """`with Lab(folder) as lab:` runs the origin until the block is left, and each mitmdump with it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.certs = make_certs(folder / "certs")
        """What the origin shows, and what signed it."""
        env = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'addon'}"}
        command = [sys.executable, "-P", "-m", "scripts.lib.bench.origin", str(self.certs.cert), str(self.certs.key)]
        self._origin = Child(command, env=env)
        line = self._origin.wait_for(r"^\{.*\}$")[0].group()
        self.ports: Mapping[str, int] = json.loads(line)
        self._stack = ExitStack()
        self.stream_script = folder / "stream.py"
        self.stream_script.write_text(STREAM_SCRIPT)
        self._names = self._temporary_names()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
        self._origin.kill()

    def server_context(self) -> ssl.SSLContext:
        """For a server that the proxies believe."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certs.cert, self.certs.key)
        return context

    @property
    def ca(self) -> Path:
        """The authority of the origin's certificate."""
        return self.certs.ca

    def proxy(
        self, *script: Path, arguments: Sequence[str] = (), env: Mapping[str, str] | None = None, **options: str
    ) -> Proxy:
        """A mitmdump with these scripts, options and further arguments, in our environment if it is given no other."""
        mitmdump = Mitmdump(
            script,
            confdir=self.folder / "confdir",
            options=options,
            trust=self.certs.ca,
            extra_args=arguments,
            env=env,
        )
        self._stack.enter_context(mitmdump)
        return Proxy(self, mitmdump)

    def recorder(self, cassette: Path | None = None, *, arguments: Sequence[str] = ()) -> Proxy:
        """A mitmdump that records, into a cassette of its own if none is given."""
        return self.proxy(RECORD, arguments=arguments, cassette=str(cassette or self.new_path()))

    def cassette(self, numbers: range, answer: str, *, http2: bool) -> Path:
        """A cassette of the exchanges that `Proxy.cpu_per_request` makes."""
        port = self.ports[answer]
        return make_cassette(self.new_path(), [interaction(n, answer, port, http2=http2) for n in numbers])

    def new_path(self) -> Path:
        return self.folder / next(self._names)

    @staticmethod
    def _temporary_names() -> Iterator[str]:
        number = 0
        while True:
            number += 1
            yield f"cassette-{number}.yaml"


def check(reply: Reply, expected: bytes) -> None:
    """A benchmark that got something else has measured something else."""
    if reply.status != 200 or reply.body != expected:
        raise AssertionError(f"status {reply.status}, {len(reply.body)} bytes: {reply.body[:300]!r}")
