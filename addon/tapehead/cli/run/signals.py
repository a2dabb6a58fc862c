"""The signals that we get, from our first moment to our last: what is done about one is said by whoever is at work.

A signal that was ignored when we were started stays ignored, for us and for what we start (nohup). Knows no child.
"""

import asyncio
import signal
from collections.abc import Callable
from typing import Self

_HEARD = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGQUIT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGALRM")
    if hasattr(signal, name)
)


class Signals:
    """`with Signals() as signals:` in a task, which the first signal cancels until something else is to be done."""

    def __init__(self) -> None:
        self.stopped_by = 0
        """The signal that cancelled the task, or 0."""
        self._then: Callable[[int], None] = self._stop
        self._task: asyncio.Task[object] | None = None
        self._heard: list[int] = []

    def then(self, do: Callable[[int], None]) -> None:
        """Sets what is done with each signal from now on."""
        self._then = do

    def __enter__(self) -> Self:
        loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        self._heard = [number for number in _HEARD if signal.getsignal(number) is not signal.SIG_IGN]
        for number in self._heard:
            loop.add_signal_handler(number, self._told, number)
        return self

    def __exit__(self, *_: object) -> None:
        loop = asyncio.get_running_loop()
        for number in self._heard:
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_IGN)  # our end is near, and not to be a traceback

    def _told(self, number: int) -> None:
        self._then(number)

    def _stop(self, number: int) -> None:
        if not self.stopped_by and self._task:
            self.stopped_by = number
            self._task.cancel()
