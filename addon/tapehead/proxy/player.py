"""Hooks that play: a request gets the interaction that answers it, or a miss that says why there is none.

Chunks are the recorded ones, at `cassette_speed`; without a timing that fits the body, one per stream event.
"""

import logging
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

from mitmproxy import http

from tapehead.cassette.model import Cassette, Interaction
from tapehead.cassette.timing import Timing
from tapehead.matching.index import Index, Miss
from tapehead.proxy.flows import http_response, log_name, request_of, sizes_to_chunks, trailers_of
from tapehead.proxy.options import Config
from tapehead.proxy.pacing import PacedResponse, Schedule
from tapehead.proxy.refusals import miss_response
from tapehead.proxy.tally import Tally
from tapehead.wire.split import split_events

logger = logging.getLogger(__name__)

ADVICE = "Record it (cassette_mode=replay_with_new_episodes adds what is missing), or mend the request."


class Player:
    """Answers requests from a cassette."""

    def __init__(
        self, config: Config, cassette: Cassette, index: Index, timings: Mapping[int, Timing], tally: Tally
    ) -> None:
        self.config = config
        self._index = index
        self._timings = timings
        self._tally = tally
        self._http2_hosts = frozenset(
            urlsplit(each.request.url).hostname for each in cassette.interactions if each.response.proto_major == 2
        )

    def spoke_http2(self, host: str | None) -> bool:
        """Whether answers of this host were recorded over HTTP/2."""
        return host is not None and host.lower() in self._http2_hosts

    def play(self, flow: http.HTTPFlow) -> bool:
        """Answers from the cassette. False, and nothing done, when no interaction answers."""
        return self._play(flow) is None

    def play_or_miss(self, flow: http.HTTPFlow) -> None:
        """Answers from the cassette, or with the reason why nothing in it answers."""
        miss = self._play(flow)
        if miss is not None:
            self.refuse(flow, miss.reason)

    def refuse(self, flow: http.HTTPFlow, reason: str) -> None:
        """Answers as a miss: an error that no SDK retries, with our words in it."""
        self._tally.missed += 1
        request = request_of(flow, self.config.headers, host_is_authority=False)
        name = log_name(request.method, request.url)
        message = f"tapehead: no interaction in {self.config.path} answers {name}: {reason}. {ADVICE}"
        flow.response = miss_response(flow.request, message)
        logger.warning("%s", message)

    def _play(self, flow: http.HTTPFlow) -> Miss | None:
        start = time.monotonic()
        request = request_of(flow, self.config.headers, host_is_authority=False)
        taken = self._index.take(request)
        if isinstance(taken, Miss):
            return taken
        flow.response = self._response(taken, flow.request, start)
        self._tally.replayed += 1
        logger.info(
            "replayed %d %s %d, %d bytes, %d chunks",
            taken.id,
            log_name(request.method, request.url.partition("?")[0]),
            taken.response.code,
            len(taken.response.body),
            len(flow.response.schedule.chunks),
        )
        return None

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
        response.schedule = schedule(interaction, self._timings.get(interaction.id), self.config.speed, start)
        return response


def schedule(interaction: Interaction, timing: Timing | None, speed: float, start: float) -> Schedule:
    """When the parts of a recorded response are due at a speed. `start` is a time of `time.monotonic`."""
    recorded = interaction.response
    pace = 1 / (speed * 1000) if speed else 0.0  # seconds now for a millisecond then
    if timing is not None and timing.fits(recorded.body):
        bodies = sizes_to_chunks(recorded.body, (size for _, size in timing.chunks))
        chunks = tuple((at * pace, body) for (at, _), body in zip(timing.chunks, bodies, strict=True))
        return Schedule(start=start, headers=timing.headers * pace, chunks=chunks, end=timing.end * pace)
    headers = recorded.duration / 1_000_000 * pace
    content_type = next(iter(recorded.headers.get("Content-Type", ())), None)
    chunks = tuple((headers, event) for event in split_events(content_type, recorded.body))
    return Schedule(start=start, headers=headers, chunks=chunks, end=headers)
