"""Server-sent events as raw bytes: where one ends, and its data.

Knows the line ends, the `data` and the `event` field of the WHATWG rules (HTML, 9.2.6). Does not dispatch, reconnect or
look into the data. An event here is everything up to and including its blank line, comments and further blank lines
before it too, so that the pieces put together are the stream.
"""

import re

from tapehead.wire.splitter import Splitter

# A line end after a character that is none, then a line end: `\n`, `\r\n` or `\r`, in any mixture. It begins with a set
# of characters, and looks back, because the regex engine then skips ahead four times as fast.
EVENT_END = re.compile(rb"[\r\n](?<=[^\r\n][\r\n])(?:(?<=\r)\n)?+(?:\n|\r\n?+)")
_MAX_END = 4
_LINE_END = re.compile("\r\n|\r|\n")


class SSESplitter(Splitter):
    """Splits a stream into events, whatever the pieces in which it comes."""

    def feed(self, data: bytes) -> list[bytes]:
        """Returns the events that this data completes."""
        # An end may have begun before this data, so look again at the last bytes; at no others, to stay linear.
        position = max(0, len(self._buffer) - _MAX_END)
        self._buffer += data
        events = []
        start = 0
        while end := EVENT_END.search(self._buffer, position):
            if end.end() == len(self._buffer) and self._buffer[-1] == 0x0D:
                break  # a LF may follow, and would belong to this event
            position = end.end()
            events.append(bytes(self._buffer[start:position]))
            start = position
        del self._buffer[:start]
        return events

    def complete_prefix(self, data: bytes) -> bytes:
        """Returns what `feed` does, the events as one piece.

        At nearly no cost where this data ends with an event, as it mostly does.
        """
        if data.endswith(b"\n\n") and data[-3:-2] not in b"\r\n":
            whole = bytes(self._buffer) + data
            self._buffer.clear()
            return whole
        return b"".join(self.feed(data))


def sse_data(event: bytes) -> str | None:
    """Returns the event's `data` lines, joined by line feeds; None when it has none (a comment, say)."""
    lines = _values(event, "data")
    return "\n".join(lines) if lines else None


def sse_name(event: bytes) -> str:
    """Returns the event's name, the last of its `event` lines; `""` when it has none."""
    return (_values(event, "event") or [""])[-1]


def _values(event: bytes, wanted: str) -> list[str]:
    lines = []
    for line in _LINE_END.split(event.decode("utf-8-sig", "replace")):
        field, _, value = line.partition(":")
        if field == wanted:
            lines.append(value.removeprefix(" "))
    return lines
