"""run_until_first_await: what need not wait is over at once, and the rest goes on in a task."""

import asyncio

import pytest

from tapehead.mitm.eager import run_until_first_await


def test_what_does_not_wait() -> None:
    """No event loop is needed, and an error is raised where it is run."""
    said = []

    async def say() -> None:
        said.append("said")

    async def fail() -> None:
        raise ValueError("wrong")

    assert run_until_first_await(say()) is None
    assert ["said"] == said
    with pytest.raises(ValueError, match="wrong"):
        run_until_first_await(fail())


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
        rest = run_until_first_await(wait(one, two, three))
        assert rest
        said.append("waits")
        task = asyncio.ensure_future(rest)
        await asyncio.sleep(0)
        two.set_exception(OSError("two"))
        await asyncio.sleep(0)
        three.set_result("three")
        with pytest.raises(ValueError, match="wrong"):
            await task

    asyncio.run(run())
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
        rest = run_until_first_await(wait())
        assert rest
        task = asyncio.ensure_future(rest)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    assert ["cancelled"] == said
