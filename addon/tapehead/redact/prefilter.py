"""The words of a text, cut once for all layers: credentials have names that are words, or are long words themselves.

What this says is a quick no: which names and which long words there are. Where they stand is for the layers to say.
"""

from collections.abc import Iterator
from dataclasses import dataclass

LONG = 15
"""Bytes. The shortest shape is a word as long as this, and so is the base64 of the shortest value."""

_INSIDE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_.")
_SPACED = bytes(c if c in _INSIDE else 0x20 for c in range(256))
_SHAPE = bytes(0x61 if c in _INSIDE else 0x20 for c in range(256))
_LONG_SHAPE = b"a" * LONG
_QUOTE = b'"'
_SLICE = 256 * 1024  # bytes: a list of all words of a large body would be many times its size


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What a text has."""

    names: bool
    """Whether one of the names asked for is among the words."""
    long: frozenset[bytes]


def tokens(data: bytes, names: frozenset[bytes]) -> Tokens:
    """Returns which long words `data` has, and whether it has one of the names: a word with a quote behind it."""
    return Tokens(
        names=_QUOTE in data and any(not names.isdisjoint(each.split()) for each in _pieces(data.translate(_SPACED))),
        long=long_tokens(data),
    )


def long_tokens(data: bytes) -> frozenset[bytes]:
    """Returns the long words alone.

    They are found in the text's shape, a letter for each of a word's, at memory speed between them.
    """
    shape = data.translate(_SHAPE)
    found = set()
    start = shape.find(_LONG_SHAPE)
    while start >= 0:
        end = shape.find(b" ", start + LONG)
        found.add(data[start : end if end >= 0 else None])
        start = shape.find(_LONG_SHAPE, end) if end >= 0 else -1
    return frozenset(found)


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
