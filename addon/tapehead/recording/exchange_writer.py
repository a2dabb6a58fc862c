"""What becomes of an exchange that is over: it is rendered, written, counted and said; or refused, and that is said.

Does not know when an exchange is over. What broke off is `failure_recorder`'s.
"""

import logging
import time
from dataclasses import replace
from typing import NamedTuple

from mitmproxy import http

from tapehead.cassette.errors import CassetteError
from tapehead.cassette.model import Interaction
from tapehead.cassette.store import Recorded
from tapehead.exchange.config import Config
from tapehead.exchange.flows import connect_url, dropped_names, key_refusal_of, log_name, method_of, url_of
from tapehead.exchange.outcomes import ExchangeResult, Outcome, RunStats
from tapehead.exchange.workers import WorkerError
from tapehead.recording.renderer import Renderer
from tapehead.recording.response_tap import MAX_BODY, ResponseTap
from tapehead.recording.write_queue import WriteQueue, WriteRefusedError
from tapehead.redact.redactor import Redactor

logger = logging.getLogger(__name__)


class AddedInteraction(NamedTuple):
    """What was recorded, for an index; its key, if it is known."""

    interaction: Interaction
    key: bytes | None
    replaces: bool = False
    """Whether it is one that was told before, and is longer now."""


class ExchangeWriter:
    """Writes those of one session."""

    def __init__(self, queue: WriteQueue, redactor: Redactor, stats: RunStats, renderer: Renderer) -> None:
        """Takes what it works with."""
        self._queue = queue
        self._redactor = redactor
        self._stats = stats
        self._renderer = renderer

    def __repr__(self) -> str:
        return f"<ExchangeWriter {self._queue!r}>"

    async def write(self, exchange: ResponseTap, config: Config, *, is_last: bool) -> AddedInteraction | None:
        """Writes one, and returns it once it is on disk; None when it is not, which is counted and said.

        `is_last`: the run ends, and what is recorded is counted in the file.
        """
        flow = exchange.flow
        is_more = exchange.written is not None
        if exchange.is_too_large:
            reason = f"too large: its body has {exchange.size} bytes, for which there is no room (at most {MAX_BODY})"
            self.count_failure(exchange, Outcome.LOST, reason)
            logger.error("NOT RECORDED: %s: %s", self.name(flow), reason)
            return None
        key_refusal = key_refusal_of(flow.response)
        if config.drop_refused and key_refusal:
            self._stats.key_refusals[key_refusal.status] += 1
            logger.warning("not recorded (cassette_drop_refused): %s %d", self.name(flow), key_refusal.status)
            return None
        try:
            recorded, key = await self._renderer.render_async(exchange)
            if exchange.complete:
                exchange.chunks = []
            written = await self._queue.append(recorded)
        except CassetteError as e:
            self.count_failure(exchange, Outcome.LOST, str(e))
            logger.error("NOT RECORDED: %s: %s", self.name(flow), e)
            return None
        except Exception as e:  # what cannot be redacted is not written, and not lost in silence
            reason = str(e) if isinstance(e, WriteRefusedError | WorkerError) else type(e).__name__
            self.count_failure(exchange, Outcome.REFUSED, reason)
            logger.error("NOT RECORDED: %s: %s", self.name(flow), reason)
            return None
        if written is None:  # closed: the client is not to see an end that is on no disk
            logger.warning("not recorded (the run has ended): %s", self.name(flow))
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
            self._stats.dropped_headers.update(dropped_names(flow, config.headers))
        if not is_last and not is_more:  # then the file itself is counted
            entry = self.entry(recorded, Outcome.RECORDED, written.id)
            self._stats.add(replace(entry, key_refusal=key_refusal) if key_refusal else entry)
        return AddedInteraction(written, key, is_more)

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

    def count_failure(self, exchange: ResponseTap, outcome: Outcome, reason: str) -> None:
        """Puts down what became of an exchange that is not among the interactions."""
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

    def name(self, flow: http.HTTPFlow) -> str:
        """Returns method and URL without its query, for a log line."""
        return log_name(method_of(flow), self._redactor.url(url_of(flow)).partition("?")[0])
