"""A stream watched as it comes: which chunk has its terminal event, so that it can be on disk before a client sees it.

Looks at what is whole since the last look, so that the cost is linear in the stream; undoes its content coding where it
has one. What may be a terminal event is `terminal_events`'s matter. A stream that cannot be decoded has no last words.
"""

import itertools
import re
from collections.abc import Mapping
from types import MappingProxyType

from tapehead.llm.json_rpc import JsonRpcCall
from tapehead.llm.terminal_event_rows import TerminalEvent
from tapehead.llm.terminal_events import stream_end
from tapehead.wire.chunks import CoalescedChunks
from tapehead.wire.coding import CodingError, Decoder
from tapehead.wire.event_splitters import SPLITTERS
from tapehead.wire.eventstream import EventStreamSplitter
from tapehead.wire.headers import media_type
from tapehead.wire.ndjson import NDJSONSplitter
from tapehead.wire.sse import SSESplitter

# What an event has that ends a stream, and few others have: to parse each event would cost more than all the rest.
_HINTS: Mapping[object, "re.Pattern[bytes]"] = MappingProxyType(
    {
        SSESplitter: re.compile(
            rb"\[DONE\]|message[_-](?:stop|end)|response\.(?:completed|failed|incomplete)|finishReason|blockReason|error\""
            rb"|conversation\.response|RUN_(?:FINISHED|ERROR)|close_stream|process_completed|workflow_finished|is_finished"
            rb"|event: ?(?:end|done|complete|error)|jsonrpc\"|\"(?:finish|abort|end)\"|stop\": ?true|generated_text\": ?\""
            rb"|status-?[uU]pdate|\"(?:task|messageId)\""
        ),
        NDJSONSplitter: re.compile(rb'"(?:done|error|is_finished|end)"'),
        EventStreamSplitter: re.compile(rb"chunk|metadata|exception|error"),
    }
)
# The protocols with an event for each token, known by their first; most streams are one of them, and there are many
# events to look through: OpenAI chat and all who speak it, Anthropic Messages, OpenAI Responses, Gemini.
_PER_TOKEN = re.compile(rb'"choices": ?\[|"type": ?"(?:message_start|response\.created)"|"candidates": ?\[')
_BLANK_LINES = (b"\n\n", b"\r\n\r\n")
_PER_TOKEN_HINT = re.compile(
    rb"\[DONE\]|message[_-](?:stop|end)|response\.(?:completed|failed|incomplete)|finishReason|blockReason|error\""
    rb"|event: ?(?:end|done|complete|error)|RUN_(?:FINISHED|ERROR)"
)


class TerminalEventWatcher:
    """Watches one stream."""

    def __init__(self, content_type: str, content_encoding: str = "", call: JsonRpcCall | None = None) -> None:
        """Takes the headers of the stream, and what its request called.

        Raises KeyError for what is no stream, CodingError for an unknown coding.
        """
        self.end: TerminalEvent | None = None
        """The terminal event, when nothing whole has come after it."""
        self._kind = media_type(content_type)
        self._splitter = SPLITTERS[self._kind]()
        self._hint = _HINTS[SPLITTERS[self._kind]]
        self._is_known = SPLITTERS[self._kind] is not SSESplitter
        """Whether the hint is that of its protocol: of server-sent events the first says which that is."""
        self._decoder = Decoder(content_encoding) if content_encoding else None
        self._call = call

    @property
    def may_be_followed(self) -> bool:
        """Whether something is known to follow such an end; a coding's own end does, at least."""
        return self.end is not None and (self.end.may_be_followed or self._decoder is not None)

    @property
    def is_final(self) -> bool:
        """Whether no event is known to follow it."""
        return self.end is not None and not self.end.may_be_followed

    def skip(self, data: CoalescedChunks) -> int:
        """Takes as many of these chunks, all at once, as surely have no terminal event in them. Returns how many."""
        if self._decoder or self._splitter.rest or self.end:
            return 0
        if not self._is_known and data.parts[0].endswith(_BLANK_LINES):  # it is one event, or several
            self._learn_protocol(data.parts[0])
        if not self._is_known:
            return 0
        hint = self._hint.search(data)
        until = hint.start() if hint else len(data)
        ends = itertools.accumulate(map(len, data.parts))
        number = sum(1 for _ in itertools.takewhile(lambda end: end <= until, ends))
        if number:
            self.feed(b"".join(data.parts[:number]))
        return number

    def pass_quiet(self, data: bytes) -> bool:
        """Takes what came, if surely no terminal event is in it, nor what is whole with it. Returns whether it has."""
        if self._decoder or self._splitter.rest or self.end or not self._is_known or self._hint.search(data):
            return False
        self._splitter.complete_prefix(data)
        return True

    def feed(self, chunk: bytes) -> TerminalEvent | None:
        """Takes a chunk, and returns `end` with it.

        Raises CodingError for what cannot be decoded, and is of no more use then.
        """
        if self._decoder:
            chunk = self._decoder.feed(chunk)
        if whole := self._splitter.complete_prefix(chunk):
            if not self._is_known:
                self._learn_protocol(whole)
            self.end = stream_end(self._kind, whole, self._call) if self._hint.search(whole) else None
        return self.end

    def _learn_protocol(self, events: bytes) -> None:
        """Narrows the hint where the first event is one of a protocol with very many."""
        self._is_known = b"data" in events
        if _PER_TOKEN.search(events):
            self._hint = _PER_TOKEN_HINT


def watch(
    content_type: str | None, content_encoding: str, call: JsonRpcCall | None = None
) -> TerminalEventWatcher | None:
    """Returns a watcher of a response's body; None where there is nothing to watch."""
    try:
        return TerminalEventWatcher(content_type or "", content_encoding, call)
    except (KeyError, CodingError):
        return None
