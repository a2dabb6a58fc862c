import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tapehead.cassette import CassetteError, file_lock
from tapehead.cassette.errors import CassetteBusyError
from tapehead.cassette.side_files import lock_path
from tapehead.cassette.store import Store
from tests.support.examples import TEXT

HOLD = """
import fcntl, sys
file = open(sys.argv[1], "r+b")
fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


def test_the_holder_is_named(tmp_path: Path) -> None:
    """A second writer is told the first one's pid, where the system knows it."""
    file = tmp_path / "chat.yaml"
    file.write_text(TEXT)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout
        assert b"held\n" == other.stdout.readline()
        with pytest.raises(CassetteError, match=rf"found another program writing it \(pid {other.pid}\)"):
            Store(file)
        assert other.stdin
        other.stdin.close()


@pytest.mark.parametrize(
    "locks",
    [
        None,
        "",
        "1: POSIX  ADVISORY  WRITE 99 {place} 0 EOF\n",
        "1: FLOCK  ADVISORY  WRITE -1 {place} 0 EOF\n",
        "1: -> FLOCK  ADVISORY  WRITE 99 {place} 0 EOF\n",
    ],
)
def test_a_holder_that_is_not_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, locks: str | None) -> None:
    """No list of locks, or none of this file: then without a pid."""
    file, listed = tmp_path / "chat.yaml", tmp_path / "locks"
    file.write_text(TEXT)
    status = file.stat()
    place = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    if locks is not None:
        listed.write_text(locks.format(place=place))
    monkeypatch.setattr(file_lock, "_LOCKS", listed)

    with open(file, "rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(CassetteError, match="found another program writing it, expected one writer"):
            Store(file)


def test_a_file_with_two_names(tmp_path: Path) -> None:
    """What is written to one would be in the other too: it is refused, and neither is changed."""
    file = tmp_path / "chat.yaml"
    file.write_text(TEXT)
    os.link(file, tmp_path / "other.yaml")

    with pytest.raises(CassetteError, match=r"found a file with 2 names \(hard links\), expected one; copy it"):
        Store(file)
    assert TEXT == file.read_text()


def test_who_holds_it_is_looked_up(tmp_path: Path) -> None:
    """Whether it is made or written by another; nobody does where there is nothing, or only what a crash has left."""
    file = tmp_path / "chat.yaml"
    assert file_lock.busy_writer(file) is None
    lock_path(file).touch()
    assert file_lock.busy_writer(file) is None
    store = Store(file)
    assert isinstance(file_lock.busy_writer(file), CassetteBusyError)
    store.close()
    file.write_text(TEXT)
    store = Store(file)
    assert isinstance(file_lock.busy_writer(file), CassetteBusyError)
    store.close()


def test_a_lock_that_goes_while_it_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its holder removes it at its end: then another is made. Who only looks holds it for a moment, which is waited for."""
    file = tmp_path / "chat.yaml"
    real, calls = file_lock.lock, iter(["busy", "gone"])

    def lock(handle: int, path: Path) -> None:
        call = next(calls, "")
        if call == "busy":
            raise CassetteBusyError(pid=None, file=str(path))
        real(handle, path)
        if call == "gone":
            lock_path(file).unlink()

    monkeypatch.setattr(file_lock, "lock", lock)
    making = file_lock.MakingLock.take(file)
    assert lock_path(file).exists()
    making.release()
    making = file_lock.MakingLock.take(file)
    lock_path(file).unlink()
    making.release()
    assert [] == list(tmp_path.iterdir())
