"""The contract between a stream and what taps it: who sees each chunk of a response on its way to the client, and may hold it.

Knows neither: `http_stream` keeps the contract on mitmproxy's side, a recorder on the other.
"""

import enum
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

UPSTREAM_FAILED = "tapehead_upstream_failed"
"""In a flow's metadata: it was its server that broke it off, not its client; and mitmproxy's name of the error."""


class Hold(enum.Enum):
    """Why a tap holds chunks back. A client may leave at each of them, so the exchange is to be on disk before."""

    LAST_BYTE = "it completes the announced length"
    """They go out right before the end of the message."""
    TERMINAL_EVENT = "the terminal event has come"
    """They go out after the hook, which is triggered when all of this read is dealt with."""
    CODING_END = "the terminal event has come, and the end of the content coding is still to come"
    """The hook waits for that, for a short while."""
    MORE_EVENTS = "an event has come that is terminal unless others follow"
    """Likewise: mostly it comes at once, and all is one recording then."""


@runtime_checkable
class StreamTap(Protocol):
    """A stream's callable that may hold chunks back."""

    hold: Hold | None
    """Why chunks are held; None: none are."""
    read_on: float
    """For how many seconds its server is read on from when its client has left; 0: not at all."""

    @property
    def is_short(self) -> bool:
        """Whether the body has an announced end that is near, and no event that its client may act on before that."""
        ...

    def __call__(self, data: bytes) -> Sequence[bytes]:
        """Takes what came in one read, which may be several chunks; b"" at the end. Returns the chunks that go on now."""
        ...

    def take_quiet(self, data: bytes) -> bool:
        """Takes what came, where surely none of it is to be held: all goes on then. Returns whether it has."""
        ...

    def release(self) -> tuple[bytes, ...]:
        """Returns the chunks that are held, in order. They are held no longer."""
        ...

    def note_client_left(self) -> None:
        """Takes note that nobody sees what comes from now on."""
        ...

    def forget_unseen(self) -> None:
        """Forgets what came since then: the body did not end."""
        ...
