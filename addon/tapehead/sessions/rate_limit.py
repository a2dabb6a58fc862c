"""How often a wrong token may be tried: a bucket of tries that fills again with time.

While it is empty a wrong token is told to wait. The right one costs nothing and passes at any time: ours has 192
random bits, and whoever guesses must not lock out those who know it. Knows no request.
"""

import time
from collections.abc import Callable

CAPACITY = 20
REFILL_RATE = 5.0


class TokenBucket:
    """The bucket."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._left = float(CAPACITY)
        self._at = clock()

    def has_token(self) -> bool:
        """Returns whether there is a try left."""
        now = self._clock()
        self._left = min(CAPACITY, self._left + (now - self._at) * REFILL_RATE)
        self._at = now
        return self._left >= 1

    def take_token(self) -> None:
        """Takes a try away: a wrong token was given."""
        self._left -= 1
