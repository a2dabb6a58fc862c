"""When a request came: at the start of the loop's round that read it, not when its turn came in that round.

Of many that come together each waits until those before it are dealt with. What waits so in replay did so when it was
recorded; counted from here, it is in the schedule once and not twice.
"""

import asyncio
import time

from mitmproxy import http

_NAME = "tapehead_came"  # an attribute of the request: it is not to be saved with the flow


class Rounds:
    """Tells the rounds of the event loop apart."""

    def __init__(self) -> None:
        self._start: float | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> float:
        """When this round of the loop began, as far as anybody asked before. A time of `time.monotonic`."""
        loop = asyncio.get_running_loop()
        if self._start is None or loop is not self._loop:  # one that was stopped forgets nothing
            self._start, self._loop = time.monotonic(), loop
            loop.call_soon(self._forget)
        return self._start

    def _forget(self) -> None:
        self._start = None


def note(flow: http.HTTPFlow, at: float) -> None:
    """Notes that the flow's request was complete then."""
    setattr(flow.request, _NAME, at)


def came(flow: http.HTTPFlow) -> float:
    """When the flow's request was complete. A time of `time.monotonic`; now, when nobody noted it."""
    return float(getattr(flow.request, _NAME, 0) or time.monotonic())
