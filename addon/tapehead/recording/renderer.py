"""What is written of an exchange that has ended: redacted, numbered, as text, and nothing that was learned meanwhile in it.

A value may be learned, or a number given away, while a text is made in another process: then it is made once more. Does
not know when an exchange has ended, nor how its text gets to the disk.
"""

import time
from dataclasses import replace
from functools import partial

from mitmproxy import http

from tapehead.cassette.dialect import Dialect
from tapehead.cassette.failures import Cause
from tapehead.cassette.frame_order import ORDER_HEADER
from tapehead.cassette.model import Interaction, Request
from tapehead.cassette.store import Recorded
from tapehead.cassette.writer import render_interaction
from tapehead.exchange import body_jobs
from tapehead.exchange.body_jobs import Key, PartialExchange
from tapehead.exchange.config import Config
from tapehead.exchange.failure_jobs import NO_ANSWER, RenderedFailure, render_failure
from tapehead.exchange.flows import header, header_pairs, request_of, response_of, url_of
from tapehead.exchange.workers import Bodies, WorkerPool
from tapehead.matching.templates import generic_request
from tapehead.recording.erasing import Eraser
from tapehead.recording.response_tap import ResponseTap
from tapehead.redact.placeholder_numbers import PlaceholderNumbers
from tapehead.redact.prefilter import long_tokens
from tapehead.redact.redactor import Redactor
from tapehead.redact.stream_scan import PIECE, StreamScan
from tapehead.redact.written_binary import cut_binary
from tapehead.redact.written_index import WrittenIndex, may_hold

_ERRORS = 400  # status codes: more counts as a credential in their bodies
_REST = 0.2  # of the work that is left when a body was looked through while it came


class Renderer:
    """Makes what is written, for one cassette."""

    def __init__(
        self,
        config: Config,
        dialect: Dialect,
        redactor: Redactor,
        workers: WorkerPool,
        *,
        key: Key,
        is_indexed: bool = False,
        numbers: PlaceholderNumbers | None = None,
        written: WrittenIndex | None = None,
        eraser: Eraser | None = None,
    ) -> None:
        """Takes what it works with. `is_indexed`: whether an index is told what is recorded, whose `key` it is then.

        `numbers` are the cassette's; `written` remembers what was; the `eraser` takes learned values out of it.
        """
        self._config = config
        self._dialect = dialect
        self._redactor = redactor
        self._workers = workers
        self._key = key
        self._is_indexed = is_indexed
        self._numbers = PlaceholderNumbers() if numbers is None else numbers
        self._written_index = written or WrittenIndex()
        self._eraser = eraser

    def note_request(self, flow: http.HTTPFlow) -> None:
        """Gives the values in a request's URL their numbers: they go by the start of the request."""
        self._redactor.url(url_of(flow), self._numbers)

    def scan(self, response: http.Response) -> StreamScan | None:
        """Returns what looks through a response's body while it comes; None for one that is seen at its end."""
        if response.status_code >= _ERRORS or header(response, b"content-encoding"):
            return None
        return self._redactor.scan(header(response, b"content-type"))

    def _partial_exchange(self, exchange: ResponseTap, *, has_head: bool = True) -> PartialExchange:
        """But for its bodies. Without `has_head` its client saw nothing of an answer."""
        config, flow, redactor = self._config, exchange.flow, self._redactor
        if flow.response is not None:
            redactor.learn_credentials(header_pairs(flow.response.headers), "")
        ended = time.monotonic_ns()
        headers_received = exchange.headers_received if has_head else ended
        duration = headers_received - exchange.request_sent
        is_empty = not exchange.chunks
        response = response_of(flow, config.headers, duration, is_empty=is_empty) if has_head else NO_ANSWER
        order = exchange.order_text
        return PartialExchange(
            request=request_of(flow, config.headers, host_is_authority=config.host_is_authority),
            response=response.with_header(ORDER_HEADER, order) if order else response,
            start=exchange.started_at,
            request_sent=exchange.request_sent,
            headers_received=headers_received,
            ended=ended,
            times=exchange.times if has_head else (),
            is_complete=exchange.complete,
            client_times=exchange.client_times if order else (),
        )

    def render(self, exchange: ResponseTap) -> Recorded:
        """Returns what is written of an exchange, made here and now: the run ends."""
        body = exchange.request_body
        draft = self._partial_exchange(exchange)
        while True:
            known, numbers = self._redactor.learned, self._numbers.copy()
            interaction, timing, seen = body_jobs.build_and_note(self._redactor, draft, body, exchange.chunks, numbers)
            self._redactor.learn(seen.values)
            if self._redactor.learned == known and self._numbers.adopt(numbers.added):
                break
        block = render_interaction(interaction, self._dialect).encode()
        self._written_index.add(body_jobs.anchors_of(interaction, block, seen, long_tokens(cut_binary(block)[0])))
        return Recorded(interaction=interaction, timing=timing, key=self._key_of if exchange.overlaps else None)

    def render_head(self, exchange: ResponseTap) -> Interaction:
        """Returns what is written of an exchange before anything of its body has come."""
        draft = replace(self._partial_exchange(exchange), times=())
        body = exchange.flow.request.raw_content or b""
        while True:
            numbers = self._numbers.copy()
            interaction, _, seen = body_jobs.build_and_note(self._redactor, draft, body, [], numbers)
            self._redactor.learn(seen.values)
            if self._numbers.adopt(numbers.added):
                return interaction

    async def render_async(self, exchange: ResponseTap) -> tuple[Recorded, bytes | None]:
        """Returns the same with its text, what is large made off the loop; and the key.

        Raises WorkerError.
        """
        bodies = ([exchange.request_body], exchange.chunks)
        draft, dialect = self._partial_exchange(exchange), self._dialect
        redactor, work = self._redactor, partial(body_jobs.render, is_indexed=self._is_indexed)
        # It costs as much as half of all else, what has no other beside it needs none, and what is small is read again.
        is_large = len(bodies[0][0]) + exchange.size > body_jobs.SMALL
        wants_key = self._is_indexed or (exchange.overlaps and is_large)
        scan, exchange.scan = exchange.scan, None
        scanned = scan.finish() if scan and exchange.size > PIECE else None
        while True:
            known = redactor.learned
            if scan and scan.learned != known:
                scanned = None  # what is known now was not looked for
            job = (draft, dialect, self._key if wants_key else None, self._numbers.copy(), scanned)
            share = _REST if scanned else 1.0
            written, texts = await self._workers.run(work, redactor, bodies, *job, share=share)
            redactor.learn(written.learned)
            if self._eraser:
                await self._eraser.run()
            if may_hold(written.anchors, redactor.learned_since(known)):
                continue  # it is in the text that was made without knowing it
            if self._numbers.adopt(written.added):
                break  # else another exchange got one of these numbers while this one was away
        self._written_index.add(written.anchors)
        key = (written.key or self._key_of) if exchange.overlaps else None
        return body_jobs.to_store_record(written, texts, replaces=exchange.written, key=key), written.key

    def _key_of(self, request: Request) -> bytes:
        """Of a request as it is written."""
        return self._key(generic_request(request))

    def render_failure(self, exchange: ResponseTap, cause: Cause, *, has_head: bool) -> tuple[RenderedFailure, bytes]:
        """Returns what is written of an exchange that failed or was cut, made here and now: the run ends."""
        draft, bodies = self._failure_job(exchange, has_head=has_head)
        while True:
            known, numbers = self._redactor.learned, self._numbers.copy()
            rendered, (line,) = render_failure(self._redactor, bodies, draft, cause, numbers)
            self._redactor.learn(rendered.learned)
            if self._redactor.learned == known and self._numbers.adopt(rendered.added):
                break
        self._written_index.add(rendered.anchors)
        return rendered, line

    async def render_failure_async(
        self, exchange: ResponseTap, cause: Cause, *, has_head: bool
    ) -> tuple[RenderedFailure, bytes]:
        """Returns the same, what is large made off the loop. Raises WorkerError."""
        draft, bodies = self._failure_job(exchange, has_head=has_head)
        redactor = self._redactor
        while True:
            known = redactor.learned
            job = (draft, cause, self._numbers.copy())
            rendered, ((*pieces,),) = await self._workers.run(render_failure, redactor, bodies, *job)
            redactor.learn(rendered.learned)
            if self._eraser:
                await self._eraser.run()
            if may_hold(rendered.anchors, redactor.learned_since(known)):
                continue  # as above
            if self._numbers.adopt(rendered.added):
                break
        self._written_index.add(rendered.anchors)
        return rendered, b"".join(pieces)

    def _failure_job(self, exchange: ResponseTap, *, has_head: bool) -> tuple[PartialExchange, Bodies]:
        draft = self._partial_exchange(exchange, has_head=has_head)
        return draft, ([exchange.request_body], exchange.chunks if has_head else [])
