"""Nothing goes upstream while the guard is on: no connection, no name look-up, whatever else fails.

An addon of its own, put at the head of mitmproxy's own list, so that it outlives the script that set it up: a script
that fails, or is reloaded with a mistake in it, leaves the network closed. Its hooks are too small to fail.
"""

from typing import TYPE_CHECKING

from mitmproxy import dns
from mitmproxy.net.dns import response_codes
from mitmproxy.proxy import server_hooks

if TYPE_CHECKING:
    from mitmproxy import master  # brings all addons of mitmproxy's along

REASON = "tapehead replays: no upstream connection is made"


class Guard:
    """Refuses connections and look-ups while `closed`."""

    name = "tapehead_guard"

    def __init__(self) -> None:
        self.closed = False

    def server_connect(self, data: server_hooks.ServerConnectionHookData) -> None:
        # mitmproxy looks at the error before it resolves the name, for TCP, UDP and QUIC alike.
        if self.closed:
            data.server.error = REASON

    def dns_request(self, flow: dns.DNSFlow) -> None:
        # Before mitmproxy's resolver, which leaves alone what has an answer.
        if self.closed:
            flow.response = flow.request.fail(response_codes.REFUSED)


def install(to: "master.Master") -> Guard:
    """The master's guard; the same one again after a reload."""
    guard = to.addons.get(Guard.name)
    if not isinstance(guard, Guard):
        guard = Guard()
        to.addons.register(guard)
        to.addons.chain.insert(0, guard)
    return guard
