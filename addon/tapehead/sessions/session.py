"""One run through one cassette: opened as its mode says, asked for each flow, closed with a verdict.

Knows modes; how to record, how to play and where the files are is told elsewhere. Does not know who else there is.
"""

import gc
import logging
import os
import time
from collections.abc import Callable, Sequence
from functools import partial

from mitmproxy import http

from tapehead.cassette.errors import CassetteError
from tapehead.cassette.model import Cassette
from tapehead.cassette.side_files import open_path
from tapehead.cassette.torn import is_recorded
from tapehead.conversations.duplex_player import DuplexPlayer, OpenAnswer
from tapehead.conversations.websocket_player import WebsocketPlayer
from tapehead.exchange.config import Config
from tapehead.exchange.error_responses import forbidden_response
from tapehead.exchange.flows import header_pairs, log_name, method_of, url_of
from tapehead.exchange.outcomes import ExchangeResult, Outcome, RunStats
from tapehead.exchange.workers import WorkerPool
from tapehead.matching.index import Index, Replayable
from tapehead.matching.key import request_key
from tapehead.mitm.duplex_stream import OpenRequest
from tapehead.modes import AUTO_IN_CI, Mode
from tapehead.network.guard import LINK_LOCAL
from tapehead.network.link_local import is_link_local_or_metadata
from tapehead.recording.cassette_pool import CassettePool, Changed, SharedCassette
from tapehead.recording.erasing import Eraser
from tapehead.recording.exchange_writer import AddedInteraction, ExchangeWriter
from tapehead.recording.recorder import Recorder
from tapehead.recording.renderer import Renderer
from tapehead.redact.placeholder_forms import is_form
from tapehead.redact.redactor import Redactor
from tapehead.replaying.lane_player import LanePlayer
from tapehead.replaying.miss_report import MissReport
from tapehead.replaying.player import Player
from tapehead.sessions.cassette_worth import doubts, hints_for
from tapehead.sessions.recorded_failures import load_recorded_failures
from tapehead.sessions.replayed_cassette import ReplayedCassette, as_replayed, open_for_replay
from tapehead.sessions.spending import Spending
from tapehead.sessions.verdict import Verdict

logger = logging.getLogger(__name__)

_MANY = 1000  # interactions
_RECORDING = (Mode.RECORD_ONLY, Mode.REPLAY_WITH_NEW_EPISODES)


class Session:
    """Records, replays or both."""

    def __init__(
        self,
        config: Config,
        *,
        redactor: Redactor,
        pool: CassettePool,
        workers: WorkerPool,
        name: str = "",
        on_result: Callable[[ExchangeResult], None] | None = None,
        eraser: Eraser | None = None,
        spending: Spending | None = None,
    ) -> None:
        """Opens the cassette. Raises CassetteError when a file does not allow what the mode wants."""
        self.name = name
        self.config = config
        self.stats = RunStats(on_result, name)
        self.recorder: Recorder | None = None
        self.player: Player | None = None
        self.lane: LanePlayer | None = None
        """What answers without a flow; only where nothing is recorded."""
        self._duplex: DuplexPlayer | None = None
        self._redactor = redactor
        self._pool = pool
        self._workers = workers
        self._eraser = eraser
        self._spending = spending or Spending()
        self._recording: SharedCassette | None = None
        self._index: Index | None = None
        self._websockets: WebsocketPlayer | None = None
        self._verdict: Verdict | None = None
        made = pool.is_recording(config.path)
        self.records = mode_records(config, exists=is_recorded(config.path) and not made)
        if config.mode is Mode.PASSTHROUGH:
            return
        cassette = Cassette()
        if self.records:
            self._recording = pool.open(
                config.path,
                overwrite=config.mode is Mode.RECORD_ONLY,
                dialect=config.dialect,
                redactor=redactor,
            )
            cassette = self._recording.store.loaded
            if config.mode is Mode.RECORD_ONCE and cassette.interactions and not made:
                pool.close(self._recording)  # another program has finished it just now
                self._recording, self.records = None, False
        hints = hints_for(config, writes=self.records, is_ours=pool.is_recording(config.path))
        if config.auto_in_ci:
            hints.append(AUTO_IN_CI)
        plays = (
            not self.records or config.mode is Mode.REPLAY_WITH_NEW_EPISODES or config.repeat.what is not Replayable.NO
        )
        if self._recording:
            renderer = Renderer(
                config,
                self._recording.queue.store.dialect,
                redactor,
                workers,
                key=partial(request_key, rules=config.rules),
                is_indexed=plays,
                numbers=self._recording.numbers,
                written=self._recording.written.index,
                eraser=eraser,
            )
            self.recorder = Recorder(
                config,
                self._recording.queue,
                redactor,
                self.stats,
                workers,
                renderer,
                self._recording.failures if config.failures else None,
                self._recording.journal,
            )
            self._recording.on_changed.append(self._index_changed)
        if plays:
            replayed = (
                as_replayed(cassette, config.path, redactor) if self.records else open_for_replay(config.path, redactor)
            )
            self._play(replayed, "; ".join(hints))

    def __repr__(self) -> str:
        state = "open" if self._verdict is None else "closed"
        counts = ", ".join(f"{count} {outcome.value}" for outcome, count in self.stats.counts.items() if count)
        return (
            f"<Session {self.name!r} {self.config.mode.value} {str(self.config.path)!r} {state}: {counts or 'nothing'}>"
        )

    def _play(self, replayed: ReplayedCassette, hint: str) -> None:
        config, redactor = self.config, self._redactor
        if self._recording is None and os.path.lexists(left := open_path(config.path)):
            told = "%s: conversations that were under way when a run was killed; `tapehead recover` adds them"
            logger.warning(told, left)
        timings = replayed.timings
        failed = load_recorded_failures(config, replayed.interactions, redactor, records=self._recording is not None)
        if self._recording and failed.asked_again:
            self._recording.failures.drop(failed.asked_again)
        self._index = Index(
            replayed.interactions,
            texts=replayed.texts,
            rules=config.rules,
            replayable=config.repeat.what,
            strict=config.strict,
            starts={**replayed.starts, **failed.starts()} if failed.requests else replayed.starts,
            is_any=is_form,
            failures=failed.interactions(),
            looked_up_by=replayed.looked_up_by,
        )
        if replayed.looked_up_by is None and len(replayed.interactions) > _MANY:
            gc.freeze()  # they stay: each full collection of garbage would walk through them, and hold up the loop
        report = MissReport(config.path) if config.report else None
        if report:
            self._pool.reports.append(report.redact)
        self._websockets = WebsocketPlayer(config, self._index, timings, redactor, self.stats, report)
        self.player = Player(
            config,
            self._index,
            timings,
            redactor,
            self.stats,
            self._workers,
            report,
            hint,
            failures=failed.requests,
            tunnels=failed.tunnels,
            converse=self._websockets.begin,
        )
        self._duplex = DuplexPlayer(self.player, self._index)
        if self._recording is None:
            self.lane = self.player.lane(replayed.answer, len(replayed.interactions))

    def reconfigure(self, config: Config) -> None:
        """Goes on with other options, of the kind that need no file opened."""
        self.config = config
        for part in (self.recorder, self.player, self.lane, self._websockets):
            if part:
                part.config = config

    # Flows

    async def request(self, flow: http.HTTPFlow) -> bool:
        """Answers the flow, or lets it go upstream. Returns whether it is being recorded."""
        config, recorder, player = self.config, self.recorder, self.player
        if config.mode is Mode.PASSTHROUGH:
            self.reject_if_forbidden(flow)
            return False
        await self._learn(flow)
        if config.passthrough and config.passthrough(flow):
            if recorder is None and player:
                await player.replay_or_excuse(flow)
            else:
                self.reject_if_forbidden(flow)
            return False
        if recorder is None:
            assert player is not None
            if self._is_forbidden(flow):  # it was answered so while recording, unless it was allowed then
                if not await player.try_replay(flow):
                    self.reject_if_forbidden(flow)
                return False
            await player.replay_or_miss(flow)
            return False
        if player and await player.try_replay(flow):
            return False
        if self.reject_if_forbidden(flow):
            return False
        if self._recording and (why := self._recording.store.write_error):
            recorder.reject(flow, f"recording has stopped: {why}")
            return False
        if bound := self._spending.why_not():
            recorder.reject(flow, bound)
            return False
        self._spending.goes()
        recorder.request(flow)
        return True

    async def request_open(self, flow: http.HTTPFlow, opened: OpenRequest) -> bool:
        """Answers a flow whose request has not ended, lets it go upstream, or waits. Returns whether it is being recorded."""
        config, recorder, duplex = self.config, self.recorder, self._duplex
        passes = config.mode is Mode.PASSTHROUGH or (config.passthrough and config.passthrough(flow))
        if self._is_forbidden(flow) or (passes and recorder is None and duplex):
            return False  # it is told at its end
        if passes:
            flow.request.stream = True
            return False
        await self._learn(flow)
        if duplex:
            answer = await duplex.answer(flow, opened)
            if answer is OpenAnswer.NOBODY and recorder is None and opened.frames:
                await duplex.miss(flow, opened)
            if answer is not OpenAnswer.NOBODY or recorder is None:
                return False
        assert recorder
        if self._recording and (why := self._recording.store.write_error):
            recorder.reject(flow, f"recording has stopped: {why}")
            return False
        if bound := self._spending.why_not():
            recorder.reject(flow, bound)
            return False
        self._spending.goes()
        recorder.open_request(flow)
        return True

    async def script_broken(self, flow: http.HTTPFlow) -> None:
        """Ends the answer to a request that does not go on as recorded."""
        if self._duplex:
            await self._duplex.broken(flow)

    async def open_request_left(self, flow: http.HTTPFlow, opened: OpenRequest) -> None:
        """Puts down a request that never ended, and that nothing answered."""
        if self._duplex and self.recorder is None:
            await self._duplex.left(flow, opened)

    async def _learn(self, flow: http.HTTPFlow) -> None:
        """Learns the credentials that a request carries, and has them erased from what was written before."""
        request = flow.request
        coding = request.headers.get("content-encoding", "")
        body = b"" if coding else request.raw_content or b""
        self._redactor.learn_request(header_pairs(request.headers), request.path, body)
        if self._eraser:
            await self._eraser.run()

    def reject_if_forbidden(self, flow: http.HTTPFlow) -> bool:
        """Answers a flow that would go where only this machine may ask. Returns whether it is one."""
        request = flow.request
        if not self._is_forbidden(flow):
            return False
        flow.response = forbidden_response(request, f"tapehead: {LINK_LOCAL}")
        url = self._redactor.url(url_of(flow))
        logger.warning("forbidden: %s: %s", log_name(method_of(flow), url.partition("?")[0]), LINK_LOCAL)
        start = (request.timestamp_start or time.time()) * 1000
        self.stats.add(
            ExchangeResult(
                outcome=Outcome.FORBIDDEN, method=method_of(flow), url=url, start=start, status=403, reason=LINK_LOCAL
            )
        )
        return True

    def _is_forbidden(self, flow: http.HTTPFlow) -> bool:
        return not self.config.allow_link_local and is_link_local_or_metadata(flow.request.host)

    def replay_tunnel(self, flow: http.HTTPFlow, player: Player) -> None:
        """Answers who wants a tunnel as while recording, where it was not made then."""
        if self._is_forbidden(flow) and not player.has_recorded(flow.request.host):
            self.reject_if_forbidden(flow)
        else:
            player.replay_tunnel(flow)

    async def tunnel_failed(self, flow: http.HTTPFlow, reason: str) -> bool:
        """Records a tunnel that could not be made. Returns whether it is recorded here, or counted."""
        if self.recorder is None:
            return False
        await self.recorder.tunnel_failed(flow, reason)
        return True

    def responseheaders(self, flow: http.HTTPFlow) -> bool:
        """Notes that the head of a response is there. Returns whether this flow is being recorded."""
        return self.recorder is not None and self.recorder.responseheaders(flow)

    async def response(self, flow: http.HTTPFlow) -> None:
        """Records an exchange whose response has ended."""
        if self.recorder:
            self._index_recorded(await self.recorder.response(flow))

    async def terminal_event(self, flow: http.HTTPFlow) -> None:
        """Records an exchange whose stream has said its last."""
        if self.recorder:
            self._index_recorded(await self.recorder.terminal_event(flow))

    def websocket_message(self, flow: http.HTTPFlow) -> None:
        """Takes down a message of a WebSocket."""
        if self.recorder:
            self.recorder.websocket_message(flow)

    async def conversation_end(self, flow: http.HTTPFlow) -> None:
        """Records a conversation that is none of HTTP, and is over."""
        if self.recorder:
            self._index_recorded(await self.recorder.conversation_end(flow))

    async def websocket_end(self, flow: http.HTTPFlow) -> None:
        """Records a WebSocket that was closed."""
        if self.recorder:
            self._index_recorded(await self.recorder.websocket_end(flow))

    async def error(self, flow: http.HTTPFlow) -> None:
        """Ends an exchange that broke off: it is recorded if it was finished all the same."""
        if self.recorder:
            self._index_recorded(await self.recorder.error(flow))

    def _index_recorded(self, added: AddedInteraction | None) -> None:
        if added and not added.replaces:
            self._spending.add(added.interaction)
        if added and self._index and added.replaces:
            self._index.replace({added.interaction.id: added.interaction})
        elif added and self._index:
            self._index.add_recorded(added.interaction, added.key)

    def _index_changed(self, changed: Changed) -> None:
        if self._index:
            self._index.replace(changed)

    # The end

    def verdict(self) -> Verdict:
        """Returns what came of it so far, or at its end."""
        return self._verdict or Verdict(
            name=self.name,
            config=self.config,
            stats=self.stats,
            unused=self._index.unused() if self._index else (),
            replays=self.player is not None,
            only_failures=self._has_only_failures(),
        )

    def _has_only_failures(self) -> bool:
        if self._recording is None or not (self.stats.counts[Outcome.CUT] or self.stats.counts[Outcome.FAILED]):
            return False
        store = self._recording.store
        return not (store.appended or store.loaded.interactions)

    def close(self, *, succeeded: bool | None = None) -> Verdict:
        """Finishes the file, and returns what came of the session. Exchanges that end later are refused.

        `succeeded`: whether the program that asked did; None where that is not known. A second call changes nothing.
        """
        if self._verdict is None:
            if self.lane:
                self.lane.finish()
                self.lane = None
            if self._websockets:
                self._websockets.finish()
            if self._recording and self.recorder:
                self._recording.doubts += doubts(self.stats, succeeded=succeeded)
                self._close_recording(self._recording, self.recorder)
            for trouble in self._eraser.take_troubles() if self._eraser else ():
                self._count_trouble(Outcome.LOST, trouble)
            self._verdict = self.verdict()
        return self._verdict

    def _close_recording(self, recording: SharedCassette, recorder: Recorder) -> None:
        last = recorder.take_finished()
        recorder.cut_the_rest()
        troubles: Sequence[CassetteError]
        try:
            troubles, outcome = self._pool.close(recording, last), Outcome.REFUSED
        except CassetteError as e:
            troubles, outcome = [e], Outcome.LOST
        for each in [each for each in last if each.replaces is None][len(troubles) :]:
            self.stats.add(ExchangeWriter.entry(each, Outcome.RECORDED))
        for trouble in troubles:
            logger.error("NOT RECORDED: %s", trouble)
            self._count_trouble(outcome, str(trouble))
        if not recording.shared:  # what was on its way to the disk is counted too
            self.stats.counts[Outcome.RECORDED] = recording.store.appended

    def _count_trouble(self, outcome: Outcome, reason: str) -> None:
        self.stats.add(ExchangeResult(outcome=outcome, method="", url="", start=time.time() * 1000, reason=reason))


def mode_records(config: Config, *, exists: bool) -> bool:
    """Returns whether requests may go upstream and be recorded, given whether the cassette is there."""
    return config.mode in _RECORDING or (config.mode is Mode.RECORD_ONCE and not exists)
