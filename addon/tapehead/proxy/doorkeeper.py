"""Who comes in by the front door: clients whose requests a cassette may answer, where nobody else has a say.

Knows what has to be thought about before a tunnel is made, and what a client is agreed with. How it is done is `door`'s.
"""

import re
import ssl
from collections.abc import Callable

from tapehead.door.handed_connection import HandedConnection
from tapehead.exchange.flows import authority_of, is_ip
from tapehead.lane.lane_messages import Lane
from tapehead.mitm.leaf_contexts import LeafContexts
from tapehead.mitm.sni_mode import is_control_host
from tapehead.network.link_local import is_link_local_or_metadata
from tapehead.network.tls_failures import TlsTrustFailures
from tapehead.sessions.connection_lane import ConnectionLane
from tapehead.sessions.session_names import user_in
from tapehead.sessions.session_router import SessionRouter
from tapehead.wire.client_hello import ClientHello
from tapehead.wire.sni_name import destination

_HTTP2 = b"h2"
_HTTP1 = (b"http/1.1", b"http/1.0", b"http/0.9")
_AUTHORIZATION = re.compile(rb"(?im)^proxy-authorization:[ \t]*(.*?)[ \t]*\r$")
_LOCAL = "127.0.0.1"
_HTTPS = "https"


class TunnelToHost:
    """Where a client wants to go, and what answers there."""

    def __init__(
        self, host: str, port: int, *, names: tuple[str, ...], user: str, keeper: "ProxyDoorkeeper", is_lenient: bool
    ) -> None:
        """Takes the place, and which names the certificate is to have."""
        self.is_lenient = is_lenient
        self._host = host
        self._names = names
        self._keeper = keeper
        self._is_served = False
        base = f"{_HTTPS}://{authority_of(_HTTPS, host, port)}"
        self.lane = ConnectionLane(keeper.router, base, user, self._served)

    def agree(self, hello: ClientHello) -> ssl.SSLContext:
        """Returns the context for a client. ValueError where it offers nothing that is spoken here."""
        keeper, offered = self._keeper, hello.protocols
        known = (_HTTP2, *_HTTP1) if keeper.speaks_http2() else _HTTP1
        if _HTTP2 in offered and keeper.router.was_recorded_over_http2(hello.server_name):
            protocol = _HTTP2
        else:  # the client's favourite, as mitmproxy takes it
            protocol = next((each for each in offered if each in known), b"")
        if offered and not protocol:
            raise ValueError(f"a protocol of {offered}")
        names = self._names or (hello.server_name or _LOCAL, self._host)
        return keeper.contexts.context(names, protocol)

    def failed(self, reason: str) -> None:
        """Counts a client that left before it asked for something."""
        if not self._is_served:
            self._keeper.tls_failures().began(self._host)
            self._keeper.tls_failures().failed(self._host, reason)

    def _served(self) -> None:
        self._is_served = True
        self._keeper.tls_failures().began(self._host)
        self._keeper.tls_failures().served(self._host)


class ProxyDoorkeeper:
    """Of one listener."""

    def __init__(
        self,
        router: SessionRouter,
        contexts: LeafContexts,
        *,
        is_open: Callable[[], bool],
        tls_failures: Callable[[], TlsTrustFailures],
        speaks_http2: Callable[[], bool],
        is_lenient: Callable[[], bool],
        is_ours: Callable[[str, int], bool],
        hand_on: Callable[[HandedConnection], None],
    ) -> None:
        """Takes what answers, and whom it asks.

        `is_open`: whether anybody comes in; `is_ours`: whether a host and port stand for something else; `is_lenient`:
        whether heads of HTTP/2 that are none are let through; `hand_on` has mitmproxy go on.
        """
        self.router = router
        self.contexts = contexts
        self.tls_failures = tls_failures
        self.speaks_http2 = speaks_http2
        self.hand_on = hand_on
        self._is_open = is_open
        self._is_lenient = is_lenient
        self._is_ours = is_ours

    def tunnel_to(self, host: str, port: int, fields: bytes) -> TunnelToHost | None:
        """Returns where a tunnel leads; None where somebody has to think about it."""
        if is_ip(host):  # then the request says which host it is
            return None
        found = _AUTHORIZATION.search(fields)
        return self._to(host, port, names=(), user=user_in(found[1].decode(errors="replace")) if found else "")

    def named_by(self, hello: ClientHello) -> TunnelToHost | None:
        """Returns where a connection leads by its hello."""
        to = destination(hello.server_name)
        return None if is_ip(to.host) else self._to(to.host, to.port, names=(to.sni, to.host), user=to.user)

    def lane_of_proxy(self) -> Lane | None:
        """Returns what answers requests for http."""
        return ConnectionLane(self.router, "", "", lambda: None) if self._is_open() else None

    def _to(self, host: str, port: int, *, names: tuple[str, ...], user: str) -> TunnelToHost | None:
        if not self._is_open() or is_control_host(host) or is_link_local_or_metadata(host) or self._is_ours(host, port):
            return None
        session = self.router.default
        if session and session.player and session.player.refuses_tunnels:
            return None
        return TunnelToHost(host, port, names=names, user=user, keeper=self, is_lenient=self._is_lenient())
