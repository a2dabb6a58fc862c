"""The words of a text, cut once for all layers: credentials have names that are words, or are long words themselves.

What this says is a quick no: which names and which long words there are. Where they stand is for the layers to say.
"""

from collections.abc import Iterator
from dataclasses import dataclass

LONG = 15
"""Bytes. The shortest shape is a word as long as this, and so is the base64 of the shortest value."""

_INSIDE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_.")
_SPACED = bytes(c if c in _INSIDE else 0x20 for c in range(256))
_SLICE = 256 * 1024  # bytes: a list of all words of a large body would be many times its size


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What a text has."""

    names: bool
    """Whether one of the names asked for is among the words."""
    long: frozenset[bytes]


def words(data: bytes, names: frozenset[bytes] = frozenset()) -> Words:
    """The words of `data`."""
    found = False
    long: set[bytes] = set()
    for piece in _pieces(data.translate(_SPACED)):
        every = piece.split()
        found = found or (bool(names) and not names.isdisjoint(every))
        long.update([word for word in every if len(word) >= LONG])
    return Words(names=found, long=frozenset(long))


def _pieces(spaced: bytes) -> Iterator[bytes]:
    """The text in slices that end where a word does."""
    start = 0
    while start < len(spaced):
        end = len(spaced)
        if end - start > _SLICE:
            end = spaced.find(b" ", start + _SLICE)
            end = len(spaced) if end < 0 else end
        yield spaced[start:end] if start or end < len(spaced) else spaced
        start = end
