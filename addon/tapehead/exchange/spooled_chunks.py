"""Chunks of a large body in a file without a name, and read from there one by one: memory is for what is small.

Nobody else can open the file, and it is gone with the object. Does not know what the chunks are of.
"""

import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import overload

from tapehead.cassette.files import write_all


class SpooledChunks(Sequence[bytes]):
    """A sequence of chunks that grows at its end, and can be cut off there."""

    def __init__(self, chunks: Iterable[bytes], folder: Path) -> None:
        """Takes the first of them, and the folder on whose disk they are to be. Raises OSError when there is no room."""
        self._file = tempfile.TemporaryFile(dir=folder if folder.is_dir() else None, buffering=0)  # noqa: SIM115  it is ours
        self._ends = [0]
        for chunk in chunks:
            self.append(chunk)

    def __repr__(self) -> str:
        return f"<SpooledChunks {len(self)} of {self._ends[-1]} bytes>"

    def __len__(self) -> int:
        return len(self._ends) - 1

    @overload
    def __getitem__(self, index: int) -> bytes: ...
    @overload
    def __getitem__(self, index: slice) -> list[bytes]: ...
    def __getitem__(self, index: int | slice) -> bytes | list[bytes]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        start, end = self._ends[index], self._ends[index + 1]
        return os.pread(self._file.fileno(), end - start, start)

    def __iter__(self) -> Iterator[bytes]:
        return (self[index] for index in range(len(self)))

    def append(self, chunk: bytes) -> None:
        """Adds one. Raises OSError when there is no room."""
        write_all(self._file.fileno(), chunk, self._ends[-1])
        self._ends.append(self._ends[-1] + len(chunk))

    def cut(self, count: int) -> None:
        """Keeps so many."""
        del self._ends[count + 1 :]
