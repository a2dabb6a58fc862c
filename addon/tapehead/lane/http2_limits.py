"""What one client may ask of a connection, so that it cannot ask for everything: numbers, and budgets that refill."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Http2Limits:
    """What a connection takes. The settings among them are those that mitmproxy 12.2 sends."""

    streams: int = 100
    """At once."""
    window: int = 2**31 - 1
    """Bytes that a stream, or all of them, may send ahead: they are taken as they come."""
    frame: int = 2**17
    """Bytes of a frame that comes."""
    fields: int = 2**16
    """Bytes of the fields of a head, each counted with 32 more."""
    continuations: int = 64
    """Frames of one block. As h2 4.3's CONTINUATION_BACKLOG."""
    body: int = 8 * 2**20
    """Bytes of a body that is gathered; a longer one is handed on."""
    gathered: int = 64 * 2**20
    """Bytes of all bodies that are gathered at once."""
    resets: int = 1000
    """Streams that end early, at once, and those for which we are at fault. As nghttp2's default, and the next."""
    resets_per_second: float = 33
    control: int = 10_000
    """Frames that only cost: PING, SETTINGS, PRIORITY, and DATA without data."""
    control_per_second: float = 5000
    """gRPC sends a PING for much of what it gets."""


class Budget:
    """So much at once, and so much each second."""

    __slots__ = ("_at", "_left", "_most", "_rate")

    def __init__(self, most: int, per_second: float) -> None:
        self._most, self._rate = most, per_second
        self._left = float(most)
        self._at: float | None = None

    def spend(self, now: float) -> bool:
        """Returns whether there was one left, at this time in seconds."""
        if self._at is not None and self._left < self._most:
            self._left = min(self._most, self._left + (now - self._at) * self._rate)
        self._at = now
        self._left -= 1
        return self._left >= 0
