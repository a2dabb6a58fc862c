"""What a client sent and nobody could read: the event that says so, and the layer that ends such a connection.

Knows mitmproxy's layers. Who counts it is told by the hook `tapehead_unread`.
"""

from dataclasses import dataclass

from mitmproxy import connection
from mitmproxy.proxy import commands, events, layer
from mitmproxy.proxy.context import Context


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """Bytes of one connection that are no request."""

    client: connection.Client
    address: tuple[str, int] | None
    """Where they were to go; None when nothing said that."""
    reason: str
    """In a few words, with nothing of the bytes themselves."""
    is_cut: bool = False
    """Whether it was a request that had begun, and did not end."""


@dataclass
class UnreadHook(commands.StartHook):
    """Something was not read; the connection ends."""

    name = "tapehead_unread"
    blocking = False
    data: Unread


def unread(context: Context, reason: str, *, is_cut: bool = False) -> UnreadHook:
    """Returns the hook for a connection with this context."""
    address = context.server.address
    return UnreadHook(
        Unread(client=context.client, address=address and (address[0], address[1]), reason=reason, is_cut=is_cut)
    )


class Refusal(layer.Layer):
    """Ends a connection that speaks what we cannot record: nothing of it reaches the server."""

    def __init__(self, context: Context, reason: str) -> None:
        super().__init__(context)
        self._reason = reason

    def _handle_event(self, event: events.Event) -> layer.CommandGenerator[None]:
        if not isinstance(event, events.Start):
            return
        yield unread(self.context, self._reason)
        if self.context.server.connected:
            yield commands.CloseConnection(self.context.server)
        yield commands.CloseConnection(self.context.client)
