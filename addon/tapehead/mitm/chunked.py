"""HTTP/1.1 bodies in chunks: all that came in one read, at once, and the trailers kept for who wants them.

h11 gives one chunk after the other, at some cost for each, and mitmproxy fails at its trailers. What is written in any
but the usual way, what is not there whole, and every error stay h11's.
"""

import re
from typing import Any

import h11
from mitmproxy import http

from tapehead.wire.chunks import coalesce

_CHUNK_HEAD = re.compile(rb"([0-9A-Fa-f]{1,8})\r\n")


class ChunkedReader:
    """In the place of h11's, which it asks."""

    def __init__(self, reader: Any) -> None:
        self._reader = reader
        self._next: Any = None
        """What comes after the chunks: the end, or an error."""
        self.trailers: http.Headers | None = None
        self.read_eof = reader.read_eof

    def __call__(self, buffer: Any) -> Any:
        if self._next is None and (chunks := self._chunks(buffer)):
            return h11.Data(coalesce(chunks))
        event, self._next = self._next, None
        if isinstance(event, h11.ProtocolError):
            raise event
        if isinstance(event, h11.EndOfMessage) and event.headers:
            self.trailers = http.Headers([(bytes(name), bytes(value)) for name, value in event.headers.raw_items()])
            return h11.EndOfMessage()
        return event

    def _chunks(self, buffer: Any) -> list[bytes]:
        reader = self._reader
        between = not (reader._bytes_in_chunk or reader._bytes_to_discard or reader._reading_trailer)
        chunks = _whole_chunks(buffer) if between else []
        while True:
            try:
                event = reader(buffer)
            except h11.ProtocolError as e:
                event = e
            if type(event) is not h11.Data:
                self._next = event
                return chunks
            chunks.append(bytes(event.data))


def _whole_chunks(buffer: Any) -> list[bytes]:
    """Takes the chunks off that are there whole and written as everybody does; the others are h11's, with their errors."""
    data = bytes(buffer)
    chunks = []
    position = 0
    while head := _CHUNK_HEAD.match(data, position):
        start, size = head.end(), int(head[1], 16)
        end = start + size
        if not size or data[end : end + 2] != b"\r\n":
            break
        chunks.append(data[start:end])
        position = end + 2
    buffer.maybe_extract_at_most(position)
    return chunks
