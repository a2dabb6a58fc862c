"""A server that cannot be reached, where the destination is known before anything is asked: listeners, SOCKS, transparent.

mitmproxy 12.2 then hangs up, so that nobody can tell what was asked, and nothing can be recorded of it. Here the
connection goes on: what is asked over it is told mitmproxy's own 502, as a request to the proxy is. Knows no request.
"""

from collections.abc import Callable
from typing import Any

from mitmproxy.proxy import events
from mitmproxy.proxy.layer import CommandGenerator
from mitmproxy.proxy.layers.modes import DestinationKnown

from tapehead.mitm.patches import replace

_MARK = "_tapehead_late_failures"


def install() -> None:
    """Wraps the beginning of such connections. A second call does nothing."""
    if not hasattr(DestinationKnown, _MARK):
        setattr(DestinationKnown, _MARK, True)
        replace(DestinationKnown, "finish_start", _going_on(DestinationKnown.finish_start))


def _going_on(start: Callable[[Any], CommandGenerator[str | None]]) -> Callable[[Any], CommandGenerator[str | None]]:
    def wrapped(self: Any) -> CommandGenerator[str | None]:
        failed = yield from start(self)
        if failed:
            self._handle_event = self.child_layer.handle_event
            yield from self.child_layer.handle_event(events.Start())
        return None

    return wrapped
