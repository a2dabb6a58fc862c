"""A process that is killed at any call of the system's: the old recording or the new one is there, whole, always."""

import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tapehead.cassette import Cassette, backup, cassette_file, dumps, load, timing
from tapehead.cassette.side_files import backup_path, timing_path
from tapehead.cassette.store import Recorded, Store
from tapehead.cassette.timing import Timing
from tapehead.cassette.torn import is_recorded
from tests.support.examples import INTERACTION

# The child does nothing but what is tried, and ends.
pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded, use of fork:DeprecationWarning")

OLD = tuple(replace(INTERACTION, id=n, request=replace(INTERACTION.request, url=f"https://old/{n}")) for n in range(3))
NEW = replace(INTERACTION, request=replace(INTERACTION.request, url="https://new/"))
BODY = NEW.response.body
TIMING = Timing(id=0, sha256=timing.digest(BODY), start=1.0, headers=2.0, end=3.0, chunks=((2.5, len(BODY)),))
RECORDED = Recorded(interaction=NEW, timing=TIMING)
OLD_TEXT = dumps(Cassette(interactions=OLD))
OLD_TIMES = "".join(timing.dump_line(replace(TIMING, id=n)) for n in range(3))
CALLS = ("write", "pwrite", "rename", "replace", "link", "unlink", "ftruncate", "fsync", "mkdir")
MOST = 200
KILLED = 9


def record(path: Path, *, overwrite: bool = False) -> None:
    """A run that records two, and is good."""
    store = Store(path, overwrite=overwrite)
    for _ in range(2):
        store.append([RECORDED])
    store.close()
    if overwrite:
        backup.discard(path)


def run_until_killed(what: Callable[[], None], call: int) -> bool:
    """Does it in a process that ends right at that call, half of a write written. Returns whether it came so far."""
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == KILLED
    try:
        count = 0

        def killing(real: Callable[..., Any], name: str) -> Callable[..., Any]:
            def called(*args: Any, **more: Any) -> Any:
                nonlocal count
                count += 1
                if count == call:
                    if name.endswith("write"):
                        real(args[0], bytes(args[1])[: len(args[1]) // 2], *args[2:])
                    os._exit(KILLED)
                return real(*args, **more)

            return called

        for name in CALLS:
            setattr(os, name, killing(getattr(os, name), name))
        cassette_file._sync = killing(cassette_file._sync, "sync")
        tempfile.mkstemp = killing(tempfile.mkstemp, "mkstemp")
        what()
    except BaseException:
        os._exit(1)
    os._exit(0)


def kills(folder: Path, make: Callable[[Path], None], what: Callable[[Path], None]) -> Iterator[Path]:
    """Yields the cassette after a kill at each call, in a folder of its own; the last after a run to the end."""
    for call in range(1, MOST):
        path = folder / str(call) / "c.yaml"
        path.parent.mkdir()
        make(path)
        killed = run_until_killed(lambda path=path: what(path), call)  # type: ignore[misc]
        yield path
        if not killed:
            assert call > 5
            return
    raise AssertionError(f"more than {MOST} calls")


def old(path: Path) -> None:
    """Makes an old recording, with its times."""
    path.write_bytes(OLD_TEXT)
    timing_path(path).write_text(OLD_TIMES)


def goes_on(path: Path) -> None:
    """Asserts that the next run adds to what is there."""
    before = load(path).interactions if path.exists() else ()
    store = Store(path)
    store.append([RECORDED])
    store.close()
    after = load(path).interactions
    assert before == after[:-1]
    assert len({each.id for each in after}) == len(after)
    timings = timing.load_beside(path, after)
    assert timings[after[-1].id].fits(BODY)
    assert not path.with_name("c.yaml.lock").exists()


def test_record_over_an_old_one(tmp_path: Path) -> None:
    """It is the old one, byte for byte; or the new one, and the old one is its backup until the new one is good."""
    seen = set()
    for path in kills(tmp_path, old, lambda path: record(path, overwrite=True)):
        is_old = path.read_bytes() == OLD_TEXT
        bak = backup_path(path)
        seen.add((is_old, bak.exists()))
        if not is_old:
            assert {NEW.request.url} == {each.request.url for each in load(path).interactions}
            assert not bak.exists() or bak.read_bytes() == OLD_TEXT
        if backup.find_backup(path):
            backup.restore(path)
            assert path.read_bytes() == OLD_TEXT
            backup.restore(path)
        goes_on(path)
    assert {(True, False), (True, True), (False, True), (False, False)} == seen


def test_record_where_none_is(tmp_path: Path) -> None:
    """There is none, or one with what is recorded: never an empty one, which would end `auto` for ever."""
    for path in kills(tmp_path, lambda _: None, record):
        assert is_recorded(path) == path.exists()
        goes_on(path)


@pytest.mark.parametrize("behind", ["", "notes: by hand\n", "# by hand\n"])
def test_new_episodes(tmp_path: Path, behind: str) -> None:
    """What was there stays, and what is behind the list; a new one is there whole or not."""

    def make(path: Path) -> None:
        old(path)
        path.write_bytes(OLD_TEXT + behind.encode())

    for path in kills(tmp_path, make, record):
        there = load(path).interactions
        assert OLD == there[:3]
        assert all(NEW.response == each.response for each in there[3:])
        assert behind.encode() in path.read_bytes()
        goes_on(path)


def test_restore(tmp_path: Path) -> None:
    """Both recordings are there, wherever it ends; the next restoring goes on, and none is lost by it."""
    new = dumps(Cassette(interactions=(NEW,)))

    def make(path: Path) -> None:
        path.write_bytes(new)
        timing_path(path).write_text("new\n")
        backup_path(path).write_bytes(OLD_TEXT)
        backup_path(timing_path(path)).write_text(OLD_TIMES)

    for path in kills(tmp_path, make, backup.restore):  # type: ignore[arg-type]
        assert path.read_bytes() in (OLD_TEXT, new)
        for _ in range(2):
            assert {OLD_TEXT, new} <= {each.read_bytes() for each in path.parent.iterdir()}
            backup.restore(path)
        assert {OLD_TEXT, new} == {path.read_bytes(), backup_path(path).read_bytes()}
        assert {OLD_TIMES, "new\n"} == {timing_path(path).read_text(), backup_path(timing_path(path)).read_text()}
