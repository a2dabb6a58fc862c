"""What surely answers a request, by its text alone: the same interactions as the player's, prepared and without a flow.

Declines what needs more than a recorded request sent again to the letter: MCP and other conversations, nonces, large bodies,
what failed, orders and filters. Whoever declines has changed nothing.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from tapehead.cassette.model import Answered, Request, Values
from tapehead.cassette.timing import Timing
from tapehead.cassette.timing_index import TimingIndex
from tapehead.exchange import key_refusals
from tapehead.exchange.config import Config
from tapehead.exchange.flows import log_name, sizes_to_chunks
from tapehead.exchange.outcomes import ExchangeResult, Outcome, RunStats
from tapehead.exchange.response_heads import response_head, trailer_fields
from tapehead.lane.lane_messages import LaneAnswer, Pace
from tapehead.matching.header_agreement import by_name
from tapehead.matching.index import Index, Replayable
from tapehead.matching.live import LiveRequest
from tapehead.replaying.adjusted_response import adjust
from tapehead.replaying.lane_log import LaneLog
from tapehead.replaying.nonce_echo import NonceEcho
from tapehead.replaying.polling_sessions import is_polled
from tapehead.replaying.schedules import LONG, build_schedule, recorded_chunks
from tapehead.wire.asking_headers import ASKING

logger = logging.getLogger(__name__)

_MOST_BYTES = 64 * 1024 * 1024  # of bodies that are prepared
_MOST_URLS = 1024
_MAY_BE_RPC, _MAY_BE_NONCE = b'"jsonrpc"', b"nonce="


@dataclass(frozen=True, kw_only=True)
class KnownHead:
    """A request without its body, as far as it is looked at once for all that are the same."""

    method: str
    url: str
    http_version: str
    """As mitmproxy calls it: `HTTP/1.1`, `HTTP/2.0`."""
    pairs: tuple[tuple[str, str], ...]
    """Its headers."""
    name: str = ""
    """Of its session."""

    @cached_property
    def headers(self) -> Values:
        """The headers by canonical name."""
        return by_name(self.pairs)

    @cached_property
    def asks(self) -> bool:
        """Whether one of them says what is asked."""
        return any(name in ASKING for name in self.headers)


class _Prepared(NamedTuple):
    id: int
    size: int
    answer: LaneAnswer
    refusal: key_refusals.KeyRefusal | None


class LanePlayer:
    """Answers for one session."""

    def __init__(
        self,
        config: Config,
        index: Index,
        recorded: Callable[[int], Answered],
        count: int,
        timings: Mapping[int, Timing],
        stats: RunStats,
        nonces: NonceEcho,
        *,
        url: Callable[[str], str],
        warn_edited: Callable[[Answered], None],
    ) -> None:
        """Takes what the session's player works with, the answers as the file has them, by their places, and their count.

        `url` takes credentials out of a URL; `warn_edited` says that an interaction's times do not fit it.
        """
        self._recorded, self._count = recorded, count
        self._url = url
        self._index = index
        self._timings = timings
        self._sizes = timings.sizes if isinstance(timings, TimingIndex) else None
        self._stats = stats
        self._nonces = nonces
        self._warn_edited = warn_edited
        self._prepared: dict[tuple[int, str], _Prepared | None] = {}
        self._urls: dict[str, str] = {}
        """What is said of a URL, by what was asked."""
        self._bytes = 0
        self._config = config
        self._log = LaneLog(logger)

    def __repr__(self) -> str:
        return f"<LanePlayer {len(self._prepared)} prepared>"

    @property
    def config(self) -> Config:
        """The options that count."""
        return self._config

    @config.setter
    def config(self, config: Config) -> None:
        self._config = config
        self._forget()

    def answer(self, head: KnownHead, body: bytes) -> LaneAnswer | None:
        """Returns what answers, which is put down; None where that is not sure."""
        config = self._config
        if _MAY_BE_RPC in body or _MAY_BE_NONCE in body or self._nonces.has_one:
            return None
        found = self._index.find_text(
            head.method,
            head.url,
            body,
            lambda: LiveRequest(Request(method=head.method, url=head.url, body=body), config.rules, headers=head.pairs),
            again=config.repeat.filter is None and not head.asks,
        )
        if found is None:
            return None
        key = found.place, head.http_version
        if key in self._prepared:
            prepared = self._prepared[key]
        else:
            prepared = self._prepare(found.place, head)
            if prepared is None or config.repeat.what is not Replayable.NO:
                self._keep(key, prepared)
        if prepared is None:
            return None
        self._index.take_text(found)
        self._put_down(head, prepared)
        return prepared.answer

    def finish(self) -> None:
        """Says what is left to say."""
        self._log.flush()

    def _keep(self, key: tuple[int, str], prepared: _Prepared | None) -> None:
        """For the next time; what answers once has none."""
        if self._bytes > _MOST_BYTES:
            self._forget()
        self._bytes += prepared.size if prepared else 0
        self._prepared[key] = prepared

    def _forget(self) -> None:
        self._prepared.clear()
        self._bytes = 0

    def _prepare(self, place: int, head: KnownHead) -> _Prepared | None:
        if place >= self._count or is_polled(head.url):  # it failed, or others wait for it
            return None
        taken = self._recorded(place)
        recorded = taken.response
        if recorded.code < 200 or len(recorded.body) > LONG:
            return None
        sizes = None
        if self._sizes and not self._config.speed and not self._config.shift_times:
            sizes = self._sizes(taken.id, recorded.body)
        timing = self._timings.get(taken.id) if sizes is None else None
        if adjust(self._config, recorded, timing) is not recorded:  # times that are counted from now
            return None
        pace = None
        chunks: Sequence[bytes]
        fits = True
        if sizes is not None:
            chunks = sizes_to_chunks(recorded.body, sizes)
        elif self._config.speed:
            planned, fits = build_schedule(taken, timing, self._config.speed, 0.0)
            chunks = planned.chunks
            due = [at for chunk, at in zip(chunks, planned.chunk_at, strict=True) if chunk]
            pace = Pace(head_at=planned.headers_at, chunk_at=due, end_at=planned.end_at)
        else:
            chunks, fits = recorded_chunks(recorded, timing)
        if not fits:
            self._warn_edited(taken)
        made = response_head(recorded, head.http_version, head.method)
        return _Prepared(
            id=taken.id,
            size=len(recorded.body),
            answer=LaneAnswer(
                status=recorded.code,
                reason=made.reason,
                fields=made.fields,
                chunks=chunks if all(chunks) else [chunk for chunk in chunks if chunk],
                trailers=trailer_fields(recorded) if recorded.trailer else (),
                pace=pace,
                ends_with_head=not (recorded.content_length or recorded.body or recorded.trailer),
            ),
            refusal=key_refusals.refusal_in(recorded.code, recorded.body, recorded.headers.get("Www-Authenticate", ())),
        )

    def _redacted(self, head: KnownHead) -> str:
        url = self._urls.get(head.url)
        if url is None:
            if len(self._urls) >= _MOST_URLS:
                self._urls.clear()
            url = self._urls[head.url] = self._url(head.url)
        return url

    def _put_down(self, head: KnownHead, prepared: _Prepared) -> None:
        stats, answer, chunks = self._stats, prepared.answer, len(prepared.answer.chunks)
        if stats.on_result or prepared.refusal or stats.key_refusals:
            stats.add(
                ExchangeResult(
                    outcome=Outcome.REPLAYED,
                    session=stats.session,
                    method=head.method,
                    url=self._redacted(head),
                    start=time.time() * 1000,
                    interaction=prepared.id,
                    status=answer.status,
                    size=prepared.size,
                    chunks=chunks,
                    key_refusal=prepared.refusal,
                )
            )
        else:
            stats.counts[Outcome.REPLAYED] += 1
        if self._log.may_say():
            name = log_name(head.method, self._redacted(head).partition("?")[0])
            logger.info(
                "replayed %d %s %d, %d bytes, %d chunks", prepared.id, name, answer.status, prepared.size, chunks
            )
