"""A tap on a response's stream: each chunk goes to the client untouched, and is noted with its time.

But for the last: it is held back until the exchange is on disk (`mitm.stream_tap`). Knows one exchange, and nothing of
what becomes of it.
"""

import time
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mitmproxy import http

from tapehead.cassette.reader import MAX_BYTES
from tapehead.exchange.spooled_chunks import SpooledChunks
from tapehead.llm.terminal_event_watcher import TerminalEventWatcher
from tapehead.mitm.stream_tap import Hold
from tapehead.redact.stream_scan import StreamScan
from tapehead.wire.chunks import CoalescedChunks, parts
from tapehead.wire.coding import CodingError

MAX_BODY = MAX_BYTES
"""Bytes: of a longer body nothing is kept, and its exchange is not recorded; no cassette has room for it."""
_SHORT = 16 * 1024  # bytes: what comes in one read, mostly
_IN_MEMORY = 8 * 1024 * 1024
"""Bytes: a longer body is kept in a file."""


@dataclass(slots=True)
class ResponseTap:
    """One exchange under way: what came, and when (monotonic nanoseconds)."""

    flow: http.HTTPFlow
    started_at: float
    """Milliseconds since 1970."""
    request_sent: int
    headers_received: int = 0
    chunks: list[bytes] | SpooledChunks = field(default_factory=list)
    times: "array[int]" = field(default_factory=lambda: array("q"))
    remaining: int = 0
    """Bytes until the Content-Length is reached; 0 when there is none."""
    watcher: TerminalEventWatcher | None = None
    """Of a stream: its terminal event is looked for as it comes."""
    hold: Hold | None = None
    """Why chunks are held."""
    held: tuple[bytes, ...] = ()
    """The chunk that completes the Content-Length, or has the terminal event; with it what came after and says nothing."""
    folder: Path = Path()
    """On whose disk a long body is kept meanwhile."""
    overlaps: bool = False
    """Whether another exchange was under way at the same time."""
    is_open_ended: bool = False
    """Whether its stream has no end of its own: whatever ends it, it is whole."""
    read_on: float = 0.0
    """Seconds for which the server is read on from when the client has left."""
    written: int | None = None
    """The id of what is on disk of it: more of its stream may come."""
    written_chunks: int = 0
    """How many of its chunks that has."""
    journal: int | None = None
    """Of a conversation: its number in the journal."""
    complete: bool = False
    size: int = 0
    """Bytes that came."""
    chunk_count: int = 0
    """Chunks that came."""
    is_too_large: bool = False
    """Whether there was more than is kept."""
    scan: StreamScan | None = None
    """Of a stream: it is looked through as it comes."""
    _seen: tuple[int, int] = (0, 0)
    """Bytes and chunks that had come when the client left."""

    def __repr__(self) -> str:
        state = "complete" if self.complete else "too large" if self.is_too_large else "under way"
        return f"<ResponseTap {state}, {self.size} bytes in {self.chunk_count} chunks, {len(self.held)} held>"

    @property
    def request_body(self) -> bytes:
        """The body of the request."""
        return self.flow.request.raw_content or b""

    @property
    def order_text(self) -> str:
        """The order of both bodies' messages, where that is to be said: here all of the request came first."""
        return ""

    def note_head(self) -> None:
        """Takes note that the head of the response is there."""

    @property
    def client_times(self) -> Sequence[int]:
        """When each message of the request came, where that is to be said."""
        return ()

    @property
    def is_short(self) -> bool:
        """Whether the body has an announced end that is near, and no event that its client may act on before that."""
        return 0 < self.remaining <= _SHORT and self.watcher is None

    @property
    def has_grown(self) -> bool:
        """Whether there is more than what is on disk."""
        trailers = self.complete and self.flow.response is not None and bool(self.flow.response.trailers)
        return self.chunk_count > self.written_chunks or trailers

    def __call__(self, data: bytes) -> Sequence[bytes]:
        """mitmproxy's stream callable: gets what came in one read, still content-coded; b"" at the end.

        Returns the chunks that go on now.
        """
        now = time.monotonic_ns()
        quiet = self.watcher.skip(data) if self.watcher and type(data) is CoalescedChunks else 0
        went_on: list[bytes] = []
        for number, chunk in enumerate(parts(data)):
            if chunk:  # an empty one in mid-stream would end a chunked HTTP/1.1 body
                went_on += self._take(chunk, now, is_quiet=number < quiet)
        return went_on

    def take_quiet(self, data: bytes) -> bool:
        """Takes what came in one read, if surely nothing of it is to be held. Returns whether it has."""
        if self.remaining or self.held or self.is_too_large or self.size + len(data) > MAX_BODY:
            return False
        if self.watcher and not self.watcher.pass_quiet(data):
            return False
        now = time.monotonic_ns()
        for chunk in parts(data):
            self._take(chunk, now, is_quiet=True)
        return True

    def note(self, event: bytes) -> int:
        """Takes an event of a conversation's transcript, and returns when it came."""
        now = time.monotonic_ns()
        self._take(event, now, is_quiet=True)
        return now

    def release(self) -> tuple[bytes, ...]:
        """Returns the chunks that are held, in order. They are held no longer."""
        held, self.held, self.hold = self.held, (), None
        return held

    def note_client_left(self) -> None:
        """Takes note that nobody sees what comes from now on."""
        self._seen = self.size, self.chunk_count

    def forget_unseen(self) -> None:
        """Forgets what came since then: the body did not end."""
        self.size, self.chunk_count = self._seen
        self.scan = None
        del self.times[self.chunk_count :]
        if isinstance(self.chunks, SpooledChunks):
            self.chunks.cut(self.chunk_count)
        else:
            del self.chunks[self.chunk_count :]

    def _take(self, chunk: bytes, now: int, *, is_quiet: bool) -> tuple[bytes, ...]:
        self.size += len(chunk)
        self.chunk_count += 1
        if self.is_too_large or not self._keep(chunk):
            self.is_too_large = True
            self.chunks, self.times, self.remaining, self.watcher, self.scan = [], array("q"), 0, None, None
            return self._release_before(chunk)
        self.times.append(now)
        if self.scan:
            self.scan.feed(chunk)
        is_terminal = not is_quiet and self.watcher is not None and self._has_terminal_event(chunk)
        if self.remaining:
            self.remaining -= len(chunk)
            if self.remaining <= 0:
                self.held += (chunk,)
                self.hold = Hold.LAST_BYTE
                return ()
        if is_terminal and self.watcher:
            self.held += (chunk,)
            self.hold = _reason(self.watcher)
            return ()
        return self._release_before(chunk)

    def _keep(self, chunk: bytes) -> bool:
        """Whether there is room for it."""
        if self.size > MAX_BODY:
            return False
        try:
            if self.size > _IN_MEMORY and isinstance(self.chunks, list):
                self.chunks = SpooledChunks(self.chunks, self.folder)
            self.chunks.append(chunk)
        except OSError:
            return False
        return True

    def _release_before(self, chunk: bytes) -> tuple[bytes, ...]:
        """The chunk, and before it what was not the last after all."""
        return (*self.release(), chunk) if self.held else (chunk,)

    def _has_terminal_event(self, chunk: bytes) -> bool:
        """Whether the stream's terminal event has come, and nothing since."""
        assert self.watcher
        try:
            return self.watcher.feed(chunk) is not None
        except CodingError:
            self.watcher = None
            return False


def _reason(watcher: TerminalEventWatcher) -> Hold:
    """Why the chunk with a terminal event is held."""
    if not watcher.may_be_followed:
        return Hold.TERMINAL_EVENT
    return Hold.CODING_END if watcher.is_final else Hold.MORE_EVENTS
