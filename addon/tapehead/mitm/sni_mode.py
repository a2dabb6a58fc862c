"""`sni`, a proxy mode of our own: for clients that can be told where to connect, but not to use a proxy.

Each connection's TLS hello names its destination (`wire/sni_name.py`). Node's preload dials this listener in the place
of every host. What comes without TLS is for the proxy itself. Rests on private classes of mitmproxy's, as `http_stream` does.
"""

import logging

from mitmproxy import http, tls
from mitmproxy.proxy import events, layer, mode_servers, mode_specs
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers.modes import DestinationKnown

from tapehead.wire.sni_name import destination

CONTROL_HOST = "tapehead.local"
"""The host that a request for the proxy itself names."""
_CONTROL_PORT = 80
logger = logging.getLogger(__name__)


def is_control_host(host: str) -> bool:
    """Returns whether a name is that host's, in any spelling."""
    return host.rstrip(".").lower() == CONTROL_HOST


class SniMode(mode_specs.ProxyMode):
    """`sni@HOST:PORT`."""

    description = "proxy by TLS server name"
    transport_protocol = mode_specs.TCP

    def __post_init__(self) -> None:
        if self.data:
            raise ValueError("mode takes no arguments")


class _SniProxy(DestinationKnown):
    """Connects to nobody before the hello is there."""

    def _handle_event(self, event: events.Event) -> layer.CommandGenerator[None]:
        assert isinstance(event, events.Start)
        self.context.server.address = (CONTROL_HOST, _CONTROL_PORT)
        self.child_layer = layer.NextLayer(self.context)
        self._handle_event = self.child_layer.handle_event  # type: ignore[method-assign]
        yield from self.child_layer.handle_event(event)


class SniInstance(mode_servers.AsyncioServerInstance[SniMode]):
    """The listener."""

    def make_top_layer(self, context: Context) -> layer.Layer:
        return _SniProxy(context)


def lacks_destination(flow: http.HTTPFlow) -> bool:
    """Returns whether a request came by a TLS connection whose hello named no destination."""
    client = flow.client_conn
    return isinstance(client.proxy_mode, SniMode) and client.tls and flow.request.port == _CONTROL_PORT


def set_destination(data: tls.ClientHelloData) -> str:
    """Gives a connection of this mode the address that its hello names, and returns the user that it names, or "".

    One whose name is none stays the proxy's own.
    """
    context: Context = data.context
    if not isinstance(context.client.proxy_mode, SniMode):
        return ""
    try:
        to = destination(data.client_hello.sni)
    except ValueError as e:
        logger.warning("%s", e)
        return ""
    context.server.address = (to.host, to.port)
    context.client.sni = context.server.sni = to.sni
    return to.user
