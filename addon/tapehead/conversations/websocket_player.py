"""WebSockets from a cassette: the head of the response, and a script that plays the server's part.

A conversation is one exchange: it counts as replayed when it is over, or as missed when its client says what it did not
say then.
"""

import base64
import hashlib
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from mitmproxy import http

from tapehead.cassette.model import Interaction, Request, Response
from tapehead.cassette.timing import Timing
from tapehead.cassette.transcript import Message, MessageKind, parse, protocol_of, render_message
from tapehead.conversations.conversation_script import ConversationScript
from tapehead.conversations.unexpected_message import closing_words, explain_message, explain_silence
from tapehead.exchange.config import Config
from tapehead.exchange.error_responses import miss_response
from tapehead.exchange.flows import log_name
from tapehead.exchange.outcomes import ExchangeResult, Outcome, RunStats
from tapehead.explain.explanation import Explanation
from tapehead.matching.normalize import edit_for
from tapehead.mitm.loop_clock import arrival_time
from tapehead.mitm.paced_response import PacedResponse, Schedule
from tapehead.mitm.websocket_layers import PLAY, Closing, Spoken
from tapehead.redact.redactor import Redactor
from tapehead.replaying.miss_report import MissReport

logger = logging.getLogger(__name__)

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3
_MISSED = 1011
_PROTOCOLS = frozenset({"websocket", "mcp-stdio"})
_NORMAL = 1000
_MADE_ANEW = frozenset(
    {"upgrade", "connection", "sec-websocket-accept", "sec-websocket-extensions", "content-type", "content-length"}
)
"""Headers of a recorded response that are not sent as they were."""


class WebsocketPlayer:
    """Plays the WebSockets of one session."""

    def __init__(self, config: Config, redactor: Redactor, stats: RunStats, report: MissReport | None) -> None:
        """Takes what it works with."""
        self.config = config
        self._redactor = redactor
        self._stats = stats
        self._report = report
        self._open: dict[str, WebsocketPlay] = {}

    def __repr__(self) -> str:
        return f"<WebsocketPlayer {len(self._open)} under way>"

    def begin(self, flow: http.HTTPFlow, taken: Interaction, request: Request, timing: Timing | None) -> bool:
        """Answers a request with a recorded conversation. Returns False, and has done nothing, if that is none."""
        content_type = next(iter(taken.response.headers.get("Content-Type", ())), None)
        if protocol_of(content_type) not in _PROTOCOLS:
            return False
        try:
            messages = parse(taken.response.body)
        except ValueError as e:
            message = f"tapehead: interaction {taken.id} cannot be played: {e}"
            flow.response = miss_response(flow.request, message)
            self._count(flow, request, taken, Outcome.MISSED, message)
            logger.error("%s", message)
            return True
        times = _times(timing, taken, len(messages))
        script = ConversationScript(
            messages,
            times,
            speed=self.config.speed,
            edit=edit_for(request.url, self.config.rules, has_trace=False),
            clean=partial(_cleaned, self._redactor, taken.response),
        )
        headers_at = timing.headers if timing else taken.response.duration / 1_000_000
        play = WebsocketPlay(script, headers_at, partial(self._finish, flow, request, taken))
        flow.metadata[PLAY] = self._open[flow.id] = play
        wait = headers_at / (self.config.speed * 1000) if self.config.speed else 0.0
        flow.response = _response(flow.request, taken.response, arrival_time(flow), wait)
        return True

    def finish(self) -> None:
        """Counts what is under way: the run ends."""
        for each in [*self._open.values()]:
            each.leave()

    def _finish(self, flow: http.HTTPFlow, request: Request, taken: Interaction, play: "WebsocketPlay") -> str:
        """Counts a conversation that is over. Returns what a close says of it."""
        self._open.pop(flow.id, None)
        name = log_name(request.method, request.url.partition("?")[0])
        unsaid, missing = play.script.unsaid
        why = None
        if play.script.unexpected:
            why = explain_message(play.script.unexpected, request, taken.id)
        elif missing and unsaid:
            why = explain_silence(missing, unsaid, request, taken.id)
        if why is None:
            self._count(flow, request, taken, Outcome.REPLAYED, said=play.said)
            left = f"; the client left {missing} of its messages out" if missing else ""
            logger.info("replayed %d %s 101, %d messages%s", taken.id, name, play.said, left)
            return ""
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


@dataclass(slots=True)
class WebsocketPlay:
    """One conversation under way, as the layer below wants it."""

    script: ConversationScript
    origin: float
    """When it began then: milliseconds after its request."""
    _finish: "Callable[[WebsocketPlay], str]"
    said: int = 0
    """How many messages have gone out."""
    _is_over: bool = False

    @property
    def next_due(self) -> float | None:
        """When something is due next; None while it is the client's turn."""
        return self.script.next_due

    def start(self, now: float) -> None:
        """Starts the clock: the client has the head of the response."""
        self.script.start(now, self.origin)

    def hear(self, data: bytes, now: float, *, is_binary: bool) -> None:
        """Takes a message of the client's."""
        kind = MessageKind.CLIENT_BINARY if is_binary else MessageKind.CLIENT
        self.script.hear(Message(kind, data), now)

    def due(self, now: float, most: int) -> Sequence[Spoken | Closing]:
        """Returns what is due, `most` of it; the close with our words, if the client said what it did not say then."""
        if self._is_over:
            return ()
        due = [_outgoing(each) for each in self.script.advance(now, most)]
        self.said += len(due)
        if self.script.unexpected:
            return [*due, Closing(_MISSED, self.leave())]
        return due

    def leave(self) -> str:
        """Takes note that the client has gone, or that all was said. Returns what a close says of it."""
        if self._is_over:
            return ""
        self._is_over = True
        return self._finish(self)


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


def _outgoing(message: Message) -> Spoken | Closing:
    if message.kind is not MessageKind.CLOSE:
        return Spoken(message.data, message.kind.is_binary)
    code, _, rest = message.data.decode(errors="replace").partition(" ")
    return Closing(int(code) if code.isdigit() else _NORMAL, rest.partition(" ")[2])


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
