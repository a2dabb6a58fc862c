"""What failed or was cut, recorded: the kind of it, its line in the file of failures, and its place in the counts.

Knows when a client saw the head of an answer. That an exchange has failed is told by `recorder`; when a failure is on disk
its client hears of it.
"""

import logging
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType

from mitmproxy import http

from tapehead.cassette.errors import CassetteError, InteractionRefusedError
from tapehead.cassette.failure_writer import FailureWriter
from tapehead.cassette.failures import Cause, Failure, FailureKind, dump_line
from tapehead.cassette.model import Request, Response
from tapehead.cassette.timing import Timing, digest
from tapehead.exchange.failure_jobs import RenderedFailure, find_leak
from tapehead.exchange.flows import connect_url, log_name, method_of, url_of
from tapehead.exchange.outcomes import Outcome
from tapehead.exchange.workers import WorkerError, WorkerPool
from tapehead.mitm.stream_tap import UPSTREAM_FAILED
from tapehead.recording.failure_kinds import kind_before_the_head
from tapehead.recording.renderer import Renderer
from tapehead.recording.response_tap import MAX_BODY, ResponseTap
from tapehead.redact.redactor import Redactor
from tapehead.text.escape import for_log

logger = logging.getLogger(__name__)

type _Count = Callable[[ResponseTap, Outcome, str], None]

CONNECT_FAILED = "CONNECT_FAILED"
_WORDS: Mapping[FailureKind, str] = MappingProxyType(
    {FailureKind.CUT_BY_SERVER: "cut by its server", FailureKind.CUT_BY_CLIENT: "cut by its client"}
)


class FailureRecorder:
    """Records the exchanges of one cassette that failed or were cut."""

    def __init__(
        self,
        writer: FailureWriter | None,
        redactor: Redactor,
        workers: WorkerPool,
        renderer: Renderer,
        count: _Count,
    ) -> None:
        """Takes what it works with; `count` is told each. Without a `writer` they are counted and left out."""
        self._writer = writer
        self._redactor = redactor
        self._workers = workers
        self._renderer = renderer
        self._count = count

    def __repr__(self) -> str:
        return f"<FailureRecorder {self._writer!r}>"

    async def record(self, exchange: ResponseTap) -> None:
        """Records an exchange that failed or was cut. It is on disk when this returns."""
        if not self._is_kept(exchange):
            return
        cause, has_head = cause_of(exchange), _has_head(exchange)
        try:
            rendered, line = await self._renderer.render_failure_async(exchange, cause, has_head=has_head)
            await self._workers.in_thread(self._write, rendered, line)
        except Exception as e:  # what cannot be redacted is not written, and not lost in silence
            self._lost(exchange, e, cause)
        else:
            self._recorded(exchange, cause)

    def record_now(self, exchange: ResponseTap) -> None:
        """Records an exchange that is under way when the run ends."""
        if not self._is_kept(exchange):
            return
        cause = Cause(kind=FailureKind.CUT_BY_CLIENT, reason="the run ended before it did")
        try:
            self._write(*self._renderer.render_failure(exchange, cause, has_head=_has_head(exchange)))
        except Exception as e:  # likewise
            self._lost(exchange, e, cause)
        else:
            self._recorded(exchange, cause)

    async def record_tunnel(self, flow: http.HTTPFlow, exchange: ResponseTap, reason: str) -> None:
        """Records a tunnel that could not be made: the client was told so, and never asked what it wanted to."""
        cause = Cause(
            kind=kind_before_the_head(reason, CONNECT_FAILED), reason=self._redactor.text(reason), error=CONNECT_FAILED
        )
        if self._writer is None:
            self._left_out(exchange, cause)
            return
        told = flow.response.raw_content or b"" if flow.response else b""
        body = self._redactor.text(told.decode(errors="surrogateescape")).encode(errors="surrogateescape")
        took = (time.monotonic_ns() - exchange.request_sent) / 1_000_000
        failure = Failure(
            cause=cause,
            request=Request(method="CONNECT", url=self._redactor.url(connect_url(flow))),
            response=Response(code=flow.response.status_code if flow.response else 502, status="", body=body),
            timing=Timing(
                id=0,
                sha256=digest(body),
                start=exchange.started_at,
                headers=took,
                end=took,
                chunks=((took, len(body)),) if body else (),
            ),
        )
        line = dump_line(failure)
        try:
            if refused := find_leak(self._redactor, line, failure.as_interaction(0)):
                raise _refused(self._writer, refused)
            await self._workers.in_thread(self._writer.append, line)
        except CassetteError as e:
            self._lost(exchange, e, cause)
        else:
            self._recorded(exchange, cause)

    def _is_kept(self, exchange: ResponseTap) -> bool:
        """Whether there is something to write, and where to. What is not is counted."""
        cause = cause_of(exchange)
        if self._writer is None:
            self._left_out(exchange, cause)
            return False
        if exchange.is_too_large:
            reason = f"{cause.reason}; too large: {exchange.size} bytes of its body came, more than {MAX_BODY}"
            self._count(exchange, Outcome.LOST, reason)
            logger.error("NOT RECORDED: %s: %s", self._name(exchange), for_log(reason))
            return False
        return True

    def _write(self, rendered: RenderedFailure, line: bytes) -> None:
        assert self._writer
        if rendered.refused:
            raise _refused(self._writer, rendered.refused)
        self._writer.append(line)

    def _recorded(self, exchange: ResponseTap, cause: Cause) -> None:
        self._count(exchange, _outcome(cause), cause.reason)
        logger.warning("%s: %s: %s", _told(cause), self._name(exchange), for_log(cause.reason))

    def _left_out(self, exchange: ResponseTap, cause: Cause) -> None:
        self._count(exchange, _outcome(cause), cause.reason)
        logger.warning("%s, and left out: %s: %s", _told(cause), self._name(exchange), for_log(cause.reason))

    def _lost(self, exchange: ResponseTap, error: Exception, cause: Cause) -> None:
        is_told = isinstance(error, CassetteError | WorkerError)
        lost = is_told and not isinstance(error, InteractionRefusedError)
        why = str(error) if is_told else type(error).__name__
        self._count(exchange, Outcome.LOST if lost else Outcome.REFUSED, f"{cause.reason}; {why}")
        logger.error("NOT RECORDED: %s: %s; %s", self._name(exchange), for_log(cause.reason), why)

    def _name(self, exchange: ResponseTap) -> str:
        flow = exchange.flow
        url = connect_url(flow) if method_of(flow) == "CONNECT" else url_of(flow)
        return log_name(method_of(flow), self._redactor.url(url).partition("?")[0])


def cause_of(exchange: ResponseTap) -> Cause:
    """Returns what went wrong with an exchange whose flow has an error."""
    flow = exchange.flow
    reason = flow.error.msg if flow.error else "it broke off"
    if UPSTREAM_FAILED not in flow.metadata:
        return Cause(kind=FailureKind.CUT_BY_CLIENT, reason=reason)
    error = str(flow.metadata[UPSTREAM_FAILED])
    kind = FailureKind.CUT_BY_SERVER if _has_head(exchange) else kind_before_the_head(reason, error)
    return Cause(kind=kind, reason=reason, error=error)


def _has_head(exchange: ResponseTap) -> bool:
    """Whether the client saw the head: an answer that is not streamed is held until it is whole."""
    return bool(exchange.headers_received and exchange.flow.response and exchange.flow.response.stream is exchange)


def _outcome(cause: Cause) -> Outcome:
    return Outcome.CUT if cause.kind.is_cut else Outcome.FAILED


def _told(cause: Cause) -> str:
    return _WORDS.get(cause.kind) or f"failed ({cause.kind.value})"


def _refused(writer: FailureWriter, found: str) -> InteractionRefusedError:
    return InteractionRefusedError(file=str(writer.path), found=found, expected="none in what is written")
