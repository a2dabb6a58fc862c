"""Which protocol a connection speaks, decided once there is enough to tell, and never raw TCP unless the user asks for it.

mitmproxy decides on what happens to have come: a request in very small pieces is raw TCP to it, which passes by every
addon that records. Its `NextLayer` is wrapped in place: too little waits for more, for a bounded time, and what is
neither TLS nor HTTP is refused and told. Its options `tcp_hosts` and `ignore_hosts` let raw TCP pass, as ever.
"""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mitmproxy import connection, ctx
from mitmproxy.addons import next_layer
from mitmproxy.proxy import layer, layers, mode_specs
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers.http import HTTPMode
from mitmproxy.proxy.layers.tls import HTTP_ALPNS

from tapehead.mitm.patches import replace
from tapehead.mitm.unread import Refusal, unread
from tapehead.wire.sniffing import Protocol, describe, sniff

PATIENCE = 10.0
"""Seconds in which a connection that has begun must say enough to tell its protocol."""
_DNS_PORTS = (53, 5353)
_MARK = "_tapehead_wrapped"

if TYPE_CHECKING:
    from mitmproxy import master  # brings all addons of mitmproxy's along

type _Choose = Callable[[Any, Context, bytes, bytes], layer.Layer | None]


def install(to: "master.Master") -> None:
    """Wraps mitmproxy's choice of layers, and gives a master its `Deadlines`. A second call does nothing."""
    if to.addons.get(Deadlines.name) is None:
        to.addons.add(Deadlines())
    addon: Any = next_layer.NextLayer
    if not hasattr(addon, _MARK):
        setattr(addon, _MARK, True)
        replace(addon, "_next_layer", _deciding(addon._next_layer))


def _deciding(choose: _Choose) -> _Choose:
    def chosen(self: Any, context: Context, data_client: bytes, data_server: bytes) -> layer.Layer | None:
        if not _is_ours(self, context, data_client, data_server):
            return choose(self, context, data_client, data_server)
        protocol = sniff(data_client)
        if data_server and not data_client:
            return Refusal(context, "the server speaks first: neither TLS nor HTTP")
        if protocol is Protocol.UNDECIDED:
            raise next_layer.NeedsMoreData
        if protocol is Protocol.OTHER:
            return Refusal(context, describe(data_client))
        found = choose(self, context, data_client, data_server)
        return layers.HttpLayer(context, HTTPMode.transparent) if isinstance(found, layers.TCPLayer) else found

    return chosen


def _is_ours(addon: Any, context: Context, data_client: bytes, data_server: bytes) -> bool:
    """Whether the choice depends on what the client's first bytes are: not where mode, option or ALPN have said."""
    mode = context.client.proxy_mode
    return not (
        context.client.transport_protocol != "tcp"
        or context.client.alpn in HTTP_ALPNS
        or (isinstance(mode, mode_specs.ReverseMode) and mode.scheme not in ("http", "https"))
        or (context.server.address and context.server.address[1] in _DNS_PORTS)
        or addon._ignore_connection(context, data_client, data_server)
        or addon._is_destination_in_hosts(context, addon.tcp_hosts)
    )


class Deadlines:
    """Ends connections that have begun and do not say in time what they speak. To stand behind NextLayer in the chain."""

    name = "tapehead_deadlines"

    def __init__(self) -> None:
        self._waiting: dict[str, asyncio.TimerHandle] = {}

    def next_layer(self, data: layer.NextLayer) -> None:
        client = data.context.client
        if data.layer is not None:
            self._forget(client)
        elif client.id not in self._waiting:
            loop = asyncio.get_running_loop()
            self._waiting[client.id] = loop.call_later(PATIENCE, self._expire, data.context)

    def client_disconnected(self, client: connection.Client) -> None:
        self._forget(client)

    def _forget(self, client: connection.Client) -> None:
        if timer := self._waiting.pop(client.id, None):
            timer.cancel()

    def _expire(self, context: Context) -> None:
        client = context.client
        self._waiting.pop(client.id, None)
        reason = f"it did not say within {PATIENCE:.0f} s what it speaks"
        ctx.master.addons.trigger(unread(context, reason))
        for handler in ctx.master.addons.get("proxyserver").connections.values():
            if handler.client is client and (transport := handler.transports.get(client)) and transport.writer:
                transport.writer.close()
