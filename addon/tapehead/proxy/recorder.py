"""Hooks that record: a tee on each response, and one interaction when its exchange is finished.

Finished is what ended, and a stream whose terminal event was seen before its client left. What breaks off otherwise is
partial: counted and named, never written. Nothing is held up: the tee notes bytes and times, and the client sees an
exchange's end once it is on disk.
"""

import logging
import time
from dataclasses import replace
from typing import NamedTuple

from mitmproxy import http

from tapehead.cassette.errors import CassetteError
from tapehead.cassette.model import Interaction
from tapehead.cassette.store import Recorded
from tapehead.llm.last_words import watch
from tapehead.llm.printable import for_log
from tapehead.matching.rules import Rules
from tapehead.proxy import drafts
from tapehead.proxy.appender import Appender, RefusedError
from tapehead.proxy.drafts import Draft
from tapehead.proxy.flows import announced_length, header, header_pairs, log_name, request_of, response_of, url_of
from tapehead.proxy.offload import Offload, OffloadError
from tapehead.proxy.options import Config
from tapehead.proxy.pacing import UPSTREAM_FAILED
from tapehead.proxy.refusals import trouble_response
from tapehead.proxy.rounds import came
from tapehead.proxy.tally import Entry, Outcome, Tally
from tapehead.proxy.tee import KEPT, Exchange
from tapehead.redact.interaction import Redactor
from tapehead.wire.headers import media_type
from tapehead.wire.split import SPLITTERS

logger = logging.getLogger(__name__)

_MS = 1_000_000  # nanoseconds
_LONGEST_HELD = 1024 * 1024  # bytes


class Added(NamedTuple):
    """What was recorded, for an index; its key, if it is known."""

    interaction: Interaction
    key: bytes | None


class Recorder:
    """Records the flows that it is given."""

    def __init__(
        self,
        config: Config,
        appender: Appender,
        redactor: Redactor,
        tally: Tally,
        offload: Offload,
        *,
        rules: Rules | None = None,
    ) -> None:
        """`rules`: those of the index that is told what is recorded, if there is one."""
        self.config = config
        self._offload = offload
        self._rules = rules
        self._redactor = redactor
        self._appender = appender
        self._tally = tally
        self._exchanges: dict[str, Exchange] = {}
        self.closed = False

    def request(self, flow: http.HTTPFlow) -> None:
        """The request is complete and goes upstream now."""
        started = (flow.request.timestamp_start or time.time()) * 1000
        self._redactor.see(header_pairs(flow.request.headers), flow.request.path)
        self._exchanges[flow.id] = Exchange(flow, started, int(came(flow) * 1000 * _MS))

    def turn_away(self, flow: http.HTTPFlow, reason: str) -> None:
        """Answers a request that could not be recorded: it does not go upstream."""
        flow.response = trouble_response(flow.request, f"tapehead: {reason}")
        exchange = Exchange(flow, (flow.request.timestamp_start or time.time()) * 1000, time.monotonic_ns())
        self._trouble(exchange, Outcome.TURNED_AWAY, reason)
        logger.error("NOT RECORDED: %s: %s", self._name(flow), reason)

    def responseheaders(self, flow: http.HTTPFlow) -> bool:
        """The response's head is there. False when this flow is not being recorded."""
        exchange = self._exchanges.get(flow.id)
        if exchange is None or flow.response is None:
            return False
        exchange.headed = time.monotonic_ns()
        if flow.response.status_code == 101:
            del self._exchanges[flow.id]
            self._trouble(exchange, Outcome.NOT_RECORDABLE, "a WebSocket")
            logger.warning("not recordable (WebSocket): %s", self._name(flow))
        elif not _is_error_to_hold(flow.response):
            exchange.missing = announced_length(flow.response) or 0
            exchange.watch = watch(*_kind(flow.response))
            flow.response.stream = exchange
        return True

    async def response(self, flow: http.HTTPFlow) -> Added | None:
        """The response ended: recorded when this returns."""
        exchange = self._exchanges.pop(flow.id, None)
        if exchange is None:
            return None
        if flow.response is not None and flow.response.raw_content:  # it was held, not streamed
            exchange(flow.response.raw_content)
        exchange.ended = True
        return await self._record(exchange)

    async def terminal_event(self, flow: http.HTTPFlow) -> Added | None:
        """The stream said its last, and its client is about to see it: recorded when this returns."""
        exchange = self._exchanges.pop(flow.id, None)
        if exchange is None:
            return None
        exchange.watch = None  # what may still come passes
        return await self._record(exchange)

    async def error(self, flow: http.HTTPFlow) -> Added | None:
        """The exchange broke off. It is finished all the same when its stream's terminal event had come."""
        exchange = self._exchanges.pop(flow.id, None)
        if exchange is None:
            return None
        if exchange.headed and await self._saw_terminal_event(exchange):
            return await self._record(exchange)
        # an origin's words may be in it
        reason = for_log(flow.error.msg) if flow.error else "it broke off"
        if UPSTREAM_FAILED in flow.metadata and not exchange.headed and not self.closed:
            self._trouble(exchange, Outcome.FAILED, reason)
            logger.error("NOT RECORDED: %s: %s", self._name(flow), reason)
        else:
            self._partial(exchange, reason)
        return None

    def in_flight(self) -> list[tuple[int, int]]:
        """Bytes and chunks so far of each response under way."""
        return [(each.size, each.arrivals) for each in self._exchanges.values()]

    def finished(self) -> list[Recorded]:
        """The exchanges under way whose stream's terminal event was seen, for a run that ends here; they are let go."""
        self.closed = True
        every = [each for each in self._exchanges.values() if each.headed and self._ended_well(each)]
        return [self._recorded(self._exchanges.pop(each.flow.id)) for each in every]

    def _draft(self, exchange: Exchange) -> Draft:
        config, flow, redactor = self.config, exchange.flow, self._redactor
        if flow.response is not None:
            redactor.see(header_pairs(flow.response.headers), "")
        duration = exchange.headed - exchange.requested
        return Draft(
            request=request_of(flow, config.headers, host_is_authority=config.host_is_authority),
            response=response_of(flow, config.headers, duration, is_empty=not exchange.chunks),
            start=exchange.started,
            requested=exchange.requested,
            headed=exchange.headed,
            ended=time.monotonic_ns(),
            times=exchange.times,
            whole=exchange.ended,
        )

    def _recorded(self, exchange: Exchange) -> Recorded:
        body = exchange.flow.request.raw_content or b""
        interaction, timing = drafts.finish(self._redactor, self._draft(exchange), body, exchange.chunks)
        return Recorded(interaction=interaction, timing=timing)

    async def _written(self, exchange: Exchange) -> tuple[Recorded, bytes | None]:
        """As `_recorded`, with its text, and what is large off the loop; and the key, where there is an index."""
        bodies = ([exchange.flow.request.raw_content or b""], exchange.chunks)
        draft, dialect = self._draft(exchange), self._appender.store.dialect
        written, texts = await self._offload.run(drafts.write, self._redactor, bodies, draft, dialect, self._rules)
        exchange.chunks = []
        return drafts.recorded(written, texts), written.key

    async def _record(self, exchange: Exchange) -> Added | None:
        flow = exchange.flow
        if exchange.is_too_large:
            self._partial(exchange, f"too large: its body has {exchange.size} bytes, more than {KEPT}")
            return None
        try:
            recorded, key = await self._written(exchange)
            written = await self._appender.append(recorded)
        except CassetteError as e:
            self._trouble(exchange, Outcome.LOST, str(e))
            logger.error("NOT RECORDED: %s: %s", self._name(flow), e)
            return None
        except Exception as e:  # what cannot be redacted is not written, and not lost in silence
            reason = str(e) if isinstance(e, RefusedError | OffloadError) else type(e).__name__
            self._trouble(exchange, Outcome.REFUSED, reason)
            logger.error("NOT RECORDED: %s: %s", self._name(flow), reason)
            return None
        if written is None:  # closed: the client is not to see an end that is on no disk
            logger.warning("not recorded (the run has ended): %s", self._name(flow))
            if flow.killable:
                flow.kill()
            return None
        logger.info(
            "recorded %d %s %d, %d bytes, %d chunks, %.3f s",
            written.id,
            self._name(flow),
            written.response.code,
            recorded.size,
            recorded.chunks,
            recorded.timing.end / 1000,
        )
        if not self.closed:  # then the file itself is counted
            self._tally.add(self.entry(replace(recorded, interaction=written), Outcome.RECORDED, written.id))
        return Added(written, key)

    def _ended_well(self, exchange: Exchange) -> bool:
        """Whether its terminal event is there."""
        content_type, coding = _kind(exchange.flow.response)
        return drafts.said_its_last(self._redactor, [exchange.chunks], content_type, coding)[0]

    async def _saw_terminal_event(self, exchange: Exchange) -> bool:
        """The same, off the loop where it may take long."""
        content_type, coding = _kind(exchange.flow.response)
        if exchange.is_too_large or media_type(content_type) not in SPLITTERS:
            return False
        try:
            arguments = ([exchange.chunks], content_type, coding)
            saw, _ = await self._offload.run(drafts.said_its_last, self._redactor, *arguments)
        except OffloadError:
            return False
        return saw

    @staticmethod
    def entry(recorded: Recorded, outcome: Outcome, interaction: int | None = None) -> Entry:
        """What a report says of an exchange that was finished."""
        request, response, timing = recorded.interaction.request, recorded.interaction.response, recorded.timing
        return Entry(
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

    def _partial(self, exchange: Exchange, reason: str) -> None:
        self._trouble(exchange, Outcome.PARTIAL, reason)
        logger.warning("not recorded (partial): %s: %s", self._name(exchange.flow), reason)

    def _trouble(self, exchange: Exchange, outcome: Outcome, reason: str) -> None:
        flow = exchange.flow
        self._tally.add(
            Entry(
                outcome=outcome,
                method=flow.request.method,
                url=self._redactor.url(url_of(flow)),
                start=exchange.started,
                seconds=time.time() - exchange.started / 1000,
                status=flow.response.status_code if flow.response else None,
                size=exchange.size,
                chunks=exchange.arrivals,
                reason=self._redactor.text(reason),
            )
        )

    def _name(self, flow: http.HTTPFlow) -> str:
        """Method and URL without its query, for a log line."""
        return log_name(flow.request.method, self._redactor.url(url_of(flow)).partition("?")[0])


def _is_error_to_hold(response: http.Response) -> bool:
    """Whether this is an error that is passed on whole.

    The OpenAI SDK closes at the head of an error when it asked for a stream: what had not come by then would be lost,
    and with it the 429 that a retry in replay begins with. A long error, or one that is a stream, is not held.
    """
    return (
        response.status_code >= 400
        and media_type(header(response, b"content-type")) not in SPLITTERS
        and (announced_length(response) or 0) <= _LONGEST_HELD
    )


def _kind(response: http.Response | None) -> tuple[str | None, str]:
    """Content type and coding."""
    assert response is not None
    return header(response, b"content-type"), header(response, b"content-encoding") or ""
