import asyncio
import threading
import time

import pytest

from tapehead.recording.serial_thread import SerialThread


def _fail() -> None:
    raise OSError("no disk")


def test_jobs_are_done_in_their_order_by_one_thread() -> None:
    """What is given later is done later, and never by the loop's own thread."""
    done: list[tuple[int, int]] = []

    def job(number: int) -> int:
        time.sleep(0.002 * (number == 0))
        done.append((number, threading.get_ident()))
        return number

    async def run() -> list[int]:
        thread = SerialThread("test")
        every = [thread.run(job, number) for number in range(5)]
        assert "open" in repr(thread)
        results = await asyncio.gather(*every)
        thread.shutdown()
        return results

    assert [0, 1, 2, 3, 4] == asyncio.run(run())
    assert [0, 1, 2, 3, 4] == [number for number, _ in done]
    assert 1 == len({ident for _, ident in done} - {threading.get_ident()})


def test_what_a_job_raises_reaches_who_waits_for_it() -> None:
    """The job's own error; the next job is done all the same, and nobody is troubled by one who waits no longer."""

    async def run() -> None:
        thread = SerialThread("test")
        with pytest.raises(OSError, match="no disk"):
            await thread.run(_fail)
        thread.run(time.sleep, 0.01).cancel()
        assert "d" == await thread.run("abcd".__getitem__, 3)
        thread.shutdown()

    asyncio.run(run())


def test_the_end_waits_for_what_was_given_and_takes_nothing_more() -> None:
    """When it is shut down all is done; further jobs are refused, and a second end is none."""
    done: list[int] = []

    def job() -> None:
        time.sleep(0.01)
        done.append(1)

    async def run() -> None:
        thread = SerialThread("test")
        waiting = [thread.run(job), thread.run(job)]
        thread.shutdown()
        assert [1, 1] == done
        await asyncio.gather(*waiting)
        thread.shutdown()
        assert "closed" in repr(thread)
        with pytest.raises(RuntimeError, match="shut down"):
            thread.run(job)

    asyncio.run(run())


def test_one_that_had_no_job_ends_at_once() -> None:
    """There is no thread before the first job."""
    before = threading.active_count()
    SerialThread("test").shutdown()
    assert before == threading.active_count()


def test_a_loop_that_is_gone_is_nobody() -> None:
    """A result for a loop that was closed meanwhile is dropped, and the thread goes on."""
    thread, gate, done = SerialThread("test"), threading.Event(), threading.Event()

    async def leave() -> None:
        thread.run(gate.wait, 10)
        thread.run(done.set)

    asyncio.run(leave())
    gate.set()
    assert done.wait(10)
    thread.shutdown()
