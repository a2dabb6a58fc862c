"""What programs fetch beside what they are there for: packages and source code. It is never recorded.

While recording it passes. On replay what a cassette has of it is answered, and the rest is refused at once, with what to
do: once for each package manager. Counts it; fails nothing. Who is one is told by `network.package_managers`.
"""

import enum
import logging
from collections import Counter
from collections.abc import Mapping

from mitmproxy import http

from tapehead.exchange.error_responses import refused_fetch
from tapehead.exchange.flows import authority_of, header, log_name, method_of
from tapehead.network.package_managers import PackageManager, PackageManagers
from tapehead.text.escape import for_log

logger = logging.getLogger(__name__)


class SideFate(enum.Enum):
    """What became of it."""

    PASSED = "passed on"
    REFUSED = "not fetched"


class SideTraffic:
    """Tells it from the rest, and counts it."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Takes the environment that may name registries."""
        self.counts: Counter[tuple[str, SideFate]] = Counter()
        """By package manager, and what became of what it asked."""
        self._managers = PackageManagers(environment)

    def manager_of(self, flow: http.HTTPFlow) -> PackageManager | None:
        """Returns the package manager whose request a flow is, if it is one's."""
        request = flow.request
        return self._managers.who_asks(
            request.method,
            authority_of(request.scheme, request.host, request.port),
            request.path,
            agent=header(request, b"user-agent") or "",
            accept=header(request, b"accept") or "",
        )

    def is_tunnel(self, flow: http.HTTPFlow) -> bool:
        """Returns whether a tunnel that a flow asks for is a package manager's, as far as that can be told."""
        request = flow.request
        authority = authority_of("https", request.host, request.port)
        return self._managers.who_tunnels(authority, agent=header(request, b"user-agent") or "") is not None

    def passes(self, flow: http.HTTPFlow, manager: PackageManager) -> None:
        """Puts down a request that goes on to its host."""
        self.counts[manager.name, SideFate.PASSED] += 1
        logger.info("passed on, not recorded: %s: %s", manager.name, _name(flow))

    def refuse(self, flow: http.HTTPFlow, manager: PackageManager) -> None:
        """Answers a request that nothing is recorded for, and says once what to do about it."""
        message = f"{advice(manager)} ({flow.request.pretty_host} is not reached while replaying)"
        flow.response = refused_fetch(flow.request, f"tapehead: {for_log(message)}", advice(manager))
        self.counts[manager.name, SideFate.REFUSED] += 1
        if self.counts[manager.name, SideFate.REFUSED] == 1:
            logger.warning(
                "%s asks for packages, which no cassette has: %s; or --direct %s lets it reach that host",
                manager.name,
                advice(manager),
                for_log(flow.request.pretty_host),
            )
        logger.info("not fetched: %s: %s", manager.name, _name(flow))


def advice(manager: PackageManager) -> str:
    """Returns what to do so that a package manager has nothing to ask for."""
    return f"fetch dependencies first: {manager.fetch}"


def told(counts: Mapping[tuple[str, SideFate], int]) -> list[str]:
    """Returns what a verdict says of side traffic."""
    found = []
    for side in SideFate:
        names = [name for name, what in counts if what is side]
        count = sum(counts[name, side] for name in names)
        found += [f"{count} {side.value} ({', '.join(names)})"] if names else []
    return found


def _name(flow: http.HTTPFlow) -> str:
    return log_name(method_of(flow), flow.request.pretty_url.partition("?")[0])
