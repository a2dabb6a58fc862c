"""Nothing goes upstream while the guard is on: no connection, no name look-up, whatever else fails.

While it is off, nothing goes to link-local addresses and metadata services unless that is allowed, nor to the name that
is the proxy's own. An addon of its own, put at the head of mitmproxy's own list, so that it outlives the script that set
it up: a script that fails, or is reloaded with a mistake in it, leaves the network closed. Should its hooks fail all the
same, mitmproxy would go on as if they were not there: what they guard refuses by itself too (`mitm.upstream_gate`).
"""

from typing import TYPE_CHECKING

from mitmproxy import connection, ctx, dns
from mitmproxy.net.dns import response_codes
from mitmproxy.proxy import server_hooks

from tapehead.mitm import upstream_gate
from tapehead.mitm.sni_mode import is_control_host
from tapehead.network.link_local import is_link_local_or_metadata

if TYPE_CHECKING:
    from mitmproxy import master  # brings all addons of mitmproxy's along

REASON = "tapehead replays: no upstream connection is made"
LINK_LOCAL = (
    "link-local and metadata addresses are not reached through this proxy; cassette_allow_link_local=true allows it"
)


class Guard:
    """Refuses connections and look-ups while `offline`."""

    name = "tapehead_guard"

    def __init__(self) -> None:
        self.offline = False
        self.allow_link_local = False

    def blocks(self, host: str) -> bool:
        """Returns whether a request may not go to a host, by the host's own name."""
        return not self.offline and not self.allow_link_local and is_link_local_or_metadata(host)

    def server_connect(self, data: server_hooks.ServerConnectionHookData) -> None:
        # mitmproxy looks at the error before it resolves the name, for TCP, UDP and QUIC alike.
        host = data.server.address[0] if data.server.address else ""
        if self.offline:
            data.server.error = REASON
        elif self.blocks(host):
            data.server.error = f"tapehead: {LINK_LOCAL}"
        elif is_control_host(host):
            data.server.error = "tapehead: this name is the proxy's own"

    def server_connected(self, data: server_hooks.ServerConnectionHookData) -> None:
        # The name was resolved by now, and not a byte is sent yet.
        if not data.server.peername or not self.blocks(data.server.peername[0]):
            return
        data.server.error = f"tapehead: {LINK_LOCAL}"
        data.server.state = connection.ConnectionState.CLOSED  # whoever wants it opens it anew, and is told the error
        for handler in ctx.master.addons.get("proxyserver").connections.values():
            if (transport := handler.transports.get(data.server)) and transport.writer:
                transport.writer.close()

    def dns_request(self, flow: dns.DNSFlow) -> None:
        # Before mitmproxy's resolver, which leaves alone what has an answer.
        if self.offline:
            flow.response = flow.request.fail(response_codes.REFUSED)


def install(to: "master.Master") -> Guard:
    """Puts a guard into the master, and returns it; the same one again after a reload."""
    guard = to.addons.get(Guard.name)
    if not isinstance(guard, Guard):
        guard = Guard()
        to.addons.register(guard)
        to.addons.chain.insert(0, guard)
    upstream_gate.install(to, _why_not)
    return guard


def _why_not(of: "master.Master") -> str:
    guard = of.addons.get(Guard.name)
    return REASON if guard and guard.offline else ""
