"""Another proxy between us and the world, for listeners that mitmproxy's upstream mode does not know.

A user who must go through a proxy (HTTPS_PROXY was set already) has recordings go through it too.
"""

from mitmproxy import http, tls
from mitmproxy.net import server_spec
from mitmproxy.proxy.mode_specs import ReverseMode

from tapehead.mitm.sni_mode import SniMode

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class UpstreamProxy:
    """Sends what comes in by those listeners through the other proxy."""

    name = "tapehead_via"

    def __init__(self, proxy: str) -> None:
        """Takes `http://HOST:PORT` or `https://HOST:PORT`. Raises ValueError for what is neither."""
        self._proxy = server_spec.parse(proxy, default_scheme="http")

    def tls_clienthello(self, data: tls.ClientHelloData) -> None:
        if isinstance(data.context.client.proxy_mode, SniMode):
            data.establish_server_tls_first = False  # that connection would go to the host itself

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        mode = flow.client_conn.proxy_mode
        if isinstance(mode, SniMode) or (isinstance(mode, ReverseMode) and mode.address[0] not in _LOOPBACK):
            flow.server_conn.via = self._proxy
