"""HTTP/1.1 bodies in chunks: the trailers kept for who wants them, and all that came in one read, at once.

h11 gives one chunk after the other, at some cost for each, and mitmproxy fails at its trailers. What is written in any
but the usual way, what is not there whole, and every error stay h11's.
"""

import re
from collections.abc import Callable
from typing import Any

import h11
from mitmproxy import http
from mitmproxy.proxy.layers.http import _http1

from tapehead.mitm.patches import replace
from tapehead.wire.chunks import coalesce

_CHUNK_HEAD = re.compile(rb"([0-9A-Fa-f]{1,8})\r\n")
_MARK = "_tapehead_chunked"


def install() -> None:
    """Makes mitmproxy read chunks by a `ChunkedReader`; after `http1.install`. A second call does nothing."""
    if not hasattr(_http1, _MARK):
        setattr(_http1, _MARK, True)
        replace(_http1, "make_body_reader", _wrap_make_body_reader(_http1.make_body_reader))


def _wrap_make_body_reader(make: Callable[[int | None], Any]) -> Callable[[int | None], Any]:
    def make_body_reader(expected_size: int | None) -> Any:
        reader = make(expected_size)
        return ChunkedReader(reader.reader) if type(reader) is TrailersReader else reader

    return make_body_reader


class TrailersReader:
    """In the place of h11's, which it asks: keeps the trailers."""

    def __init__(self, reader: Any) -> None:
        self.reader = reader
        self.trailers: http.Headers | None = None
        self.read_eof = reader.read_eof

    def __call__(self, buffer: Any) -> Any:
        return self._without_trailers(self.reader(buffer))

    def _without_trailers(self, event: Any) -> Any:
        if isinstance(event, h11.EndOfMessage) and event.headers:
            self.trailers = http.Headers([(bytes(name), bytes(value)) for name, value in event.headers.raw_items()])
            return h11.EndOfMessage()
        return event


class ChunkedReader(TrailersReader):
    """Likewise, and gives what is there at once."""

    def __init__(self, reader: Any) -> None:
        super().__init__(reader)
        self._next: Any = None
        """What comes after the chunks: the end, or an error."""

    def __call__(self, buffer: Any) -> Any:
        if self._next is None and (chunks := self._chunks(buffer)):
            return h11.Data(coalesce(chunks))
        event, self._next = self._next, None
        if isinstance(event, h11.ProtocolError):
            raise event
        return self._without_trailers(event)

    @property
    def is_between_chunks(self) -> bool:
        """Whether all that came so far was given, and the next byte is the first of a chunk."""
        reader = self.reader
        return self._next is None and not (
            reader._bytes_in_chunk or reader._bytes_to_discard or reader._reading_trailer
        )

    def _chunks(self, buffer: Any) -> list[bytes]:
        reader = self.reader
        chunks: list[bytes] = []
        if self.is_between_chunks:
            chunks, size = whole_chunks(bytes(buffer))
            buffer.maybe_extract_at_most(size)
        while True:
            try:
                event = reader(buffer)
            except h11.ProtocolError as e:
                event = e
            if type(event) is not h11.Data:
                self._next = event
                return chunks
            chunks.append(bytes(event.data))


def whole_chunks(data: bytes) -> tuple[list[bytes], int]:
    """Returns the chunks that are there whole and written as everybody does, and their size; the others are h11's."""
    chunks = []
    position = 0
    while head := _CHUNK_HEAD.match(data, position):
        start, size = head.end(), int(head[1], 16)
        end = start + size
        if not size or data[end : end + 2] != b"\r\n":
            break
        chunks.append(data[start:end])
        position = end + 2
    return chunks, position
