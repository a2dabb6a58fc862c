"""Conversations while they are recorded: each message is an event of a transcript, in the journal before it goes on.

So is what comes of streams that have no end of their own, and of exchanges whose sides speak by turns. What of a message
may be part of a credential that goes on in the next waits (`open_texts`). Knows taps and messages. When a conversation is
over, and what becomes of it then, is the recorder's.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from mitmproxy import http
from mitmproxy.websocket import WebSocketData

from tapehead.cassette.errors import CassetteError
from tapehead.cassette.frame_order import CLIENT, SERVER
from tapehead.cassette.journal import OpenConversation, OpenMessage
from tapehead.cassette.journal_writer import Journal
from tapehead.cassette.model import Interaction, Response, Values
from tapehead.cassette.transcript import Message, MessageKind, is_bytes, protocol_of, render_close, render_message
from tapehead.recording.duplex_tap import DuplexTap
from tapehead.recording.mcp_exchanges import SessionTap
from tapehead.recording.renderer import Renderer
from tapehead.recording.response_tap import ResponseTap
from tapehead.redact.open_texts import OpenTexts
from tapehead.redact.redactor import Redactor
from tapehead.wire.sse import SSESplitter

logger = logging.getLogger(__name__)

CONVERSATION = "tapehead_conversation"
"""In a flow's metadata: it is one, and nothing of HTTP."""
_FROM_CLIENT = b"event: client"
_MS = 1_000_000  # nanoseconds
_KINDS = {
    (True, True): MessageKind.CLIENT,
    (True, False): MessageKind.CLIENT_BINARY,
    (False, True): MessageKind.SERVER,
    (False, False): MessageKind.SERVER_BINARY,
}


@dataclass(slots=True)
class _Kept:
    """One that is in the journal."""

    head: Interaction
    """Without bodies."""
    number: int
    """The journal's."""
    texts: dict[str, OpenTexts]
    """Of each side."""
    splitter: SSESplitter = field(default_factory=SSESplitter)
    """What has come of an event of a stream of them."""
    count: int = 0
    """How many events or messages there are."""


class ConversationRecorder:
    """Takes down the conversations of one cassette."""

    def __init__(self, redactor: Redactor, renderer: Renderer, journal: Journal | None) -> None:
        """Takes what it works with; without a journal what is under way is lost with the process."""
        self._redactor = redactor
        self._renderer = renderer
        self._journal = journal
        self._kept: dict[int, _Kept] = {}
        """Those that are in the journal, by number."""

    def __repr__(self) -> str:
        return f"<ConversationRecorder {len(self._kept)} in the journal>"

    def begin(self, exchange: ResponseTap) -> None:
        """Begins one: the head of its response is there."""
        if self._journal is None:
            return
        head = self._renderer.render_head(exchange)
        opened = OpenConversation(
            request=head.request,
            response=head.response,
            start=exchange.started_at,
            headers=(exchange.headers_received - exchange.request_sent) / _MS,
        )
        try:
            exchange.journal = self._journal.begin(opened)
        except CassetteError as e:
            logger.error("conversations under way are not safe from a kill: %s", e)
        else:
            response = replace(head.response, content_length=-1, body=b"")
            head = replace(head, request=replace(head.request, body=b""), response=response)
            kinds = {CLIENT: head.request.headers, SERVER: response.headers}
            if protocol_of(_content_type(response.headers)):
                kinds[CLIENT] = response.headers
            texts = {side: self._redactor.open_texts(_content_type(headers)) for side, headers in kinds.items()}
            self._kept[exchange.journal] = _Kept(head, exchange.journal, texts)

    def begin_stream(self, exchange: ResponseTap) -> None:
        """Has what comes of a response that has begun in the journal, if it may go on for long.

        What is compressed as a whole is not: its parts say nothing.
        """
        if exchange.flow.response is None or exchange.flow.response.headers.get("content-encoding"):
            return
        if isinstance(exchange, SessionTap):
            exchange.keep = self._keep_events
        elif isinstance(exchange, DuplexTap):
            self.begin(exchange)
            exchange.keep = self._keep_messages
            for each in exchange.so_far():
                self._keep_messages(exchange, *each)

    def _keep_events(self, exchange: SessionTap, data: bytes, at: int) -> None:
        """Takes down the events that are whole by now."""
        if exchange.journal is None:
            self.begin(exchange)
        kept = self._kept_of(exchange)
        if kept is None:
            exchange.keep = None
        elif event := kept.splitter.complete_prefix(data):
            self._write(exchange, at, event.decode(errors="replace").encode(), SERVER)

    def _keep_messages(self, exchange: ResponseTap, by: str, messages: Sequence[bytes], at: int) -> None:
        """Takes down messages of one side's, or that it ended."""
        kept = self._kept_of(exchange)
        if kept is None or self._journal is None:
            return
        try:
            for each in messages:
                text, amended = kept.texts[by].take(kept.count, each) if by in kept.texts else (each, [])
                for number, other, hides in amended:
                    redacted = self._redacted_message(kept.head, by, other)
                    self._journal.amend(kept.number, number, redacted, hides=hides, is_message=True)
                redacted = self._redacted_message(kept.head, by, text)
                self._journal.add_message(kept.number, OpenMessage(by, self._ms(exchange, at), redacted))
                kept.count += 1
        except CassetteError as e:
            logger.error("a conversation under way is not safe from a kill: %s", e)
            self.forget(exchange)

    def _kept_of(self, exchange: ResponseTap) -> _Kept | None:
        return self._kept.get(exchange.journal) if exchange.journal is not None else None

    def _redacted_message(self, head: Interaction, by: str, message: bytes) -> bytes:
        if by == CLIENT:
            return self._redactor.request(replace(head.request, body=message)).body
        if by == SERVER:
            return self._redactor.response(replace(head.response, body=message), [len(message)])[0].body
        return message

    @staticmethod
    def _ms(exchange: ResponseTap, at: int) -> float:
        return (at - exchange.request_sent) / _MS

    def message(self, exchange: ResponseTap) -> None:
        """Takes down the last message of its WebSocket. mitmproxy forgets those before."""
        messages = _websocket(exchange.flow).messages
        last = messages[-1]
        del messages[:-1]
        self.add(exchange, render_message(Message(_KINDS[last.from_client, last.is_text], last.content)))

    def close(self, exchange: ResponseTap) -> None:
        """Takes down how its WebSocket was closed."""
        data = _websocket(exchange.flow)
        data.messages.clear()
        code, by = int(data.close_code or 0), "client" if data.closed_by_client else "server"
        self.add(exchange, render_close(code, by, data.close_reason or ""))

    def add(self, exchange: ResponseTap, event: bytes) -> None:
        """Takes down an event of a transcript: it is in the journal when this returns."""
        self._write(exchange, exchange.note(event), event, CLIENT if event.startswith(_FROM_CLIENT) else SERVER)

    def _write(self, exchange: ResponseTap, at: int, event: bytes, by: str) -> None:
        kept = self._kept_of(exchange)
        if kept is None or self._journal is None:
            return
        try:
            text, amended = (event, []) if is_bytes(event) else kept.texts[by].take(kept.count, event)
            for number, other, hides in amended:
                self._journal.amend(kept.number, number, self._redacted(kept.head.response, other), hides=hides)
            self._journal.add(kept.number, self._ms(exchange, at), self._redacted(kept.head.response, text))
            kept.count += 1
        except CassetteError as e:
            logger.error("a conversation under way is not safe from a kill: %s", e)
            self.forget(exchange)

    def _redacted(self, head: Response, event: bytes) -> bytes:
        """An event for the journal: what credentials look like, and those that are known; what a person named by its place."""
        if self._redactor.rules.pointers:
            redacted, _ = self._redactor.response(replace(head, body=event), [len(event)])
            return redacted.body
        return self._redactor.clean(event)

    def forget(self, exchange: ResponseTap) -> None:
        """Lets go of one in the journal: it is in the cassette, or is not to be."""
        number, exchange.journal = exchange.journal, None
        if isinstance(exchange, SessionTap):
            exchange.keep = None
        if number is None or self._journal is None:
            return
        self._kept.pop(number, None)
        try:
            self._journal.end(number)
        except CassetteError as e:
            logger.error("the journal keeps a conversation that is over: %s", e)


def _content_type(headers: Values) -> str | None:
    return next(iter(headers.get("Content-Type", ())), None)


def is_conversation(exchange: ResponseTap) -> bool:
    """Returns whether an exchange has become a conversation."""
    return exchange.flow.websocket is not None or CONVERSATION in exchange.flow.metadata


def _websocket(flow: http.HTTPFlow) -> WebSocketData:
    data = flow.websocket
    assert data is not None
    return data
