"""A proxy of our own for the `tapehead` command: mitmproxy's core with the few addons that it needs, in this process.

Knows which addons, which listeners and how they start and stop. Knows no command line and no client.
"""

# isort: off
from tapehead.mitm import lazy_addons  # noqa: F401  first of all: see there
from tapehead.mitm import checked  # noqa: F401  likewise
# isort: on

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncIterator, Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mitmproxy import exceptions, hooks, http, master
from mitmproxy.addons import disable_h2c, next_layer, proxyserver, tlsconfig, upstream_auth
from mitmproxy.options import Options
from mitmproxy.proxy.mode_specs import ProxyMode

from tapehead.exchange import declared_options
from tapehead.exchange.outcomes import ExchangeResult
from tapehead.mitm.event_loop import as_mitmproxy_runs
from tapehead.mitm.listen_host import servers_logger
from tapehead.mitm.reverse_listeners import ListenerMode, ListenerRoutes, listener_modes, listening_ports
from tapehead.modes import Mode
from tapehead.network.tls_failures import TlsTrustFailures
from tapehead.network.unseen import UnseenTraffic
from tapehead.network.upstream_proxy import UpstreamProxy
from tapehead.proxy.addon import Tapehead
from tapehead.proxy.doors import open_doors
from tapehead.root import BadOptionError, TapeheadError
from tapehead.sessions.session import Session
from tapehead.sessions.side_traffic import SideTraffic
from tapehead.sessions.verdict import Verdict
from tapehead.started_by import StartedBy

HOST = "127.0.0.1"
_DRAIN_TIMEOUT = 0.25  # seconds in which what a command's end broke off is noticed
_LISTEN_ATTEMPTS = 10


class StartError(TapeheadError):
    """The proxy cannot start: one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyConfig:
    """What proxy is wanted."""

    mode: Mode
    settings: Sequence[str] = ()
    """`NAME=VALUE`, options of ours and of mitmproxy's."""
    port: int = 0
    """Of the proxy; 0: any that is free."""
    upstream: str = ""
    """URL of another proxy that everything goes through, or ""."""
    upstream_auth: str = ""
    """`USER:PASSWORD` for it, or ""."""
    reverse: Sequence[str] = ()
    """URLs of servers that get a listener each, for clients that are given its address as theirs."""
    reverse_inside: Mapping[int, int] = field(default_factory=dict)
    """Ports of the program's own machine, where it is not this one, and the place in `reverse` of what is found there."""
    token: str = ""
    """For the control endpoint."""
    on_result: Callable[[ExchangeResult], None] | None = None
    """Is told each exchange."""
    started_by: StartedBy = field(default_factory=StartedBy)
    """Whom a miss advises."""
    ensure_ca: Callable[[Path], object] | None = None
    """Makes the proxy's authority in a folder, if it is not there: mitmproxy's own way is not for two at once."""


class Proxy:
    """A proxy that runs."""

    def __init__(
        self, tapehead: Tapehead, *, confdir: Path, port: int, sni_port: int, reverse_ports: Sequence[int]
    ) -> None:
        self._tapehead = tapehead
        self.confdir = confdir
        """Where the proxy's authority is."""
        self.port = port
        self.sni_port = sni_port
        self.reverse_ports = tuple(reverse_ports)
        """In the order of the plan's URLs."""

    @property
    def verdicts(self) -> Sequence[Verdict]:
        """What came of each session; once the proxy has stopped."""
        return self._tapehead.verdicts

    def ended(self, *, succeeded: bool | None) -> None:
        """Says whether the program whose run this is has succeeded; None where that is not known.

        If not, an old recording is kept.
        """
        self._tapehead.succeeded = succeeded

    async def converse(self, flow: http.HTTPFlow) -> Session | None:
        """Begins a conversation that does not come by the network; returns the session that records it, None on replay."""
        return await self._tapehead.converse(flow)

    @property
    def tls_failures(self) -> TlsTrustFailures:
        """Which hosts' certificates a client did not take, so far."""
        return self._tapehead.tls_failures

    @property
    def unseen(self) -> UnseenTraffic:
        """What came to the proxy and is in no cassette, so far."""
        return self._tapehead.unseen

    @property
    def side(self) -> SideTraffic:
        """What package managers asked, so far."""
        return self._tapehead.side

    @property
    def replayed_hosts(self) -> frozenset[str]:
        """Where nothing at all goes upstream, the hosts whose answers are replayed; else none."""
        return self._tapehead.replayed_hosts

    @property
    def in_flight(self) -> Sequence[tuple[int, int]]:
        """Bytes and chunks so far of each response that is being recorded."""
        return self._tapehead.in_flight


@contextlib.asynccontextmanager
async def run_proxy(plan: ProxyConfig) -> AsyncIterator[Proxy]:
    """Runs a proxy until the block is left; its files are finished then.

    Raises BadOptionError for an option or a value that is none, CassetteError when the cassette does not allow what is
    wanted, StartError when it cannot start for another reason.
    """
    tapehead = Tapehead(plan.mode, token=plan.token, on_result=plan.on_result, started_by=plan.started_by)
    with tapehead.log:
        async with _running(tapehead, plan) as proxy:
            yield proxy


@contextlib.asynccontextmanager
async def _running(tapehead: Tapehead, plan: ProxyConfig) -> AsyncIterator[Proxy]:
    made = master.Master(Options())
    listeners, routes = _listeners(plan), ListenerRoutes()
    modes = [*_modes(plan), *listeners]
    try:
        confdir = _set_up(made, tapehead, plan, routes)
    except Exception as e:
        tapehead.done()  # what it has opened is as before
        line = " ".join(str(e).split("\n"))
        if isinstance(e, exceptions.OptionsError):
            raise BadOptionError(line) from e
        if isinstance(e, ValueError) and not isinstance(e, TapeheadError):
            raise StartError(line) from e
        raise
    server = made.addons.get("proxyserver")
    with as_mitmproxy_runs(made):
        try:
            with _quiet(servers_logger):  # of why a server did not start, in two lines, and one without a word
                await _listen(server, modes, avoid=plan.reverse_inside)
            await made.running()
            await open_doors(made, tapehead, modes[0], modes[1], is_ours=routes.has)
            port, sni_port = (server.servers[mode].listen_addrs[0][1] for mode in modes[:2])
            try:
                reverse_ports = listening_ports([*server.servers], listeners)
            except ValueError as e:
                raise StartError(str(e)) from e
            inside = {port: listeners[place] for port, place in plan.reverse_inside.items()}
            routes.routes = dict(zip(reverse_ports, listeners, strict=True)) | inside
            tapehead.succeeded = False  # until the contrary is known
            yield Proxy(tapehead, confdir=confdir, port=port, sni_port=sni_port, reverse_ports=reverse_ports)
            await _until_idle(server)
        finally:
            await made.done()
            with _quiet(servers_logger):
                await server.servers.update([])


def _set_up(made: master.Master, tapehead: Tapehead, plan: ProxyConfig, routes: ListenerRoutes) -> Path:
    """Sets it up, but for its listeners. Where its authority is."""
    made.options.set(*(each for each in plan.settings if each.startswith("confdir=")))
    confdir = _authority(Path(made.options.confdir), plan)
    made.addons.add(
        disable_h2c.DisableH2C(),
        proxyserver.Proxyserver(),
        next_layer.NextLayer(),
        tlsconfig.TlsConfig(),
        upstream_auth.UpstreamAuth(),
        routes,
    )
    if any(each.startswith("proxyauth=") for each in plan.settings):
        from mitmproxy.addons import proxyauth  # slow to import, and rarely wanted

        made.addons.add(proxyauth.ProxyAuth())
    if plan.upstream:
        made.addons.add(UpstreamProxy(plan.upstream))
    settings = [*plan.settings, f"listen_host={HOST}", "show_ignored_hosts=false"]
    if plan.upstream_auth:
        settings.append(f"upstream_auth={plan.upstream_auth}")
    if plan.upstream and plan.reverse:
        settings.append("connection_strategy=lazy")  # eager would connect past the other proxy
    made.options.set(*settings, defer=True)
    made.addons.add(tapehead)
    if made.options.deferred:
        declared_options.refuse_unknown(made.options)
        name = next(iter(made.options.deferred))
        raise BadOptionError(f"{name}: no such option", option=name)
    made.addons.invoke_addon_sync(tapehead, hooks.ConfigureHook(set(made.options.keys())))
    return confdir


def _authority(confdir: Path, plan: ProxyConfig) -> Path:
    """The folder, with an authority in it. StartError when there can be none."""
    try:
        folder = confdir.expanduser()
        if plan.ensure_ca:
            plan.ensure_ca(folder)
    except OSError as e:
        reason = (e.strerror or str(e)).lower()
        raise StartError(f"{confdir}: {reason}; the proxy's CA needs a folder, --set confdir=DIR names another") from e
    except RuntimeError as e:  # expanduser's
        raise StartError(f"{confdir}: no home folder; the proxy's CA needs one, --set confdir=DIR names it") from e
    return folder


def _modes(plan: ProxyConfig) -> list[ProxyMode]:
    try:
        return [
            ProxyMode.parse(f"{f'upstream:{plan.upstream}' if plan.upstream else 'regular'}@{HOST}:{plan.port}"),
            ProxyMode.parse(f"sni@{HOST}:0"),
        ]
    except ValueError as e:
        raise StartError(str(e)) from e


def _listeners(plan: ProxyConfig) -> list[ListenerMode]:
    try:
        return listener_modes(plan.reverse, HOST)
    except ValueError as e:
        raise StartError(str(e)) from e


async def _listen(server: proxyserver.Proxyserver, modes: Sequence[ProxyMode], avoid: Container[int]) -> None:
    """Starts the listeners; others where the system chose a port at which the program is to find something else."""
    for _ in range(_LISTEN_ATTEMPTS):
        if not await server.servers.update(modes):
            raise StartError(_why_not(server))
        chosen = [each.listen_addrs[0][1] for each in server.servers if not each.mode.listen_port()]
        if not any(port in avoid for port in chosen):
            return
        await server.servers.update([])
    raise StartError("every port that the system chose is one that --reverse names")


def _why_not(server: proxyserver.Proxyserver) -> str:
    for instance in server.servers:
        if error := instance.last_exception:
            port = instance.mode.listen_port()
            reason = os.strerror(error.errno).lower() if isinstance(error, OSError) and error.errno else str(error)
            return f"port {port}: {reason}; choose another with --port, or none for any that is free"
    return "a port could not be opened"


@contextlib.contextmanager
def _quiet(logger: logging.Logger) -> Iterator[None]:
    logger.disabled = True
    try:
        yield
    finally:
        logger.disabled = False


async def _until_idle(server: proxyserver.Proxyserver) -> None:
    """Waits until the clients that are gone are known to be gone, but not for those that stay."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_DRAIN_TIMEOUT):
            while server.connections:  # noqa: ASYNC110  mitmproxy tells nobody
                await asyncio.sleep(0.01)
