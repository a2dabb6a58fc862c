"""What all splitters are. Does not know where an event ends."""

from abc import ABC, abstractmethod


class Splitter(ABC):
    """Splits a stream into events, whatever the pieces in which it comes: what it gives, put together, is the stream."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    @abstractmethod
    def feed(self, data: bytes) -> list[bytes]:
        """Returns the events that this data completes."""

    def complete_prefix(self, data: bytes) -> bytes:
        """Returns what `feed` does, the events as one piece."""
        return b"".join(self.feed(data))

    @property
    def rest(self) -> bool:
        """Whether something is there that is not complete."""
        return bool(self._buffer)

    def end(self) -> list[bytes]:
        """Returns what is left, as one piece; nothing where all was complete."""
        rest = bytes(self._buffer)
        self._buffer.clear()
        return [rest] if rest else []
