"""Appending to a timing file. It is an aid: what goes wrong is said once and costs a recording nothing else."""

import contextlib
import logging
import os
from pathlib import Path

from tapehead.cassette import timing
from tapehead.cassette.files import read_regular, require_regular_file, write_all
from tapehead.cassette.torn import move_tail

logger = logging.getLogger(__name__)

_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


class TimingWriter:
    """One timing file open for appending."""

    def __init__(self, path: Path) -> None:
        """Opens or makes it; a torn last line is moved aside. Raises OSError, CassetteError when it cannot be written."""
        self._path = path
        self._broken = False
        self._file = os.open(path, _FLAGS, 0o600)
        try:
            require_regular_file(os.fstat(self._file), path, "a timing file")
            self._mend()
            self._end = os.fstat(self._file).st_size
        except BaseException:
            os.close(self._file)
            raise

    def write(self, lines: bytes) -> None:
        """Adds whole lines, or warns."""
        if self._broken:
            return
        try:
            write_all(self._file, lines)
        except OSError as e:
            self._broken = True
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, self._end)
            reason = (e.strerror or str(e)).lower()
            logger.warning("%s: %s; what is recorded from here on has no timing", self._path, reason)
        else:
            self._end += len(lines)

    def close(self) -> None:
        """Ends writing, and removes the file if it is empty."""
        status = os.fstat(self._file)
        if status.st_size == 0:
            with contextlib.suppress(OSError):
                if os.path.samestat(status, os.stat(self._path, follow_symlinks=False)):
                    self._path.unlink()
        os.close(self._file)

    def _mend(self) -> None:
        size = os.fstat(self._file).st_size
        if size and os.pread(self._file, 1, size - 1) != b"\n":
            data = read_regular(self._path, max_bytes=timing.MAX_BYTES, expected="a timing file")
            torn = data[data.rfind(b"\n") + 1 :]
            if timing.parse_line(torn) is not None:
                write_all(self._file, b"\n")  # only its line feed is missing
                return
            aside = move_tail(self._file, self._path, torn)
            logger.warning("%s: its torn last line (%d bytes) was moved to %s", self._path, len(torn), aside)
