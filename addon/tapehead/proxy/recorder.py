"""Hooks that record: a tee on each response, and one interaction when its exchange is finished.

Finished is what ended, and a stream whose terminal event was seen before its client left. What breaks off otherwise is
partial: counted and named, never written. Nothing is held up: the tee notes bytes and times, and the client sees an
exchange's end once it is on disk.
"""

import logging
import time
from dataclasses import dataclass, field, replace

from mitmproxy import http

from tapehead.cassette.errors import CassetteError
from tapehead.cassette.model import Interaction
from tapehead.cassette.store import Recorded
from tapehead.cassette.timing import Timing, digest
from tapehead.llm.last_words import LastWords, watch
from tapehead.llm.terminal import stream_finished
from tapehead.proxy.appender import Appender, RefusedError
from tapehead.proxy.flows import announced_length, header_pairs, log_name, printable, request_of, response_of, url_of
from tapehead.proxy.options import Config
from tapehead.proxy.refusals import trouble_response
from tapehead.proxy.rounds import came
from tapehead.proxy.tally import Entry, Outcome, Tally
from tapehead.redact.interaction import Redactor
from tapehead.wire.coding import CodingError, decode
from tapehead.wire.headers import media_type
from tapehead.wire.split import SPLITTERS

logger = logging.getLogger(__name__)

_MS = 1_000_000  # nanoseconds
_LONGEST_HELD = 1024 * 1024  # bytes


@dataclass(slots=True)
class _Exchange:
    """One exchange under way: what came, and when (monotonic nanoseconds)."""

    flow: http.HTTPFlow
    started: float
    """Milliseconds since 1970."""
    requested: int
    headed: int = 0
    chunks: list[bytes] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    missing: int = 0
    """Bytes until the Content-Length is reached; 0 when there is none."""
    watch: LastWords | None = None
    """Of a stream: its terminal event is looked for as it comes."""
    held: tuple[bytes, ...] = ()
    """The chunk that completes the Content-Length: a client sees the end by it, so it is sent once we are on disk."""
    last_words: tuple[bytes, ...] = ()
    """Likewise the chunk with the terminal event: a client may leave there. With it what came after and says nothing."""
    ended: bool = False

    @property
    def may_go_on(self) -> bool:
        """Whether more may follow the last words that are held: then they are not yet to be recorded."""
        return self.watch is not None and self.watch.may_go_on

    def __call__(self, chunk: bytes) -> bytes | tuple[bytes, ...]:
        """mitmproxy's stream callable: gets each chunk, still content-coded; b"" at the end, and for an empty frame."""
        if not chunk:
            return ()  # an empty chunk in mid-stream would end a chunked HTTP/1.1 body
        self.times.append(time.monotonic_ns())
        self.chunks.append(chunk)
        said_last = self.watch is not None and self._said_last(chunk)
        if self.missing:
            self.missing -= len(chunk)
            if self.missing <= 0:
                self.held, self.last_words = (*self.last_words, chunk), ()
                return ()
        if said_last:
            self.last_words += (chunk,)
            return ()
        if self.last_words:  # it went on
            went_on, self.last_words = (*self.last_words, chunk), ()
            return went_on
        return chunk

    def _said_last(self, chunk: bytes) -> bool:
        """Whether the stream's terminal event has come, and nothing since."""
        assert self.watch
        try:
            return self.watch.feed(chunk) is not None
        except CodingError:
            self.watch = None
            return False


class Recorder:
    """Records the flows that it is given."""

    def __init__(self, config: Config, appender: Appender, redactor: Redactor, tally: Tally) -> None:
        self.config = config
        self._redactor = redactor
        self._appender = appender
        self._tally = tally
        self._exchanges: dict[str, _Exchange] = {}
        self.closed = False

    def request(self, flow: http.HTTPFlow) -> None:
        """The request is complete and goes upstream now."""
        started = (flow.request.timestamp_start or time.time()) * 1000
        self._redactor.see(header_pairs(flow.request.headers), flow.request.path)
        self._exchanges[flow.id] = _Exchange(flow, started, int(came(flow) * 1000 * _MS))

    def turn_away(self, flow: http.HTTPFlow, reason: str) -> None:
        """Answers a request that could not be recorded: it does not go upstream."""
        flow.response = trouble_response(flow.request, f"tapehead: {reason}")
        exchange = _Exchange(flow, (flow.request.timestamp_start or time.time()) * 1000, time.monotonic_ns())
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
            headers = flow.response.headers
            exchange.watch = watch(headers.get("content-type"), headers.get("content-encoding", ""))
            flow.response.stream = exchange
        return True

    async def response(self, flow: http.HTTPFlow) -> Interaction | None:
        """The response ended: recorded when this returns."""
        exchange = self._exchanges.pop(flow.id, None)
        if exchange is None:
            return None
        if flow.response is not None and flow.response.raw_content:  # it was held, not streamed
            exchange(flow.response.raw_content)
        exchange.ended = True
        return await self._record(exchange)

    async def terminal_event(self, flow: http.HTTPFlow) -> Interaction | None:
        """The stream said its last, and its client is about to see it: recorded when this returns."""
        exchange = self._exchanges.pop(flow.id, None)
        if exchange is None:
            return None
        exchange.watch = None  # what may still come passes
        return await self._record(exchange)

    async def error(self, flow: http.HTTPFlow) -> Interaction | None:
        """The exchange broke off. It is finished all the same when its stream's terminal event had come."""
        exchange = self._exchanges.pop(flow.id, None)
        if exchange is None:
            return None
        if exchange.headed and _saw_terminal_event(exchange):
            return await self._record(exchange)
        reason = printable(flow.error.msg) if flow.error else "it broke off"  # an origin's words may be in it
        self._trouble(exchange, Outcome.PARTIAL, reason)
        logger.warning("not recorded (partial): %s: %s", self._name(flow), reason)
        return None

    def in_flight(self) -> list[tuple[int, int]]:
        """Bytes and chunks so far of each response under way."""
        return [(sum(map(len, each.chunks)), len(each.chunks)) for each in self._exchanges.values()]

    def finished(self) -> list[Recorded]:
        """The exchanges under way whose stream's terminal event was seen, for a run that ends here; they are let go."""
        self.closed = True
        every = [each for each in self._exchanges.values() if each.headed and _saw_terminal_event(each)]
        return [self._recorded(self._exchanges.pop(each.flow.id)) for each in every]

    def _recorded(self, exchange: _Exchange) -> Recorded:
        ended = time.monotonic_ns()
        config, flow, redactor = self.config, exchange.flow, self._redactor
        if flow.response is not None:
            redactor.see(header_pairs(flow.response.headers), "")
        response, sizes = redactor.response(
            *response_of(
                flow, exchange.chunks, config.headers, exchange.headed - exchange.requested, whole=exchange.ended
            )
        )
        request = request_of(flow, config.headers, host_is_authority=config.host_is_authority)
        interaction = Interaction(id=0, request=redactor.request(request), response=response)
        timing = Timing(
            id=0,
            sha256=digest(response.body),
            start=exchange.started,
            headers=(exchange.headed - exchange.requested) / _MS,
            end=(ended - exchange.requested) / _MS,
            chunks=tuple(
                ((at - exchange.requested) / _MS, size) for at, size in zip(exchange.times, sizes, strict=True) if size
            ),
        )
        return Recorded(interaction=interaction, timing=timing)

    async def _record(self, exchange: _Exchange) -> Interaction | None:
        flow = exchange.flow
        try:
            recorded = self._recorded(exchange)
            written = await self._appender.append(recorded)
        except CassetteError as e:
            self._trouble(exchange, Outcome.LOST, str(e))
            logger.error("NOT RECORDED: %s: %s", self._name(flow), e)
            return None
        except Exception as e:  # what cannot be redacted is not written, and not lost in silence
            reason = str(e) if isinstance(e, RefusedError) else type(e).__name__
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
            len(written.response.body),
            len(recorded.timing.chunks),
            recorded.timing.end / 1000,
        )
        if not self.closed:  # then the file itself is counted
            self._tally.add(self.entry(replace(recorded, interaction=written), Outcome.RECORDED, written.id))
        return written

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
            size=len(response.body),
            chunks=len(timing.chunks),
        )

    def _trouble(self, exchange: _Exchange, outcome: Outcome, reason: str) -> None:
        flow = exchange.flow
        self._tally.add(
            Entry(
                outcome=outcome,
                method=flow.request.method,
                url=self._redactor.url(url_of(flow)),
                start=exchange.started,
                seconds=time.time() - exchange.started / 1000,
                status=flow.response.status_code if flow.response else None,
                size=sum(map(len, exchange.chunks)),
                chunks=len(exchange.chunks),
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
        and media_type(response.headers.get("content-type")) not in SPLITTERS
        and (announced_length(response) or 0) <= _LONGEST_HELD
    )


def _saw_terminal_event(exchange: _Exchange) -> bool:
    response = exchange.flow.response
    assert response is not None
    coding = response.headers.get("content-encoding", "")
    try:
        body = b"".join(decode(exchange.chunks, coding, whole=False) if coding else exchange.chunks)
    except CodingError:
        return False
    return stream_finished(response.headers.get("content-type"), body)
