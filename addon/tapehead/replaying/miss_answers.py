"""What is answered where nothing recorded answers: why none does, in an error that no SDK retries; put down, and in the log.

Knows what was asked and what was looked for. Does not look for anything.
"""

import logging
import time
from collections.abc import Sequence
from functools import partial

from mitmproxy import http

from tapehead.cassette.failures import missing_file
from tapehead.cassette.model import Interaction, Request
from tapehead.exchange.config import Config
from tapehead.exchange.error_responses import excused_response, miss_response
from tapehead.exchange.flows import log_name
from tapehead.exchange.outcomes import ExchangeResult, Outcome, RunStats
from tapehead.exchange.workers import INLINE_LIMIT, WorkerPool
from tapehead.explain.explainer import explain_miss
from tapehead.explain.explanation import Explanation
from tapehead.matching.index import Index
from tapehead.matching.live import LiveRequest
from tapehead.matching.miss import Miss
from tapehead.matching.normalize import normalize_for_comparison
from tapehead.redact.redactor import Redactor
from tapehead.replaying.miss_report import MissReport

logger = logging.getLogger(__name__)

_TOLD_AT_LENGTH = 10  # misses: what follows is mostly more of the same
_EXCUSED = "cassette_passthrough says that it does not matter, and replay makes no connection"
_FEW = 100  # interactions that a miss is compared with at once


class MissAnswers:
    """Answers so for one session."""

    def __init__(
        self,
        config: Config,
        index: Index,
        redactor: Redactor,
        stats: RunStats,
        workers: WorkerPool,
        report: MissReport | None,
        hint: str,
    ) -> None:
        """Takes what it works with. The `hint` is said with each miss."""
        self.config = config
        self._missing = missing_file(config.path) if config.failures else None
        self._index = index
        self._redactor = redactor
        self._stats = stats
        self._workers = workers
        self._report = report
        self._hint = hint

    def __repr__(self) -> str:
        return f"<MissAnswers {self._stats.counts[Outcome.MISSED]} so far>"

    async def miss(
        self,
        flow: http.HTTPFlow,
        asked: LiveRequest,
        miss: Miss,
        *,
        among: Sequence[Interaction] | None = None,
        lead: str = "",
        was_replayed: bool = False,
    ) -> str:
        """Answers with the reason why nothing answers, puts it down, and returns it.

        `among`: the interactions that are compared, if not all; `lead` is said first; `was_replayed`: its answer had begun.
        """
        request = asked.redacted
        why = await self._explain(request, miss, self._index.interactions if among is None else among)
        why = why.for_who(self.config.started_by)
        advice = "; ".join([*(each.line for each in why.advice), *([self._hint] if self._hint else [])])
        missing = f"; {self._missing}, which says what failed or was cut, is not there" if self._missing else ""
        if was_replayed:
            self._stats.counts[Outcome.REPLAYED] -= 1
        said = f"{lead}; {why.headline}" if lead else why.headline
        if self._report:
            self._report.write(why)
        return self.refuse(flow, request, f"{said}{missing}. What to do: {advice}", why)

    def excuse(self, flow: http.HTTPFlow, request: Request) -> None:
        """Answers that nothing answers what does not matter: that is no miss."""
        name = log_name(request.method, request.url.partition("?")[0])
        message = self._redactor.text(f"tapehead: {name}: {_EXCUSED}")
        flow.response = excused_response(flow.request, message)
        self._count(flow, request, Outcome.EXCUSED, message)
        logger.info("excused %s: cassette_passthrough", name)

    async def _explain(self, request: Request, miss: Miss, every: Sequence[Interaction]) -> Explanation:
        explain = partial(explain_miss, normal=partial(normalize_for_comparison, rules=self.config.rules))
        if len(request.body) <= INLINE_LIMIT and len(every) <= _FEW:
            return explain(request, miss, every)
        return await self._workers.in_thread(explain, request, miss, tuple(every))

    def refuse(self, flow: http.HTTPFlow, request: Request, reason: str, explanation: Explanation | None = None) -> str:
        """Answers with an error that no SDK retries, and returns what it says. The log has the details as well."""
        name = log_name(request.method, request.url)
        message = self._redactor.text(f"tapehead: no interaction in {self.config.path} answers {name}: {reason}.")
        flow.response = miss_response(flow.request, message)
        details = explanation.lines() if explanation else ()
        self._count(flow, request, Outcome.MISSED, message, explanation)
        is_short = self._stats.counts[Outcome.MISSED] > _TOLD_AT_LENGTH
        said = () if is_short or (explanation and _said_already(explanation)) else details
        logger.warning("%s", "\n    ".join([message, *map(self._redactor.text, said)]))
        return message

    def _count(
        self,
        flow: http.HTTPFlow,
        request: Request,
        outcome: Outcome,
        message: str,
        explanation: Explanation | None = None,
    ) -> None:
        self._stats.add(
            ExchangeResult(
                outcome=outcome,
                method=request.method,
                url=request.url,
                start=(flow.request.timestamp_start or time.time()) * 1000,
                status=flow.response.status_code if flow.response else None,
                reason=message,
                details=explanation.lines() if explanation else (),
                explanation=explanation.to_json() if explanation else None,
            )
        )


def _said_already(why: Explanation) -> bool:
    """Whether the headline is all there is to say."""
    return len(why.near) <= 1 and sum(each.count for each in why.near) <= 1
