"""The old recording waits beside the new one, and is never lost on the way."""

import logging
from pathlib import Path

import pytest

from tapehead.cassette import CassetteError
from tapehead.cassette.backup import Backup
from tapehead.cassette.file_lock import lock


@pytest.fixture
def cassette(tmp_path: Path) -> Path:
    path = tmp_path / "c.yaml"
    path.write_bytes(b"old")
    return path


def names(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_restored_and_discarded(cassette: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A cassette and its timing file are out of the way; both come back, which is said, or both go."""
    caplog.set_level(logging.INFO)
    timing = cassette.with_name("c.yaml.timing.jsonl")
    timing.write_bytes(b"times")
    before = names(cassette.parent)

    backup = Backup.create(cassette)
    assert {"c.yaml.bak": b"old", "c.yaml.timing.jsonl.bak": b"times"} == names(cassette.parent)

    cassette.write_bytes(b"new, and not worth having")
    backup.restore()
    assert before == names(cassette.parent)
    assert f"nothing was recorded: {cassette} is the old one again" in caplog.messages

    backup = Backup.create(cassette)
    cassette.write_bytes(b"new")
    backup.discard()
    assert {"c.yaml": b"new"} == names(cassette.parent)
    backup.discard()  # what is gone is gone


def test_the_timing_file_of_an_old_name(cassette: Path) -> None:
    """It goes with its cassette, and comes back under the name that it had; what may be another's stays."""
    old = cassette.with_name("c.timing.jsonl")
    old.write_bytes(b"times")
    before = names(cassette.parent)

    backup = Backup.create(cassette)
    assert {"c.yaml.bak": b"old", "c.timing.jsonl.bak": b"times"} == names(cassette.parent)
    backup.restore()
    assert before == names(cassette.parent)

    cassette.with_name("c.yml").write_bytes(b"other")
    Backup.create(cassette)
    assert {"c.yaml.bak": b"old", "c.yml": b"other", "c.timing.jsonl": b"times"} == names(cassette.parent)


def test_nothing_to_move(tmp_path: Path) -> None:
    """Where there is no cassette, or a folder of its name, nothing moves."""
    (tmp_path / "folder.yaml").mkdir()

    assert () == Backup.create(tmp_path / "none.yaml").moved
    assert () == Backup.create(tmp_path / "folder.yaml").moved
    assert (tmp_path / "folder.yaml").is_dir()


def test_what_a_crash_left_is_kept(cassette: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A backup that is there may be all there is of a recording: it is kept, and said once."""
    for name in ("c.yaml.bak", "c.yaml.bak2"):
        cassette.with_name(name).write_bytes(name.encode())

    Backup.create(cassette)

    left = {"c.yaml.bak": b"c.yaml.bak", "c.yaml.bak2": b"c.yaml.bak2"}
    assert left | {"c.yaml.bak3": b"old"} == names(cassette.parent)
    said = f"{cassette}.bak is left from a run that did not end cleanly; it is kept"
    assert [said] == caplog.messages


def test_another_writer(cassette: Path) -> None:
    """A cassette that another program is writing stays where it is."""
    with open(cassette, "rb") as file:
        lock(file.fileno(), cassette)
        with pytest.raises(CassetteError, match=str(cassette)):
            Backup.create(cassette)

    assert {"c.yaml": b"old"} == names(cassette.parent)


def test_a_file_that_cannot_be_moved(cassette: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is one line, in words that the system has for it."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.rename", full)

    with pytest.raises(CassetteError) as e:
        Backup.create(cassette)
    assert f"{cassette}: found no space left on device, expected a cassette to replace" == str(e.value)
