"""What was written, remembered so that a value which is learned later need hardly ever be searched for.

Of the long words of a text it keeps anchors: the six characters behind some digits. Who has none of a value's anchors
does not hold the value, neither plain nor in base64. Knows no files, and not what a credential is.
"""

import re
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass

from tapehead.redact.base64_alignments import encodings
from tapehead.redact.known_secrets import spellings

_DIGITS = tuple(b"%d" % digit for digit in (1, 3, 5, 7, 9))
_LENGTH = 6  # characters of an anchor: 30 bits of a random text
_LONGEST = 8192  # bytes: an image's base64 is searched, not remembered
_MOST = 500_000  # anchors: some 50 MB
_RUN = re.compile(rb"[A-Za-z0-9_.-]{15,}+")  # as no URL escapes it; as long as a word that counts as long


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchors:
    """Of one text."""

    found: frozenset[bytes] = frozenset()
    has_more: bool = False
    """Whether there were words too long to be remembered."""


def anchors(words: Iterable[bytes]) -> Anchors:
    """Returns the anchors of the long words of a text."""
    every = list(words)
    short = [word for word in every if len(word) <= _LONGEST]
    return Anchors(found=frozenset(_anchors(b" ".join(short))), has_more=len(short) < len(every))


def may_hold(anchors: Anchors, values: Iterable[str]) -> bool:
    """Returns whether one of the values may be in a text; False is certain, as it is where there are no values."""
    return any(anchors.has_more or any(_is_possible(anchors.found, text) for text in _forms(value)) for value in values)


class WrittenIndex:
    """The anchors of all that was written to one place."""

    def __init__(self) -> None:
        self._found: set[bytes] = set()
        self.has_more = False
        """Whether there is more than is remembered: then only a search can tell."""

    def __repr__(self) -> str:
        return f"<WrittenIndex {len(self._found)} anchors{' and more' if self.has_more else ''}>"

    def add(self, anchors: Anchors) -> None:
        """Adds those of a text."""
        self._found |= anchors.found
        self.has_more |= anchors.has_more
        if len(self._found) > _MOST:
            self._found, self.has_more = set(), True

    def look_for(self, values: Iterable[str]) -> tuple[bool, list[bytes]]:
        """Returns whether one of the values may be there; where only a search can tell, the texts to search for."""
        texts: list[bytes] = []
        for value in values:
            plain, *encoded = _forms(value)
            if _is_possible(self._found, plain):
                return True, []
            if self.has_more:
                texts += (*spellings(value), *encoded)
            texts += [text for text in encoded if _is_possible(self._found, text)]
        return False, texts


def _forms(value: str) -> Sequence[bytes]:
    """The value as it is, and in base64."""
    data = value.encode(errors="surrogateescape")
    return [b" ".join(_RUN.findall(data)), *encodings(data)]


def _is_possible(found: Set[bytes], text: bytes) -> bool:
    """Whether all anchors of a text are there that are the same in all spellings; also where it has none."""
    return {anchor for anchor in _anchors(text) if anchor.isalnum()} <= found


def _anchors(text: bytes) -> set[bytes]:
    found: set[bytes] = set()
    for digit in _DIGITS:
        found.update([piece[:_LENGTH] for piece in text.split(digit)[1:] if len(piece) >= _LENGTH])
    return found
