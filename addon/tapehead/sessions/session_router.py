"""Each flow to the session that it belongs to: found by its name, opened where it is not, told what becomes of the flow.

Knows which session records a flow. What a session does with one, and what the options mean, is told elsewhere.
"""

import asyncio
import logging
import os
import time
from collections.abc import Callable, Sequence

from mitmproxy import http

from tapehead.cassette.errors import CassetteError, CassetteNotFoundError
from tapehead.cassette.recorded_hosts import recorded_hosts
from tapehead.cassette.torn import is_recorded
from tapehead.exchange.config import Config
from tapehead.exchange.error_responses import miss_response, unavailable_response
from tapehead.exchange.outcomes import ExchangeResult, Outcome
from tapehead.exchange.workers import WorkerPool
from tapehead.mitm.duplex_stream import open_request
from tapehead.modes import AUTO_IN_CI, Mode
from tapehead.recording.cassette_pool import CassettePool
from tapehead.recording.erasing import Eraser
from tapehead.redact.redactor import Redactor
from tapehead.sessions.sent_requests import RequestSent, sent_by
from tapehead.sessions.session import Session, mode_records
from tapehead.sessions.session_names import HEADER
from tapehead.sessions.session_registry import SessionRegistry
from tapehead.sessions.side_traffic import SideTraffic
from tapehead.sessions.spending import Spending
from tapehead.sessions.verdict import Verdict
from tapehead.started_by import to_record
from tapehead.text.escape import for_log

logger = logging.getLogger(__name__)

_MAY_REPLAY_ONLY = (Mode.REPLAY_ONLY, Mode.RECORD_ONCE)


class SessionRouter:
    """The sessions of one proxy: the one of requests which name none, or as many as there are names."""

    def __init__(self, on_result: Callable[[ExchangeResult], None] | None = None) -> None:
        """Takes what is told each exchange."""
        self.default: Session | None = None
        """That of requests which name none."""
        self.registry: SessionRegistry | None = None
        """Those that have names, where there can be such."""
        self.side = SideTraffic(os.environ)
        """What is no session's: packages that programs fetch."""
        self._on_result = on_result
        self._config: Config | None = None
        self._redactor = Redactor()
        self._spending = Spending()
        self._pool = CassettePool()
        self._eraser = Eraser(self._redactor, self._pool)
        self._workers = WorkerPool()
        self._opening = asyncio.Lock()
        self._told_unnamed = False
        self._recorded_by: dict[str, Session] = {}
        """Which session records a flow, by the flow's id."""
        self._opened_by: dict[str, Session] = {}
        """Likewise, which was asked about a flow before its request had ended."""

    # Life cycle

    def begin(self, config: Config, redactor: Redactor) -> None:
        """Opens what can be opened now: named sessions are by their first requests. Raises CassetteError."""
        self._redactor = redactor
        self._eraser = Eraser(redactor, self._pool)
        self.default = self.registry = None
        self.side = SideTraffic(os.environ)
        self._spending = Spending.of(config)
        self._told_unnamed = False
        if config.directory is not None:
            self.registry = SessionRegistry(
                config,
                redactor=redactor,
                pool=self._pool,
                workers=self._workers,
                on_result=self._on_result,
                eraser=self._eraser,
                spending=self._spending,
            )
        else:
            self.default = self._open(config)
        self._config = config

    def reconfigure(self, config: Config) -> None:
        """Goes on with other options, of the kind that need no file opened."""
        self._config = config
        if self.default:
            self.default.reconfigure(config)

    def doubt(self, reasons: Sequence[str]) -> None:
        """Notes why nothing that is being recorded is perhaps worth having."""
        self._pool.doubt(reasons)

    def close(self, *, succeeded: bool | None = None) -> list[Verdict]:
        """Finishes the files, and returns what came of each session. Exchanges that end later are refused.

        `succeeded`: whether the program that asked did; None where that is not known.
        """
        verdicts = [self.default.close(succeeded=succeeded)] if self.default else []
        if self.registry:
            self.registry.close(succeeded=succeeded)
            verdicts += self.registry.verdicts()
        self._workers.close()
        self._config = self.default = self.registry = None
        return verdicts

    @property
    def in_flight(self) -> list[tuple[int, int]]:
        """Bytes and chunks so far of each response that is being recorded."""
        recorders = {id(each.recorder): each.recorder for each in self._recorded_by.values() if each.recorder}
        return [each for recorder in recorders.values() for each in recorder.in_flight()]

    def replayed_hosts(self) -> frozenset[str]:
        """Returns the hosts of which something is recorded: in the cassette, or in any of the folder's."""
        if self.registry and self._config and self._config.directory:
            return recorded_hosts(sorted(self._config.directory.rglob("*.y*ml")))
        return self.default.player.hosts if self.default and self.default.player else frozenset()

    def was_recorded_over_http2(self, host: str | None) -> bool:
        """Returns whether the session of requests which name none only replays, and this host answered over HTTP/2."""
        session = self.default
        return bool(session and session.player and not session.records and session.player.was_recorded_over_http2(host))

    # The lane

    def may_use_lane(self) -> bool:
        """Returns whether there is, or may come to be, a session that only replays."""
        if self.registry:
            return self._config is not None and self._config.mode in _MAY_REPLAY_ONLY
        return self.default is not None and self.default.lane is not None

    def session_at_hand(self, name: str) -> Session | None:
        """Returns the session that a client's name means, if it is open already."""
        registry = self.registry
        return registry.open_session(name) if registry and registry.is_named(name) else self.default

    def learn_in_lane(self, headers: Sequence[tuple[str, str]], path: str) -> bool:
        """Learns the credentials in a request's head. Returns False while something is to be erased for them."""
        self._redactor.learn_credentials(headers, path)
        return not self._eraser.is_due

    def note_in_lane(self, name: str, sent: Callable[[], RequestSent]) -> None:
        """Notes a request that was answered in the lane, where what was sent is noted."""
        if self.registry:
            self.registry.note_sent(name, sent())

    # Flows

    async def request(self, flow: http.HTTPFlow, name: str) -> None:
        """Answers a request of a session's, or lets it go upstream. Raises ValueError when there is no such session."""
        if await self._is_side(flow, name):
            return
        try:
            try:
                session = await self._find(name)
            except CassetteError:
                self._note_sent(name, flow)
                raise
            self._note_sent(name, flow)
            if session is None:
                flow.response = unavailable_response(flow.request, "tapehead is not set up; its log says why")
            elif await session.request(flow):
                self._recorded_by[flow.id] = session
        except CassetteError as e:
            flow.response = self._unopenable(flow, name, e)

    async def _is_side(self, flow: http.HTTPFlow, name: str) -> bool:
        """Lets go upstream, or answers, what a package manager asks. It opens no session of its own."""
        config = self._config
        manager = self.side.manager_of(flow) if config and config.mode is not Mode.PASSTHROUGH else None
        if config is None or manager is None:
            return False
        session = self.session_at_hand(name)
        records = session.records if session else mode_records(config, exists=is_recorded(config.path))
        if session and session.player and await session.player.try_replay(flow):
            return True
        if records:
            self.side.passes(flow, manager)
        else:
            self.side.refuse(flow, manager)
        return True

    async def request_open(self, flow: http.HTTPFlow, name: str) -> None:
        """Has a request that has not ended answered, or lets it go upstream, where its session knows by now."""
        opened = open_request(flow)
        try:
            session = await self._find(name)
        except CassetteError:
            return  # told at the request's end
        if session is not None and opened is not None:
            self._opened_by[flow.id] = session
            if await session.request_open(flow, opened):
                self._recorded_by[flow.id] = session

    async def script_broken(self, flow: http.HTTPFlow) -> None:
        """Tells a flow's session that its request does not go on as recorded."""
        if session := self._opened_by.get(flow.id):
            await session.script_broken(flow)

    def is_recorded(self, flow: http.HTTPFlow) -> bool:
        """Returns whether a flow is being recorded already."""
        return flow.id in self._recorded_by

    def accounts_for(self, flow: http.HTTPFlow) -> bool:
        """Returns whether a flow whose request has not ended is its session's to tell."""
        session = self._opened_by.get(flow.id)
        return session is not None and (session.recorder is None or flow.id in self._recorded_by)

    def responseheaders(self, flow: http.HTTPFlow) -> bool:
        """Tells a flow's session that the head of its response is there. Returns whether the flow is being recorded."""
        session = self._recorded_by.get(flow.id)
        return session is not None and session.responseheaders(flow)

    async def response(self, flow: http.HTTPFlow) -> None:
        """Tells a flow's session that the response has ended, or that a WebSocket begins."""
        self._opened_by.pop(flow.id, None)
        if session := self._recorded_by.get(flow.id) if flow.websocket else self._recorded_by.pop(flow.id, None):
            await session.response(flow)

    def websocket_message(self, flow: http.HTTPFlow) -> None:
        """Tells a flow's session that a message has come through its WebSocket."""
        if session := self._recorded_by.get(flow.id):
            session.websocket_message(flow)

    async def websocket_end(self, flow: http.HTTPFlow) -> None:
        """Tells a flow's session that its WebSocket was closed."""
        if session := self._recorded_by.pop(flow.id, None):
            await session.websocket_end(flow)

    async def terminal_event(self, flow: http.HTTPFlow) -> None:
        """Tells a flow's session that the terminal event of the response's stream is there."""
        if session := self._recorded_by.get(flow.id):
            await session.terminal_event(flow)

    async def error(self, flow: http.HTTPFlow) -> None:
        """Tells a flow's session that the exchange broke off."""
        opened_by = self._opened_by.pop(flow.id, None)
        if session := self._recorded_by.pop(flow.id, None):
            await session.error(flow)
        elif opened_by and flow.response is None and (opened := open_request(flow)):
            await opened_by.open_request_left(flow, opened)

    async def _find(self, name: str) -> Session | None:
        """The session of a name. ValueError when there can be none, or its cassette cannot be opened."""
        if self.registry and (session := await self.registry.find(name)):
            return session
        if self.default is None and self._config:
            async with self._opening:
                if self.default is None and self._config:
                    self._tell_unnamed(self._config)
                    session = await self._workers.in_thread(self._open, self._config)
                    if self._config is None:  # the run has ended meanwhile
                        session.close()
                        return None
                    self.default = session
        return self.default

    def _note_sent(self, name: str, flow: http.HTTPFlow) -> None:
        if self.registry:
            self.registry.note_sent(name, sent_by(flow))

    def _tell_unnamed(self, config: Config) -> None:
        """Says once that a client of many named no session."""
        if self.registry and not self._told_unnamed and config.mode is not Mode.PASSTHROUGH:
            self._told_unnamed = True
            logger.warning(
                "a request named no session: its cassette is %s; a client names its session as the user of the "
                "proxy's URL, or in a header %s",
                for_log(str(config.path)),
                HEADER,
            )

    def _unopenable(self, flow: http.HTTPFlow, name: str, error: CassetteError) -> http.Response:
        """The answer to a request whose cassette cannot be opened. Its session has missed it."""
        config = self.registry.config_of(name) if self.registry else self._config
        why = f"; {AUTO_IN_CI}" if config and config.auto_in_ci else ""
        if config and isinstance(error, CassetteNotFoundError):
            why += f"; {to_record(config.started_by)}"
        message = self._redactor.text(f"tapehead: {error}{why}")
        logger.error("%s", message.removeprefix("tapehead: "))
        request = flow.request
        result = ExchangeResult(
            outcome=Outcome.MISSED,
            method=request.method,
            url=self._redactor.text(request.pretty_url.partition("?")[0]),
            start=(request.timestamp_start or time.time()) * 1000,
            reason=message,
        )
        if self.registry:
            self.registry.count_unopenable(name, result)
        replays = config and config.mode is Mode.REPLAY_ONLY
        return (miss_response if replays else unavailable_response)(request, message)

    def _open(self, config: Config) -> Session:
        return Session(
            config,
            redactor=self._redactor,
            pool=self._pool,
            workers=self._workers,
            on_result=self._on_result,
            eraser=self._eraser,
            spending=self._spending,
        )
