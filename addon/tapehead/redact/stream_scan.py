"""A stream looked through while it comes: at its end it is known that nothing in it is to be redacted, or it is not known.

Nearly every stream holds no credential, and to find that out is most of the work at its end, while its client waits. Here
it is done along with the stream, in bounded pieces: what stands in its events, with as much before each piece as any value
and its name can be long; its strings are gathered, and what they say together is looked through at the end. Whatever is
found, and whatever a part does not tell by itself, makes the scan give up: then the stream is redacted as a whole. So what
it says is never more than what that would say. Knows server-sent events, and nothing of what is looked for.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tapehead.redact import private_keys
from tapehead.redact.body_events import data_of_events, is_surely_sse
from tapehead.redact.edits import Edit
from tapehead.redact.event_templates import EventTemplates
from tapehead.redact.like_strings import LikeStrings
from tapehead.redact.prefilter import long_tokens
from tapehead.redact.streams import GAP, parse_value, put_together
from tapehead.redact.value_spans import LONGEST

PIECE = 32 * 1024
"""Bytes that are looked through at once: a millisecond or two."""
_BEFORE = LONGEST + 4096  # bytes that are looked at again: the longest value, and the name before it
_MOST = 2 * 1024 * 1024  # bytes: what is gathered of a longer stream takes room
_END = b"\n\n"
# What makes a part of a text say something else than it does in the whole, in small letters and as text, for which `in` is
# several times as quick as for bytes: other line ends, or more than one blank line; UTF-16; sequences of a terminal; escapes
# that are read from the first quote on; what tells for all of a text that it is OAuth's. And keys of many lines.
_NOT_BY_PARTS = (
    *("\r", "\n\n\n", "\0", "\x1b", "u001b", "x1b", "\\033", "\\e[", "\\/"),
    *(f"\\u00{digit}" for digit in range(2, 8)),
    *("grant_type", "response_type"),
)


@dataclass(frozen=True, slots=True)
class Scanned:
    """That nothing is to be redacted in a body, and what somebody wants to know who redacts it."""

    size: int
    """Bytes of the body."""
    words: frozenset[bytes]
    """The long words of the texts that were put together."""


class StreamScan:
    """Looks through one stream."""

    def __init__(self, find: Callable[[bytes], Sequence[Edit]], learned: int = 0) -> None:
        """Takes what finds the edits of a text, and how many values have been learned that it looks for."""
        self._find = find
        self.learned = learned
        """What is learned later was not looked for in all of it."""
        self._size = 0
        self._new: list[bytes] = []
        self._waiting = 0
        """Bytes that are in `_new`."""
        self._before = b""
        """What was looked through last."""
        self._events = 0
        self._strings = LikeStrings()
        self._templates = EventTemplates(self._strings)
        self.has_given_up = False

    def __repr__(self) -> str:
        state = "given up" if self.has_given_up else f"{self._waiting} of {self._size} bytes waiting"
        return f"<StreamScan {state}>"

    def feed(self, data: bytes) -> None:
        """Takes what came, and looks through it when there is enough."""
        if self.has_given_up:
            return
        self._size += len(data)
        self._waiting += len(data)
        self._new.append(data)
        if self._size > _MOST:
            self._give_up()
        elif self._waiting >= PIECE:
            text = b"".join(self._new)
            end = text.rfind(_END) + len(_END)
            if end >= len(_END):
                self._new, self._waiting = [text[end:]], len(text) - end
                self._look_through(text[:end])
            elif self._waiting >= 4 * PIECE:  # no stream of events
                self._give_up()

    def finish(self) -> Scanned | None:
        """Returns that there is nothing; None where that is not known. To be called once."""
        self._look_through(b"".join(self._new))
        if self.has_given_up:
            return None
        texts = [b"".join(each.datas) for pieces in self._strings.texts() if (each := put_together(pieces))]
        joined = GAP.join(texts)
        if texts and self._find(joined):
            return None
        return Scanned(self._size, long_tokens(joined) if texts else frozenset())

    def _look_through(self, text: bytes) -> None:
        """Whole events; the last may be cut off by the stream's end."""
        if self.has_given_up or not text:
            return
        window = self._before + text
        if (
            (not self._events and not is_surely_sse(text))
            or text.startswith(b"\n")
            or not _tells_by_parts(window)
            or self._find(window)
        ):
            self._give_up()
            return
        for data in data_of_events(text):
            self._gather(data)
        first = max(0, len(window) - _BEFORE)
        cut = window.rfind(_END, 0, first)  # whole events
        self._before = window[cut + len(_END) :] if cut >= 0 else window

    def _gather(self, data: bytes) -> None:
        """As `streams` does of all events at once."""
        number, self._events = self._events, self._events + 1
        if self._templates.add(number, data):
            return
        value = parse_value(data)
        if value is not None:
            self._strings.add_json(number, value)
        elif data:
            self._strings.add_text(number, data)

    def _give_up(self) -> None:
        self.has_given_up = True
        self._new, self._before = [], b""
        self._strings = LikeStrings()
        self._templates = EventTemplates(self._strings)


def _tells_by_parts(window: bytes) -> bool:
    text, lower = window.decode("latin-1"), window.lower().decode("latin-1")
    return not [each for each in _NOT_BY_PARTS if each in lower] and not [
        each for each in private_keys.LITERALS if each in text
    ]
