"""Appending to a timing file. It is an aid: what goes wrong is said once and costs a recording nothing else."""

import contextlib
import logging
import os
from collections.abc import Callable
from pathlib import Path

from tapehead.cassette import timing
from tapehead.cassette.errors import CassetteError
from tapehead.cassette.files import read_regular, replace_file, require_regular_file, sync_folder, write_all
from tapehead.cassette.side_files import find_timing, timing_path
from tapehead.cassette.timing_head import (
    dump_head,
    has_failures,
    new_head,
    parse_head,
    redaction_of,
    with_failures,
    with_redaction,
)
from tapehead.cassette.torn import move_tail

logger = logging.getLogger(__name__)

_LONGEST_HEAD = 64 * 1024  # bytes
_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


class TimingWriter:
    """One timing file open for appending."""

    def __init__(self, cassette: Path, *, anew: bool = False, redaction: Callable[[], str] = lambda: "") -> None:
        """Opens the one of a cassette, or makes it with the first line; a torn last line is moved aside.

        One that has its old name is given the new one with the first line that is written. With `anew` one that is there
        is that of a cassette which is to be replaced: `begin_anew` comes before the first line. `redaction` gives the
        digest of the rules by which requests are redacted. Raises OSError, CassetteError when it cannot be written.
        """
        self._path = find_timing(cassette)
        self._rename_to = timing_path(cassette)
        self._broken = False
        self._has_failures = False
        self._redaction = redaction
        self._is_checked = False
        """Whether the head says no other rules of redaction than ours."""
        self._end = 0
        self._file: int | None = None
        if not os.path.lexists(self._path):
            return
        if anew:
            _require_file(self._path)
        else:
            self._open()

    def begin_anew(self) -> None:
        """Goes on with a new file: what was there is of a cassette that was replaced, and is somewhere else now."""
        self._path = self._rename_to

    def write(self, lines: bytes) -> None:
        """Adds whole lines, behind a head line in a new file, or warns."""
        if self._broken:
            return
        self._rename()
        if self._end and not self._is_checked:
            self._check_redaction()
        self._is_checked = True
        if not self._end:
            head = with_redaction(new_head(), self._redaction())
            head = with_failures(head) if self._has_failures else head
            lines = dump_head(head).encode() + lines
        try:
            write_all(self._open() if self._file is None else self._file, lines)
        except (OSError, CassetteError) as e:
            self._broken = True
            with contextlib.suppress(OSError):
                if self._file is not None:
                    os.ftruncate(self._file, self._end)
            reason = str(e) if isinstance(e, CassetteError) else (e.strerror or str(e)).lower()
            logger.warning("%s: %s; what is recorded from here on has no timing", self._path, reason)
        else:
            self._end += len(lines)

    def read(self) -> bytes:
        """Returns what is in the file; nothing where it cannot be gone on with. Raises OSError."""
        return b"" if self._broken or self._file is None else os.pread(self._file, self._end, 0)

    def replace(self, data: bytes) -> None:
        """Writes the whole file anew, atomically, or warns: replay finds then that its timings do not fit."""
        try:
            replace_file(self._path, data)
            file = os.open(self._path, _FLAGS, 0o600)
        except OSError as e:
            self._broken = True
            logger.warning("%s: %s; its timings do not fit any more", self._path, (e.strerror or str(e)).lower())
            return
        if self._file is not None:
            os.close(self._file)
        self._file, self._end = file, len(data)

    def note_failures(self) -> None:
        """Puts into the head line that there is a file of failures beside the cassette."""
        self._has_failures = True
        first, _, rest = self.read().partition(b"\n")
        head = parse_head(first)
        if head and not has_failures(head):
            self.replace(dump_head(with_failures(head)).encode() + rest)

    def _check_redaction(self) -> None:
        """Takes out of the head line by which rules requests were redacted, if what comes now is by others."""
        first, _, rest = self.read().partition(b"\n")
        head = parse_head(first)
        if head and redaction_of(head) not in ("", self._redaction()):
            self.replace(dump_head(with_redaction(head, "")).encode() + rest)

    def close(self) -> None:
        """Ends writing, and removes the file if it is empty."""
        if self._file is None:
            return
        status = os.fstat(self._file)
        if status.st_size == 0:
            with contextlib.suppress(OSError):
                if os.path.samestat(status, os.stat(self._path, follow_symlinks=False)):
                    self._path.unlink()
        os.close(self._file)

    def _rename(self) -> None:
        """Gives the file its new name. Where that cannot be, it keeps the old one, under which it is found, too."""
        old, new = self._path, self._rename_to
        if old == new:
            return
        try:
            # The cassette's lock is ours: nobody makes the new one meanwhile. There is one of the two names at any time.
            os.rename(old, new)
            self._path = new
            sync_folder(new.parent)
        except OSError as e:
            self._rename_to = self._path
            logger.warning("%s: not renamed to %s: %s", old, new.name, (e.strerror or str(e)).lower())

    def _open(self) -> int:
        self._file = file = os.open(self._path, _FLAGS, 0o600)
        try:
            require_regular_file(os.fstat(file), self._path, "a timing file")
            self._mend(file)
            self._refuse_later_version(file)
            self._end = os.fstat(file).st_size
        except BaseException:
            os.close(file)
            self._file = None
            raise
        return file

    def _refuse_later_version(self, file: int) -> None:
        head = parse_head(os.pread(file, _LONGEST_HEAD, 0).partition(b"\n")[0])
        if wrong := timing.wrong_version(head):
            self._broken = True
            logger.warning("%s: of a later %s; what is recorded has no timing", self._path, wrong)

    def _mend(self, file: int) -> None:
        size = os.fstat(file).st_size
        if size and os.pread(file, 1, size - 1) != b"\n":
            data = read_regular(self._path, max_bytes=timing.MAX_BYTES, expected="a timing file")
            torn = data[data.rfind(b"\n") + 1 :]
            if timing.is_whole(torn):
                write_all(file, b"\n")  # only its line feed is missing
                return
            aside = move_tail(file, self._path, torn)
            logger.warning("%s: its torn last line (%d bytes) was moved to %s", self._path, len(torn), aside)


def _require_file(path: Path) -> None:
    file = os.open(path, _FLAGS & ~os.O_CREAT)
    try:
        require_regular_file(os.fstat(file), path, "a timing file")
    finally:
        os.close(file)
