"""Hooks that record: a tap on each response, and one interaction when its exchange is finished.

Finished is what ended, and a stream whose terminal event was seen before its client left. What breaks off otherwise is
`failure_recorder`'s, and never among the interactions. Nothing is held up: the tap notes bytes and times, and the client sees an
exchange's end once it is on disk.
"""

import logging
import time
from dataclasses import replace
from typing import NamedTuple

from mitmproxy import http

from tapehead.cassette.errors import CassetteError
from tapehead.cassette.failure_writer import FailureWriter
from tapehead.cassette.journal_writer import Journal
from tapehead.cassette.model import Interaction
from tapehead.cassette.store import Recorded
from tapehead.exchange import body_jobs
from tapehead.exchange.config import Config
from tapehead.exchange.error_responses import unavailable_response
from tapehead.exchange.flows import (
    announced_length,
    connect_url,
    dropped_names,
    header,
    key_refusal_of,
    log_name,
    method_of,
    url_of,
)
from tapehead.exchange.outcomes import ExchangeResult, Outcome, RunStats
from tapehead.exchange.workers import WorkerError, WorkerPool
from tapehead.llm.json_rpc import JsonRpcCall, call_in
from tapehead.llm.terminal_event_watcher import watch
from tapehead.mitm.loop_clock import arrival_time
from tapehead.recording.conversation_recorder import ConversationRecorder, is_conversation
from tapehead.recording.duplex_tap import duplex_tap
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
from tapehead.recording.response_tap import MAX_BODY, ResponseTap
from tapehead.recording.write_queue import WriteQueue, WriteRefusedError
from tapehead.redact.redactor import Redactor
from tapehead.text.escape import for_log
from tapehead.wire.event_splitters import SPLITTERS
from tapehead.wire.headers import media_type

logger = logging.getLogger(__name__)

_MS = 1_000_000  # nanoseconds
_UPGRADED = 101
_MAX_HELD_ERROR = 1024 * 1024  # bytes


class AddedInteraction(NamedTuple):
    """What was recorded, for an index; its key, if it is known."""

    interaction: Interaction
    key: bytes | None
    replaces: bool = False
    """Whether it is one that was told before, and is longer now."""


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
        self._workers = workers
        self._renderer = renderer
        self._redactor = redactor
        self._queue = queue
        self._stats = stats
        self._exchanges: dict[str, ResponseTap] = {}
        self.closed = False
        self._conversations = ConversationRecorder(redactor, renderer, journal)
        self._failures = FailureRecorder(failures, redactor, workers, renderer, self._count_failure)

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
        self._count_failure(exchange, Outcome.TURNED_AWAY, reason)
        logger.error("NOT RECORDED: %s: %s", self._name(flow), reason)

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
            exchange.watcher = watch(*_kind(flow.response), _call(flow))
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
        self._count_failure(exchange, Outcome.NOT_RECORDABLE, f"an upgrade to {name}")
        logger.warning("not recordable (an upgrade to %s): %s", for_log(name), self._name(exchange.flow))

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
        if exchange.headers_received and await self._has_terminal_event_async(exchange):
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
        every = [each for each in self._exchanges.values() if each.headers_received and self._is_whole(each)]
        return [
            replace(self._renderer.render(each), replaces=each.written)
            for each in every
            if self._exchanges.pop(each.flow.id).written is None or each.has_grown
        ]

    async def _finish(self, exchange: ResponseTap) -> AddedInteraction | None:
        """Records what is not on disk yet."""
        try:
            return await self._record(exchange) if exchange.written is None or exchange.has_grown else None
        finally:
            self._conversations.forget(exchange)

    async def _record(self, exchange: ResponseTap) -> AddedInteraction | None:
        flow = exchange.flow
        is_more = exchange.written is not None
        if exchange.is_too_large:
            reason = f"too large: its body has {exchange.size} bytes, for which there is no room (at most {MAX_BODY})"
            self._count_failure(exchange, Outcome.LOST, reason)
            logger.error("NOT RECORDED: %s: %s", self._name(flow), reason)
            return None
        key_refusal = key_refusal_of(flow.response)
        if self.config.drop_refused and key_refusal:
            self._stats.key_refusals[key_refusal.status] += 1
            logger.warning("not recorded (cassette_drop_refused): %s %d", self._name(flow), key_refusal.status)
            return None
        try:
            recorded, key = await self._renderer.render_async(exchange)
            if exchange.complete:
                exchange.chunks = []
            written = await self._queue.append(recorded)
        except CassetteError as e:
            self._count_failure(exchange, Outcome.LOST, str(e))
            logger.error("NOT RECORDED: %s: %s", self._name(flow), e)
            return None
        except Exception as e:  # what cannot be redacted is not written, and not lost in silence
            reason = str(e) if isinstance(e, WriteRefusedError | WorkerError) else type(e).__name__
            self._count_failure(exchange, Outcome.REFUSED, reason)
            logger.error("NOT RECORDED: %s: %s", self._name(flow), reason)
            return None
        if written is None:  # closed: the client is not to see an end that is on no disk
            logger.warning("not recorded (the run has ended): %s", self._name(flow))
            if flow.killable:
                flow.kill()
            return None
        logger.info(
            "%s %d %s %d, %d bytes, %d chunks, %.3f s",
            "completed" if is_more else "recorded",
            written.id,
            log_name(written.request.method, written.request.url.partition("?")[0]),
            written.response.code,
            recorded.size,
            recorded.chunks,
            recorded.timing.end / 1000,
        )
        if not is_more:
            self._stats.dropped_headers.update(dropped_names(flow, self.config.headers))
        if not self.closed and not is_more:  # then the file itself is counted
            entry = self.entry(recorded, Outcome.RECORDED, written.id)
            self._stats.add(replace(entry, key_refusal=key_refusal) if key_refusal else entry)
        return AddedInteraction(written, key, is_more)

    def _is_whole(self, exchange: ResponseTap) -> bool:
        """Whether what came of it can be played: a conversation ends where the run does."""
        return is_conversation(exchange) or self._has_terminal_event(exchange)

    def _has_terminal_event(self, exchange: ResponseTap) -> bool:
        """Whether its terminal event is there."""
        arguments = (*_kind(exchange.flow.response), _call(exchange.flow))
        return (
            exchange.written is not None
            or exchange.is_open_ended
            or body_jobs.has_terminal_event(self._redactor, [exchange.chunks], *arguments)[0]
        )

    async def _has_terminal_event_async(self, exchange: ResponseTap) -> bool:
        """The same, off the loop where it may take long."""
        content_type, coding = _kind(exchange.flow.response)
        if exchange.is_open_ended:
            return True
        if exchange.is_too_large or media_type(content_type) not in SPLITTERS:
            return False
        try:
            arguments = ([exchange.chunks], content_type, coding, _call(exchange.flow))
            saw, _ = await self._workers.run(body_jobs.has_terminal_event, self._redactor, *arguments)
        except WorkerError:
            return False
        return saw

    @staticmethod
    def entry(recorded: Recorded, outcome: Outcome, interaction: int | None = None) -> ExchangeResult:
        """Returns what a report says of an exchange that was finished."""
        request, response, timing = recorded.interaction.request, recorded.interaction.response, recorded.timing
        return ExchangeResult(
            outcome=outcome,
            method=request.method,
            url=request.url,
            start=timing.start,
            seconds=timing.end / 1000,
            interaction=interaction,
            status=response.code,
            size=recorded.size,
            chunks=recorded.chunks,
        )

    def _count_failure(self, exchange: ResponseTap, outcome: Outcome, reason: str) -> None:
        flow = exchange.flow
        self._stats.add(
            ExchangeResult(
                outcome=outcome,
                method=method_of(flow),
                url=self._redactor.url(url_of(flow) if method_of(flow) != "CONNECT" else connect_url(flow)),
                start=exchange.started_at,
                seconds=time.time() - exchange.started_at / 1000,
                status=flow.response.status_code if flow.response else None,
                size=exchange.size,
                chunks=exchange.chunk_count,
                reason=self._redactor.text(reason),
            )
        )

    def _name(self, flow: http.HTTPFlow) -> str:
        """Method and URL without its query, for a log line."""
        return log_name(method_of(flow), self._redactor.url(url_of(flow)).partition("?")[0])


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


def _kind(response: http.Response | None) -> tuple[str | None, str]:
    """Content type and coding."""
    assert response is not None
    return header(response, b"content-type"), header(response, b"content-encoding") or ""


def _call(flow: http.HTTPFlow) -> JsonRpcCall | None:
    """What the request of a stream calls, where it speaks JSON-RPC."""
    return call_in(flow.request.raw_content or b"")
