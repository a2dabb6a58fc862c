"""HPACK's Huffman code (RFC 7541, 5.2), a byte at a time: hyper's table knows half a byte, and these are made of it.

A step is made when it is first needed, as there are 65,536. What this gives and refuses is what hyper's does.
"""

from functools import lru_cache

from hpack.huffman_table import HUFFMAN_COMPLETE, HUFFMAN_EMIT_SYMBOL, HUFFMAN_FAIL, HUFFMAN_TABLE

_MOST_STEPS = 2**14  # that are kept: text of all kinds needs some thousands
_MOST_BYTES = 512  # of a code whose meaning is kept

type _Step = tuple[int, bytes, bool]
"""The state after a byte, what it says, and whether the code may end there."""

_steps: dict[int, _Step] = {}


def decode(code: bytes) -> bytes:
    """Returns what a code says. Raises ValueError for what is none."""
    return _kept(code) if len(code) <= _MOST_BYTES else _decoded(code)


def _decoded(code: bytes) -> bytes:
    said: list[bytes] = []
    state, may_end = 0, True
    for byte in code:
        step = _steps.get(state << 8 | byte) or _make_step(state, byte)
        state, text, may_end = step
        said.append(text)
    if not may_end:
        raise ValueError("a Huffman code ends too early")
    return b"".join(said)


_kept = lru_cache(maxsize=2048)(_decoded)


def _make_step(state: int, byte: int) -> _Step:
    said, after, flags = b"", state, 0
    for nibble in (byte >> 4, byte & 0xF):
        after, flags, symbol = HUFFMAN_TABLE[after << 4 | nibble]
        if flags & HUFFMAN_FAIL:
            raise ValueError("what is no Huffman code")
        if flags & HUFFMAN_EMIT_SYMBOL:
            said += bytes((symbol,))
    step = after, said, bool(flags & HUFFMAN_COMPLETE)
    if len(_steps) < _MOST_STEPS:
        _steps[state << 8 | byte] = step
    return step
