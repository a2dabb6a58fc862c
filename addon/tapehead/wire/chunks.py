"""Chunks of a body that came in one read, handed on together.

A stream's events often come many at a time, and each costs more to pass on than to look at. Who does not ask for
`parts` sees one chunk that is all of them.
"""

from collections.abc import Sequence
from typing import Self


class CoalescedChunks(bytes):
    """Several chunks as one."""

    parts: tuple[bytes, ...]

    def __new__(cls, parts: Sequence[bytes]) -> Self:
        self = super().__new__(cls, b"".join(parts))
        self.parts = tuple(parts)
        return self

    def __bytes__(self) -> bytes:
        """Itself, with its parts."""
        return self


def coalesce(parts: Sequence[bytes]) -> bytes:
    """Returns one chunk or several as one, which `parts` takes apart again."""
    return parts[0] if len(parts) == 1 else CoalescedChunks(parts)


def parts(chunk: bytes) -> Sequence[bytes]:
    """Returns the chunks that a chunk is made of: mostly itself."""
    return chunk.parts if type(chunk) is CoalescedChunks else (chunk,)
