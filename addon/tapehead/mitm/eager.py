"""A coroutine run at once, up to where it waits first: a task, and a round of the event loop, for those only that wait.

Not for what asks for the current task before it waits, as `asyncio.timeout` does: up to there that is the caller's.
"""

from collections.abc import Awaitable, Coroutine, Generator
from typing import Any


def run_until_first_await(coroutine: Coroutine[Any, Any, None]) -> Awaitable[None] | None:
    """Runs a coroutine up to where it waits first. Returns what is left, to be awaited; None when it is over.

    Raises what the coroutine raises before it waits.
    """
    try:
        waits = coroutine.send(None)
    except StopIteration:
        return None
    return _StartedCoroutine(coroutine, waits)


class _StartedCoroutine:
    """A coroutine that has begun, and the future that it waits for."""

    def __init__(self, coroutine: Coroutine[Any, Any, None], waits: Any) -> None:
        self._coroutine = coroutine
        self._waits = waits

    def __await__(self) -> Generator[Any, Any, None]:
        waits = self._waits
        while True:
            try:
                reply = yield waits
            except BaseException as e:
                waits = self._next(self._coroutine.throw, e)
            else:
                waits = self._next(self._coroutine.send, reply)
            if waits is self:
                return

    def _next(self, step: Any, argument: Any) -> Any:
        """What it waits for next; itself when it is over."""
        try:
            return step(argument)
        except StopIteration:
            return self
