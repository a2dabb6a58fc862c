"""The messages of streams in which both sides may speak: gRPC, Connect's streams, AWS's event-stream; where each ends.

gRPC and Connect put a byte of flags and a length of four before each message
(https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md, https://connectrpc.com/docs/protocol). Does not know
what a message says.
"""

from collections.abc import Callable

from tapehead.wire.eventstream import EventStreamSplitter
from tapehead.wire.headers import media_type
from tapehead.wire.splitter import Splitter

PREFIX = 5
"""Bytes before a message: its flags, its length."""
COMPRESSED = 1
"""The flag of a message that is compressed."""
TRAILERS = 0x80
"""The flag of gRPC-Web's trailers."""
END_STREAM = 2
"""The flag of what ends a stream of Connect."""
_DUPLEX = ("application/grpc", "application/connect+", "application/vnd.amazon.eventstream")


class PrefixedSplitter(Splitter):
    """Splits a stream into messages, each with what stands before it."""

    def feed(self, data: bytes) -> list[bytes]:
        """Returns the messages that this data completes."""
        self._buffer += data
        messages = []
        start = 0
        while (end := _end_of(self._buffer, start)) is not None:
            messages.append(bytes(self._buffer[start:end]))
            start = end
        del self._buffer[:start]
        return messages


def _end_of(data: bytearray, start: int) -> int | None:
    """Where the message that begins at `start` ends, if all of it is there."""
    if len(data) - start < PREFIX:
        return None
    end = start + PREFIX + int.from_bytes(data[start + 1 : start + PREFIX], "big")
    return end if end <= len(data) else None


def is_duplex(content_type: str | None) -> bool:
    """Returns whether a request of this type may be answered before it ends."""
    return (
        content_type is not None
        and content_type.startswith(_DUPLEX)
        and not content_type.startswith("application/grpc-web")  # fetch has no streams of requests
    )


def splitter_of(content_type: str | None) -> Callable[[], Splitter]:
    """Returns what splits the messages of a stream of a type of which `is_duplex` is true."""
    return EventStreamSplitter if media_type(content_type).startswith(_DUPLEX[2]) else PrefixedSplitter


def split_messages(content_type: str | None, body: bytes) -> list[bytes]:
    """Returns the messages of a whole body, what is incomplete at its end last."""
    splitter = splitter_of(content_type)()
    return splitter.feed(body) + splitter.end()
