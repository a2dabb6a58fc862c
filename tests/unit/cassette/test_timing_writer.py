import errno
import os
from pathlib import Path

import pytest

from tapehead.cassette import CassetteError, timing, timing_writer
from tapehead.cassette.side_files import timing_path
from tapehead.cassette.timing import Timing
from tapehead.cassette.timing_head import VERSION, TimingHead, dump_head, parse_head, redaction_of
from tapehead.cassette.timing_writer import TimingWriter

TIMING = Timing(id=7, sha256="x", start=1.0, headers=2.0, end=3.0, chunks=((2.5, 4),))
LINE = timing.dump_line(TIMING)
HEAD = dump_head(TimingHead(version=VERSION, writer="tapehead 0", when="now"))


@pytest.fixture(autouse=True)
def at_one_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each file is begun now."""
    monkeypatch.setattr(timing_writer, "new_head", lambda: TimingHead(version=VERSION, writer="tapehead 0", when="now"))


@pytest.fixture
def cassette(tmp_path: Path) -> Path:
    return tmp_path / "chat.yaml"


@pytest.fixture
def path(cassette: Path) -> Path:
    """Its timing file."""
    return timing_path(cassette)


def write(cassette: Path) -> None:
    writer = TimingWriter(cassette)
    writer.write(LINE.encode())
    writer.close()


def test_lines_are_added(cassette: Path, path: Path) -> None:
    """Each run adds its own; a new file begins with its head line, once, and is private."""
    write(cassette)
    write(cassette)

    assert HEAD + LINE * 2 == path.read_text()
    assert 0o600 == path.stat().st_mode & 0o777


@pytest.mark.parametrize("cut", range(1, len(LINE)))
def test_a_torn_last_line(cassette: Path, path: Path, caplog: pytest.LogCaptureFixture, cut: int) -> None:
    """Wherever it is torn: it is moved aside, or only its line feed was missing; what follows is whole."""
    path.write_text(LINE + LINE[:cut])
    write(cassette)

    whole = cut == len(LINE) - 1
    assert LINE * (3 if whole else 2) == path.read_text()
    aside = cassette.with_name("chat.yaml.timing.jsonl.torn")
    assert aside.exists() != whole
    if not whole:
        assert LINE[:cut] == aside.read_text()
        assert f"its torn last line ({cut} bytes) was moved to {aside}" in caplog.text


def test_a_write_that_fails(
    cassette: Path, path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said once, nothing torn stays behind, and no more is written."""
    write(cassette)
    writer = TimingWriter(cassette)
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

    assert HEAD + LINE == path.read_text()
    assert 1 == caplog.text.count("no space left on device; what is recorded from here on has no timing")


def test_an_empty_file_is_removed(cassette: Path, path: Path) -> None:
    """Unless it is another's by then; and where there is none, none is made."""
    TimingWriter(cassette).close()
    assert not path.exists()

    path.write_text("")
    TimingWriter(cassette).close()
    assert not path.exists()

    path.write_text("")
    writer = TimingWriter(cassette)
    path.unlink()
    path.write_text("")
    writer.close()
    assert path.exists()

    writer = TimingWriter(cassette)
    path.unlink()
    writer.close()
    assert not path.exists()


def test_what_is_no_file(cassette: Path, path: Path) -> None:
    """A named pipe is refused, and nobody waits for it."""
    os.mkfifo(path)

    with pytest.raises(CassetteError, match="a named pipe"):
        TimingWriter(cassette)


@pytest.mark.parametrize("cut", range(1, len(HEAD) + 1))
def test_a_torn_head_line(cassette: Path, path: Path, cut: int) -> None:
    """Wherever it is torn: it is moved aside and written anew, or only its line feed was missing; there is one."""
    path.write_text(HEAD[:cut])
    write(cassette)

    assert HEAD + LINE == path.read_text()
    assert (cut < len(HEAD) - 1) == path.with_name(f"{path.name}.torn").exists()


def test_an_old_file_gets_its_new_name_when_it_is_written(cassette: Path, path: Path) -> None:
    """Not before: what is only opened stays as it is. Its lines stay, and no head is put behind them."""
    old = cassette.with_name("chat.timing.jsonl")
    old.write_text(LINE)
    TimingWriter(cassette).close()
    assert [old] == list(cassette.parent.iterdir())

    write(cassette)
    assert [path] == list(cassette.parent.iterdir())
    assert LINE * 2 == path.read_text()


def test_an_old_file_of_two_cassettes_is_left(cassette: Path, path: Path) -> None:
    """It is another's perhaps: a new file is begun."""
    old = cassette.with_name("chat.timing.jsonl")
    old.write_text(LINE)
    cassette.with_name("chat.yml").touch()
    write(cassette)

    assert (LINE, HEAD + LINE) == (old.read_text(), path.read_text())


def test_an_old_file_that_cannot_be_renamed(
    cassette: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said once, and the timings are under the old name, where they are read."""
    old = cassette.with_name("chat.timing.jsonl")
    old.write_text(LINE)

    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "rename", refuse)
    writer = TimingWriter(cassette)
    writer.write(LINE.encode())
    writer.write(LINE.encode())
    writer.close()

    assert [old] == list(cassette.parent.iterdir())
    assert LINE * 3 == old.read_text()
    assert [f"{old}: not renamed to chat.yaml.timing.jsonl: operation not permitted"] == caplog.messages


def test_a_file_of_a_later_version_is_not_written(cassette: Path, path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Lines of this version have no place among its lines; that is said."""
    later = dump_head(TimingHead(version=VERSION + 1))
    path.write_text(later)
    write(cassette)

    assert later == path.read_text()
    assert [f"{path}: of a later version 2; what is recorded has no timing"] == caplog.messages


def test_of_a_cassette_that_is_replaced(cassette: Path, path: Path) -> None:
    """What is there is not touched, not even its torn end; what is written begins a new file."""
    old = cassette.with_name("chat.timing.jsonl")
    old.write_text(LINE[:20])
    writer = TimingWriter(cassette, anew=True)
    assert LINE[:20] == old.read_text()

    writer.begin_anew()
    writer.write(LINE.encode())
    writer.close()
    assert (LINE[:20], HEAD + LINE) == (old.read_text(), path.read_text())


def test_a_file_that_cannot_be_made(cassette: Path, path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It is only an aid: what came into its way is said, once, and nothing is written."""
    writer = TimingWriter(cassette)
    os.mkfifo(path)
    for _ in range(2):
        writer.write(LINE.encode())
    writer.close()

    assert 1 == caplog.text.count(
        "found a named pipe, expected a timing file; what is recorded from here on has no timing"
    )


def test_rewritten_before_it_is_made(cassette: Path, path: Path) -> None:
    """There is nothing in it, and what is put there is all."""
    writer = TimingWriter(cassette)
    assert b"" == writer.read()
    path.touch()
    writer.replace(LINE.encode())
    assert LINE.encode() == writer.read()
    writer.close()


@pytest.mark.parametrize("before", ["", HEAD + LINE, LINE])
def test_that_there_are_failures(cassette: Path, path: Path, before: str) -> None:
    """The head says so, once; a file of before there were heads has none that could."""
    path.write_text(before)
    for _ in range(2):
        writer = TimingWriter(cassette)
        writer.note_failures()
        writer.write(LINE.encode())
        writer.close()
    first, *lines = path.read_text().splitlines(keepends=True)

    assert (LINE if before == LINE else HEAD.replace("}", ',"failures":true}')) == first
    assert [LINE] * (3 if before.startswith(HEAD) else 2) == lines


@pytest.mark.parametrize(
    ("first", "then", "expected"), [("a", "a", "a"), ("a", "b", ""), ("a", "", ""), ("", "a", ""), ("", "", "")]
)
def test_rules_of_redaction(cassette: Path, path: Path, first: str, then: str, expected: str) -> None:
    """The head says by which rules all was redacted, and no longer so when other ones add to the file."""
    for digest in (first, then):
        writer = TimingWriter(cassette, redaction=lambda digest=digest: digest)  # type: ignore[misc]
        writer.write(LINE.encode())
        writer.write(LINE.encode())
        writer.close()

    head, _, lines = path.read_bytes().partition(b"\n")
    assert expected == redaction_of(parse_head(head))
    assert LINE.encode() * 4 == lines
