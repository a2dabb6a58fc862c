"""One line on the terminal that shows what is going on while recording.

Knows how to draw it, and when it would be in the way: a command that has the terminal to itself is not disturbed.
"""

import asyncio
import contextlib
import sys
import time
from collections.abc import Callable, Iterator, Sequence

from tapehead.exchange.outcomes import ExchangeResult, Outcome

_PAUSE = 0.5  # seconds
_ERASE = "\r\x1b[K"
_UNITS = ("B", "KB", "MB", "GB", "TB")


def is_enabled(asked: bool | None, *, has_command: bool) -> bool:
    """Returns whether to draw it: as it was asked for, else on a terminal that the command does not write to."""
    if sys.stderr is None:  # closed
        return False
    if asked is not None:
        return asked
    shared = has_command and sys.stdout is not None and sys.stdout.isatty()
    return sys.stderr.isatty() and not shared


class ProgressLine:
    """The line."""

    def __init__(
        self, in_flight: Callable[[], Sequence[tuple[int, int]]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Takes what gives the bytes and chunks so far of each response under way."""
        self._in_flight = in_flight
        self._clock = clock
        self._recorded = 0
        self._bytes = 0
        self._chunks = 0
        """Of what has ended."""
        self._before = (clock(), 0)

    def add(self, entry: ExchangeResult) -> None:
        """Counts an exchange that has ended."""
        if entry.outcome is Outcome.RECORDED:
            self._recorded += 1
        self._bytes += entry.size
        self._chunks += entry.chunks

    def line(self) -> str:
        """Returns a line as `2 in flight, 14 recorded, 1.2 MB, 85 tokens/s`. A chunk of a stream counts as a token."""
        flying = self._in_flight()
        chunks = self._chunks + sum(each for _, each in flying)
        now = self._clock()
        passed, new = now - self._before[0], chunks - self._before[1]
        self._before = (now, chunks)
        rate = f", {new / passed:.0f} tokens/s" if flying and passed > 0 and new > 0 else ""
        size = _size(self._bytes + sum(each for each, _ in flying))
        return f"tapehead: {len(flying)} in flight, {self._recorded} recorded, {size}{rate}"

    async def draw(self) -> None:
        """Draws the line until cancelled, and erases it then."""
        with self._erased():
            while True:
                await asyncio.sleep(_PAUSE)
                with contextlib.suppress(OSError):
                    print(f"{_ERASE}{self.line()}", end="", file=sys.stderr, flush=True)

    @contextlib.contextmanager
    def _erased(self) -> Iterator[None]:
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                print(_ERASE, end="", file=sys.stderr, flush=True)


def _size(count: float) -> str:
    unit = 0
    while count >= 1000 and unit < len(_UNITS) - 1:
        count /= 1000
        unit += 1
    return f"{count:.0f} B" if unit == 0 else f"{count:.1f} {_UNITS[unit]}"
