"""A stream watched as it comes: which chunk has its terminal event, so that it can be on disk before a client sees it.

Looks at what is whole since the last look, so that the cost is linear in the stream; undoes its content coding where it
has one. What may be a terminal event is `terminal_events`'s matter. A stream that cannot be decoded has no last words.
"""

import itertools
import re
from collections.abc import Mapping
from types import MappingProxyType

from tapehead.llm.terminal_events import TerminalEvent, stream_end
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
        ),
        NDJSONSplitter: re.compile(rb'"(?:done|error)"'),
        EventStreamSplitter: re.compile(rb"chunk|metadata|exception|error"),
    }
)


class TerminalEventWatcher:
    """Watches one stream."""

    def __init__(self, content_type: str, content_encoding: str = "") -> None:
        """Takes the headers of the stream. Raises KeyError for what is no stream, CodingError for an unknown coding."""
        self.end: TerminalEvent | None = None
        """The terminal event, when nothing whole has come after it."""
        self._kind = media_type(content_type)
        self._splitter = SPLITTERS[self._kind]()
        self._hint = _HINTS[SPLITTERS[self._kind]]
        self._decoder = Decoder(content_encoding) if content_encoding else None

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
        hint = self._hint.search(data)
        until = hint.start() if hint else len(data)
        ends = itertools.accumulate(map(len, data.parts))
        number = sum(1 for _ in itertools.takewhile(lambda end: end <= until, ends))
        if number:
            self.feed(b"".join(data.parts[:number]))
        return number

    def feed(self, chunk: bytes) -> TerminalEvent | None:
        """Takes a chunk, and returns `end` with it.

        Raises CodingError for what cannot be decoded, and is of no more use then.
        """
        if self._decoder:
            chunk = self._decoder.feed(chunk)
        if whole := self._splitter.complete_prefix(chunk):
            self.end = stream_end(self._kind, whole) if self._hint.search(whole) else None
        return self.end


def watch(content_type: str | None, content_encoding: str) -> TerminalEventWatcher | None:
    """Returns a watcher of a response's body; None where there is nothing to watch."""
    try:
        return TerminalEventWatcher(content_type or "", content_encoding)
    except (KeyError, CodingError):
        return None
