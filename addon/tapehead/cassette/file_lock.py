"""Holding a file as its one writer: the lock, who else has it, and whether it is still the file that was opened.

A file that is not made yet is held by another beside it. Knows open files and their names, not what is in them.
"""

import contextlib
import fcntl
import os
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tapehead.cassette.errors import CassetteAccessError, CassetteBusyError, CassetteChangedError
from tapehead.cassette.files import write_all
from tapehead.cassette.side_files import lock_path

_LOCKS = Path("/proc/locks")
_TRIES = 3
_A_MOMENT = 0.02  # seconds


def lock(file: int, path: Path, *, shared: bool = False) -> None:
    """Becomes the one writer of an open file, until it is closed. Raises CassetteBusyError if there is one.

    With `shared`, only looks whether there is one.
    """
    try:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError as e:
        raise CassetteBusyError(pid=_holder(file), file=str(path)) from e


@dataclass(frozen=True, slots=True)
class MakingLock:
    """Held by the one who makes a cassette, from before its first byte: a file beside, which goes with the lock.

    One that a crash has left is held by nobody, and is taken over.
    """

    path: Path
    file: int

    @classmethod
    def take(cls, cassette: Path) -> "MakingLock":
        """Becomes the one who makes the cassette. Raises CassetteBusyError if there is one, OSError."""
        path = lock_path(cassette)
        while True:
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, 0o600)
            try:
                _lock_patiently(file, cassette)
                if is_named(os.fstat(file), path):
                    return cls(path, file)
            except BaseException:
                os.close(file)
                raise
            os.close(file)  # who had it has removed it just now

    @staticmethod
    def sweep(cassette: Path) -> None:
        """Removes one that a crash has left."""
        if os.path.lexists(lock_path(cassette)):
            with contextlib.suppress(CassetteBusyError, OSError):
                MakingLock.take(cassette).release()

    def release(self) -> None:
        """Lets go of it."""
        with contextlib.suppress(OSError):
            self.path.unlink()
        os.close(self.file)


def busy_writer(cassette: Path) -> CassetteBusyError | None:
    """Returns why a cassette may not be finished: another program is making it, or writing it. None if none is."""
    for path, flags in ((lock_path(cassette), os.O_NOFOLLOW), (cassette, 0)):
        try:
            file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | flags)
        except OSError:
            continue
        try:
            lock(file, cassette, shared=True)
        except CassetteBusyError as e:
            return e
        finally:
            os.close(file)
    return None


def is_named(held: os.stat_result, path: Path) -> bool:
    """Returns whether a path is still the name of the file that is held."""
    try:
        return os.path.samestat(held, os.stat(path, follow_symlinks=False))
    except OSError:
        return False


def _lock_patiently(file: int, path: Path) -> None:
    """Tries again for a moment: who looks whether it is held holds it, too."""
    for _ in range(_TRIES - 1):
        with contextlib.suppress(CassetteBusyError):
            return lock(file, path)
        time.sleep(_A_MOMENT)
    return lock(file, path)


def write_locked(path: Path, texts: Iterable[bytes], *, mode: int) -> int:
    """Writes a file of ours, atomically: it gets its name once all of it is on disk. Returns it, held."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        os.fchmod(handle, mode)
        for text in texts:
            write_all(handle, text)
        os.fsync(handle)
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.rename(name, path)
    except BaseException:
        os.close(handle)
        os.unlink(name)
        raise
    return handle


def replace_locked(file: int, path: Path, data: bytes) -> int:
    """Writes a file of ours anew: `data` under its name and mode. Returns the new one, held as the old one is."""
    return write_locked(path, [data], mode=os.fstat(file).st_mode & 0o777)


def require_single_link(file: int, path: Path) -> None:
    """Raises CassetteAccessError when a file has a second name: what is written would change that one too."""
    if (names := os.fstat(file).st_nlink) > 1:
        found = f"a file with {names} names (hard links)"
        raise CassetteAccessError(file=str(path), found=found, expected="one; copy it")


def require_unchanged(held: os.stat_result, path: Path, size: int) -> None:
    """Raises CassetteChangedError unless `path` is still the file that is held, and of the size that we left it with."""
    try:
        named = os.stat(path, follow_symlinks=False)
    except OSError:
        named = None
    if named is None or not os.path.samestat(held, named):
        found = "that it was removed" if named is None else "another file in its place"
    elif named.st_size != size:
        found = "that another program changed it"
    else:
        return
    raise CassetteChangedError(file=str(path), found=found, expected="the file that was opened")


def _holder(file: int) -> int | None:
    """Who has the lock, where the system tells: Linux, proc_locks(5)."""
    status = os.fstat(file)
    place = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    try:
        lines = _LOCKS.read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        fields = line.split()
        if "FLOCK" in fields and place in fields and "->" not in fields:
            pid = int(fields[fields.index(place) - 1])
            return pid if pid > 0 else None
    return None
