"""Conversations while they are recorded: each message is an event of a transcript, in the journal before it goes on.

So is what comes of streams that have no end of their own, and of exchanges whose sides speak by turns. Knows taps and
messages. When a conversation is over, and what becomes of it then, is the recorder's.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace

from mitmproxy import http
from mitmproxy.websocket import WebSocketData

from tapehead.cassette.errors import CassetteError
from tapehead.cassette.frame_order import CLIENT, SERVER
from tapehead.cassette.journal import OpenConversation, OpenMessage
from tapehead.cassette.journal_writer import Journal
from tapehead.cassette.model import Interaction, Response
from tapehead.cassette.transcript import Message, MessageKind, render_close, render_message
from tapehead.recording.duplex_tap import DuplexTap
from tapehead.recording.mcp_exchanges import SessionTap
from tapehead.recording.renderer import Renderer
from tapehead.recording.response_tap import ResponseTap
from tapehead.redact.redactor import Redactor
from tapehead.wire.sse import SSESplitter

logger = logging.getLogger(__name__)

CONVERSATION = "tapehead_conversation"
"""In a flow's metadata: it is one, and nothing of HTTP."""
_MS = 1_000_000  # nanoseconds
_KINDS = {
    (True, True): MessageKind.CLIENT,
    (True, False): MessageKind.CLIENT_BINARY,
    (False, True): MessageKind.SERVER,
    (False, False): MessageKind.SERVER_BINARY,
}


class ConversationRecorder:
    """Takes down the conversations of one cassette."""

    def __init__(self, redactor: Redactor, renderer: Renderer, journal: Journal | None) -> None:
        """Takes what it works with; without a journal what is under way is lost with the process."""
        self._redactor = redactor
        self._renderer = renderer
        self._journal = journal
        self._heads: dict[int, Interaction] = {}
        """Of those that are in the journal, by number; without bodies."""
        self._events: dict[int, SSESplitter] = {}
        """What has come of an event of those that are streams of them."""

    def __repr__(self) -> str:
        return f"<ConversationRecorder {len(self._heads)} in the journal>"

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
            self._heads[exchange.journal] = replace(head, request=replace(head.request, body=b""), response=response)

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
        if exchange.journal is None:
            exchange.keep = None
        elif event := self._events.setdefault(exchange.journal, SSESplitter()).complete_prefix(data):
            self._write(exchange, at, event.decode(errors="replace").encode())

    def _keep_messages(self, exchange: ResponseTap, by: str, messages: Sequence[bytes], at: int) -> None:
        """Takes down messages of one side's, or that it ended."""
        head = self._heads.get(exchange.journal) if exchange.journal is not None else None
        if head is None or self._journal is None or exchange.journal is None:
            return
        try:
            for each in messages:
                redacted = self._redacted_message(head, by, each)
                self._journal.add_message(exchange.journal, OpenMessage(by, self._ms(exchange, at), redacted))
        except CassetteError as e:
            logger.error("a conversation under way is not safe from a kill: %s", e)
            self.forget(exchange)

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
        self._write(exchange, exchange.note(event), event)

    def _write(self, exchange: ResponseTap, at: int, event: bytes) -> None:
        head = self._heads.get(exchange.journal) if exchange.journal is not None else None
        if head is None or self._journal is None or exchange.journal is None:
            return
        try:
            redacted = self._redacted(head.response, event)
            self._journal.add(exchange.journal, self._ms(exchange, at), redacted)
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
        self._heads.pop(number, None)
        self._events.pop(number, None)
        try:
            self._journal.end(number)
        except CassetteError as e:
            logger.error("the journal keeps a conversation that is over: %s", e)


def is_conversation(exchange: ResponseTap) -> bool:
    """Returns whether an exchange has become a conversation."""
    return exchange.flow.websocket is not None or CONVERSATION in exchange.flow.metadata


def _websocket(flow: http.HTTPFlow) -> WebSocketData:
    data = flow.websocket
    assert data is not None
    return data
