"""mitmproxy's two ways upstream, a connection and a look-up of a name, each with a gate before it.

What decides is handed in. mitmproxy has hooks for both, but goes on as if they were not there when one of them fails;
the gates stand in its own code. Knows no mode and no session.
"""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from mitmproxy import dns
from mitmproxy.net.dns import response_codes
from mitmproxy.proxy.mode_servers import ProxyConnectionHandler

from tapehead.mitm.patches import replace

if TYPE_CHECKING:
    from mitmproxy import master  # brings all addons of mitmproxy's along

_MARK = "_tapehead_gate"

type WhyNot = Callable[["master.Master"], str]
"""Says why nothing goes upstream from a master's proxy now; "": it does."""


def install(to: "master.Master", why_not: WhyNot) -> None:
    """Puts the gates in, each once: into every connection of this process, and into this master's resolver."""
    handler: Any = ProxyConnectionHandler
    if not hasattr(handler, _MARK):
        setattr(handler, _MARK, True)
        replace(handler, "open_connection", _gated(handler.open_connection, why_not))
    resolver: Any = to.addons.get("dnsresolver")
    if resolver and not hasattr(resolver, _MARK):
        setattr(resolver, _MARK, True)
        replace(resolver, "dns_request", _gated_resolver(to, resolver.dns_request, why_not))


def _gated(
    open_connection: Callable[[Any, Any], Awaitable[None]], why_not: WhyNot
) -> Callable[[Any, Any], Awaitable[None]]:
    """mitmproxy's way to connect, for TCP and UDP; it looks at the connection's error before it does anything."""

    async def opened(self: Any, command: Any) -> None:
        if reason := why_not(self.master):
            command.connection.error = reason
        await open_connection(self, command)

    return opened


def _gated_resolver(
    of: "master.Master", ask: Callable[[dns.DNSFlow], Awaitable[None]], why_not: WhyNot
) -> Callable[[Any], Awaitable[None]]:
    async def asked(flow: dns.DNSFlow) -> None:
        if not why_not(of):
            await ask(flow)
        elif not flow.response:
            flow.response = flow.request.fail(response_codes.REFUSED)

    return asked
