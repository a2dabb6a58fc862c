"""The kinds of errors: each is raised by the real situation that it names, and none needs its line read."""

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

import tapehead
from tapehead import cassette
from tapehead.cassette import (
    CassetteAccessError,
    CassetteBusyError,
    CassetteChangedError,
    CassetteError,
    CassetteNotFoundError,
    InteractionRefusedError,
    NotACassetteError,
    TapeheadError,
    TornCassetteError,
    UnsupportedVersionError,
    backup,
    load,
    loads,
)
from tapehead.cassette.store import Recorded, Store
from tapehead.cassette.timing import Timing
from tapehead.cassette.torn import recover
from tests.support.examples import INTERACTION, TEXT

HOLD = """
import fcntl, sys
file = open(sys.argv[1], "r+b")
fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""
RECORDED = Recorded(interaction=INTERACTION, timing=Timing(id=0, sha256="", start=0, headers=0, end=0, chunks=()))


def test_what_is_public() -> None:
    """Each kind is found in `tapehead` and in `tapehead.cassette`, and is of the root's kind."""
    kinds = [getattr(tapehead, name) for name in tapehead.__all__ if name.endswith("Error")]

    assert all(issubclass(kind, TapeheadError) for kind in kinds)
    ours = [kind for kind in kinds if issubclass(kind, CassetteError)]
    assert 9 == len(ours)
    assert [] == [kind for kind in ours if getattr(cassette, kind.__name__) is not kind]
    assert all(issubclass(kind, ValueError) for kind in ours)
    with pytest.raises(AttributeError, match="no attribute 'NoSuchError'"):
        tapehead.__getattr__("NoSuchError")


def test_the_root_loads_nothing() -> None:
    """`import tapehead`, which each pytest does where it is installed, imports none of its rooms."""
    code = (
        "import sys, tapehead; print([each for each in sys.modules if each.startswith(('tapehead.', 'yaml', 'mitm'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "[]\n" == done.stdout


@pytest.mark.parametrize("name", ["none.yaml", "file/none.yaml"])
def test_not_found(tmp_path: Path, name: str) -> None:
    """A file that is not there, or stands below one that is no folder; for reading, and for mending."""
    (tmp_path / "file").write_text("")
    with pytest.raises(CassetteNotFoundError, match="found no such file, expected a cassette"):
        load(tmp_path / name)
    with pytest.raises(CassetteNotFoundError):
        recover(tmp_path / name)


def test_not_found_for_writing(tmp_path: Path) -> None:
    """There can be no cassette below a file."""
    (tmp_path / "file").write_text("")
    with pytest.raises(CassetteNotFoundError):
        Store(tmp_path / "file" / "chat.yaml")
    with pytest.raises(CassetteNotFoundError):
        Store(tmp_path / "file" / "folder" / "chat.yaml")


def test_no_cassette(tmp_path: Path) -> None:
    """A folder, a pipe, text that is no YAML, YAML that is no cassette, a file without a version."""
    os.mkfifo(tmp_path / "pipe")
    for name, text in (("a", "{"), ("b", "- 1\n"), ("c", "interactions: []\n")):
        (tmp_path / name).write_text(text)
    for path in (tmp_path, *(tmp_path / name for name in ("pipe", "a", "b", "c"))):
        with pytest.raises(NotACassetteError):
            load(path)
        with pytest.raises(NotACassetteError):
            Store(path)


def test_another_version(tmp_path: Path) -> None:
    """The version is told as a number, and the line that says it."""
    file = tmp_path / "old.yaml"
    file.write_text("---\nversion: 1\ninteractions: []\n")
    with pytest.raises(UnsupportedVersionError) as caught:
        load(file)

    assert (1, 2, "version") == (caught.value.version, caught.value.line, caught.value.key)
    assert f"{file}:2: version: found 1, expected 2" == str(caught.value)


@pytest.mark.parametrize("of", [str, bytes], ids=["text", "bytes"])
def test_torn(of: type) -> None:
    """What a crash has cut off: how many interactions are whole, and what is behind them. The line is the reader's."""
    second = TEXT[TEXT.index("  - id: 0") :].replace("id: 0", "id: 1")
    tail = second[: len(second) // 2]
    data = TEXT + tail
    with pytest.raises(TornCassetteError, match=r"^chat.yaml:\d+: ") as caught:
        loads(data if of is str else data.encode(), file="chat.yaml")

    assert (1, tail.encode()) == (caught.value.kept, caught.value.tail)
    assert 1 == len(loads(data.encode().removesuffix(caught.value.tail)).interactions)


def test_not_torn() -> None:
    """What is broken in another way, or so large that nobody looks, is no cassette."""
    for data in ("{", TEXT.replace("method:", "nothing:") + "  - id: 1\n", "version: 2\ninteractions: no\n"):
        with pytest.raises(NotACassetteError):
            loads(data)


def test_busy(tmp_path: Path) -> None:
    """Who writes it is told by its process id: for a second writer, one that replaces it, and one that mends it."""
    file = tmp_path / "chat.yaml"
    file.write_text(TEXT)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout
        assert b"held\n" == other.stdout.readline()
        for act in (Store, partial(Store, overwrite=True), backup.restore, recover):
            with pytest.raises(CassetteBusyError) as caught:
                act(file)
            assert other.pid == caught.value.pid
        assert other.stdin
        other.stdin.close()


def test_changed(tmp_path: Path) -> None:
    """A file that was removed under its writer is not written any more."""
    file = tmp_path / "chat.yaml"
    store = Store(file)
    store.append([RECORDED])
    file.unlink()
    with pytest.raises(CassetteChangedError):
        store.append([RECORDED])
    store.close()


def test_made_by_another(tmp_path: Path) -> None:
    """A file that came while the first interaction was on its way is not replaced."""
    file = tmp_path / "chat.yaml"
    store = Store(file)
    file.write_text(TEXT)
    with pytest.raises(CassetteChangedError, match="found that another program made it"):
        store.append([RECORDED])
    store.close()
    assert TEXT == file.read_text()


def test_no_access(tmp_path: Path) -> None:
    """A link to no file is not followed for writing, and a file with a second name is not written."""
    file, linked = tmp_path / "chat.yaml", tmp_path / "linked.yaml"
    linked.symlink_to(file)
    with pytest.raises(CassetteAccessError, match="a link to no file"):
        Store(linked)
    file.write_text(TEXT)
    os.link(file, tmp_path / "second.yaml")
    with pytest.raises(CassetteAccessError):
        Store(file)
    if sys.platform == "linux":  # where nobody can make a file
        with pytest.raises(CassetteAccessError, match="found no such file or directory, expected a file to write"):
            Store(Path("/proc/tapehead.yaml"))


def test_refused(tmp_path: Path) -> None:
    """An interaction that holds what it must not is given back as the reason, and not written."""
    store = Store(tmp_path / "chat.yaml", refuse=lambda _: "a credential")
    refused = store.append([RECORDED])
    store.close()

    assert refused
    assert isinstance(refused[0], InteractionRefusedError)


def test_an_option() -> None:
    """It names its option."""
    assert "cassette_speed" == tapehead.BadOptionError("cassette_speed=x: no", option="cassette_speed").option
