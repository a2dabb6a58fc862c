"""reading_on: who waits for reads, and for how long."""

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any

import pytest
from mitmproxy.connection import Client, ConnectionState

from tapehead.mitm import reading_on
from tapehead.mitm.reading_on import READS, ReadsUnderWay


def client() -> Client:
    return Client(peername=("127.0.0.1", 1), sockname=("127.0.0.1", 2), state=ConnectionState.OPEN, timestamp_start=0.0)


def test_of_each_client() -> None:
    """Reads of one client keep nobody waiting who waits for another; who waits for any waits for all."""

    async def play() -> None:
        reads, one, two = ReadsUnderWay(), client(), client()
        for each in (one, one, two):
            reads.begin(each, 60)
        assert "<ReadsUnderWay 3 of 2 clients>" == repr(reads)
        await reads.over(client())
        of_one, of_all = asyncio.create_task(reads.over(one)), asyncio.create_task(reads.over())
        gone = asyncio.create_task(reads.over(one))
        await asyncio.sleep(0)
        gone.cancel()
        reads.end(one)
        await asyncio.sleep(0)
        assert not of_one.done()
        reads.end(one)
        await of_one
        assert not of_all.done()
        reads.end(two)
        await of_all
        assert not reads.has(one)

    asyncio.run(play())


def test_one_that_does_not_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not waited for for ever."""
    monkeypatch.setattr(reading_on, "_WRITING_TIME", 0.0)
    reads, one = ReadsUnderWay(), client()
    reads.begin(one, 0)
    asyncio.run(reads.over(one))
    assert reads.has(one)


@pytest.mark.parametrize("is_cancelled", [False, True])
def test_the_end_of_a_clients_connection(is_cancelled: bool) -> None:
    """It is over when its reads are, also where the layers have closed it; that of another is over at once."""

    class Handler:
        def __init__(self) -> None:
            self.client = client()

        async def handle(self, _: object) -> None:
            task = asyncio.current_task()
            assert task
            if is_cancelled:
                task.cancel()

    async def play() -> None:
        handler = Handler()
        handled: Any = reading_on._then_wait(Handler.handle)
        READS.begin(handler.client, 60)
        other = asyncio.create_task(handled(handler, client()))
        own = asyncio.create_task(handled(handler, handler.client))
        for _ in range(3):
            await asyncio.sleep(0)
        assert other.done()
        assert not own.done()
        READS.end(handler.client)
        with contextlib.suppress(asyncio.CancelledError):
            await own
        assert own.done()

    asyncio.run(play())


def test_the_end_of_a_run() -> None:
    """It looks for clients that have just left, and waits for their reads."""
    seen: list[str] = []

    class Server:
        @property
        def connections(self) -> list[int]:
            seen.append("looked")
            return [1] if len(seen) == 1 else []

    class Master:
        addons: Mapping[str, Server] = {"proxyserver": Server()}

    async def done() -> None:
        seen.append("done")

    async def play() -> None:
        master: Any = Master()
        await reading_on._wait_then(master, done)()

    asyncio.run(play())
    assert ["looked", "looked", "done"] == seen
