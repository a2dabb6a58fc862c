"""WebSockets from a cassette: the head of the response, and a script that plays the server's part.

A conversation is one exchange: it counts as replayed when it is over, or as missed when its client says what it did not
say then.
"""

import base64
import hashlib
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from mitmproxy import http

from tapehead.cassette.model import Interaction, Request, Response
from tapehead.cassette.timing import Timing
from tapehead.cassette.transcript import Message, MessageKind, parse, protocol_of, render_message
from tapehead.conversations.conversation_script import ConversationScript
from tapehead.conversations.unexpected_message import closing_words, explain_message, explain_silence
from tapehead.conversations.websocket_play import Part, WebsocketPlay
from tapehead.exchange.config import Config
from tapehead.exchange.error_responses import miss_response
from tapehead.exchange.flows import log_name
from tapehead.exchange.outcomes import ExchangeResult, Outcome, RunStats
from tapehead.explain.explanation import Explanation
from tapehead.matching.index import Index
from tapehead.matching.live import LiveRequest
from tapehead.matching.match_candidate import MatchCandidate
from tapehead.matching.normalize import edit_for
from tapehead.mitm.loop_clock import arrival_time
from tapehead.mitm.paced_response import PacedResponse, Schedule
from tapehead.mitm.websocket_layers import PLAY
from tapehead.redact.redactor import Redactor
from tapehead.replaying.miss_report import MissReport

logger = logging.getLogger(__name__)

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3
_PROTOCOLS = frozenset({"websocket", "mcp-stdio"})
_MADE_ANEW = frozenset(
    {"upgrade", "connection", "sec-websocket-accept", "sec-websocket-extensions", "content-type", "content-length"}
)
"""Headers of a recorded response that are not sent as they were."""


class WebsocketPlayer:
    """Plays the WebSockets of one session."""

    def __init__(
        self,
        config: Config,
        index: Index,
        timings: Mapping[int, Timing],
        redactor: Redactor,
        stats: RunStats,
        report: MissReport | None,
    ) -> None:
        """Takes what it works with: `timings` by the interactions' ids."""
        self.config = config
        self._index = index
        self._timings = timings
        self._redactor = redactor
        self._stats = stats
        self._report = report
        self._open: dict[str, WebsocketPlay] = {}
        self._parsed: dict[int, tuple[bytes, tuple[Message, ...]]] = {}
        """By id: the transcript, and what is in it."""

    def __repr__(self) -> str:
        return f"<WebsocketPlayer {len(self._open)} under way>"

    def begin(self, flow: http.HTTPFlow, found: MatchCandidate, asked: LiveRequest) -> bool:
        """Answers a request with a recorded conversation. Returns False, and has done nothing, if that is none."""
        taken, request = found.interaction, asked.redacted
        content_type = next(iter(taken.response.headers.get("Content-Type", ())), None)
        if protocol_of(content_type) not in _PROTOCOLS:
            return False
        try:
            part = self._part(found)
        except ValueError as e:
            message = f"tapehead: interaction {taken.id} cannot be played: {e}"
            flow.response = miss_response(flow.request, message)
            self._count(flow, request, taken, Outcome.MISSED, message)
            logger.error("%s", message)
            return True
        timing = self._timings.get(taken.id)
        headers_at = timing.headers if timing else taken.response.duration / 1_000_000
        flow.metadata[PLAY] = self._open[flow.id] = WebsocketPlay(
            part,
            asked.redacted_key,
            headers_at,
            partial(self._change, asked),
            partial(self._finish, flow, request),
        )
        wait = headers_at / (self.config.speed * 1000) if self.config.speed else 0.0
        flow.response = _response(flow.request, taken.response, arrival_time(flow), wait)
        return True

    def finish(self) -> None:
        """Counts what is under way: the run ends."""
        for each in [*self._open.values()]:
            each.leave()

    def _part(self, found: MatchCandidate) -> Part:
        """Its script, not begun yet. Raises ValueError when it is no transcript."""
        taken = found.interaction
        body, messages = self._parsed.get(taken.id, (b"", ()))
        if body is not taken.response.body:
            messages = parse(taken.response.body)
            self._parsed[taken.id] = taken.response.body, messages
        script = ConversationScript(
            messages,
            _times(self._timings.get(taken.id), taken, len(messages)),
            speed=self.config.speed,
            edit=edit_for(taken.request.url, self.config.rules, has_trace=False),
            clean=partial(_cleaned, self._redactor, taken.response),
        )
        return Part(candidate=found, script=script)

    def _change(self, asked: LiveRequest, play: WebsocketPlay, now: float) -> bool:
        """Looks for the recording that went on as this client does: of several of one URL any may have come first now.

        Those that play for another client give theirs in exchange, if that client can go on with it.
        """
        if play.heard is None:
            return False
        for candidate in self._index.candidates(asked):
            if part := self._caught_up(candidate, play, now):
                self._index.claim(candidate.id, candidate.values)
                self._index.release(play.part.candidate.id)
                play.part = part
                return True
        for other in self._open.values():
            if other is play or other.key != play.key or other.heard is None:
                continue
            if mine := self._caught_up(other.part.candidate, play, now):
                theirs = self._caught_up(play.part.candidate, other, now)
                if theirs:
                    play.part, other.part = mine, theirs
                    return True
        return False

    def _caught_up(self, candidate: MatchCandidate, play: WebsocketPlay, now: float) -> Part | None:
        """Another's part as far as a play has come; None if it would not have come there."""
        try:
            part = self._part(candidate)
        except ValueError:
            return None
        part.script.start(now)
        return part if part.script.catch_up(play.heard or (), play.said, now) else None

    def _finish(self, flow: http.HTTPFlow, request: Request, play: WebsocketPlay) -> str:
        """Counts a conversation that is over. Returns what a close says of it."""
        self._open.pop(flow.id, None)
        name = log_name(request.method, request.url.partition("?")[0])
        script, taken = play.part.script, play.part.candidate.interaction
        unsaid, missing = script.unsaid
        why = None
        if script.unexpected:
            why = explain_message(script.unexpected, request, taken.id)
        elif missing and unsaid:
            why = explain_silence(missing, unsaid, request, taken.id)
        if why is None:
            self._count(flow, request, taken, Outcome.REPLAYED, said=play.said)
            left = f"; the client left {missing} of its messages out" if missing else ""
            logger.info("replayed %d %s 101, %d messages%s", taken.id, name, play.said, left)
            return ""
        why = why.for_who(self.config.started_by)
        advice = "; ".join(each.line for each in why.advice)
        message = self._redactor.text(f"tapehead: {name}: {why.headline}. What to do: {advice}")
        self._count(flow, request, taken, Outcome.MISSED, message, why)
        logger.warning("%s", "\n    ".join([message, *map(self._redactor.text, why.lines())]))
        if self._report:
            self._report.write(why)
        return self._redactor.text(closing_words(why))

    def _count(
        self,
        flow: http.HTTPFlow,
        request: Request,
        taken: Interaction,
        outcome: Outcome,
        message: str = "",
        why: Explanation | None = None,
        said: int = 0,
    ) -> None:
        self._stats.add(
            ExchangeResult(
                outcome=outcome,
                method=request.method,
                url=request.url,
                start=(flow.request.timestamp_start or time.time()) * 1000,
                interaction=taken.id,
                status=flow.response.status_code if flow.response else None,
                size=len(taken.response.body),
                chunks=said,
                reason=message,
                details=why.lines() if why else (),
                explanation=why.to_json() if why else None,
            )
        )


def _times(timing: Timing | None, taken: Interaction, count: int) -> Sequence[float]:
    """When each message came; none where they are not known, or the transcript was edited since."""
    if timing is None or len(timing.chunks) != count or not timing.fits(taken.response.body):
        return ()
    return [at for at, _ in timing.chunks]


def _cleaned(redactor: Redactor, head: Response, message: bytes) -> bytes:
    """A message without its credentials, as it would stand in a transcript."""
    event = render_message(Message(MessageKind.CLIENT, message))
    redacted, _ = redactor.response(replace(head, body=event), [len(event)])
    return message if redacted.body == event else parse(redacted.body)[0].data


def _response(request: http.Request, recorded: Response, arrival: float, wait: float) -> http.Response:
    """The head: what only this connection's handshake can say is said anew, and nothing is compressed."""
    key = request.headers.get("sec-websocket-key", "").encode()
    accept = base64.b64encode(hashlib.sha1(key + _GUID, usedforsecurity=False).digest())
    kept = [
        (name.encode(), value.encode(errors="surrogateescape"))
        for name, values in recorded.headers.items()
        if name.lower() not in _MADE_ANEW
        for value in values
    ]
    response = PacedResponse(
        http_version=b"HTTP/1.1",
        status_code=101,
        reason=b"Switching Protocols",
        headers=http.Headers(
            [(b"Upgrade", b"websocket"), (b"Connection", b"Upgrade"), (b"Sec-WebSocket-Accept", accept), *kept]
        ),
        content=None,
        trailers=None,
        timestamp_start=time.time(),
        timestamp_end=None,
    )
    response.schedule = Schedule(start=arrival, headers_at=wait, end_at=wait)
    return response
