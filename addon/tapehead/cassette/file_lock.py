"""Holding a file as its one writer: the lock, who else has it, and whether it is still the file that was opened.

Knows open files and their names; does not know what is in them.
"""

import fcntl
import os
import tempfile
from pathlib import Path

from tapehead.cassette.errors import CassetteAccessError, CassetteBusyError, CassetteChangedError
from tapehead.cassette.files import write_all

_LOCKS = Path("/proc/locks")


def lock(file: int, path: Path) -> None:
    """Becomes the one writer of an open file, until it is closed. Raises CassetteBusyError if there is one."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as e:
        raise CassetteBusyError(pid=_holder(file), file=str(path)) from e


def replace_locked(file: int, path: Path, data: bytes) -> int:
    """Writes a file of ours anew, atomically: `data` under its name and mode. Returns the new one, held as the old one is."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        os.fchmod(handle, os.fstat(file).st_mode & 0o777)
        write_all(handle, data)
        os.fsync(handle)
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.rename(name, path)
    except BaseException:
        os.close(handle)
        os.unlink(name)
        raise
    return handle


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
