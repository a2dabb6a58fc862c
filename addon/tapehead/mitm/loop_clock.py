"""When a request came: it may have waited since the event loop looked last, and not only since its turn came.

Of many that come together each waits until those before it are dealt with, in the same round of the loop or in one
before. What waits so in replay did so when it was recorded; counted from here, it is in the schedule once and not
twice. Asyncio does not tell when it looks, so its selector is watched.
"""

import asyncio
import time
from typing import Any, cast

from mitmproxy import http

from tapehead.mitm.patches import replace

_ARRIVAL = "tapehead_came"  # an attribute of the request: it is not to be saved with the flow
_IDLE_THRESHOLD = 0.00005  # seconds: whoever waits less has found something that was there already


class LoopClock:
    """Knows when the event loop looks for what has come."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._round = self._looked = self._earliest = 0.0

    def iteration_started(self) -> float:
        """Returns when this round of the loop began: a time of `time.monotonic`."""
        self._watch()
        return self._round

    def earliest_arrival(self) -> float:
        """Returns when what is dealt with in this round can have come first: a time of `time.monotonic`.

        Asyncio took it in the round before. Then it had just come, if the loop had waited; else it may have come since
        the loop looked last.
        """
        self._watch()
        return self._earliest

    def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        if loop is self._loop:
            return
        self._loop = loop
        self._round = self._looked = self._earliest = time.monotonic()
        selector = cast("Any", loop)._selector  # all loops of asyncio have one
        replace(selector, "select", self._watched(selector.select))

    def _watched(self, select: Any) -> Any:
        def watched(timeout: float | None = None) -> Any:
            before = time.monotonic()
            events = select(timeout)
            now = time.monotonic()
            self._earliest = self._looked
            self._looked = now if now - before > _IDLE_THRESHOLD else self._round
            self._round = now
            return events

        return watched


def set_arrival(flow: http.HTTPFlow, at: float) -> None:
    """Notes that the flow's request was complete at a time of `time.monotonic`."""
    setattr(flow.request, _ARRIVAL, at)


def arrival_time(flow: http.HTTPFlow) -> float:
    """Returns when the flow's request was complete: a time of `time.monotonic`; now, when nobody noted it."""
    return float(getattr(flow.request, _ARRIVAL, 0) or time.monotonic())
