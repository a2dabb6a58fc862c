"""The old recording waits beside the new one, comes back when it is asked for, and is never lost on the way."""

import os
from pathlib import Path

import pytest

from tapehead.cassette import CassetteError, backup
from tapehead.cassette.errors import CassetteAccessError, CassetteBusyError, CassetteNotFoundError
from tapehead.cassette.file_lock import MakingLock, lock


@pytest.fixture
def cassette(tmp_path: Path) -> Path:
    path = tmp_path / "c.yaml"
    path.write_bytes(b"old")
    return path


def names(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def replace(cassette: Path, data: bytes) -> None:
    """What a run does that records anew."""
    backup.keep(cassette)
    new = cassette.with_name("new")
    new.write_bytes(data)
    os.replace(new, cassette)
    backup.drop_beside(cassette)


def test_kept_and_discarded(cassette: Path) -> None:
    """A cassette and what lies beside it: until the new one is worth having, then all of it goes."""
    for suffix in (".timing.jsonl", ".errors.jsonl"):
        cassette.with_name(f"c.yaml{suffix}").write_bytes(suffix.encode())
    replace(cassette, b"new")

    old = {"c.yaml.bak": b"old"} | {f"c.yaml{each}.bak": each.encode() for each in (".timing.jsonl", ".errors.jsonl")}
    assert old | {"c.yaml": b"new"} == names(cassette.parent)
    assert cassette.with_name("c.yaml.bak") == backup.find_backup(cassette)

    backup.discard(cassette)
    assert {"c.yaml": b"new"} == names(cassette.parent)
    assert backup.find_backup(cassette) is None
    backup.discard(cassette)  # what is gone is gone


def test_the_last_good_one_stays(cassette: Path) -> None:
    """A second run over one that failed leaves the first backup, and what lay beside the failed one goes."""
    timing = cassette.with_name("c.yaml.timing.jsonl")
    timing.write_bytes(b"old times")
    replace(cassette, b"failed")
    timing.write_bytes(b"failed times")
    replace(cassette, b"new")

    kept = {"c.yaml.bak": b"old", "c.yaml.timing.jsonl.bak": b"old times"}
    assert kept | {"c.yaml": b"new"} == names(cassette.parent)


def test_what_is_left_of_a_backup_that_has_gone(cassette: Path) -> None:
    """Times that a crash has left behind are not taken for those of the next one."""
    cassette.with_name("c.yaml.timing.jsonl.bak").write_bytes(b"of another")
    replace(cassette, b"new")
    assert {"c.yaml": b"new", "c.yaml.bak": b"old"} == names(cassette.parent)


def test_one_that_was_not_worth_keeping(cassette: Path) -> None:
    """Where no backup was made, what lay beside the old one goes."""
    cassette.with_name("c.yaml.timing.jsonl").write_bytes(b"times")
    backup.drop_beside(cassette)
    assert {"c.yaml": b"old"} == names(cassette.parent)


def test_the_timing_file_of_an_old_name(cassette: Path) -> None:
    """It goes with its cassette, and comes back under the new name; what may be another's stays."""
    cassette.with_name("c.timing.jsonl").write_bytes(b"times")
    replace(cassette, b"new")
    assert {"c.yaml": b"new", "c.yaml.bak": b"old", "c.yaml.timing.jsonl.bak": b"times"} == names(cassette.parent)
    backup.restore(cassette)
    assert {"c.yaml": b"old", "c.yaml.bak": b"new", "c.yaml.timing.jsonl": b"times"} == names(cassette.parent)

    cassette.with_name("c.yml").write_bytes(b"other")
    cassette.with_name("c.timing.jsonl").write_bytes(b"whose?")
    replace(cassette, b"newer")
    assert b"whose?" == names(cassette.parent)["c.timing.jsonl"]


def test_restored(cassette: Path) -> None:
    """They change places, twice if need be, with all that lies beside either."""
    replace(cassette, b"new")
    cassette.with_name("c.yaml.timing.jsonl").write_bytes(b"new times")
    here = names(cassette.parent)

    assert cassette.with_name("c.yaml.bak") == backup.restore(cassette)
    there = {"c.yaml": b"old", "c.yaml.bak": b"new", "c.yaml.timing.jsonl.bak": b"new times"}
    assert there == names(cassette.parent)
    backup.restore(cassette)
    assert here == names(cassette.parent)

    cassette.unlink()
    assert backup.restore(cassette) is None
    assert b"old" == cassette.read_bytes()
    with pytest.raises(CassetteNotFoundError, match=r"c\.yaml\.bak: found no such file, expected"):
        backup.restore(cassette)


def test_restoring_through_a_link(cassette: Path) -> None:
    """It is the file that counts."""
    replace(cassette, b"new")
    link = cassette.with_name("link.yaml")
    link.symlink_to("c.yaml")
    backup.restore(link)
    assert (b"old", True) == (cassette.read_bytes(), link.is_symlink())


def test_what_is_not_restored(cassette: Path) -> None:
    """What is being written or made, and a folder in its place."""
    replace(cassette, b"new")
    with open(cassette, "rb") as file:
        lock(file.fileno(), cassette)
        with pytest.raises(CassetteBusyError):
            backup.restore(cassette)
    making = MakingLock.take(cassette)
    with pytest.raises(CassetteBusyError):
        backup.restore(cassette)
    making.release()
    cassette.unlink()
    cassette.mkdir()
    with pytest.raises(CassetteAccessError, match="that it is no file"):
        backup.restore(cassette)
    assert b"old" == cassette.with_name("c.yaml.bak").read_bytes()


def test_a_file_system_without_links(cassette: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There the old one is copied, and changes places by way of a third name."""

    def none(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("os.link", none)
    replace(cassette, b"new")
    assert {"c.yaml": b"new", "c.yaml.bak": b"old"} == names(cassette.parent)
    backup.restore(cassette)
    assert {"c.yaml": b"old", "c.yaml.bak": b"new"} == names(cassette.parent)


def test_names_that_a_crash_has_left(cassette: Path) -> None:
    """A second name of the same file is no backup, and is taken away."""
    os.link(cassette, cassette.with_name("c.yaml.bak"))
    os.link(cassette, cassette.with_name("c.yaml.swap"))
    assert backup.find_backup(cassette) is None
    backup.drop_second_names(cassette)
    assert {"c.yaml": b"old"} == names(cassette.parent)


def test_a_restoring_that_a_crash_has_ended(cassette: Path) -> None:
    """The next one first ends it, wherever it was."""
    bak, swap = (cassette.with_name(f"c.yaml.{each}") for each in ("bak", "swap"))
    swap.write_bytes(b"new")
    backup.restore(cassette)
    assert {"c.yaml": b"new", "c.yaml.bak": b"old"} == names(cassette.parent)

    os.link(cassette, swap)
    backup.restore(cassette)
    assert {"c.yaml": b"old", "c.yaml.bak": b"new"} == names(cassette.parent)

    os.rename(cassette, swap)
    backup.restore(cassette)
    assert {"c.yaml": b"new", "c.yaml.bak": b"old"} == names(cassette.parent)
    assert bak.read_bytes() == b"old"


def test_a_file_that_cannot_be_moved(cassette: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is one line, in words that the system has for it."""
    replace(cassette, b"new")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.rename", full)
    with pytest.raises(CassetteError) as e:
        backup.restore(cassette)
    assert f"{cassette}: found no space left on device, expected a cassette to bring back" == str(e.value)


def test_the_command() -> None:
    """As a shell takes it."""
    assert "tapehead restore 'my tapes/c.yaml'" == backup.restoring(Path("my tapes/c.yaml"))
