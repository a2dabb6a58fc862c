"""The long words of a text, cut once for all layers: a credential with a shape, and an encoded one, is one of them.

What this says is a quick no. Where they stand is for the layers to say.
"""

LONG = 15
"""Bytes. The shortest shape is a word as long as this, and so is the base64 of the shortest value."""

_INSIDE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_.")
_SHAPE = bytes(0x61 if c in _INSIDE else 0x20 for c in range(256))
_LONG_SHAPE = b"a" * LONG


def long_tokens(data: bytes) -> frozenset[bytes]:
    """Returns the words of `LONG` bytes and more.

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
