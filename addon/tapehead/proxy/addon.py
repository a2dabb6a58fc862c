"""The addon: mitmproxy's life cycle and options, and each of its hooks handed to whom it concerns.

Knows what begins and ends a run. Sessions, connections and the control endpoint are `session_router`'s,
`connection_watch`'s and `control_requests`'s; how to record and how to play is told elsewhere.
"""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from mitmproxy import addonmanager, connection, ctx, exceptions, http, tls
from mitmproxy.proxy import server_hooks
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers.http import HTTPMode

from tapehead import mitm
from tapehead.cassette.errors import CassetteError
from tapehead.cassette.torn import is_recorded
from tapehead.door.handed_connection import HandedConnection
from tapehead.exchange import declared_options, options
from tapehead.exchange.config import Config, LaneUse
from tapehead.exchange.error_responses import unavailable_response
from tapehead.exchange.flows import authority_of, header, is_named_by_address
from tapehead.exchange.outcomes import ExchangeResult
from tapehead.mitm.duplex_stream import ask_before_end
from tapehead.mitm.http_layer import set_lanes
from tapehead.mitm.leaf_contexts import LeafContexts
from tapehead.mitm.listen_host import default_to_loopback
from tapehead.mitm.patch_checks import PatchError
from tapehead.mitm.unread import Unread
from tapehead.modes import Mode, is_ci
from tapehead.network import exposure, guard
from tapehead.network.connection_watch import ConnectionWatch
from tapehead.network.tls_failures import TlsTrustFailures
from tapehead.network.unseen import UnseenTraffic
from tapehead.proxy import lane_choice
from tapehead.proxy.doorkeeper import ProxyDoorkeeper
from tapehead.proxy.log_redaction import LogRedaction
from tapehead.redact.redactor import Redactor
from tapehead.root import BadOptionError
from tapehead.sessions.cassette_worth import unseen_doubts
from tapehead.sessions.connection_lane import ConnectionLane
from tapehead.sessions.control_requests import ControlRequests
from tapehead.sessions.session import Session, mode_records
from tapehead.sessions.session_names import SessionNames
from tapehead.sessions.session_router import SessionRouter
from tapehead.sessions.side_traffic import SideTraffic
from tapehead.sessions.verdict import Verdict
from tapehead.sessions.verdict_log import log_verdict, tell_side, tell_unseen
from tapehead.started_by import StartedBy
from tapehead.wire.message_frames import is_duplex, splitter_of

logger = logging.getLogger(__name__)

_MITMDUMP = StartedBy()

_DEFAULTS: Mapping[str, Any] = {  # mitmproxy options with another default under tapehead; what the user sets counts
    "tcp_timeout": 24 * 3600,  # seconds: a model may think longer than 600
    "flow_detail": 0,  # our own line names each exchange, and without its query
}


class Tapehead:
    """Records, replays or both, as `cassette_mode` says; for each session on its own where `cassette_dir` is set."""

    name = "tapehead"

    def __init__(
        self,
        default_mode: Mode,
        *,
        token: str = "",
        on_result: Callable[[ExchangeResult], None] | None = None,
        started_by: StartedBy = _MITMDUMP,
    ) -> None:
        """Takes the token that the control endpoint is to be given; `on_result` is told each exchange."""
        self.verdicts: list[Verdict] = []
        """Of the sessions, once the run has ended."""
        self.succeeded: bool | None = None
        """Whether the program did whose run this is; None where nobody tells."""
        self.log = LogRedaction()
        """What is taken out of the log, once it is installed."""
        self._default_mode = default_mode
        self._in_ci = is_ci(os.environ)
        self._started_by = started_by
        self._running = False
        self._guard: guard.Guard | None = None
        self._config: Config | None = None
        self._is_lenient = False
        self._names = SessionNames()
        self._router = SessionRouter(on_result)
        self._watch = ConnectionWatch(self._names.set_user, self._router.was_recorded_over_http2)
        self._control = ControlRequests(token, self._parse)

    @property
    def tls_failures(self) -> TlsTrustFailures:
        """Which hosts' certificates a client did not take, so far."""
        return self._watch.tls_failures

    @property
    def unseen(self) -> UnseenTraffic:
        """What came to the proxy and is in no cassette, so far."""
        return self._watch.unseen

    @property
    def side(self) -> SideTraffic:
        """What package managers asked, so far."""
        return self._router.side

    @property
    def replayed_hosts(self) -> frozenset[str]:
        """Where nothing at all goes upstream, the hosts whose answers are replayed; else none."""
        return self._router.replayed_hosts() if self._guard and self._guard.offline else frozenset()

    @property
    def in_flight(self) -> list[tuple[int, int]]:
        """Bytes and chunks so far of each response that is being recorded."""
        return self._router.in_flight

    # What else there is to do where this runs

    def fail(self, error: Exception) -> NoReturn:
        """Closes the network, and raises the error: there is no way to go on, and no port is open yet."""
        self.set_offline()
        raise error

    def on_open(self) -> None:
        """Does nothing here; called when a run has begun."""

    def on_close(self, *, failed: bool) -> None:
        """Does nothing here; called when a run has ended. `failed`: something is not as it was asked for."""

    # Life cycle

    def load(self, loader: addonmanager.Loader) -> None:
        try:
            mitm.install(ctx.master)
        except PatchError as e:
            self.fail(e)
        self._guard = guard.install(ctx.master)
        set_lanes(ctx.master, self._lane_for)
        try:
            declared_options.declare(loader, self._default_mode)
        except BadOptionError as e:
            self.fail(e)

    def configure(self, updated: Iterable[str]) -> None:
        if options.OPTIONS.keys().isdisjoint(updated):
            return
        try:
            declared_options.refuse_unknown(ctx.options)
            self._configure(self._parse({}))
        except (BadOptionError, CassetteError) as e:
            if self._running:
                raise exceptions.OptionsError(str(e)) from e
            self.fail(e)

    def running(self) -> None:
        self._running = True
        hosts = [
            address[0] for server in ctx.master.addons.get("proxyserver").servers for address in server.listen_addrs
        ]
        confdir = Path(ctx.options.confdir).expanduser()
        wants_lane = self._config and self._config.lane is LaneUse.AUTO and self._router.may_use_lane()
        if wants_lane and (who := lane_choice.who_waits(ctx.master)):
            logger.debug("no lane: %s waits for flows", who)
        for line in (*exposure.non_loopback_warnings(hosts), *exposure.key_permission_warnings(confdir)):
            logger.warning("%s", line)

    def done(self) -> None:
        """Finishes the files. Exchanges that end later are refused."""
        if self._config is None:
            return
        self.unseen.finish()
        self._router.doubt(unseen_doubts(self.unseen, self.tls_failures))
        self.verdicts = self._router.close(succeeded=self.succeeded)
        failed = tell_unseen(self.unseen, self.tls_failures)
        tell_side(self.side.counts)
        for verdict in self.verdicts:
            if verdict.config.mode is not Mode.PASSTHROUGH:
                failed = log_verdict(verdict) or failed
        self._config = None
        self.on_close(failed=failed)

    # Connections

    def tls_clienthello(self, data: tls.ClientHelloData) -> None:
        self._watch.tls_clienthello(data)

    def tls_established_client(self, data: tls.TlsData) -> None:
        self._watch.tls_established_client(data)

    def tls_failed_client(self, data: tls.TlsData) -> None:
        self._watch.tls_failed_client(data)

    def tls_failed_server(self, data: tls.TlsData) -> None:
        self._watch.tls_failed_server(data)

    def server_connect_error(self, data: server_hooks.ServerConnectionHookData) -> None:
        host = data.server.address[0] if data.server.address else ""
        if not (self._guard and (self._guard.offline or self._guard.blocks(host))):  # else it is told otherwise
            self._watch.server_connect_error(data)

    def tapehead_unread(self, data: Unread) -> None:
        self._watch.tapehead_unread(data)

    def http_connect(self, flow: http.HTTPFlow) -> None:
        self._names.on_connect(flow)
        session = self._router.default
        if session and self._guard and self._guard.blocks(flow.request.host):
            session.reject_if_forbidden(flow)
        elif session and session.player and not session.records:
            session.replay_tunnel(flow, session.player)

    async def http_connect_error(self, flow: http.HTTPFlow) -> None:
        session, reason = self._router.default, flow.server_conn.error
        is_side = self._router.side.is_tunnel(flow)
        if is_side or (session and reason and await session.tunnel_failed(flow, reason)):
            self._watch.unseen.told(flow.client_conn)

    def client_disconnected(self, client: connection.Client) -> None:
        self._names.on_disconnect(client)
        self._watch.client_disconnected(client)

    def doorkeeper(
        self,
        contexts: LeafContexts,
        *,
        is_ours: Callable[[str, int], bool],
        hand_on: Callable[[HandedConnection], None],
    ) -> ProxyDoorkeeper:
        """Returns who lets connections in before they come to mitmproxy; `is_ours` and `hand_on` are as it has them."""
        master_options = ctx.options
        return ProxyDoorkeeper(
            self._router,
            contexts,
            is_open=lambda: self._uses_lane() and lane_choice.is_plain_tls(master_options),
            tls_failures=lambda: self._watch.tls_failures,
            speaks_http2=lambda: bool(master_options.http2),
            is_lenient=lambda: not master_options.validate_inbound_headers,
            is_ours=is_ours,
            hand_on=hand_on,
        )

    def _lane_for(self, context: Context, mode: HTTPMode) -> ConnectionLane | None:
        """What answers on a client's connection before a flow is made of a request."""
        if not self._uses_lane() or (base := _base_of(context, mode)) is None:
            return None
        client = context.client
        return ConnectionLane(self._router, base, self._names.user_of(client), partial(self._watch.served, client))

    def _uses_lane(self) -> bool:
        config = self._config
        if config is None or config.lane is LaneUse.OFF or not self._router.may_use_lane():
            return False
        return config.lane is LaneUse.ON or lane_choice.who_waits(ctx.master) is None

    # Flows

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        self._watch.requestheaders(flow)
        content_type = header(flow.request, b"content-type")
        if is_duplex(content_type):
            ask_before_end(flow, splitter_of(content_type))

    async def tapehead_request_open(self, flow: http.HTTPFlow) -> None:
        try:
            await self._router.request_open(flow, self._names.name_of(flow))
        except Exception as e:  # as below
            self._fail_flow(flow, e)
        if flow.response or flow.request.stream:  # nobody waits for its end
            self._watch.request(flow)

    async def tapehead_script_broken(self, flow: http.HTTPFlow) -> None:
        await self._router.script_broken(flow)

    def request(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        """Returns what is to be awaited, where the request has to wait for something."""
        self._watch.request(flow)
        if self._router.is_recorded(flow):  # since before its end
            return None
        name = self._names.pop_name(flow)
        if flow.response or flow.error:  # another addon's
            return None
        if self._control.are_meant(flow):
            return self._answered(flow, self._control.answer(flow, self._router.registry, self._router.default))
        # mitmproxy's loop begins tasks at once: what waits for nothing is over here, and nobody waits for its task.
        answering = asyncio.create_task(self._answered(flow, self._router.request(flow, name)))
        return None if answering.done() else answering

    async def _answered(self, flow: http.HTTPFlow, answer: Awaitable[None]) -> None:
        try:
            await answer
        except Exception as e:  # mitmproxy would pass the request on
            self._fail_flow(flow, e)

    def _fail_flow(self, flow: http.HTTPFlow, error: Exception) -> None:
        known = isinstance(error, ValueError)
        flow.response = unavailable_response(flow.request, f"tapehead: {error if known else repr(error)}")
        logger.error("%s", error, exc_info=(type(error), error, error.__traceback__) if not known else None)

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        if self._router.responseheaders(flow):
            return
        if flow.response and flow.response.raw_content is None:  # from upstream: what is passed through is not held up
            flow.response.stream = True

    async def response(self, flow: http.HTTPFlow) -> None:
        await self._router.response(flow)

    async def converse(self, flow: http.HTTPFlow) -> Session | None:
        """Begins a conversation that does not come by the network; returns the session that records it, None on replay."""
        await self._router.request(flow, "")
        session = self._router.default
        return session if session and not flow.response else None

    async def tapehead_terminal_event(self, flow: http.HTTPFlow) -> None:
        await self._router.terminal_event(flow)

    def websocket_message(self, flow: http.HTTPFlow) -> None:
        self._router.websocket_message(flow)

    async def websocket_end(self, flow: http.HTTPFlow) -> None:
        await self._router.websocket_end(flow)

    async def error(self, flow: http.HTTPFlow) -> None:
        if self._router.accounts_for(flow):  # it never ended, and that is told by its session
            self._watch.request(flow)
        self._watch.error(flow)
        await self._router.error(flow)

    # Setting up

    def _parse(self, changed: Mapping[str, Any]) -> Config:
        return options.parse(ctx.options, changed, in_ci=self._in_ci, started_by=self._started_by)

    def _configure(self, config: Config) -> None:
        if self._guard:
            self._guard.allow_link_local = config.allow_link_local
        old = self._config
        if old and old.opening == config.opening:
            self._config = config
            self._router.reconfigure(config)
            return
        self.done()
        self._begin(config)
        self._config = config
        self.on_open()

    def _begin(self, config: Config) -> None:
        """Makes what the config wants. CassetteError when a file does not allow it."""
        self.log.redactor = redactor = Redactor(config.redact_rules, os.environ)
        self._watch.begin(redactor.text)
        for path in (config.path, config.directory):
            if path and redactor.text(str(path)) != str(path):
                raise BadOptionError(
                    "cassette: its path holds a credential; give the file another name", option="cassette"
                )
        for entry in (*(e for e in config.redact if e.startswith("off:")), *config.redact_keep):
            logger.warning("not everything is redacted: %s", entry)
        lazily = config.directory is not None
        records = mode_records(config, exists=not lazily and is_recorded(config.path))
        self.set_offline(offline=not records and config.mode is not Mode.PASSTHROUGH)
        self._router.begin(config, redactor)
        default_to_loopback()
        changed = {
            name: value
            for name, value in _DEFAULTS.items()
            if name in ctx.options and not ctx.options.has_changed(name)
        }
        session = self._router.default
        if session and not session.records:  # what was not there a moment ago may be by now
            self.set_offline(offline=config.mode is not Mode.PASSTHROUGH)
        if lazily or (session and session.player):
            changed["connection_strategy"] = "lazy"  # eager would connect before the request is looked at
        if "validate_inbound_headers" in ctx.options:
            self._set_lenient(lenient=bool(self._guard and self._guard.offline))
        ctx.options.update(**changed)

    def _set_lenient(self, *, lenient: bool) -> None:
        """Lets requests be as odd as they like where nothing of them goes upstream: the check is against smuggling."""
        if lenient and not ctx.options.has_changed("validate_inbound_headers"):
            self._is_lenient = True
            ctx.options.update(validate_inbound_headers=False)
        elif self._is_lenient and not lenient:
            self._is_lenient = False
            ctx.options.update(validate_inbound_headers=True)

    def set_offline(self, *, offline: bool = True) -> None:
        """Closes the network to what this proxy does, or opens it."""
        if self._guard:
            self._guard.offline = offline


def _base_of(context: Context, mode: HTTPMode) -> str | None:
    """What stands before the targets of a connection's requests; None where that is not sure."""
    if mode is HTTPMode.regular:
        return ""
    address = context.server.address
    if mode is not HTTPMode.transparent or address is None or not is_named_by_address(context.client, address[0]):
        return None
    scheme = "https" if context.server.tls else "http"
    return f"{scheme}://{authority_of(scheme, address[0], address[1])}"
