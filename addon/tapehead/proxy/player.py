"""Hooks that play: a request gets the interaction that answers it, or a miss that says why there is none.

Chunks are the recorded ones, at `cassette_speed`; without a timing that fits the body, one per stream event.
"""

import logging
import time
from collections.abc import Mapping
from functools import partial

from mitmproxy import http

from tapehead.cassette.model import Interaction, Request
from tapehead.cassette.timing import Timing, path_beside
from tapehead.matching.endpoint import parse_url
from tapehead.matching.explain import explain_miss
from tapehead.matching.explanation import Explanation
from tapehead.matching.index import Index, Miss
from tapehead.matching.normal import normal
from tapehead.proxy.flows import header_pairs, http_response, log_name, request_of, sizes_to_chunks, trailers_of
from tapehead.proxy.options import Config
from tapehead.proxy.pacing import PacedResponse, Schedule
from tapehead.proxy.refusals import miss_response
from tapehead.proxy.report import Report
from tapehead.proxy.rounds import came
from tapehead.proxy.tally import Entry, Outcome, Tally
from tapehead.redact.interaction import Redactor
from tapehead.wire.split import split_events

logger = logging.getLogger(__name__)


class Player:
    """Answers requests from a cassette."""

    def __init__(
        self,
        config: Config,
        index: Index,
        timings: Mapping[int, Timing],
        redactor: Redactor,
        tally: Tally,
        report: Report | None = None,
    ) -> None:
        self.config = config
        self._redactor = redactor
        self._index = index
        self._timings = timings
        self._tally = tally
        self._report = report
        self._told = False
        self._http2_hosts = frozenset(
            parse_url(each.request.url).host for each in index.every if each.response.proto_major == 2
        )

    def spoke_http2(self, host: str | None) -> bool:
        """Whether answers of this host were recorded over HTTP/2."""
        return host is not None and host.lower() in self._http2_hosts

    def play(self, flow: http.HTTPFlow) -> bool:
        """Answers from the cassette. False, and nothing done, when no interaction answers."""
        return not isinstance(self._play(flow, self._request(flow)), Miss)

    def play_or_miss(self, flow: http.HTTPFlow) -> None:
        """Answers from the cassette, or with the reason why nothing in it answers."""
        request = self._request(flow)
        miss = self._play(flow, request)
        if not isinstance(miss, Miss):
            return
        why = explain_miss(request, miss, self._index.every, normal=partial(normal, rules=self.config.rules))
        advice = "; ".join(each.line for each in why.advice)
        self._refuse(flow, request, f"{why.headline}. What to do: {advice}", why)
        if self._report:
            self._report.write(why)

    def refuse(self, flow: http.HTTPFlow, reason: str) -> None:
        """Answers as a miss, whatever the cassette holds."""
        self._refuse(flow, self._request(flow), reason)

    def _refuse(
        self, flow: http.HTTPFlow, request: Request, reason: str, explanation: Explanation | None = None
    ) -> None:
        """An error that no SDK retries, with our words in it. The log has the details as well."""
        name = log_name(request.method, request.url)
        message = self._redactor.text(f"tapehead: no interaction in {self.config.path} answers {name}: {reason}.")
        flow.response = miss_response(flow.request, message)
        self._tally.add(
            Entry(
                outcome=Outcome.MISSED,
                method=request.method,
                url=request.url,
                start=(flow.request.timestamp_start or time.time()) * 1000,
                status=flow.response.status_code,
                reason=message,
                explanation=explanation,
            )
        )
        details = explanation.lines() if explanation and not _said_already(explanation) else ()
        logger.warning("%s", "\n    ".join([message, *map(self._redactor.text, details)]))

    def _play(self, flow: http.HTTPFlow, request: Request) -> Interaction | Miss:
        taken = self._index.take(request)
        if isinstance(taken, Miss):
            return taken
        flow.response = self._response(taken, flow.request, came(flow))
        self._tally.add(
            Entry(
                outcome=Outcome.REPLAYED,
                method=request.method,
                url=request.url,
                start=(flow.request.timestamp_start or time.time()) * 1000,
                interaction=taken.id,
                status=taken.response.code,
                size=len(taken.response.body),
                chunks=len(flow.response.schedule.chunks),
            )
        )
        logger.info(
            "replayed %d %s %d, %d bytes, %d chunks",
            taken.id,
            log_name(request.method, request.url.partition("?")[0]),
            taken.response.code,
            len(taken.response.body),
            len(flow.response.schedule.chunks),
        )
        return taken

    def _request(self, flow: http.HTTPFlow) -> Request:
        """The live request as a recording would have it, so that they match whatever the key."""
        self._redactor.see(header_pairs(flow.request.headers), flow.request.path)
        config = self.config
        request = request_of(flow, config.headers, host_is_authority=config.host_is_authority)
        return self._redactor.comparable(self._redactor.request(request))

    def _response(self, interaction: Interaction, request: http.Request, start: float) -> PacedResponse:
        recorded = interaction.response
        headers, reason = http_response(recorded, request)
        response = PacedResponse(
            http_version=b"HTTP/1.1",
            status_code=recorded.code,
            reason=reason,
            headers=headers,
            content=None,
            trailers=trailers_of(recorded.trailer),
            timestamp_start=time.time(),
            timestamp_end=None,
        )
        response.schedule = schedule(interaction, self._timing(interaction), self.config.speed, start)
        return response

    def _timing(self, interaction: Interaction) -> Timing | None:
        """When its chunks came, unless its body was edited since; that is said once."""
        timing = self._timings.get(interaction.id)
        if timing is None or timing.fits(interaction.response.body):
            return timing
        if not self._told:
            self._told = True
            logger.warning(
                "%s: interaction %d and perhaps others were edited since they were timed; they have no recorded chunks",
                path_beside(self.config.path),
                interaction.id,
            )
        return None


def _said_already(why: Explanation) -> bool:
    """Whether the headline is all there is to say."""
    return len(why.near) <= 1 and sum(each.count for each in why.near) <= 1


def schedule(interaction: Interaction, timing: Timing | None, speed: float, start: float) -> Schedule:
    """When the parts of a recorded response are due at a speed: at its own times, if there is a timing that fits it.

    `start` is a time of `time.monotonic`.
    """
    recorded = interaction.response
    pace = 1 / (speed * 1000) if speed else 0.0  # seconds now for a millisecond then
    if timing is not None:
        bodies = sizes_to_chunks(recorded.body, (size for _, size in timing.chunks))
        chunks = tuple((at * pace, body) for (at, _), body in zip(timing.chunks, bodies, strict=True))
        return Schedule(start=start, headers=timing.headers * pace, chunks=chunks, end=timing.end * pace)
    headers = recorded.duration / 1_000_000 * pace
    content_type = next(iter(recorded.headers.get("Content-Type", ())), None)
    chunks = tuple((headers, event) for event in split_events(content_type, recorded.body))
    return Schedule(start=start, headers=headers, chunks=chunks, end=headers)
