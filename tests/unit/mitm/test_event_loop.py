"""as_mitmproxy_runs: a task is begun at once, what need not wait is over then, and the rest goes on in its task."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

import pytest
from mitmproxy import master, options

from tapehead.mitm.event_loop import as_mitmproxy_runs


def _run(coroutine: Coroutine[Any, Any, None]) -> None:
    async def run() -> None:
        of = master.Master(options.Options())
        with as_mitmproxy_runs(of):
            await coroutine
        await of.done()  # it listens to the log

    asyncio.run(run())


def test_what_does_not_wait() -> None:
    """It is over when there is a task, and an error is that task's."""
    said = []

    async def say() -> None:
        said.append("said")

    async def fail() -> None:
        raise ValueError("wrong")

    async def run() -> None:
        assert asyncio.create_task(say()).done()
        assert ["said"] == said
        failed = asyncio.create_task(fail())
        assert failed.done()
        with pytest.raises(ValueError, match="wrong"):
            failed.result()

    _run(run())


def test_what_waits() -> None:
    """What it waits for, and what that raises, comes to it; so does its own error to who awaits the rest."""
    said: list[str] = []

    async def wait(*futures: asyncio.Future[str]) -> None:
        for future in futures:
            try:
                said.append(await future)
            except OSError as e:
                said.append(str(e))
        await asyncio.sleep(0)
        raise ValueError("wrong")

    async def run() -> None:
        one, two, three = (asyncio.get_running_loop().create_future() for _ in range(3))
        one.set_result("one")  # it need not wait for this
        rest = asyncio.create_task(wait(one, two, three))
        assert not rest.done()
        said.append("waits")
        await asyncio.sleep(0)
        two.set_exception(OSError("two"))
        await asyncio.sleep(0)
        three.set_result("three")
        with pytest.raises(ValueError, match="wrong"):
            await rest

    _run(run())
    assert ["one", "waits", "two", "three"] == said


def test_what_is_cancelled() -> None:
    """It hears of it, wherever it waits."""
    said = []

    async def wait() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            said.append("cancelled")
            raise

    async def run() -> None:
        rest = asyncio.create_task(wait())
        assert not rest.done()
        await asyncio.sleep(0)
        rest.cancel()
        with pytest.raises(asyncio.CancelledError):
            await rest

    _run(run())
    assert ["cancelled"] == said


def test_afterwards(caplog: pytest.LogCaptureFixture) -> None:
    """The loop is as it was; while it lasts, what goes wrong in a task that nobody awaits is told by mitmproxy."""

    async def run() -> None:
        loop, of = asyncio.get_running_loop(), master.Master(options.Options())
        with as_mitmproxy_runs(of):
            loop.call_exception_handler({"exception": ValueError("wrong"), "message": "in a task"})
        await of.done()
        assert (loop.get_task_factory(), loop.get_exception_handler()) == (None, None)

    with caplog.at_level(logging.ERROR):
        asyncio.run(run())
    assert ["mitmproxy.master"] == [each.name for each in caplog.records]
