"""Adding to the file of failures: each line is on disk before its client hears of the failure, if it still can.

The file is made by the first line. It is opened for each, as there are few. Whoever writes it holds the cassette's lock.
While the file is that of an older recording, which is there until the first interaction replaces it, lines wait in memory.
"""

import logging
import os
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from tapehead.cassette.errors import CassetteError, InteractionRefusedError
from tapehead.cassette.failures import MAX_BYTES, Failure, dump_line, head_line, is_whole, parse_failure, wrong_version
from tapehead.cassette.files import (
    as_cassette_error,
    read_regular,
    replace_file,
    require_regular_file,
    sync_folder,
    write_all,
)
from tapehead.cassette.side_files import errors_path
from tapehead.cassette.timing_head import parse_head
from tapehead.cassette.torn import move_tail

MOST_LINES = 10_000
"""A program that asks a dead server again and again is not to fill the disk."""

logger = logging.getLogger(__name__)

_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_EXPECTED = "a file of failures"


class FailureWriter:
    """The file of failures of one cassette, for one run. Safe to use from threads."""

    def __init__(self, cassette: Path, *, anew: bool) -> None:
        """Takes the cassette's path. `anew`: nothing is recorded there yet, so what a file says is of no cassette."""
        self.path = errors_path(cassette)
        self.written = 0
        """Lines of this run that are in the file."""
        self._waiting: list[bytes] = []
        self._is_of_another: Callable[[], bool] = lambda: False
        self._anew = anew
        self._closed = False
        self._own_from = 0
        """Where in the file the lines of this run begin."""
        self._lines = 0
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"<FailureWriter {str(self.path)!r}, {self.written} written>"

    @property
    def has_lines(self) -> bool:
        """Whether this run has any, in the file or waiting."""
        return bool(self.written or self._waiting)

    def open(self, *, is_of_another: Callable[[], bool]) -> None:
        """Begins, or goes on. `is_of_another`: whether the file is that of an older recording still."""
        with self._lock:
            self._closed, self._is_of_another = False, is_of_another

    def append(self, line: bytes) -> None:
        """Adds a whole line, and returns when it is on disk.

        Raises InteractionRefusedError when there is no room for it, another CassetteError when it cannot be written;
        the file is as before then.
        """
        with self._lock:
            if self._closed:
                raise InteractionRefusedError(file=str(self.path), found="that the run has ended", expected="a run")
            if self._is_of_another():
                self._require_few(len(self._waiting))
                self._waiting.append(line)
                return
            self._settle()
            self._add(line)

    def settle(self) -> None:
        """Writes what waits; drops it where the file is that of an older recording, which stays. Raises CassetteError."""
        with self._lock:
            if self._is_of_another():
                self._waiting = []
            self._settle()

    def rewrite(self, change: Callable[[Failure], Failure]) -> None:
        """Writes anew, atomically, what this run has written and `change` changes. Raises CassetteError."""
        with self._lock:
            self._waiting = [_changed(line, change) for line in self._waiting]
            if not self.written or not self.path.exists():
                return
            data = read_regular(self.path, max_bytes=MAX_BYTES, expected=_EXPECTED)
            old = data[self._own_from :].splitlines(keepends=True)
            new = [_changed(line, change) for line in old]
            if new != old:
                self._replace(data[: self._own_from] + b"".join(new))

    def close(self) -> None:
        """Ends adding to it; what was written can still be rewritten."""
        with self._lock:
            self._closed = True

    def drop(self, dropped: Collection[Failure]) -> None:
        """Takes failures of before this run out of the file: they are asked for again. Raises CassetteError."""
        with self._lock:
            data = read_regular(self.path, max_bytes=MAX_BYTES, expected=_EXPECTED)
            lines = data.splitlines(keepends=True)
            kept = b"".join(line for line in lines if parse_failure(line) not in dropped)
            if kept != data:
                self._replace(kept)

    def drop_stale(self) -> None:
        """Removes a file of before this run, if nothing was recorded then: there is a recording now, and it is of another."""
        with self._lock:
            if self._anew and not self.written:
                self.path.unlink(missing_ok=True)

    def _settle(self) -> None:
        waiting, self._waiting = self._waiting, []
        for line in waiting:
            self._add(line)

    def _add(self, line: bytes) -> None:
        with self._open() as file:
            if not self.written:
                self._begin(file)
            self._require_few(self._lines)
            end = os.fstat(file).st_size
            data = line if end else head_line().encode() + line
            if end + len(data) > MAX_BYTES:
                found = f"no room for {len(line)} bytes"
                raise InteractionRefusedError(file=str(self.path), found=found, expected=f"at most {MAX_BYTES} in all")
            try:
                write_all(file, data)
                os.fsync(file)
            except OSError:
                os.ftruncate(file, end)
                raise
            if not end:
                sync_folder(self.path.parent)
            self.written += 1
            self._lines += 1

    def _require_few(self, count: int) -> None:
        if count >= MOST_LINES:
            found = f"{count} failures already"
            raise InteractionRefusedError(file=str(self.path), found=found, expected=f"at most {MOST_LINES}")

    def _replace(self, data: bytes) -> None:
        try:
            replace_file(self.path, data)
        except OSError as e:
            raise as_cassette_error(e, self.path, _EXPECTED) from e

    def _begin(self, file: int) -> None:
        """Makes the file one that can be added to."""
        if self._anew:
            os.ftruncate(file, 0)
        data = read_regular(self.path, max_bytes=MAX_BYTES, expected=_EXPECTED)
        if wrong := wrong_version(parse_head(data.partition(b"\n")[0])):
            raise CassetteError(file=str(self.path), found=f"a later {wrong}", expected="one that can be added to")
        torn = data[data.rfind(b"\n") + 1 :]
        if torn and is_whole(torn):
            write_all(file, b"\n")  # only its line feed is missing
        elif torn:
            aside = move_tail(file, self.path, torn)
            logger.warning("%s: its torn last line (%d bytes) was moved to %s", self.path, len(torn), aside)
        self._own_from = os.fstat(file).st_size
        self._lines = max(data.count(b"\n") - 1, 0)

    @contextmanager
    def _open(self) -> Iterator[int]:
        """The file, closed afterwards; what the system says is raised as a CassetteError."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(self.path, _FLAGS, 0o600)
            try:
                require_regular_file(os.fstat(file), self.path, _EXPECTED)
                yield file
            finally:
                os.close(file)
        except OSError as e:
            raise as_cassette_error(e, self.path, _EXPECTED, is_new=True) from e


def _changed(line: bytes, change: Callable[[Failure], Failure]) -> bytes:
    failure = parse_failure(line)
    if failure is None:
        return line
    new = change(failure)
    return line if new is failure else dump_line(new)
