"""Values that are learned late, taken out of what was written before: of all cassettes and side files of this run.

The moment one is learned, before its request or answer goes on. Knows who has written something, and not how a value
is learned or found.
"""

import asyncio

from tapehead.recording.cassette_pool import CassettePool
from tapehead.redact.redactor import Redactor


class Eraser:
    """Erases what one redactor learns."""

    def __init__(self, redactor: Redactor, pool: CassettePool) -> None:
        self._redactor = redactor
        self._pool = pool
        self._done = redactor.learned
        """What was learned before is nowhere."""
        self._running = asyncio.Lock()
        self._troubles: list[str] = []

    def __repr__(self) -> str:
        return f"<Eraser of {self._done} values>"

    @property
    def is_due(self) -> bool:
        """Whether values were learned that have not been erased."""
        return self._done != self._redactor.learned

    async def run(self) -> None:
        """Returns when all values that are learned by now have been erased; mostly that is at once.

        What cannot be rewritten is said in the log, and its recording has stopped: see `take_troubles`.
        """
        redactor = self._redactor
        while self._done != redactor.learned:
            async with self._running:
                until = redactor.learned
                if values := redactor.learned_since(self._done):
                    self._troubles += await self._pool.erase(values, redactor)
                self._done = until

    def take_troubles(self) -> list[str]:
        """Returns in which files something may be left, and why; each is told once."""
        troubles, self._troubles = self._troubles, []
        return troubles
