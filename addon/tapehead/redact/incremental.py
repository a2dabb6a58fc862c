"""A text redacted while it comes, in bounded memory: what is sure goes out, what may go on to be a credential waits.

A window of the text is looked through at a time, with what stood before it. What is found there and ends behind the cut
is remembered, so that what is spread over a stream's events goes as a whole. A credential, with the name before it, is
found like in the whole text if it is no longer than a window. Does not know what is looked for.
"""

from collections.abc import Callable, Sequence

from tapehead.redact.edits import Edit, apply, merge

WINDOW = 64 * 1024
"""Bytes that are looked at ahead of what goes out; twice as many are held at most, and what is fed at once."""
_BEFORE = 4096  # bytes of what has gone out that are looked at again: a name may stand before its value


class IncrementalRedactor:
    """Redacts one text. Not to be used after `finish`."""

    def __init__(self, find: Callable[[bytes], Sequence[Edit]], window: int = WINDOW) -> None:
        """Takes what finds the edits of a text that is whole, in order."""
        self._find = find
        self._window = window
        self._text = b""
        """What has not gone out, and before it something that has."""
        self._out = 0
        """So much of it has gone out."""
        self._waiting: list[Edit] = []
        """Edits of what has not."""
        self._new: list[bytes] = []
        """What came since, and is not in the text yet."""
        self._size = 0

    def __repr__(self) -> str:
        return f"<IncrementalRedactor {self._size} bytes waiting>"

    def feed(self, data: bytes) -> bytes:
        """Takes the next piece of the text, and returns what is redacted for sure; it may be empty."""
        self._new.append(data)
        self._size += len(data)
        return self._until(self._size - self._window) if self._size >= 2 * self._window else b""

    def finish(self) -> bytes:
        """Returns the rest: the text has ended."""
        return self._until(self._size)

    def _until(self, size: int) -> bytes:
        """What becomes of the next `size` bytes; of less, or more, where something begins before their end and goes on."""
        text, out = b"".join([self._text, *self._new]), self._out
        end = out + size
        found = [edit._replace(start=max(edit.start, out)) for edit in self._find(text) if edit.end > out]
        edits = merge([self._waiting, found])
        across = next((edit for edit in edits if edit.start < end < edit.end), None)
        if across:
            end = across.start if across.start > out else across.end
        ready = [edit for edit in edits if edit.end <= end]
        redacted = apply(text[out:end], [_moved(edit, -out) for edit in ready])
        first = max(0, end - _BEFORE)
        first = text.find(b"\n", first, end) + 1 or first  # a line that is whole says more than half of one
        self._text, self._out, self._new = text[first:], end - first, []
        self._size = len(text) - end
        self._waiting = [_moved(edit, -first) for edit in edits[len(ready) :]]
        return redacted


def _moved(edit: Edit, by: int) -> Edit:
    return Edit(edit.start + by, edit.end + by, edit.new)
