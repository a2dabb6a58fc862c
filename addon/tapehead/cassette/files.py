"""Reading a file whole that may be anything: a folder, a named pipe, a device, far too large; and writing one whole.

Looks at what it is before it reads, and never waits for another program. Does not know what is in it.
"""

import errno
import os
import stat
import tempfile
from collections.abc import Mapping
from io import BufferedReader
from pathlib import Path
from types import MappingProxyType

from tapehead.cassette.errors import CassetteAccessError, CassetteError, CassetteNotFoundError, NotACassetteError

_KINDS: Mapping[int, str] = MappingProxyType(
    {
        stat.S_IFDIR: "a folder",
        stat.S_IFIFO: "a named pipe",
        stat.S_IFSOCK: "a socket",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
    }
)
_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
_NOT_FOUND = frozenset({errno.ENOENT, errno.ENOTDIR})
# What a path means that names nothing which could be opened; anything else is the system's not letting us.
_NAMED_WRONGLY: Mapping[int, type[CassetteError]] = MappingProxyType(
    {
        errno.ENOENT: CassetteNotFoundError,
        errno.ENOTDIR: CassetteNotFoundError,
        errno.EEXIST: CassetteNotFoundError,  # a folder is to be made where a file is
        errno.EISDIR: NotACassetteError,
    }
)


def read_regular(path: Path, *, max_bytes: int, expected: str) -> bytes:
    """Returns all bytes of a regular file, which may have at most `max_bytes`. `expected` is what errors call it.

    Raises CassetteNotFoundError when it is not there, NotACassetteError for what is none or is too large,
    CassetteAccessError when it cannot be read.
    """
    with open(open_regular(path, expected), "rb") as file:
        try:
            status = os.fstat(file.fileno())
            data = b"" if status.st_size > max_bytes else _read(file, status.st_size, max_bytes)
        except OSError as e:
            raise _as_unread(e, path, expected) from e
    if (size := max(status.st_size, len(data))) > max_bytes:
        raise NotACassetteError(file=str(path), found=f"{size} bytes", expected=f"at most {max_bytes}")
    return data


def open_regular(path: Path, expected: str) -> int:
    """Returns the descriptor of a regular file that is open for reading. Raises CassetteError as `read_regular` does."""
    try:
        require_regular_file(_status(path), path, expected)  # opening a device can already do something
        file = os.open(path, _FLAGS)
    except OSError as e:
        raise _as_unread(e, path, expected) from e
    try:
        require_regular_file(os.fstat(file), path, expected)
    except BaseException:
        os.close(file)
        raise
    return file


def _as_unread(error: OSError, path: Path, expected: str) -> CassetteError:
    if error.errno in _NOT_FOUND:
        return CassetteNotFoundError(file=str(path), found="no such file", expected=expected)
    return CassetteAccessError(file=str(path), found=(error.strerror or str(error)).lower(), expected=expected)


def _read(file: BufferedReader, size: int, most: int) -> bytes:
    """What is there, and a byte more than `max_bytes` where there is more. `size` is what the file says.

    That may not be so: in /proc all say 0, others grow, and reading may give None at once. Memory is taken for what is
    there, not for `max_bytes`.
    """
    data = file.read(size + 1) or b""
    while len(data) > size and len(data) <= most and (more := file.read(min(len(data), most + 1 - len(data)))):
        data += more
    return data


def require_regular_file(status: os.stat_result, path: Path, expected: str) -> None:
    """Raises NotACassetteError for what is no regular file."""
    kind = stat.S_IFMT(status.st_mode)
    if kind != stat.S_IFREG:
        raise NotACassetteError(file=str(path), found=_KINDS.get(kind, "a special file"), expected=expected)


def as_cassette_error(error: OSError, path: Path, expected: str, *, is_new: bool = False) -> CassetteError:
    """Returns why a file cannot be written: the kind by the error's number, the text by the system.

    `is_new`: it need not be there; that it is not found means that it cannot be made, as in /proc.
    """
    kind = _NAMED_WRONGLY.get(error.errno or 0, CassetteAccessError)
    if is_new and error.errno == errno.ENOENT:
        kind = CassetteAccessError
    return kind(file=str(path), found=(error.strerror or str(error)).lower(), expected=expected)


def sync_folder(folder: Path) -> None:
    """Makes a file that is new or renamed in a folder durable. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def replace_file(path: Path, data: bytes) -> None:
    """Writes a file anew, atomically: whenever this ends, `path` is whole, the old one or the new one.

    Its access rights stay. Raises OSError when it is not there or cannot be written; it is as before then.
    """
    mode = os.stat(path).st_mode & 0o777
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with open(handle, "wb", buffering=0) as file:
            os.fchmod(handle, mode)
            write_all(file.fileno(), data)
            os.fsync(handle)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
    sync_folder(path.parent)


def write_all(file: int, data: bytes, offset: int | None = None) -> None:
    """Writes all of `data`, at `offset` or where the file stands. Raises OSError."""
    rest = memoryview(data)
    while rest:
        written = os.write(file, rest) if offset is None else os.pwrite(file, rest, offset)
        rest = rest[written:]
        offset = None if offset is None else offset + written


def _status(path: Path) -> os.stat_result:
    try:
        return os.stat(path)
    except ValueError as e:  # a NUL in its name
        raise FileNotFoundError(errno.ENOENT, "no such file") from e
