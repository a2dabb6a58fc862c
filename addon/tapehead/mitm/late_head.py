"""A stream whose head waits for its body, where all of that may have come in the same read: then both go out in one write.

A short answer whose length is announced is held until it is on disk, and a head alone is of no use to its client; to
encrypt and write it by itself costs a tenth of the whole exchange. At the end of the read in which it came the head goes
out, whatever became of the body, unless it has ended: then it goes with that, after its hook.
"""

from typing import Any

from mitmproxy.proxy import commands, events, layer
from mitmproxy.proxy.layers.http import HttpStream, SendHttp
from mitmproxy.proxy.layers.http._events import RequestProtocolError, ResponseProtocolError

from tapehead.mitm.read_on_stream import ReadOnStream


class ReadOver(events.Event):
    """All that came in the read in which a stream's head came is dealt with."""


class TellReadOver(commands.Command):
    """A stream's wish to get `ReadOver`."""

    def __init__(self, stream: HttpStream) -> None:
        self.stream = stream


class LateHeadStream(ReadOnStream):
    """Holds the head."""

    _head: SendHttp | None = None

    def hold_head(self, head: SendHttp) -> layer.CommandGenerator[None]:
        """Keeps what sends the head until the end of this read."""
        self._head = head
        yield TellReadOver(self)

    def take_head(self) -> tuple[SendHttp, ...]:
        """Returns what sends the head, if it is held, once."""
        head, self._head = self._head, None
        return (head,) if head else ()

    def handle_protocol_error(
        self, event: RequestProtocolError | ResponseProtocolError
    ) -> layer.CommandGenerator[None]:
        if isinstance(event, ResponseProtocolError):  # what its client sees of it depends on the head
            yield from self.take_head()
        yield from super().handle_protocol_error(event)

    def _handle_event(self, event: Any) -> layer.CommandGenerator[None]:
        yield from self.take_head() if type(event) is ReadOver else super()._handle_event(event)
