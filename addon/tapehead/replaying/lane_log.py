"""Lines of the log for what is replayed in the lane: one each, and of many in a second one for all."""

import logging
import time
from collections.abc import Callable

_EACH = 20
"""Lines in a second that are said one by one."""


class LaneLog:
    """Says them."""

    def __init__(self, logger: logging.Logger, clock: Callable[[], float] = time.monotonic) -> None:
        """Takes where they are said. `clock` is in seconds."""
        self._logger = logger
        self._clock = clock
        self._until = 0.0
        self._said = 0
        self._unsaid = 0

    def may_say(self) -> bool:
        """Returns whether the next one is said by itself; else it is counted, and told with others."""
        if not self._logger.isEnabledFor(logging.INFO):
            return False
        now = self._clock()
        if now >= self._until:
            self.flush()
            self._until, self._said = now + 1, 0
        self._said += 1
        if self._said <= _EACH:
            return True
        self._unsaid += 1
        return False

    def flush(self) -> None:
        """Tells how many were not said."""
        if self._unsaid:
            self._logger.info("replayed %d more", self._unsaid)
            self._unsaid = 0
