"""A server that speaks by its standard input and output, between its client and itself: lines through untouched, and taken down.

Or without the server: what it said then. Its errors are its own, and ours go the same way; what is not a line is passed
on as it is. Standard input and output are not made non-blocking, as others may have them too: threads read and write.
"""

import asyncio
import contextlib
import os
import sys
import threading
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from tapehead.cli.run import subprocess_runner
from tapehead.cli.run.signals import Signals
from tapehead.conversations.stdio_conversation import PlayedStdio, RecordedStdio, stdio_flow
from tapehead.proxy.embedded import Proxy

_BLOCK = 64 * 1024
_READ_AHEAD = 64  # blocks of the client's that wait to be taken


async def relay(proxy: Proxy, command: Sequence[str], env: Mapping[str, str], signals: Signals) -> int:
    """Runs the server, or plays it, until it ends. Returns its exit code, 128 + n for signal n.

    Raises CommandError when it cannot be run.
    """
    flow = stdio_flow(command)
    session = await proxy.converse(flow)
    with ThreadPoolExecutor(1, "stdout") as output:
        writer = Output(output)
        if session is None or session.recorder is None:
            return await _play(PlayedStdio(flow), writer)
        recorded = RecordedStdio(flow, session.recorder)
        server = RecordedServer(recorded, writer, env)
        code = 1
        try:
            code = await subprocess_runner.run(server.start, command, env.get("PATH"), signals)
            return code
        except subprocess_runner.CommandError:
            recorded.abandon()
            raise
        finally:
            recorded.over(code, by_client=server.client_left)
            await session.conversation_end(flow)


class Output:
    """Our standard output, written by one thread."""

    def __init__(self, thread: ThreadPoolExecutor) -> None:
        self._thread = thread

    async def write(self, data: bytes) -> None:
        """Writes, and returns when it is written; nobody being there to read is no error."""
        with contextlib.suppress(OSError, ValueError):
            await asyncio.get_running_loop().run_in_executor(self._thread, _write, data)


class RecordedServer:
    """The server's process, and the lines between it and its client."""

    def __init__(self, recorded: RecordedStdio, output: Output, env: Mapping[str, str]) -> None:
        self.client_left = False
        """Whether its client has closed its input."""
        self._recorded = recorded
        self._output = output
        self._env = env
        self._process: Process | None = None
        self._pumps: list[asyncio.Task[None]] = []

    @property
    def pid(self) -> int:
        """The process's."""
        return self._running.pid

    async def start(self, command: Sequence[str]) -> "RecordedServer":
        """Starts it. Raises OSError when it cannot be executed."""
        self._process = await asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=PIPE, env=self._env, preexec_fn=subprocess_runner.ending_with_us()
        )
        self._pumps = [asyncio.create_task(self._to_server()), asyncio.create_task(self._to_client())]
        return self

    def send_signal(self, signal: int, /) -> None:
        """Sends it a signal."""
        self._running.send_signal(signal)

    async def wait(self) -> int:
        """Returns its exit code, once all that it said has gone on."""
        to_server, to_client = self._pumps
        code = await self._running.wait()
        await to_client
        to_server.cancel()
        await asyncio.wait([to_server])
        return code

    async def _to_server(self) -> None:
        pipe = self._running.stdin
        assert pipe
        with contextlib.suppress(ConnectionError):
            async for line in _lines(_input()):
                self._recorded.said(line, by_client=True)
                pipe.write(line)
                await pipe.drain()
        self.client_left = self._running.returncode is None
        pipe.close()

    async def _to_client(self) -> None:
        pipe = self._running.stdout
        assert pipe

        async def blocks() -> AsyncIterator[bytes]:
            while block := await pipe.read(_BLOCK):
                yield block

        async for line in _lines(blocks()):
            self._recorded.said(line, by_client=False)
            await self._output.write(line)

    @property
    def _running(self) -> Process:
        assert self._process
        return self._process


async def _play(played: PlayedStdio, output: Output) -> int:
    lines = _lines(_input())
    heard: asyncio.Task[bytes] | None = asyncio.ensure_future(anext(lines, b""))
    while True:
        for line in played.due():
            await output.write(line)
        due = played.next_due
        if played.exit_code is not None or (heard is None and due is None):
            if heard:
                heard.cancel()
            return played.left()
        wait = None if due is None else max(due - time.monotonic(), 0)
        if heard is None:
            await asyncio.sleep(wait or 0)
            continue
        await asyncio.wait([heard], timeout=wait)
        if heard.done():
            line = heard.result()
            played.heard(line)
            heard = asyncio.ensure_future(anext(lines, b"")) if line else None


async def _lines(blocks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Each line with its end, whatever the blocks; the last as it is."""
    rest: list[bytes] = []
    async for block in blocks:
        *whole, last = block.split(b"\n")
        for line in whole:
            yield b"".join([*rest, line, b"\n"])
            rest.clear()
        if last:
            rest.append(last)
    if rest:
        yield b"".join(rest)


async def _input() -> AsyncIterator[bytes]:
    """What comes by our standard input, as far as its end."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[bytes] = asyncio.Queue()
    room = threading.Semaphore(_READ_AHEAD)

    def read() -> None:
        block = b"."
        while block:
            room.acquire()
            try:
                block = os.read(0, _BLOCK)
            except OSError:
                block = b""
            with contextlib.suppress(RuntimeError):  # the loop is gone
                loop.call_soon_threadsafe(queue.put_nowait, block)

    threading.Thread(target=read, name="stdin", daemon=True).start()
    while block := await queue.get():
        room.release()
        yield block


def _write(data: bytes) -> None:
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
