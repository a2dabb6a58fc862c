import os
import socket
from pathlib import Path

import pytest

from tapehead.cassette import CassetteError
from tapehead.cassette.files import read_regular


def refused(path: Path, most: int = 100) -> str:
    with pytest.raises(CassetteError) as caught:
        read_regular(path, max_bytes=most, expected="a cassette")
    return str(caught.value).removeprefix(f"{path}: ")


def test_a_regular_file(tmp_path: Path) -> None:
    """All its bytes, also through a symbolic link, and as many as are allowed."""
    (tmp_path / "c.yaml").write_bytes(b"12345")
    (tmp_path / "link.yaml").symlink_to("c.yaml")

    assert b"12345" == read_regular(tmp_path / "link.yaml", max_bytes=5, expected="a cassette")


def test_too_large(tmp_path: Path) -> None:
    """The size is looked at first; where the file does not say it, no more is read than may be."""
    (tmp_path / "c.yaml").write_bytes(b"12345")

    assert "found 5 bytes, expected at most 4" == refused(tmp_path / "c.yaml", most=4)
    assert Path("/proc/self/status").stat().st_size == 0
    assert "found 4 bytes, expected at most 3" == refused(Path("/proc/self/status"), most=3)


def test_what_is_no_regular_file(tmp_path: Path) -> None:
    """Each is refused by its name, at once: nobody writes into the pipe."""
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))

        assert "found a socket, expected a cassette" == refused(tmp_path / "socket")
    assert "found a named pipe, expected a cassette" == refused(tmp_path / "pipe")
    assert "found a folder, expected a cassette" == refused(tmp_path)
    assert "found a device, expected a cassette" == refused(Path("/dev/zero"))


@pytest.mark.parametrize("name", ["none.yaml", "file/c.yaml", "a\0b"])
def test_what_is_not_there(tmp_path: Path, name: str) -> None:
    """Whatever keeps it from being there, there is no such file."""
    (tmp_path / "file").write_text("")

    assert refused(tmp_path / name).endswith("found no such file, expected a cassette")


def test_other_trouble_is_the_systems_words(tmp_path: Path) -> None:
    """A link that leads to itself, say."""
    (tmp_path / "loop").symlink_to("loop")

    assert "found too many levels of symbolic links, expected a cassette" == refused(tmp_path / "loop")


def test_it_is_another_when_it_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was a file a moment ago may be a folder by then, and what is opened may not be read."""
    (tmp_path / "c.yaml").write_text("")
    folder = os.open(tmp_path, os.O_RDONLY)
    monkeypatch.setattr(os, "open", lambda *_: folder)
    assert "found a folder, expected a cassette" == refused(tmp_path / "c.yaml")
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(folder)
    monkeypatch.undo()

    assert "found input/output error, expected a cassette" == refused(Path("/proc/self/mem"))
