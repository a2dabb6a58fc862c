import errno
import os
from pathlib import Path

import pytest

from tapehead.cassette import CassetteError, timing
from tapehead.cassette.timing import Timing
from tapehead.cassette.timing_writer import TimingWriter

TIMING = Timing(id=7, sha256="x", start=1.0, headers=2.0, end=3.0, chunks=((2.5, 4),))
LINE = timing.dump_line(TIMING)


def write(path: Path) -> None:
    writer = TimingWriter(path)
    writer.write(LINE.encode())
    writer.close()


def test_lines_are_added(tmp_path: Path) -> None:
    """Each run adds its own; a new file is private."""
    path = tmp_path / "chat.timing.jsonl"
    write(path)
    write(path)

    assert LINE * 2 == path.read_text()
    assert 0o600 == path.stat().st_mode & 0o777


@pytest.mark.parametrize("cut", range(1, len(LINE)))
def test_a_torn_last_line(tmp_path: Path, caplog: pytest.LogCaptureFixture, cut: int) -> None:
    """Wherever it is torn: it is moved aside, or only its line feed was missing; what follows is whole."""
    path = tmp_path / "chat.timing.jsonl"
    path.write_text(LINE + LINE[:cut])
    write(path)

    whole = cut == len(LINE) - 1
    assert LINE * (3 if whole else 2) == path.read_text()
    aside = tmp_path / "chat.timing.jsonl.torn"
    assert aside.exists() != whole
    if not whole:
        assert LINE[:cut] == aside.read_text()
        assert f"its torn last line ({cut} bytes) was moved to {aside}" in caplog.text


def test_a_write_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """It is said once, nothing torn stays behind, and no more is written."""
    path = tmp_path / "chat.timing.jsonl"
    write(path)
    writer = TimingWriter(path)
    real, calls = os.write, iter([False, True])

    def full(handle: int, data: bytes) -> int:
        if next(calls, False):
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(handle, data[:5])

    monkeypatch.setattr(os, "write", full)
    writer.write(LINE.encode())
    monkeypatch.undo()
    writer.write(LINE.encode())
    writer.close()

    assert LINE == path.read_text()
    assert 1 == caplog.text.count("no space left on device; what is recorded from here on has no timing")


def test_an_empty_file_is_removed(tmp_path: Path) -> None:
    """Unless it is another's by then."""
    path = tmp_path / "chat.timing.jsonl"
    TimingWriter(path).close()
    assert not path.exists()

    writer = TimingWriter(path)
    path.unlink()
    path.write_text("")
    writer.close()
    assert path.exists()

    writer = TimingWriter(path)
    path.unlink()
    writer.close()
    assert not path.exists()


def test_what_is_no_file(tmp_path: Path) -> None:
    """A named pipe is refused, and nobody waits for it."""
    path = tmp_path / "chat.timing.jsonl"
    os.mkfifo(path)

    with pytest.raises(CassetteError, match="a named pipe"):
        TimingWriter(path)
