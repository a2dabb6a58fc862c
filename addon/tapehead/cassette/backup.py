"""Recording anew over an existing cassette: the old one stays as `NAME.yaml.bak` until the new one is worth having.

There is one, the last good one: what a run that failed has left does not take its place. What lies beside goes with it.
At any moment the old recording or the new one is whole under the cassette's own name. Does not say when one is good.
"""

import contextlib
import os
import shlex
from pathlib import Path

from tapehead.cassette.errors import CassetteAccessError, CassetteNotFoundError
from tapehead.cassette.file_lock import MakingLock, lock
from tapehead.cassette.files import as_cassette_error, read_regular, replace_file, sync_folder
from tapehead.cassette.reader import MAX_BYTES
from tapehead.cassette.side_files import backup_path, errors_path, find_timing, real_path, swap_path, timing_path


def keep(cassette: Path) -> None:
    """Gives a cassette that is about to be replaced a second name, `.bak`, and what lies beside it; not where an older one waits.

    Raises OSError, CassetteError; the cassette is as before then.
    """
    path = real_path(cassette)
    drop_second_names(path)
    bak = backup_path(path)
    if os.path.lexists(bak):
        return
    for beside, aside in _beside(path):
        aside.unlink(missing_ok=True)  # of a backup that has gone
        if os.path.lexists(beside):
            _link(beside, aside)
    _link(path, bak)
    sync_folder(path.parent)


def drop_beside(cassette: Path) -> None:
    """Removes what lies beside a cassette that was replaced, and is not of the new one. Raises OSError."""
    path = real_path(cassette)
    for beside, _ in _beside(path):
        beside.unlink(missing_ok=True)
    sync_folder(path.parent)


def discard(cassette: Path) -> None:
    """Removes the backup: the new recording takes its place for good. Raises OSError."""
    path = real_path(cassette)
    for aside in (backup_path(path), *(aside for _, aside in _beside(path))):
        aside.unlink(missing_ok=True)


def find_backup(cassette: Path) -> Path | None:
    """Returns the recording that waits beside a cassette, if there is one."""
    path = real_path(cassette)
    bak = backup_path(path)
    return bak if bak.is_file() and not _is_same(bak, path) else None


def restoring(cassette: Path) -> str:
    """Returns the command that brings the backup of a cassette back."""
    return f"tapehead restore {shlex.quote(str(cassette))}"


def restore(cassette: Path) -> Path | None:
    """Lets a cassette and its backup change places, with what lies beside them. Returns where the one that was there is.

    None when there was none. Raises CassetteError: CassetteNotFoundError without a backup, CassetteBusyError when
    another program is writing it.
    """
    path = real_path(cassette)
    with contextlib.ExitStack() as stack:
        try:
            stack.callback(MakingLock.take(path).release)
            if path.is_file():
                lock(stack.enter_context(open(path, "rb")).fileno(), path)
            bak = backup_path(path)
            _finish(path, bak)
            drop_second_names(path)
            was_there = os.path.lexists(path)
            if not bak.is_file():
                raise CassetteNotFoundError(file=str(bak), found="no such file", expected="a recording to bring back")
            if was_there and not path.is_file():
                raise CassetteAccessError(file=str(path), found="that it is no file", expected="a cassette")
            _swap(path, bak)
            for beside, aside in _beside(path):
                _finish(beside, aside)
                if os.path.lexists(aside):
                    _swap(beside, aside)
                elif os.path.lexists(beside):
                    os.rename(beside, aside)
            sync_folder(path.parent)
        except OSError as e:
            raise as_cassette_error(e, path, "a cassette to bring back") from e
    return bak if was_there else None


def drop_second_names(path: Path) -> None:
    """Takes away names that a crash has left to a cassette besides its own; the file stays."""
    for other in (backup_path(path), swap_path(path)):
        if _is_same(other, path):
            other.unlink()


def _swap(path: Path, other: Path) -> None:
    """Two files change places, or the other takes the first one's. Whenever this ends, both are there."""
    if not os.path.lexists(path):
        os.rename(other, path)
        return
    swap = swap_path(path)
    with contextlib.suppress(FileNotFoundError):
        swap.unlink()
    try:
        os.link(path, swap)
    except OSError:
        os.rename(path, swap)
    os.rename(other, path)
    os.rename(swap, other)


def _finish(path: Path, other: Path) -> None:
    """Ends what a crash has left of their changing places."""
    swap = swap_path(path)
    if _is_same(swap, path):
        swap.unlink()
    elif swap.is_file():
        os.rename(swap, other if os.path.lexists(path) else path)


def _link(path: Path, to: Path) -> None:
    try:
        os.link(path, to)
    except OSError:  # a file system without links
        _copy(path, to)


def _copy(path: Path, to: Path) -> None:
    data = read_regular(path, max_bytes=MAX_BYTES, expected="a cassette to replace")
    swap = swap_path(path)
    swap.touch(mode=path.stat().st_mode & 0o777)
    replace_file(swap, data)
    os.rename(swap, to)


def _beside(path: Path) -> tuple[tuple[Path, Path], ...]:
    """What lies beside a cassette, each with where it waits."""
    return (
        (find_timing(path), backup_path(timing_path(path))),
        (errors_path(path), backup_path(errors_path(path))),
    )


def _is_same(some: Path, other: Path) -> bool:
    try:
        return os.path.samestat(os.stat(some, follow_symlinks=False), os.stat(other, follow_symlinks=False))
    except OSError:
        return False
