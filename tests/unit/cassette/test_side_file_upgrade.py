"""What an earlier version wrote beside a cassette is brought up to date, and never lost on the way."""

import os
from pathlib import Path

import pytest

from tapehead.cassette import Cassette, CassetteError, dumps, timing
from tapehead.cassette.file_lock import lock
from tapehead.cassette.side_file_upgrade import AddedHead, Left, Renaming, plan_upgrade, upgrade
from tapehead.cassette.side_files import timing_path
from tapehead.cassette.timing import Timing
from tapehead.cassette.timing_head import TimingHead, dump_head, parse_head
from tests.support.examples import INTERACTION

BODY = INTERACTION.response.body
TIMING = Timing(id=0, sha256=timing.digest(BODY), start=1, headers=2, end=3, chunks=((2, len(BODY)),))
LINE = timing.dump_line(TIMING)


@pytest.fixture
def cassette(tmp_path: Path) -> Path:
    """A cassette with a timing file and misses as of before version 0.2."""
    path = tmp_path / "c.yaml"
    path.write_bytes(dumps(Cassette(interactions=(INTERACTION,))))
    path.with_name("c.timing.jsonl").write_text(LINE)
    path.with_name("c.timing.jsonl").chmod(0o640)
    path.with_name("c.misses.jsonl").write_text("{}\n")
    return path


def names(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_planned_and_done(cassette: Path) -> None:
    """What was planned is done: new names, a head line, the same lines and access rights; then there is nothing to do."""
    before = names(cassette.parent)
    beside = timing_path(cassette)
    planned = plan_upgrade(cassette)

    assert (
        Renaming(cassette.with_name("c.timing.jsonl"), beside),
        Renaming(cassette.with_name("c.misses.jsonl"), cassette.with_name("c.yaml.misses.jsonl")),
        AddedHead(beside),
    ) == planned.changes
    assert before == names(cassette.parent)
    assert planned == upgrade(cassette)
    assert {"c.yaml", "c.yaml.timing.jsonl", "c.yaml.misses.jsonl"} == names(cassette.parent).keys()
    assert before["c.yaml"] == cassette.read_bytes()
    head, line = beside.read_bytes().splitlines(keepends=True)
    assert parse_head(head) is not None
    assert LINE.encode() == line
    assert 0o640 == beside.stat().st_mode & 0o777
    assert {0: TIMING} == timing.load_beside(cassette, [INTERACTION])
    assert ((), ()) == (upgrade(cassette).changes, upgrade(cassette).left)


def test_what_may_be_of_two_is_left(cassette: Path) -> None:
    """Both cassettes say so, and how to decide it; nothing is changed."""
    other = cassette.with_name("c.yml")
    other.write_bytes(cassette.read_bytes())
    before = names(cassette.parent)

    for one in (cassette, other):
        why = f"it may be of c.yaml or c.yml; name it {one.name}.timing.jsonl if it is of this one"
        done = upgrade(one)
        assert () == done.changes
        assert Left(cassette.with_name("c.timing.jsonl"), why) == done.left[0]
    assert before == names(cassette.parent)


def test_what_is_there_already_is_not_overwritten(cassette: Path) -> None:
    """The new file counts; the old one stays for a person to look at, as does what is no file."""
    old, new = cassette.with_name("c.timing.jsonl"), timing_path(cassette)
    new.write_text(LINE)
    cassette.with_name("c.misses.jsonl").unlink()
    cassette.with_name("c.misses.jsonl").mkdir()
    done = upgrade(cassette)

    assert (AddedHead(new),) == done.changes
    assert (
        Left(old, "c.yaml.timing.jsonl is there already, and counts; remove one of the two"),
        Left(cassette.with_name("c.misses.jsonl"), "it is no file"),
    ) == done.left
    assert LINE == old.read_text()


@pytest.mark.parametrize("fails", ["rename", "replace", "fsync"])
def test_a_crash_loses_nothing(cassette: Path, monkeypatch: pytest.MonkeyPatch, fails: str) -> None:
    """Wherever it ends: the timings are read as before, no other file is left, and the next one ends it."""

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, fails, fail)
        with pytest.raises(OSError, match="No space"):
            upgrade(cassette)
    assert {0: TIMING} == timing.load_beside(cassette, [INTERACTION])
    assert 3 == len(names(cassette.parent))
    upgrade(cassette)
    assert {0: TIMING} == timing.load_beside(cassette, [INTERACTION])
    assert () == upgrade(cassette).changes


def test_refused(cassette: Path) -> None:
    """What another program is writing, what is no cassette, and a timing file of a later version."""
    before = names(cassette.parent)
    with open(cassette, "rb") as file:
        lock(file.fileno(), cassette)
        with pytest.raises(CassetteError, match="another program writing it"):
            upgrade(cassette)
    with pytest.raises(CassetteError, match="no such file"):
        upgrade(cassette.with_name("none.yaml"))
    assert before == names(cassette.parent)
    timing_path(cassette).write_text(dump_head(TimingHead(version=2)))
    with pytest.raises(CassetteError, match="found version 2, expected at most 1"):
        plan_upgrade(cassette)
