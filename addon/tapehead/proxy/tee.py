"""A tee on a response's stream: each chunk goes to the client untouched, and is noted with its time.

But for the last: it is held back until the exchange is on disk. Knows one exchange, and nothing of what becomes of it.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from mitmproxy import http

from tapehead.llm.last_words import LastWords
from tapehead.wire.chunks import Chunks, parts_of
from tapehead.wire.coding import CodingError

KEPT = 64 * 1024 * 1024
"""Bytes: of a longer body nothing is kept, and its exchange is not recorded."""


@dataclass(slots=True)
class Exchange:
    """One exchange under way: what came, and when (monotonic nanoseconds)."""

    flow: http.HTTPFlow
    started: float
    """Milliseconds since 1970."""
    requested: int
    headed: int = 0
    chunks: list[bytes] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    missing: int = 0
    """Bytes until the Content-Length is reached; 0 when there is none."""
    watch: LastWords | None = None
    """Of a stream: its terminal event is looked for as it comes."""
    held: tuple[bytes, ...] = ()
    """The chunk that completes the Content-Length: a client sees the end by it, so it is sent once we are on disk."""
    last_words: tuple[bytes, ...] = ()
    """Likewise the chunk with the terminal event: a client may leave there. With it what came after and says nothing."""
    ended: bool = False
    size: int = 0
    """Bytes that came."""
    arrivals: int = 0
    """Chunks that came."""

    @property
    def is_too_large(self) -> bool:
        """Whether there was more than is kept."""
        return self.size > KEPT

    @property
    def may_go_on(self) -> bool:
        """Whether more may follow the last words that are held: then they are not yet to be recorded."""
        return self.watch is not None and self.watch.may_go_on

    @property
    def is_last(self) -> bool:
        """Whether the last words that are held can be recorded as the stream's last when nothing comes for a while."""
        return self.watch is None or self.watch.is_last

    def __call__(self, data: bytes) -> Sequence[bytes]:
        """mitmproxy's stream callable: gets what came in one read, still content-coded; b"" at the end.

        Returns the chunks that go on now.
        """
        now = time.monotonic_ns()
        quiet = self.watch.skip(data) if self.watch and type(data) is Chunks else 0
        went_on: list[bytes] = []
        for number, chunk in enumerate(parts_of(data)):
            if chunk:  # an empty one in mid-stream would end a chunked HTTP/1.1 body
                went_on += self._passed(chunk, now, is_quiet=number < quiet)
        return went_on

    def _passed(self, chunk: bytes, now: int, *, is_quiet: bool) -> tuple[bytes, ...]:
        self.size += len(chunk)
        self.arrivals += 1
        if self.size > KEPT:
            self.chunks, self.times, self.missing, self.watch = [], [], 0, None
            return self._with_last_words(chunk)
        self.times.append(now)
        self.chunks.append(chunk)
        said_last = not is_quiet and self.watch is not None and self._said_last(chunk)
        if self.missing:
            self.missing -= len(chunk)
            if self.missing <= 0:
                self.held = self._with_last_words(chunk)
                return ()
        if said_last:
            self.last_words += (chunk,)
            return ()
        return self._with_last_words(chunk)

    def _with_last_words(self, chunk: bytes) -> tuple[bytes, ...]:
        """The chunk, and before it what was not the last after all."""
        went_on, self.last_words = (*self.last_words, chunk), ()
        return went_on

    def _said_last(self, chunk: bytes) -> bool:
        """Whether the stream's terminal event has come, and nothing since."""
        assert self.watch
        try:
            return self.watch.feed(chunk) is not None
        except CodingError:
            self.watch = None
            return False
