"""The file is held from the start and made late; who comes in between, and what lies beside it."""

import os
import stat
from pathlib import Path

import pytest

from tapehead.cassette import CassetteError, backup, cassette_file, file_lock, load, loads
from tapehead.cassette.cassette_file import CassetteFile
from tapehead.cassette.dialect import REFERENCE
from tapehead.cassette.errors import CassetteBusyError
from tapehead.cassette.file_lock import MakingLock
from tapehead.cassette.side_files import backup_path, lock_path, timing_path
from tapehead.cassette.torn import is_recorded
from tests.support.examples import TEXT

ITEM = [TEXT.partition("interactions:\n")[2].encode()]


def opened(path: Path, *, overwrite: bool = False) -> CassetteFile:
    return CassetteFile(path, overwrite=overwrite, dialect=REFERENCE)


def test_made_late(tmp_path: Path) -> None:
    """Until the first item there is only the lock, then the file, for its owner alone."""
    path = tmp_path / "c.yaml"
    file = opened(path)
    assert b"" == file.read()
    assert [lock_path(path)] == list(tmp_path.iterdir())
    assert file.write([ITEM])[0]
    assert [path] == list(tmp_path.iterdir())
    assert (TEXT.encode(), 0o600) == (file.read(), stat.S_IMODE(path.stat().st_mode))
    assert not file.write([ITEM])[0]
    file.close()
    assert 2 == len(load(path).interactions)


def test_one_maker(tmp_path: Path) -> None:
    """Who comes second is refused; a lock that nobody holds is taken over."""
    path = tmp_path / "c.yaml"
    lock_path(path).touch()
    first = opened(path)
    for overwrite in (False, True):
        with pytest.raises(CassetteBusyError):
            opened(path, overwrite=overwrite)
    first.close()
    assert [] == list(tmp_path.iterdir())


def test_made_before_we_had_the_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then it is added to, like any that is there."""
    path = tmp_path / "c.yaml"
    take = MakingLock.take

    def late(cassette: Path) -> MakingLock:
        path.write_text(TEXT)
        return take(cassette)

    monkeypatch.setattr(MakingLock, "take", late)
    file = opened(path)
    assert 1 == len(file.loaded.interactions)
    assert [path] == list(tmp_path.iterdir())
    file.close()


def test_replaced_before_we_had_the_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the new one that counts."""
    path = tmp_path / "c.yaml"
    path.write_text("---\nversion: 2\ninteractions: []\n")
    (tmp_path / "new").write_text(TEXT)
    real = file_lock.require_single_link

    def late(file: int, named: Path) -> None:
        real(file, named)
        if (tmp_path / "new").exists():
            os.replace(tmp_path / "new", path)

    monkeypatch.setattr(cassette_file, "require_single_link", late)
    file = opened(path)
    assert 1 == len(file.loaded.interactions)
    file.close()


def test_an_old_one_gives_way_to_the_first_item(tmp_path: Path) -> None:
    """Its access rights stay, it becomes the backup, and so does what lies beside it."""
    path = tmp_path / "c.yaml"
    path.write_text(TEXT + "notes: by hand\n")
    path.chmod(0o640)
    timing_path(path).write_text("times")
    file = opened(path, overwrite=True)
    assert (TEXT + "notes: by hand\n").encode() == path.read_bytes()
    assert file.write([ITEM, [ITEM[0].replace(b"id: 0", b"id: 1")]])
    file.close()

    assert [0, 1] == [each.id for each in load(path).interactions]
    assert 0o640 == stat.S_IMODE(path.stat().st_mode)
    assert b"by hand" in backup_path(path).read_bytes()
    assert "times" == backup_path(timing_path(path)).read_text()


def test_what_is_not_worth_keeping(tmp_path: Path) -> None:
    """An empty one leaves no backup."""
    path = tmp_path / "c.yaml"
    for empty in ("", "---\nversion: 2\ninteractions: []\n"):
        path.write_text(empty)
        file = opened(path, overwrite=True)
        file.write([ITEM])
        file.close()
        assert [path] == list(tmp_path.iterdir())


def test_a_file_of_no_bytes(tmp_path: Path) -> None:
    """It becomes a cassette in one step."""
    path = tmp_path / "c.yaml"
    path.touch()
    file = opened(path)
    assert not file.write([ITEM])[0]
    file.close()
    assert TEXT == path.read_text()


def test_what_lies_beside_cannot_be_moved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The new recording is there all the same, and that is said."""
    path = tmp_path / "c.yaml"
    path.write_text(TEXT)

    def broken(_: Path) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(backup, "drop_beside", broken)
    file = opened(path, overwrite=True)
    assert file.write([ITEM])[0]
    file.close()
    assert "what lies beside it is of the recording before" in caplog.text


def test_what_a_kill_has_left_goes(tmp_path: Path) -> None:
    """A lock that nobody holds, beside a cassette that was made after all; one that is held stays."""
    path = tmp_path / "c.yaml"
    path.write_text(TEXT)
    lock_path(path).touch()
    opened(path).close()
    assert [path] == list(tmp_path.iterdir())

    making = MakingLock.take(path)
    opened(path).close()
    assert lock_path(path).exists()
    making.release()


@pytest.mark.parametrize(
    ("text", "recorded"),
    [
        (None, False),
        ("", False),
        ("---\nversion: 2\ninteractions: []\n", False),
        ("# by hand\nversion: 2\ninteractions:\n", False),
        (TEXT[:200], False),
        (TEXT, True),
        (TEXT + TEXT.partition("interactions:\n")[2], True),
        ("no cassette", True),
    ],
)
def test_what_counts_as_recorded(tmp_path: Path, text: str | None, recorded: bool) -> None:
    """At least one whole interaction; what is no cassette is told when it is opened."""
    path = tmp_path / "c.yaml"
    if text is not None:
        path.write_text(text)
    assert recorded == is_recorded(path)


def test_only_the_backup_is_there(tmp_path: Path) -> None:
    """Who looks for the cassette is told of it."""
    path = tmp_path / "c.yaml"
    backup_path(path).write_text(TEXT)
    with pytest.raises(CassetteError, match=r"c\.yaml\.bak is there, and `tapehead restore` brings it back"):
        load(path)
    assert loads(TEXT).interactions
