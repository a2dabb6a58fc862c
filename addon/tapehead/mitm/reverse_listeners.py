"""Listeners in front of one server each, for clients that are given a local address as their base URL.

mitmproxy keeps one listener for equal modes, so two variables that lead to one server would share it: each listener of
ours has its number in its mode. And a client that sends what is for this machine through the proxy asks the proxy for a
listener's address; such a request is given the server that the listener stands for. Knows no variable and no option.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from mitmproxy import connection, http
from mitmproxy.net import server_spec
from mitmproxy.net.http.url import hostport
from mitmproxy.proxy import layer, layers, mode_servers, mode_specs
from mitmproxy.proxy.context import Context

LOOPBACK = ("localhost", "127.0.0.1", "::1")


class ListenerMode(mode_specs.ReverseMode):
    """`listener:NUMBER:URL@HOST:PORT`: mitmproxy's reverse mode, over TCP, and distinct by its number."""

    number: int

    def __post_init__(self) -> None:
        number, _, url = self.data.partition(":")
        self.number = int(number)
        self.transport_protocol = mode_specs.TCP
        self.scheme, self.address = server_spec.parse(url, default_scheme="https")
        if self.scheme not in ("http", "https"):
            raise ValueError(f"{url}: expected http:// or https://")

    @property
    def authority(self) -> str:
        """The server's, as a Host header has it; mitmproxy leaves the brackets of an IPv6 address out."""
        host, port = self.address
        return hostport(self.scheme, f"[{host}]" if ":" in host else host, port)


class ListenerInstance(mode_servers.AsyncioServerInstance[ListenerMode]):
    """The listener."""

    def make_top_layer(self, context: Context) -> layer.Layer:
        return layers.modes.ReverseProxy(context)


def listener_modes(urls: Sequence[str], host: str) -> list[ListenerMode]:
    """Returns a mode for each URL, in order, on any free port of `host`. Raises ValueError for a URL that is none."""
    return [ListenerMode.parse(f"listener:{number}:{url}@{host}:0") for number, url in enumerate(urls)]


def listening_ports(instances: Sequence[mode_servers.ServerInstance[Any]], modes: Sequence[ListenerMode]) -> list[int]:
    """Returns the port of each mode's listener, in the order of `modes`.

    Raises ValueError where one does not listen for its own server, or two share a port.
    """
    by_number = {each.mode.number: each for each in instances if isinstance(each.mode, ListenerMode)}
    ports = []
    for mode in modes:
        instance = by_number.get(mode.number)
        if instance is None or not instance.listen_addrs or instance.mode != mode:
            raise ValueError(f"no listener for {mode.scheme}://{mode.authority}")
        ports.append(instance.listen_addrs[0][1])
    if len({*ports}) != len(modes):
        raise ValueError("two listeners share a port")
    return ports


class ListenerRoutes:
    """Sends what a client asks of a listener's address by way of the proxy where the listener leads.

    An addon, to stand before what looks at the request.
    """

    name = "tapehead_listener_routes"

    def __init__(self) -> None:
        self.routes: Mapping[int, ListenerMode] = {}
        """Loopback ports, as the program sees them, and the listeners that they stand for."""
        self._tunnels: dict[str, ListenerMode] = {}
        """Client connections that asked for a tunnel to a listener."""

    def http_connect(self, flow: http.HTTPFlow) -> None:
        if mode := self._route(flow.request.host, flow.request.port):
            self._tunnels[flow.client_conn.id] = mode
            flow.request.host, flow.request.port = mode.address

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        request, mode = flow.request, flow.client_conn.proxy_mode
        if not isinstance(mode, ListenerMode):
            asked = self._tunnels.get(flow.client_conn.id) or self._route(request.host, request.port)
            if asked is None:
                return
            mode = asked
            request.scheme = mode.scheme
            request.data.host, request.data.port = mode.address
        if request.host_header is not None:
            request.host_header = mode.authority

    def client_disconnected(self, client: connection.Client) -> None:
        self._tunnels.pop(client.id, None)

    def has(self, host: str, port: int) -> bool:
        """Returns whether a place is the address of a listener."""
        return self._route(host, port) is not None

    def _route(self, host: str, port: int) -> ListenerMode | None:
        return self.routes.get(port) if host in LOOPBACK else None
