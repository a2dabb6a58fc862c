"""What connections come to, whatever is asked over them: where to, for whom, over which protocol, trusted or not, lost.

Knows mitmproxy's hooks of connections. What is recorded, and who may go where, is told elsewhere.
"""

from collections.abc import Callable

from mitmproxy import connection, http, tls
from mitmproxy.proxy import server_hooks

from tapehead.mitm import sni_mode
from tapehead.mitm.unread import Unread
from tapehead.network.tls_failures import TlsTrustFailures
from tapehead.network.unseen import UnseenTraffic


class ConnectionWatch:
    """Sees each connection, for the hooks of the same names."""

    def __init__(
        self,
        set_user: Callable[[connection.Client, str], None],
        was_recorded_over_http2: Callable[[str | None], bool],
    ) -> None:
        """Takes whom it asks and tells.

        `set_user` is told whom a connection is for; `was_recorded_over_http2` says what a host's recorded answers came
        over.
        """
        self.tls_failures = TlsTrustFailures()
        """Which hosts' certificates a client did not take, so far in this run."""
        self.unseen = UnseenTraffic()
        """What came to the proxy and is in no cassette, so far in this run."""
        self._set_user = set_user
        self._was_recorded_over_http2 = was_recorded_over_http2

    def begin(self, redact: Callable[[str], str]) -> None:
        """Begins a run. `redact` takes credentials out of a text that is told."""
        self.unseen, self.tls_failures = UnseenTraffic(), TlsTrustFailures()
        self.unseen.redact = redact

    # TLS

    def tls_clienthello(self, data: tls.ClientHelloData) -> None:
        if user := sni_mode.set_destination(data):
            self._set_user(data.context.client, user)
        self.tls_failures.tls_clienthello(data)
        if self._was_recorded_over_http2(data.client_hello.sni):
            # mitmproxy would take what the client names first; the real server preferred HTTP/2.
            data.context.server.alpn = b"h2"

    def tls_established_client(self, data: tls.TlsData) -> None:
        self.tls_failures.tls_established_client(data)

    def tls_failed_client(self, data: tls.TlsData) -> None:
        self.tls_failures.tls_failed_client(data)

    def tls_failed_server(self, data: tls.TlsData) -> None:
        assert isinstance(data.conn, connection.Server)
        self.unseen.not_connected(data.context.client, data.conn)

    # What no cassette will hold

    def server_connect_error(self, data: server_hooks.ServerConnectionHookData) -> None:
        self.unseen.not_connected(data.client, data.server)

    def tapehead_unread(self, data: Unread) -> None:
        self.unseen.unread(data)

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        self.unseen.request_began(flow)

    def request(self, flow: http.HTTPFlow) -> None:
        self.unseen.request_ended(flow)
        self.tls_failures.request(flow.client_conn)

    def served(self, client: connection.Client) -> None:
        """Takes note that a request of a client was answered without a flow."""
        self.unseen.told(client)
        self.tls_failures.request(client)

    def error(self, flow: http.HTTPFlow) -> None:
        self.unseen.flow_failed(flow)
        self.unseen.told(flow.client_conn)

    def client_disconnected(self, client: connection.Client) -> None:
        self.unseen.client_disconnected(client)
        self.tls_failures.client_disconnected(client)
