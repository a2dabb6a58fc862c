"""Clients that did not take the proxy's certificate, by the host that they asked for.

Knows mitmproxy's TLS hooks. A client that says why (an alert) is certain; one that ends the connection right after
the handshake, as Node does, or in the middle of it, may have had another reason. Does not know who the client is.
"""

from collections import Counter

from mitmproxy import connection, tls

_ALERTS = (
    "unknown ca",
    "bad certificate",
    "certificate unknown",
    "certificate verify failed",
    "unsupported certificate",
    "certificate expired",
)
"""What OpenSSL calls the alerts by which a client refuses a certificate: RFC 8446, 6.2."""
_MOST_HOSTS = 1000  # of each kind: names come from the program


class TlsTrustFailures:
    """Counts, for the hooks of the same names."""

    def __init__(self) -> None:
        self.handshakes: Counter[str] = Counter()
        """Connections that began TLS."""
        self.rejected: Counter[str] = Counter()
        """Those whose client said that it does not trust the certificate."""
        self.dropped: Counter[str] = Counter()
        """Those that ended without a request, and without a reason."""
        self._served: set[str] = set()
        """Hosts that something was asked of."""
        self._idle: dict[str, str] = {}
        """Connections that may make a request now, by their id, and the host of each."""

    def tls_clienthello(self, data: tls.ClientHelloData) -> None:
        # By address, not by the hello's server name: the Node preload writes more than a host into that.
        self.began(_host(data.context.server.address, data.client_hello.sni))

    def tls_failed_client(self, data: tls.TlsData) -> None:
        self.failed(_host(data.context.server.address, data.conn.sni), data.conn.error or "")

    def tls_established_client(self, data: tls.TlsData) -> None:
        self._idle[data.conn.id] = _host(data.context.server.address, data.conn.sni)

    def request(self, client: connection.Client) -> None:
        """Notes that a request came by a connection: the client trusts the certificate."""
        host = self._idle.pop(client.id, None)
        if host:
            self.served(host)

    @property
    def unheard(self) -> Counter[str]:
        """Those that were refused; and those without a reason, where nothing at all was asked over TLS."""
        return self.rejected if self._served else self.rejected + self.dropped

    @property
    def doubtful(self) -> Counter[str]:
        """Those without a reason where nothing was asked of that host, but of others: npm leaves so when it ends."""
        silent = {host: count for host, count in self.dropped.items() if self._served and host not in self._served}
        return Counter(silent)

    def client_disconnected(self, client: connection.Client) -> None:
        if host := self._idle.pop(client.id, ""):
            self._count(self.dropped, host)

    # Without a hook

    def began(self, host: str) -> None:
        """Counts a connection that began TLS."""
        self._count(self.handshakes, host)

    def failed(self, host: str, reason: str) -> None:
        """Counts one that came to nothing, for a reason in OpenSSL's words, or ""."""
        refused = any(alert in reason.lower() for alert in _ALERTS)
        self._count(self.rejected if refused else self.dropped, host)

    def served(self, host: str) -> None:
        """Notes that something was asked of a host: its client trusts the certificate."""
        if len(self._served) < _MOST_HOSTS:
            self._served.add(host)

    @staticmethod
    def _count(counts: Counter[str], host: str) -> None:
        if host and (host in counts or len(counts) < _MOST_HOSTS):
            counts[host] += 1


def _host(address: tuple[str, int] | None, sni: str | None) -> str:
    return address[0] if address else sni or ""
