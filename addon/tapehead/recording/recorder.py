"""Hooks that record: a tap on each response, and one interaction when its exchange is finished.

Finished is what ended, and a stream whose terminal event was seen before its client left. What breaks off otherwise is
`failure_recorder`'s, and never among the interactions. Nothing is held up: the tap notes bytes and times, and the client sees an
exchange's end once it is on disk.
"""

import logging
import time
from dataclasses import replace

from mitmproxy import http

from tapehead.cassette.failure_writer import FailureWriter
from tapehead.cassette.journal_writer import Journal
from tapehead.cassette.store import Recorded
from tapehead.exchange.config import Config
from tapehead.exchange.error_responses import unavailable_response
from tapehead.exchange.flows import (
    announced_length,
    header,
)
from tapehead.exchange.outcomes import Outcome, RunStats
from tapehead.exchange.workers import WorkerPool
from tapehead.mitm.loop_clock import arrival_time
from tapehead.recording.conversation_recorder import ConversationRecorder, is_conversation
from tapehead.recording.duplex_tap import duplex_tap
from tapehead.recording.exchange_writer import AddedInteraction, ExchangeWriter
from tapehead.recording.failure_recorder import FailureRecorder
from tapehead.recording.mcp_exchanges import (
    is_open_ended,
    may_be_taken_back,
    note_cancelled,
    speaks_rpc,
    started_exactly,
    taken_back,
    tap_of,
)
from tapehead.recording.renderer import Renderer
from tapehead.recording.response_tap import ResponseTap
from tapehead.recording.stream_ends import StreamEnds, watcher_of
from tapehead.recording.write_queue import WriteQueue
from tapehead.redact.redactor import Redactor
from tapehead.text.escape import for_log
from tapehead.wire.event_splitters import SPLITTERS
from tapehead.wire.headers import media_type

logger = logging.getLogger(__name__)

_MS = 1_000_000  # nanoseconds
_UPGRADED = 101
_MAX_HELD_ERROR = 1024 * 1024  # bytes


class Recorder:
    """Records the flows that it is given."""

    def __init__(
        self,
        config: Config,
        queue: WriteQueue,
        redactor: Redactor,
        stats: RunStats,
        workers: WorkerPool,
        renderer: Renderer,
        failures: FailureWriter | None,
        journal: Journal | None = None,
    ) -> None:
        """Takes what it works with. The `renderer` makes what is written; without `failures` those are left out.

        The `journal` has the conversations that are under way.
        """
        self.config = config
        self._folder = config.path.parent
        self._renderer = renderer
        self._queue = queue
        self._exchanges: dict[str, ResponseTap] = {}
        self.closed = False
        self._conversations = ConversationRecorder(redactor, renderer, journal)
        self._writer = ExchangeWriter(queue, redactor, stats, renderer)
        self._ends = StreamEnds(redactor, workers)
        self._failures = FailureRecorder(failures, redactor, workers, renderer, self._writer.count_failure)

    def __repr__(self) -> str:
        state = "closed" if self.closed else "open"
        return f"<Recorder {state}, {len(self._exchanges)} under way, {self._queue!r}>"

    def request(self, flow: http.HTTPFlow) -> None:
        """Begins an exchange: its request is complete and goes upstream now."""
        started = (flow.request.timestamp_start or time.time()) * 1000
        self._renderer.note_request(flow)
        exchange = tap_of(flow)(flow, started, int(arrival_time(flow) * 1000 * _MS))
        if speaks_rpc(flow):
            exchange.request_sent = started_exactly(started)
            note_cancelled(flow, self._exchanges.values())
        self._begin(exchange)

    def open_request(self, flow: http.HTTPFlow) -> None:
        """Begins an exchange whose request is not complete: what came of it goes upstream now, and the rest as it comes."""
        started = (flow.request.timestamp_start or time.time()) * 1000
        self._renderer.note_request(flow)
        exchange = duplex_tap(flow, started)
        flow.request.stream = exchange.take_request
        self._begin(exchange)

    def _begin(self, exchange: ResponseTap) -> None:
        exchange.overlaps = bool(self._exchanges)
        if len(self._exchanges) == 1:  # of several all know it
            next(iter(self._exchanges.values())).overlaps = True
        self._exchanges[exchange.flow.id] = exchange

    def reject(self, flow: http.HTTPFlow, reason: str) -> None:
        """Answers a request that could not be recorded: it does not go upstream."""
        flow.response = unavailable_response(flow.request, f"tapehead: {reason}")
        exchange = ResponseTap(flow, (flow.request.timestamp_start or time.time()) * 1000, time.monotonic_ns())
        self._writer.count_failure(exchange, Outcome.TURNED_AWAY, reason)
        logger.error("NOT RECORDED: %s: %s", self._writer.name(flow), reason)

    def responseheaders(self, flow: http.HTTPFlow) -> bool:
        """Puts a tap on the response, whose head is there. Returns False when this flow is not being recorded."""
        exchange = self._exchanges.get(flow.id)
        if exchange is None or flow.response is None:
            return False
        exchange.headers_received = time.monotonic_ns()
        exchange.note_head()
        if flow.response.status_code == _UPGRADED:
            exchange.folder = self._folder
        elif not _is_error_to_hold(flow.response):
            exchange.read_on, exchange.folder = self.config.read_on, self._folder
            exchange.remaining = announced_length(flow.response) or 0
            exchange.watcher = watcher_of(flow)
            exchange.scan = self._renderer.scan(flow.response)
            if exchange.is_open_ended or (exchange.watcher and is_open_ended(flow)):
                exchange.is_open_ended, exchange.read_on = True, 0.0
            self._conversations.begin_stream(exchange)
            flow.response.stream = exchange
        return True

    async def response(self, flow: http.HTTPFlow) -> AddedInteraction | None:
        """Records an exchange whose response has ended; None when nothing was recorded.

        It is on disk when this returns.
        """
        exchange = self._exchanges.pop(flow.id, None)
        if exchange is None:
            return None
        if flow.response is not None and flow.response.status_code == _UPGRADED:
            self._upgraded(exchange)
            return None
        if flow.response is not None and flow.response.raw_content:  # it was held, not streamed
            exchange(flow.response.raw_content)
        exchange.complete = True
        return await self._finish(exchange)

    def _upgraded(self, exchange: ResponseTap) -> None:
        """Begins a conversation; what else a connection is upgraded to is not understood."""
        if is_conversation(exchange):
            self._exchanges[exchange.flow.id] = exchange
            self._conversations.begin(exchange)
            return
        name = exchange.flow.request.headers.get("upgrade", "")
        self._writer.count_failure(exchange, Outcome.NOT_RECORDABLE, f"an upgrade to {name}")
        logger.warning("not recordable (an upgrade to %s): %s", for_log(name), self._writer.name(exchange.flow))

    def websocket_message(self, flow: http.HTTPFlow) -> None:
        """Takes down the last message of a WebSocket, before the other side gets it."""
        if exchange := self._exchanges.get(flow.id):
            self._conversations.message(exchange)

    def begin_conversation(self, flow: http.HTTPFlow) -> None:
        """Begins a conversation that is none of HTTP, and whose response has its head."""
        exchange = self._exchanges[flow.id]
        exchange.headers_received, exchange.folder = time.monotonic_ns(), self._folder
        self._conversations.begin(exchange)

    def conversation_event(self, flow: http.HTTPFlow, event: bytes) -> None:
        """Takes down an event of such a conversation, before the other side gets it."""
        if exchange := self._exchanges.get(flow.id):
            self._conversations.add(exchange, event)

    def abandon_conversation(self, flow: http.HTTPFlow) -> None:
        """Forgets such a conversation: nobody was there."""
        self._conversations.forget(self._exchanges.pop(flow.id))

    async def conversation_end(self, flow: http.HTTPFlow) -> AddedInteraction | None:
        """Records such a conversation, which is over."""
        exchange = self._exchanges.pop(flow.id, None)
        if exchange is None:
            return None
        exchange.complete = True
        return await self._finish(exchange)

    async def websocket_end(self, flow: http.HTTPFlow) -> AddedInteraction | None:
        """Records a WebSocket that was closed; None when nothing was recorded."""
        exchange = self._exchanges.pop(flow.id, None)
        if exchange is None:
            return None
        self._conversations.close(exchange)
        exchange.complete = True
        return await self._finish(exchange)

    async def terminal_event(self, flow: http.HTTPFlow) -> AddedInteraction | None:
        """Records an exchange whose stream said its last; None when nothing was recorded.

        It is on disk when this returns, and its client sees the last only then. What may still come is added to it when the
        response has ended, or its client has left; or said its last again, where it was known that it might.
        """
        exchange = self._exchanges.pop(flow.id, None)
        if exchange is None:
            return None
        if exchange.watcher and exchange.watcher.is_final:
            exchange.watcher = None
        chunk_count = exchange.chunk_count
        added = await self._finish(exchange)
        if added and not self.closed:
            exchange.written, exchange.written_chunks = added.interaction.id, chunk_count
            self._exchanges[flow.id] = exchange
        return added

    async def error(self, flow: http.HTTPFlow) -> AddedInteraction | None:
        """Ends an exchange that broke off: recorded if its stream's terminal event had come; else as what it was, and None."""
        if (left := self._exchanges.get(flow.id)) and may_be_taken_back(left):
            await taken_back(left)
        exchange = self._exchanges.pop(flow.id, None)
        if exchange is None:
            return None
        if exchange.written is not None or is_conversation(exchange):
            return await self._finish(exchange)
        if exchange.headers_received and await self._ends.saw_terminal_event(exchange):
            return await self._finish(exchange)
        if not self.closed:  # else that is done
            await self._failures.record(exchange)
            self._conversations.forget(exchange)
        return None

    async def tunnel_failed(self, flow: http.HTTPFlow, reason: str) -> None:
        """Records a tunnel that could not be made."""
        started = (flow.request.timestamp_start or time.time()) * 1000
        await self._failures.record_tunnel(flow, ResponseTap(flow, started, time.monotonic_ns()), reason)

    def in_flight(self) -> list[tuple[int, int]]:
        """Returns the bytes and chunks so far of each response under way."""
        return [(each.size, each.chunk_count) for each in self._exchanges.values()]

    def cut_the_rest(self) -> None:
        """Records what is still under way as cut: the run ends. Whatever comes of it, its client sees no end."""
        for each in self._exchanges.values():
            self._failures.record_now(each)

    def take_finished(self) -> list[Recorded]:
        """Takes out the exchanges under way whose stream's terminal event was seen, and returns them: the run ends.

        But for those of which all that came is on disk.
        """
        self.closed = True
        every = [each for each in self._exchanges.values() if each.headers_received and self._ends.is_whole(each)]
        return [
            replace(self._renderer.render(each), replaces=each.written)
            for each in every
            if self._exchanges.pop(each.flow.id).written is None or each.has_grown
        ]

    async def _finish(self, exchange: ResponseTap) -> AddedInteraction | None:
        """Records what is not on disk yet."""
        try:
            if exchange.written is not None and not exchange.has_grown:
                return None
            return await self._writer.write(exchange, self.config, is_last=self.closed)
        finally:
            self._conversations.forget(exchange)


def _is_error_to_hold(response: http.Response) -> bool:
    """Whether this is an error that is passed on whole.

    The OpenAI SDK closes at the head of an error when it asked for a stream: what had not come by then would be lost,
    and with it the 429 that a retry in replay begins with. A long error, or one that is a stream, is not held.
    """
    return (
        response.status_code >= 400
        and media_type(header(response, b"content-type")) not in SPLITTERS
        and (announced_length(response) or 0) <= _MAX_HELD_ERROR
    )
