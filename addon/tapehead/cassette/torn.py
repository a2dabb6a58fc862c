"""A cassette's torn tail: the file read without it, and the tail moved to a file beside, so that nothing is lost.

Which bytes are torn is `torn_detection`'s matter. What it moves is on disk in its new place before it leaves the old one.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from tapehead.cassette import failures, timing
from tapehead.cassette.errors import CassetteChangedError, CassetteError, CassetteNotFoundError
from tapehead.cassette.file_lock import lock
from tapehead.cassette.files import as_cassette_error, read_regular, require_regular_file, sync_folder, write_all
from tapehead.cassette.model import Cassette
from tapehead.cassette.reader import MAX_BYTES
from tapehead.cassette.side_files import backup_path, errors_path, find_timing, real_path, torn_path
from tapehead.cassette.steady_file import SteadyFile
from tapehead.cassette.timing_head import parse_head
from tapehead.cassette.torn_detection import split_torn_tail

_BESIDE = "a file beside a cassette"
_CASSETTE = "a cassette"
_ITEMS = re.compile(rb"(?m)^ *- id: \d+\r?\n")
_LITTLE, _MUCH = 64 * 1024, 16 * 1024 * 1024  # bytes
_NO_LINK = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


@dataclass(frozen=True, slots=True, kw_only=True)
class TornTail:
    """What is torn of a file, and where it goes."""

    file: Path
    tail: bytes
    kept: int
    """Whole interactions, timings or failures before it."""
    moved_to: Path


def load_and_split_tail(path: Path) -> tuple[Cassette, bytes]:
    """Returns the cassette of a file's whole interactions, and its torn tail (b"" when there is none).

    Raises CassetteError when the file is not there, cannot be read, or is not a version-2 cassette.
    """
    try:
        data = read_regular(path, max_bytes=MAX_BYTES, expected=_CASSETTE)
    except CassetteNotFoundError as e:
        if (bak := backup_path(real_path(path))).is_file():
            expected = f"a cassette; {bak.name} is there, and `tapehead restore` brings it back"
            raise CassetteNotFoundError(file=str(path), found=e.found, expected=expected) from e
        raise
    return split_torn_tail(data, file=str(path))


def is_recorded(path: Path) -> bool:
    """Returns whether a file holds at least one whole interaction, or is none that could tell: that is told when it is opened."""
    try:
        if not os.path.lexists(path) or not path.stat().st_size:
            return False
        # With a second item there is a first, and a large file is not read twice.
        if _begins_two(SteadyFile(path, _CASSETTE)):
            return True
        data = read_regular(path, max_bytes=MAX_BYTES, expected=_CASSETTE)
        return bool(split_torn_tail(data, file=str(path))[0].interactions)
    except (CassetteError, OSError):
        return True


def _begins_two(file: SteadyFile) -> bool:
    """Whether two items begin in a file."""
    size = _LITTLE
    while len(_ITEMS.findall(file.read(0, size))) < 2:
        if size >= min(file.size, _MUCH):
            return False
        size *= 16
    return True


def find_torn(path: Path) -> tuple[TornTail, ...]:
    """Returns what is torn of a cassette, and of the files of timings and failures beside it. Changes nothing.

    Raises CassetteError as `load_and_split_tail`.
    """
    path = real_path(path)
    cassette, tail = load_and_split_tail(path)
    found = [TornTail(file=path, tail=tail, kept=len(cassette.interactions), moved_to=torn_path(path))] if tail else []
    for beside, most, is_whole in (
        (find_timing(path), timing.MAX_BYTES, timing.is_whole),
        (errors_path(path), failures.MAX_BYTES, failures.is_whole),
    ):
        if not beside.exists():
            continue
        data = read_regular(beside, max_bytes=most, expected=_BESIDE)
        whole, last = data[: data.rfind(b"\n") + 1], data[data.rfind(b"\n") + 1 :]
        if last and not is_whole(last):
            kept = whole.count(b"\n") - (parse_head(whole.partition(b"\n")[0]) is not None)
            found.append(TornTail(file=beside, tail=last, kept=kept, moved_to=torn_path(beside)))
    return tuple(found)


def recover(path: Path) -> tuple[TornTail, ...]:
    """Moves aside what is torn, and returns what that was.

    Raises CassetteError when it cannot, or another program writes it.
    """
    path = real_path(path)
    with open(_open(path, os.O_RDWR, _CASSETTE), "r+b", buffering=0) as file:
        lock(file.fileno(), path)
        found = find_torn(path)
        for each in found:
            if each.file == path:
                move_tail(file.fileno(), path, each.tail)
            else:
                with open(_open(each.file, os.O_RDWR, _BESIDE), "r+b", buffering=0) as other:
                    move_tail(other.fileno(), each.file, each.tail)
    return found


def move_tail(file: int, path: Path, tail: bytes) -> Path:
    """Moves the tail of an open file to the file beside, whose path it returns. Raises OSError, CassetteError."""
    aside = torn_path(path)
    start = os.fstat(file).st_size - len(tail)
    if start < 0 or os.pread(file, len(tail), start) != tail:
        raise CassetteChangedError(file=str(path), found="another end than a moment ago", expected="one writer")
    with open(_open(aside, os.O_WRONLY | os.O_APPEND | os.O_CREAT, "a file to write"), "ab", buffering=0) as other:
        write_all(other.fileno(), tail)
        os.fsync(other.fileno())
    sync_folder(path.parent)
    os.ftruncate(file, start)
    os.fsync(file)
    return aside


def _open(path: Path, flags: int, expected: str) -> int:
    try:
        file = os.open(path, flags | _NO_LINK, 0o600)
    except OSError as e:
        raise as_cassette_error(e, path, "a file to write") from e
    try:
        require_regular_file(os.fstat(file), path, expected)
    except CassetteError:
        os.close(file)
        raise
    return file
