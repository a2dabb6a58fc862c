"""A file that is read in parts, later, and only as it was when it was opened.

What replaces it by another of its name changes nothing; who writes into it is found out by a checksum of each part. Holds
no more of it in memory than was read ahead.
"""

import os
import weakref
import zlib
from pathlib import Path

from tapehead.cassette.errors import CassetteChangedError
from tapehead.cassette.files import open_regular

_AHEAD = 64 * 1024  # bytes


class SteadyFile:
    """A regular file, open for reading."""

    def __init__(self, path: Path, expected: str) -> None:
        """Opens it. `expected` is what errors call it. Raises CassetteError as `read_regular` does."""
        self.path = path
        self._file = file = open_regular(path, expected)
        weakref.finalize(self, os.close, file)
        self.size = os.fstat(file).st_size
        self._ahead = 0, b""
        """What was read further than asked, and where it begins: parts are mostly asked for in order."""
        self._next = -1

    def __repr__(self) -> str:
        return f"<SteadyFile {str(self.path)!r}, {self.size} bytes>"

    def read(self, start: int, size: int) -> bytes:
        """Returns bytes that are read for the first time; fewer at its end. Raises OSError."""
        return os.pread(self._file, size, start)

    def read_again(self, start: int, size: int, checksum: int) -> bytes:
        """Returns bytes whose checksum is known. Raises CassetteChangedError when they are others now."""
        data = self._part(start, size)
        if zlib.crc32(data) != checksum:
            found = "other bytes than when it was opened"
            raise CassetteChangedError(
                file=str(self.path), found=found, expected="a file that nobody changes meanwhile"
            )
        return data

    def _part(self, start: int, size: int) -> bytes:
        goes_on, self._next = start == self._next, start + size
        begin, ahead = self._ahead
        if begin <= start and start + size <= begin + len(ahead):
            return ahead[start - begin : start - begin + size]
        if not goes_on or size > _AHEAD:
            return os.pread(self._file, size, start)
        self._ahead = start, os.pread(self._file, _AHEAD, start)
        return self._ahead[1][:size]
