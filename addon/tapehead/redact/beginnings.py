"""What credentials begin with: whether the end of a text may be the first part of one that goes on behind it.

Knows values and the formats of keys. Does not find what is whole.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable

from tapehead.redact.key_formats import SHAPES

LEAST = 3
"""Bytes of a beginning that is taken for one."""
_LONGEST = 4096  # bytes of a value
_REST = 24  # bytes behind a format's literal, at least, which may be the beginning of a key
_WORD = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
_IN_KEY = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_.~:-"


class Beginnings:
    """Those of some values, and of keys with a format."""

    def __init__(self, values: Iterable[bytes], kinds: Collection[str]) -> None:
        """Takes the values, in each spelling, and the kinds of keys."""
        self._values: dict[bytes, list[bytes]] = defaultdict(list)
        for value in values:
            self._values[value[:LEAST]].append(value)
        self._longest = min(_LONGEST, max((len(each) for own in self._values.values() for each in own), default=0))
        self._literals: dict[bytes, list[tuple[bytes, int]]] = defaultdict(list)
        for shape in SHAPES:
            if shape.kind in kinds and shape.head is None and len(shape.literal) >= LEAST:
                most = len(shape.literal) + max(shape.least, _REST)
                self._literals[shape.literal[:LEAST]].append((shape.literal, most))
        self._most = max((most for own in self._literals.values() for _, most in own), default=0)

    def __repr__(self) -> str:
        return f"<Beginnings of {sum(map(len, self._values.values()))} values>"

    def open_end(self, text: bytes) -> int | None:
        """Returns where the first one begins that goes up to the end of a text; None when there is none."""
        found = [at for each in (self._of_value(text), self._of_key(text)) if (at := each) is not None]
        return min(found, default=None)

    def _of_value(self, text: bytes) -> int | None:
        first: int | None = None
        for head, values in self._values.items():
            at = text.find(head, max(0, len(text) - self._longest + 1))
            while at >= 0 and (first is None or at < first):
                if any(value.startswith(text[at:]) and len(value) > len(text) - at for value in values):
                    first = at
                at = text.find(head, at + 1)
        return first

    def _of_key(self, text: bytes) -> int | None:
        before = max(0, len(text) - self._most - 1)
        end = text[before:]
        for at in range(len(end.rstrip(_IN_KEY)), len(end) - LEAST + 1):
            if (known := self._literals.get(end[at : at + LEAST])) and (at == 0 or end[at - 1] not in _WORD):
                size = len(end) - at
                for literal, most in known:
                    if size <= most and (literal.startswith(end[at:]) or end.startswith(literal, at)):
                        return before + at
        return None
