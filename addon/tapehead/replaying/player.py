"""Hooks that play: a request gets the interaction that answers it, or a miss that says why there is none.

Chunks are the recorded ones, at `cassette_speed`; without a timing that fits the body, one per stream event.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from mitmproxy import http

from tapehead.cassette.errors import CassetteError
from tapehead.cassette.failures import Failure
from tapehead.cassette.model import Answered, Interaction, Request, Response
from tapehead.cassette.side_files import find_timing
from tapehead.cassette.timing import Timing
from tapehead.exchange import body_jobs, key_refusals
from tapehead.exchange.config import Config
from tapehead.exchange.flows import connect_url, header_pairs, http_response, log_name, request_of, trailers_of
from tapehead.exchange.outcomes import ExchangeResult, Outcome, RunStats
from tapehead.exchange.workers import INLINE_LIMIT, WorkerPool
from tapehead.matching.index import Index, RecordedKey, Replayable
from tapehead.matching.key import request_key
from tapehead.matching.live import LiveRequest
from tapehead.matching.match_candidate import MatchCandidate, MatchedBy
from tapehead.matching.miss import Miss
from tapehead.matching.url_parts import parse_url
from tapehead.mitm.loop_clock import arrival_time
from tapehead.mitm.paced_response import PacedResponse, Schedule
from tapehead.redact.redactor import Redactor
from tapehead.replaying.adjusted_response import adjust
from tapehead.replaying.failing_response import failing_response
from tapehead.replaying.lane_player import LanePlayer
from tapehead.replaying.mcp_streams import McpStreams
from tapehead.replaying.miss_answers import MissAnswers
from tapehead.replaying.miss_report import MissReport
from tapehead.replaying.nonce_echo import NonceEcho
from tapehead.replaying.polling_sessions import PollingSessions
from tapehead.replaying.schedules import LONG, build_schedule, in_one_chunk, in_same_chunks
from tapehead.replaying.tunnel_failures import TunnelFailures
from tapehead.text.escape import for_log

logger = logging.getLogger(__name__)

_NO_TUNNEL = 502
_TOLD_AT_LENGTH = 10  # misses: what follows is mostly more of the same
_EXCUSED = "cassette_passthrough says that it does not matter, and replay makes no connection"
_MANY = 200  # interactions whose keys are made off the loop
_FEW = 100  # interactions that a miss is compared with at once

type Converse = Callable[[http.HTTPFlow, MatchCandidate, LiveRequest], bool]
"""Plays a conversation, and returns whether it was one."""


class Player:
    """Answers requests from a cassette."""

    def __init__(
        self,
        config: Config,
        index: Index,
        timings: Mapping[int, Timing],
        redactor: Redactor,
        stats: RunStats,
        workers: WorkerPool,
        report: MissReport | None = None,
        hint: str = "",
        failures: Sequence[Failure] = (),
        tunnels: Sequence[Failure] = (),
        converse: Converse | None = None,
    ) -> None:
        """Takes what it works with. The `hint` is said with each miss; `failures` are those that the index has.

        The first of them has the id -1, and so on. `converse` plays what is no answer but a conversation.
        """
        self._converse = converse
        self._config = config
        self._tunnels = TunnelFailures(tunnels, index, timings)
        self._failures = failures
        self._workers = workers
        self._redactor = redactor
        self._index = index
        self._timings = timings
        self._stats = stats
        self.misses = MissAnswers(config, index, redactor, stats, workers, report, hint)
        """What is answered where nothing answers."""
        self._told = False
        self._keys: asyncio.Future[Sequence[RecordedKey]] | None = None
        """While they are being made."""
        self._nonces = NonceEcho()
        self._mcp = McpStreams(index.interactions, timings)
        self._polling = PollingSessions(index.interactions, timings)
        self._http2_hosts = frozenset(parse_url(url).host for url, major in index.origins() if major == 2)

    def __repr__(self) -> str:
        return f"<Player {str(self.config.path)!r}, {self._index!r}>"

    @property
    def config(self) -> Config:
        """The options that count."""
        return self._config

    @config.setter
    def config(self, config: Config) -> None:
        self._config = self.misses.config = config

    def lane(self, recorded: Callable[[int], Answered], count: int) -> LanePlayer:
        """Returns what answers in this one's place where that is sure without a flow. Takes what the file has, by place,
        and how many those are.
        """
        return LanePlayer(
            self.config,
            self._index,
            recorded,
            count,
            self._timings,
            self._stats,
            self._nonces,
            url=self._redactor.url,
            warn_edited=self._warn_edited,
        )

    def was_recorded_over_http2(self, host: str | None) -> bool:
        """Returns whether answers of this host were recorded over HTTP/2."""
        return host is not None and host.lower() in self._http2_hosts

    @property
    def hosts(self) -> frozenset[str]:
        """The hosts of which something is recorded."""
        return frozenset(parse_url(url).host for url, _ in self._index.origins())

    def has_recorded(self, host: str) -> bool:
        """Returns whether anything of a host is recorded."""
        wanted = (host.lower(), f"[{host.lower()}]")
        return any(parse_url(url).host in wanted for url, _ in self._index.origins())

    async def try_replay(self, flow: http.HTTPFlow) -> bool:
        """Answers from the cassette. Returns False, and has done nothing, when no interaction answers."""
        return not isinstance(await self._replay(flow, await self._request(flow)), Miss)

    async def replay_or_miss(self, flow: http.HTTPFlow) -> None:
        """Answers from the cassette, or with the reason why nothing in it answers."""
        asked = await self._request(flow)
        try:
            found = await self._replay(flow, asked)
            if isinstance(found, Miss):
                await self.misses.miss(flow, asked, found)
        except CassetteError as e:  # of a large cassette what is asked for is read now
            self.misses.refuse(flow, asked.redacted, str(e))

    async def replay_or_excuse(self, flow: http.HTTPFlow) -> None:
        """Answers from the cassette, or that nothing answers what does not matter: that is no miss."""
        asked = await self._request(flow)
        if isinstance(await self._replay(flow, asked), Miss):
            self.misses.excuse(flow, asked.redacted)

    async def have_keys(self, asked: LiveRequest) -> None:
        """Has the keys of a large cassette made off the loop when a request needs them first."""
        index = self._index
        if len(index.interactions) > _MANY and index.lacks_keys_for(asked):
            self._keys = self._keys or asyncio.ensure_future(self._workers.in_thread(index.make_keys))
            index.take_keys(await asyncio.shield(self._keys))
            self._keys = None

    async def _replay(self, flow: http.HTTPFlow, asked: LiveRequest) -> Interaction | Miss:
        await self.have_keys(asked)
        again = self._mcp.opens_stream(asked)
        found = self._index.answer(asked, Replayable.LAST if again else self.config.repeat.of(flow))
        return found if isinstance(found, Miss) else await self.answer(flow, asked, found)

    async def answer(self, flow: http.HTTPFlow, asked: LiveRequest, found: MatchCandidate) -> Interaction:
        """Answers with what was found, and puts it down."""
        if found.interaction.id < 0:
            self._replay_failure(flow, asked.redacted, self._failures[-1 - found.interaction.id])
            return found.interaction
        taken, request = found.interaction, asked.redacted
        poll = self._polling.note(taken)
        if self._converse and self._converse(flow, found, asked):
            return taken
        make = partial(build_schedule, taken, self._timings.get(taken.id), self.config.speed, arrival_time(flow))
        large = len(taken.response.body) > LONG
        planned, fits = await self._workers.in_thread(make) if large else make()
        if not fits:
            self._warn_edited(taken)
        self._nonces.note(asked.request)
        answer = self._nonces.echoed(taken.response)
        if answer is not taken.response:
            planned = in_one_chunk(planned, answer.body)
        adjusted = adjust(self.config, answer, self._timings.get(taken.id))
        if adjusted.body is not answer.body:
            planned = in_same_chunks(planned, adjusted.body)
        pace = 1 / (self.config.speed * 1000) if self.config.speed else 0.0
        mcp = self._mcp.replay(taken, asked.request, planned, pace, adjusted)
        if mcp:
            adjusted, planned = mcp.response, mcp.planned
        flow.response = response = self._response(adjusted, flow.request, planned)
        response.gate = mcp.gate if mcp else poll
        self._stats.add(
            ExchangeResult(
                outcome=Outcome.REPLAYED,
                method=request.method,
                url=request.url,
                start=(flow.request.timestamp_start or time.time()) * 1000,
                interaction=taken.id,
                status=taken.response.code,
                size=len(taken.response.body),
                chunks=len(response.schedule.chunks),
                key_refusal=key_refusals.refusal_in(
                    taken.response.code, taken.response.body, taken.response.headers.get("Www-Authenticate", ())
                ),
                by_order=found.by_order,
            )
        )
        logger.info(
            "replayed %d %s %d, %d bytes, %d chunks%s",
            taken.id,
            log_name(request.method, request.url.partition("?")[0]),
            taken.response.code,
            len(taken.response.body),
            len(response.schedule.chunks),
            _how(found),
        )
        return taken

    def _replay_failure(self, flow: http.HTTPFlow, request: Request, failure: Failure) -> None:
        """Answers as it was while recording: with what had come, and then not at all."""
        start = arrival_time(flow)
        flow.response = response = failing_response(failure, flow.request, self.config.speed, start)
        self._count_failure(flow, request.method, request.url, failure, chunks=len(response.schedule.chunks))

    def _count_failure(self, flow: http.HTTPFlow, method: str, url: str, failure: Failure, *, chunks: int = 0) -> None:
        cause = failure.cause
        self._stats.add(
            ExchangeResult(
                outcome=Outcome.CUT if cause.kind.is_cut else Outcome.FAILED,
                method=method,
                url=url,
                start=(flow.request.timestamp_start or time.time()) * 1000,
                status=failure.response.code or None,
                size=len(failure.response.body),
                chunks=chunks,
                reason=self._redactor.text(cause.reason),
            )
        )
        name = log_name(method, url.partition("?")[0])
        logger.info("replayed as %s: %s: %s", cause.kind.value, name, for_log(cause.reason))

    def timing_of(self, interaction: Interaction) -> Timing | None:
        """Returns when the chunks of an interaction of the index came, if that is known."""
        if interaction.id < 0:
            return self._failures[-1 - interaction.id].timing
        return self._timings.get(interaction.id)

    def redacted(self, flow: http.HTTPFlow, body: bytes) -> Request:
        """Returns a flow's request with another body, as a recording would have it."""
        config = self.config
        draft = request_of(flow, config.headers, host_is_authority=config.host_is_authority)
        return self._redactor.request(draft.with_body(body))

    @property
    def refuses_tunnels(self) -> bool:
        """Whether there is somewhere that a tunnel is not to be made to, because it could not be while recording."""
        return bool(self._tunnels)

    def replay_tunnel(self, flow: http.HTTPFlow) -> None:
        """Answers who wants a tunnel that could not be made while recording: not this time, in the same words."""
        url = self._redactor.url(connect_url(flow))
        if failure := self._tunnels.take(url):
            flow.response = http.Response.make(failure.response.code or _NO_TUNNEL, failure.response.body)
            self._count_failure(flow, "CONNECT", url, failure)

    async def _request(self, flow: http.HTTPFlow) -> LiveRequest:
        return await self.request(flow, flow.request.raw_content or b"")

    async def request(self, flow: http.HTTPFlow, body: bytes) -> LiveRequest:
        """Returns the live request as it came, and without its credentials: so it is found whatever the key is."""
        headers = header_pairs(flow.request.headers)
        config, redactor = self.config, self._redactor
        draft = request_of(flow, config.headers, host_is_authority=config.host_is_authority)
        if len(body) <= INLINE_LIMIT:
            request = draft.with_body(body)
            return LiveRequest(request, config.rules, redacted=redactor.request(request), headers=headers)
        key_of = partial(request_key, rules=config.rules)
        (request, redacted, keys), texts = await self._workers.run(
            body_jobs.prepare_for_matching, redactor, [[body]], draft, key_of
        )
        text, *other = (b"".join(pieces) for pieces in texts)
        request, redacted = replace(request, body=text), replace(redacted, body=other[0] if other else text)
        return LiveRequest(request, config.rules, redacted=redacted, headers=headers, keys=keys)

    def _response(self, recorded: Response, request: http.Request, planned: Schedule) -> PacedResponse:
        headers, reason = http_response(recorded, request)
        response = PacedResponse(
            http_version=b"HTTP/1.1",
            status_code=recorded.code,
            reason=reason,
            headers=headers,
            content=None,
            trailers=trailers_of(recorded),
            timestamp_start=time.time(),
            timestamp_end=None,
        )
        response.schedule = planned
        response.ends_with_head = not (recorded.content_length or recorded.body or recorded.trailer)
        return response

    def _warn_edited(self, interaction: Interaction | Answered) -> None:
        if not self._told:
            self._told = True
            logger.warning(
                "%s: interaction %d and perhaps others were edited since they were timed; they have no recorded chunks",
                find_timing(self.config.path),
                interaction.id,
            )


def _how(found: MatchCandidate) -> str:
    """What is worth knowing of how an interaction was chosen."""
    if found.by is not MatchedBy.PLACEHOLDER:
        return ""
    names = ", ".join(dict.fromkeys(f"[REDACTED:{name}]" for name, _ in found.values if name))
    told = f" by placeholder{f' ({names})' if names else ''}"
    return f"{told}; another recording fits as well, the order decided" if found.by_order else told
