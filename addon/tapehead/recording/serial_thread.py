"""A thread that does one job after the other for event loops: an executor of one thread, at a fraction of its cost.

Knows nothing of what is done.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

type _Job = tuple[asyncio.AbstractEventLoop, asyncio.Future[Any], Callable[..., Any], tuple[Any, ...]]


class SerialThread:
    """Begun with its first job. A daemon: who has to see its last one done calls `shutdown`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._closed = False

    def __repr__(self) -> str:
        return f"<SerialThread {self._name!r} {'closed' if self._closed else 'open'}, {self._jobs.qsize()} waiting>"

    def run[*Ts, T](self, function: Callable[[*Ts], T], *arguments: *Ts) -> asyncio.Future[T]:
        """Returns the future of what a function gives, for the running event loop. Raises RuntimeError when it is closed."""
        if self._closed:
            raise RuntimeError("the thread has been shut down")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
            self._thread.start()
        self._jobs.put((loop, future, function, arguments))
        return future

    def shutdown(self) -> None:
        """Ends it when all that waits is done; takes nothing more from now on. A second call does nothing."""
        if not self._closed:
            self._closed = True
            if self._thread:
                self._jobs.put(None)
                self._thread.join()

    def _work(self) -> None:
        while job := self._jobs.get():
            loop, future, function, arguments = job
            result, error = None, None
            try:
                result = function(*arguments)
            except BaseException as e:  # whatever it is, who waits is to hear of it
                error = e
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
                loop.call_soon_threadsafe(_settle, future, result, error)
            del job, future, result, error  # while it waits for the next


def _settle(future: asyncio.Future[Any], result: object, error: BaseException | None) -> None:
    if future.cancelled():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)
