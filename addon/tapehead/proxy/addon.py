"""The addon: options in, and each flow to the session that it belongs to.

Knows options, sessions and mitmproxy's life cycle; how to record and how to play is told elsewhere.
"""

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NoReturn

from mitmproxy import addonmanager, connection, ctx, exceptions, http, tls
from mitmproxy.proxy import server_hooks

from tapehead import mitm
from tapehead.cassette.errors import CassetteError
from tapehead.exchange import options
from tapehead.exchange.error_responses import miss_response, unavailable_response
from tapehead.exchange.options import Config, Mode
from tapehead.exchange.outcomes import ExchangeResult, Outcome
from tapehead.exchange.workers import WorkerPool
from tapehead.mitm import sni_mode
from tapehead.mitm.eager import run_until_first_await
from tapehead.mitm.listen_host import default_to_loopback
from tapehead.mitm.unread import Unread
from tapehead.network import exposure, guard
from tapehead.network.tls_failures import TlsTrustFailures
from tapehead.network.unseen import UnseenTraffic
from tapehead.recording.cassette_pool import CassettePool
from tapehead.redact.redactor import Redactor
from tapehead.sessions.control import ControlEndpoint
from tapehead.sessions.rate_limit import TokenBucket
from tapehead.sessions.session import Session, Verdict, mode_records
from tapehead.sessions.session_names import HEADER, SessionNames
from tapehead.sessions.session_registry import SessionRegistry
from tapehead.sessions.verdict_log import log_verdict, tell_unseen
from tapehead.text.escape import for_log

logger = logging.getLogger(__name__)

REOPEN_FIELDS = (
    "path",
    "directory",
    "mode",
    "dialect",
    "rules",
    "strict",
    "replayable",
    "redact",
    "redact_keep",
    "report",
)
"""What of the config cannot change without opening the cassette anew."""
_DEFAULTS: Mapping[str, Any] = {  # mitmproxy options with another default under tapehead; what the user sets counts
    "tcp_timeout": 24 * 3600,  # seconds: a model may think longer than 600
    "flow_detail": 0,  # our own line names each exchange, and without its query
}


class Tapehead:
    """Records, replays or both, as `cassette_mode` says; for each session on its own where `cassette_dir` is set."""

    name = "tapehead"

    def __init__(
        self, default_mode: Mode, *, token: str = "", on_result: Callable[[ExchangeResult], None] | None = None
    ) -> None:
        """`token`: what the control endpoint is to be given. `on_result` is told each exchange."""
        self.verdicts: list[Verdict] = []
        """Of the sessions, once the run has ended."""
        self.tls_failures = TlsTrustFailures()
        self.unseen = UnseenTraffic()
        self._default_mode = default_mode
        self._token = token
        self._on_result = on_result
        self._running = False
        self._guard: guard.Guard | None = None
        self._config: Config | None = None
        self._redactor = Redactor()
        self._pool = CassettePool()
        self._workers = WorkerPool()
        self._opening = asyncio.Lock()
        self._names = SessionNames()
        self._rate_limit = TokenBucket()
        self._session: Session | None = None
        """That of requests which name none."""
        self._sessions: SessionRegistry | None = None
        self._told_unnamed = False
        self._recorded_by: dict[str, Session] = {}
        """Which session records a flow, by the flow's id."""

    @property
    def in_flight(self) -> list[tuple[int, int]]:
        """Bytes and chunks so far of each response that is being recorded."""
        recorders = {id(each.recorder): each.recorder for each in self._recorded_by.values() if each.recorder}
        return [each for recorder in recorders.values() for each in recorder.in_flight()]

    # What else there is to do where this runs

    def fail(self, error: Exception) -> NoReturn:
        """There is no way to go on, and no port is open yet."""
        self.set_offline()
        raise exceptions.OptionsError(str(error)) from error

    def on_open(self) -> None:
        """A run begins."""

    def on_close(self, *, failed: bool) -> None:
        """A run has ended; `failed`: something is not as it was asked for."""

    # Life cycle

    def load(self, loader: addonmanager.Loader) -> None:
        mitm.install(ctx.master)
        self._guard = guard.install(ctx.master)
        try:
            options.declare(loader, self._default_mode)
        except exceptions.OptionsError as e:
            self.fail(e)

    def configure(self, updated: Iterable[str]) -> None:
        if options.OPTIONS.keys().isdisjoint(updated):
            return
        try:
            options.refuse_unknown(ctx.options)
            self._configure(options.parse(ctx.options))
        except (exceptions.OptionsError, CassetteError) as e:
            if self._running:
                raise exceptions.OptionsError(str(e)) from e
            self.fail(e)

    def running(self) -> None:
        self._running = True
        hosts = [
            address[0] for server in ctx.master.addons.get("proxyserver").servers for address in server.listen_addrs
        ]
        confdir = Path(ctx.options.confdir).expanduser()
        for line in (*exposure.non_loopback_warnings(hosts), *exposure.key_permission_warnings(confdir)):
            logger.warning("%s", line)

    def done(self) -> None:
        """Finishes the files. Exchanges that end later are refused."""
        config = self._config
        if config is None:
            return
        verdicts = [self._session.close()] if self._session else []
        if self._sessions:
            self._sessions.close()
            verdicts += self._sessions.verdicts()
        self.unseen.finish()
        failed = tell_unseen(self.unseen, self.tls_failures)
        for verdict in verdicts:
            if verdict.config.mode is not Mode.PASSTHROUGH:
                failed = log_verdict(verdict) or failed
        self._workers.close()
        self.verdicts = verdicts
        self._config = self._session = self._sessions = None
        self.on_close(failed=failed)

    # Flows

    def tls_clienthello(self, data: tls.ClientHelloData) -> None:
        if user := sni_mode.set_destination(data):
            self._names.set_user(data.context.client, user)
        self.tls_failures.tls_clienthello(data)
        session = self._session
        if (
            session
            and session.player
            and not session.records
            and session.player.was_recorded_over_http2(data.client_hello.sni)
        ):
            # mitmproxy would take what the client names first; the real server preferred HTTP/2.
            data.context.server.alpn = b"h2"

    def tls_established_client(self, data: tls.TlsData) -> None:
        self.tls_failures.tls_established_client(data)

    def tls_failed_client(self, data: tls.TlsData) -> None:
        self.tls_failures.tls_failed_client(data)

    def tls_failed_server(self, data: tls.TlsData) -> None:
        assert isinstance(data.conn, connection.Server)
        self.unseen.not_connected(data.context.client, data.conn)

    def server_connect_error(self, data: server_hooks.ServerConnectionHookData) -> None:
        host = data.server.address[0] if data.server.address else ""
        if not (self._guard and (self._guard.offline or self._guard.blocks(host))):  # else it is told otherwise
            self.unseen.not_connected(data.client, data.server)

    def tapehead_unread(self, data: Unread) -> None:
        self.unseen.unread(data)

    def http_connect(self, flow: http.HTTPFlow) -> None:
        self._names.on_connect(flow)
        if self._session and self._guard and self._guard.blocks(flow.request.host):
            self._session.reject_if_forbidden(flow)

    def client_disconnected(self, client: connection.Client) -> None:
        self._names.on_disconnect(client)
        self.unseen.client_disconnected(client)
        self.tls_failures.client_disconnected(client)

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        self.unseen.request_began(flow)

    def request(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        """What is to be awaited, where the request has to wait for something."""
        self.unseen.request_ended(flow)
        self.tls_failures.request(flow.client_conn)
        name = self._names.pop_name(flow)
        if flow.response or flow.error:  # another addon's
            return None
        is_for_us = _targets_proxy(flow)
        answering = self._answering(flow, name, self._answer_control(flow) if is_for_us else self._request(flow, name))
        return run_until_first_await(answering) if not is_for_us and self._is_session_open(name) else answering

    async def _answering(self, flow: http.HTTPFlow, name: str, answer: Awaitable[None]) -> None:
        try:
            await answer
        except CassetteError as e:
            flow.response = self._refused(flow, name, e)
        except Exception as e:  # mitmproxy would pass the request on
            known = isinstance(e, ValueError)
            flow.response = unavailable_response(flow.request, f"tapehead: {e if known else repr(e)}")
            logger.error("%s", e, exc_info=not known)

    async def _answer_control(self, flow: http.HTTPFlow) -> None:
        if sni_mode.lacks_destination(flow):
            message = "tapehead: the TLS server name of this connection says no destination"
            flow.response = unavailable_response(flow.request, message)
            return
        control = ControlEndpoint(
            token=self._token,
            rate_limit=self._rate_limit,
            sessions=self._sessions,
            unnamed=self._session,
            configured=self._configured,
        )
        flow.response = await control.answer(flow.request)

    async def _request(self, flow: http.HTTPFlow, name: str) -> None:
        session = await self._find(name)
        if session is None:
            flow.response = unavailable_response(flow.request, "tapehead is not set up; its log says why")
        elif await session.request(flow):
            self._recorded_by[flow.id] = session

    def _refused(self, flow: http.HTTPFlow, name: str, error: CassetteError) -> http.Response:
        """The answer to a request whose cassette cannot be opened. Its session has missed it."""
        logger.error("%s", error)
        message = self._redactor.text(f"tapehead: {error}")
        request = flow.request
        entry = ExchangeResult(
            outcome=Outcome.MISSED,
            method=request.method,
            url=self._redactor.text(request.pretty_url.partition("?")[0]),
            start=(request.timestamp_start or time.time()) * 1000,
            reason=message,
        )
        config = self._sessions.count_unopenable(name, entry) if self._sessions else self._config
        replays = config and config.mode is Mode.REPLAY_ONLY
        return (miss_response if replays else unavailable_response)(request, message)

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        session = self._recorded_by.get(flow.id)
        if session and session.responseheaders(flow):
            return
        if flow.response and flow.response.raw_content is None:  # from upstream: what is passed through is not held up
            flow.response.stream = True

    async def response(self, flow: http.HTTPFlow) -> None:
        if session := self._recorded_by.pop(flow.id, None):
            await session.response(flow)

    async def tapehead_terminal_event(self, flow: http.HTTPFlow) -> None:
        if session := self._recorded_by.get(flow.id):
            await session.terminal_event(flow)

    async def error(self, flow: http.HTTPFlow) -> None:
        self.unseen.flow_failed(flow)
        self.unseen.told(flow.client_conn)
        if session := self._recorded_by.pop(flow.id, None):
            await session.error(flow)

    def _is_session_open(self, name: str) -> bool:
        """Whether the session of a name is open: then `_find` does not wait."""
        return self._sessions.is_open(name) if self._sessions else self._session is not None

    async def _find(self, name: str) -> Session | None:
        """The session of a name. ValueError when there can be none, or its cassette cannot be opened."""
        if self._sessions and (session := await self._sessions.find(name)):
            return session
        if self._session is None and self._config:
            async with self._opening:
                if self._session is None and self._config:
                    self._tell_unnamed(self._config)
                    session = await self._workers.in_thread(self._open, self._config)
                    if self._config is None:  # the run has ended meanwhile
                        session.close()
                        return None
                    self._session = session
        return self._session

    def _tell_unnamed(self, config: Config) -> None:
        """Says once that a client of many named no session."""
        if self._sessions and not self._told_unnamed and config.mode is not Mode.PASSTHROUGH:
            self._told_unnamed = True
            logger.warning(
                "a request named no session: its cassette is %s; a client names its session as the user of the "
                "proxy's URL, or in a header %s",
                for_log(str(config.path)),
                HEADER,
            )

    # Setting up

    def _configured(self, changed: Mapping[str, Any]) -> Config:
        return options.parse(ctx.options, changed)

    def _configure(self, config: Config) -> None:
        if self._guard:
            self._guard.allow_link_local = config.allow_link_local
        old = self._config
        if old and all(getattr(old, name) == getattr(config, name) for name in REOPEN_FIELDS):
            self._config = config
            if self._session:
                self._session.reconfigure(config)
            return
        self.done()
        self._begin(config)
        self._config = config
        self.on_open()

    def _begin(self, config: Config) -> None:
        """Makes what the config wants. CassetteError when a file does not allow it."""
        self._redactor = redactor = Redactor(config.redact_rules, os.environ)
        self.unseen, self.tls_failures = UnseenTraffic(), TlsTrustFailures()
        self.unseen.redact = redactor.text
        for path in (config.path, config.directory):
            if path and redactor.text(str(path)) != str(path):
                raise exceptions.OptionsError("cassette: its path holds a credential; give the file another name")
        for entry in (*(e for e in config.redact if e.startswith("off:")), *config.redact_keep):
            logger.warning("not everything is redacted: %s", entry)
        lazily = config.directory is not None
        records = mode_records(config, exists=config.path.exists() and not lazily)
        self.set_offline(offline=not records and config.mode is not Mode.PASSTHROUGH)
        self._session = self._sessions = None
        self._told_unnamed = False
        if lazily:
            self._sessions = SessionRegistry(
                config, redactor=redactor, pool=self._pool, workers=self._workers, on_result=self._on_result
            )
        else:
            self._session = self._open(config)
        default_to_loopback()
        changed = {
            name: value
            for name, value in _DEFAULTS.items()
            if name in ctx.options and not ctx.options.has_changed(name)
        }
        if lazily or (self._session and self._session.player):
            changed["connection_strategy"] = "lazy"  # eager would connect before the request is looked at
        ctx.options.update(**changed)

    def _open(self, config: Config) -> Session:
        return Session(
            config,
            redactor=self._redactor,
            pool=self._pool,
            workers=self._workers,
            on_result=self._on_result,
        )

    def set_offline(self, *, offline: bool = True) -> None:
        """Closes the network to what this proxy does, or opens it."""
        if self._guard:
            self._guard.offline = offline


def _targets_proxy(flow: http.HTTPFlow) -> bool:
    """Whether a request is for the control endpoint, or for nobody."""
    return (
        sni_mode.lacks_destination(flow)
        or sni_mode.is_control_host(flow.request.host)
        or sni_mode.is_control_host(flow.request.pretty_host)
    )
