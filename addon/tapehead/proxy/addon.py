"""The addon that both scripts make: options in, and each flow to the recorder or the player, as the mode says.

Knows modes, files and their life cycle; how to record and how to play is told elsewhere.
"""

import atexit
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NoReturn

from mitmproxy import addonmanager, ctx, exceptions, http, tls

from tapehead.cassette import timing
from tapehead.cassette.errors import CassetteError
from tapehead.cassette.model import Cassette, Interaction
from tapehead.cassette.store import Store, load
from tapehead.matching.index import Index, Replayable
from tapehead.proxy import dispatch, guard, http1, options
from tapehead.proxy.appender import Appender
from tapehead.proxy.backup import Backup
from tapehead.proxy.flows import log_name
from tapehead.proxy.loopback import listen_on_loopback
from tapehead.proxy.options import Config, Mode, Unused
from tapehead.proxy.pacing import Pacing
from tapehead.proxy.player import Player
from tapehead.proxy.recorder import Recorder
from tapehead.proxy.refusals import trouble_response
from tapehead.proxy.report import Report
from tapehead.proxy.tally import Tally
from tapehead.redact.interaction import Redactor

logger = logging.getLogger(__name__)
_server_logger = logging.getLogger("mitmproxy.proxy.server")

# mitmproxy options with another default under tapehead; what the user sets counts.
_OPENED_BY = ("path", "mode", "dialect", "rules", "strict", "replayable", "redact", "redact_keep", "report")
"""What of the config cannot change without opening the cassette anew."""
_MOST_NAMED = 20
_DEFAULTS: dict[str, Any] = {
    "tcp_timeout": 24 * 3600,  # seconds: a model may think longer than 600
    "flow_detail": 0,  # our own line names each exchange, and without its query
}


class Tapehead:
    """Records, replays or both, as `cassette_mode` says."""

    name = "tapehead"

    def __init__(self, default_mode: Mode) -> None:
        self._default_mode = default_mode
        self._running = False
        self._guard: guard.Guard | None = None
        self._config: Config | None = None
        self._recorder: Recorder | None = None
        self._player: Player | None = None
        self._index: Index | None = None
        self._appender: Appender | None = None
        self._backup: Backup | None = None
        self._tally = Tally()

    # Life cycle

    def load(self, loader: addonmanager.Loader) -> None:
        http1.install()
        dispatch.install(ctx.master.addons)
        self._guard = guard.install(ctx.master)
        if ctx.master.addons.get(Pacing.name) is None:
            ctx.master.addons.add(Pacing())
        try:
            options.declare(loader, self._default_mode)
        except exceptions.OptionsError as e:
            self._refuse(e)

    def configure(self, updated: set[str]) -> None:
        if not updated & options.OPTIONS.keys():
            return
        try:
            options.refuse_unknown(ctx.options)
            self._configure(options.parse(ctx.options))
        except (exceptions.OptionsError, CassetteError) as e:
            if self._running:
                raise exceptions.OptionsError(str(e)) from e
            self._refuse(e)

    def _refuse(self, error: Exception) -> NoReturn:
        """Ends mitmproxy with one line and exit code 1, before its port is open.

        An exception it would show with its traceback; an error in the log ends it only after the port was open.
        """
        self._shut()
        sys.exit(f"tapehead: {error}")

    def running(self) -> None:
        self._running = True

    def done(self) -> None:
        """Finishes the file. Exchanges that end later are refused."""
        config = self._config
        if config is None:
            return
        atexit.unregister(self._done_without_log)
        _server_logger.removeFilter(_is_not_noise)
        if self._appender:
            try:
                for refused in self._appender.close(self._recorder.finished() if self._recorder else ()):
                    self._tally.refused += 1
                    logger.error("NOT RECORDED: %s", refused)
            except CassetteError as e:
                self._tally.lost += 1
                logger.error("NOT RECORDED: %s", e)
            self._tally.recorded = self._appender.store.appended
            if self._backup:
                (self._backup.discard if self._appender.store.appended else self._backup.restore)()
        failed = self._tally.failed
        if config.mode is not Mode.PASSTHROUGH:
            unused = self._index.unused() if self._index and self._player else ()
            if config.unused is not Unused.IGNORE:
                failed = (bool(unused) and config.unused is Unused.FAIL) or failed
                self._name_unused(unused)
            count = f", {len(unused)} not used" if self._index and self._player else ""
            logger.info("tapehead: %s%s", self._tally.summary(str(config.path)), count)
        if failed:
            atexit.register(_exit_with_1)  # mitmproxy has no way to say it
        self._config = self._appender = self._backup = None

    @staticmethod
    def _name_unused(interactions: Sequence[Interaction]) -> None:
        """Names what nobody asked for."""
        for each in interactions[:_MOST_NAMED]:
            request = each.request
            logger.warning("not used: interaction %d, %s", each.id, log_name(request.method, request.url))
        if more := len(interactions[_MOST_NAMED:]):
            logger.warning("not used: %d more", more)

    def _done_without_log(self) -> None:
        logging.disable()  # mitmproxy's handlers need its event loop, which is gone
        self.done()

    # Flows

    def tls_clienthello(self, data: tls.ClientHelloData) -> None:
        if self._player and self._recorder is None and self._player.spoke_http2(data.client_hello.sni):
            # mitmproxy would take what the client names first; the real server preferred HTTP/2.
            data.context.server.alpn = b"h2"

    def request(self, flow: http.HTTPFlow) -> None:
        if flow.response or flow.error:  # another addon's
            return
        config = self._config
        if config is None:
            flow.response = trouble_response(flow.request, "tapehead is not set up; its log says why")
        elif config.mode is Mode.PASSTHROUGH:
            return
        elif config.passthrough and config.passthrough(flow):
            if self._recorder is None and self._player:
                self._player.refuse(
                    flow, "it is passed through by cassette_passthrough, and replay makes no connection"
                )
        elif self._player and self._recorder:
            if not self._player.play(flow):
                self._recorder.request(flow)
        elif self._player:
            self._player.play_or_miss(flow)
        elif self._recorder:
            self._recorder.request(flow)

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        if self._recorder and self._recorder.responseheaders(flow):
            return
        if flow.response and flow.response.raw_content is None:  # from upstream: what is passed through is not held up
            flow.response.stream = True

    async def response(self, flow: http.HTTPFlow) -> None:
        if self._recorder:
            self._remember(await self._recorder.response(flow))

    async def tapehead_terminal_event(self, flow: http.HTTPFlow) -> None:
        if self._recorder:
            self._remember(await self._recorder.terminal_event(flow))

    async def error(self, flow: http.HTTPFlow) -> None:
        if self._recorder:
            self._remember(await self._recorder.error(flow))

    def _remember(self, recorded: Interaction | None) -> None:
        if recorded and self._index:
            self._index.add_used(replace(recorded, request=Redactor.comparable(recorded.request)))

    # Setting up

    def _configure(self, config: Config) -> None:
        old = self._config
        if old and all(getattr(old, name) == getattr(config, name) for name in _OPENED_BY):
            self._config = config
            for part in (self._recorder, self._player):
                if part:
                    part.config = config
            return
        self.done()
        self._open(config)
        self._config = config
        _server_logger.addFilter(_is_not_noise)
        atexit.register(self._done_without_log)  # mitmproxy calls `done` only when its own start-up succeeded

    def _open(self, config: Config) -> None:
        """Makes the recorder and the player that the mode wants. CassetteError when a file does not allow it."""
        rules = config.redact_rules
        redactor = Redactor(rules, os.environ)
        if redactor.text(str(config.path)) != str(config.path):
            raise exceptions.OptionsError("cassette: its path holds a credential; give the file another name")
        for entry in (*(e for e in config.redact if e.startswith("off:")), *config.redact_keep):
            logger.warning("not everything is redacted: %s", entry)
        exists = config.path.exists()
        records = config.mode in (Mode.RECORD_ONLY, Mode.REPLAY_WITH_NEW_EPISODES) or (
            config.mode is Mode.RECORD_ONCE and not exists
        )
        replays = config.mode is not Mode.PASSTHROUGH and (
            not records or config.mode is Mode.REPLAY_WITH_NEW_EPISODES or config.replayable is not Replayable.NO
        )
        self._shut(closed=replays and not records)
        self._tally = Tally()
        self._recorder = self._player = self._index = self._appender = self._backup = None
        cassette = Cassette()
        if records:
            if config.mode is Mode.RECORD_ONLY:
                self._backup = Backup.make(config.path)
            try:
                store = Store(config.path, dialect=config.dialect, refuse=redactor.leak)
                self._appender = Appender(store)
            except CassetteError:
                if self._backup:
                    self._backup.restore()
                raise
            cassette = self._appender.store.loaded
            self._recorder = Recorder(config, self._appender, redactor, self._tally)
        elif replays:
            cassette = load(config.path)
        if replays:
            timings = timing.load(timing.path_beside(config.path))
            self._index = Index(
                # As the live ones are: a cassette of another's may hold what ours would not.
                [_comparable(each, redactor) for each in cassette.interactions],
                rules=config.rules,
                replayable=config.replayable,
                strict=config.strict,
                starts={number: each.start for number, each in timings.items()},
            )
            report = Report(config.path) if config.report else None
            self._player = Player(config, self._index, timings, redactor, self._tally, report)
        listen_on_loopback()
        changed = {
            name: value
            for name, value in _DEFAULTS.items()
            if name in ctx.options and not ctx.options.has_changed(name)
        }
        if replays:
            changed["connection_strategy"] = "lazy"  # eager would connect before the request is looked at
        ctx.options.update(**changed)

    def _shut(self, *, closed: bool = True) -> None:
        if self._guard:
            self._guard.closed = closed


def _comparable(interaction: Interaction, redactor: Redactor) -> Interaction:
    return replace(interaction, request=redactor.comparable(redactor.request(interaction.request)))


def _exit_with_1() -> None:
    """Gives a process that is ending its exit code, once all else is done."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(1)


def _is_not_noise(record: logging.LogRecord) -> bool:
    """mitmproxy says of each recorded response that it is streamed; our own line says all there is to say."""
    return not (isinstance(record.msg, str) and record.msg.startswith("Streaming response from"))
