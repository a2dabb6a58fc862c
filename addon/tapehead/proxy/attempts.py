"""How often a wrong token may be tried: a bucket of tries that fills again with time.

While it is empty no token is looked at, a right one neither, so that guessing has a rate. Knows no request.
"""

import time
from collections.abc import Callable

MOST = 20
PER_SECOND = 5.0


class Attempts:
    """The bucket."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._left = float(MOST)
        self._at = clock()

    def may_try(self) -> bool:
        """Whether there is a try left."""
        now = self._clock()
        self._left = min(MOST, self._left + (now - self._at) * PER_SECOND)
        self._at = now
        return self._left >= 1

    def failed(self) -> None:
        """A wrong token was given."""
        self._left -= 1
