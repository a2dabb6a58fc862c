"""Adding to the file of failures: begun anew, gone on with, mended, rewritten, refused."""

import errno
import os
from dataclasses import replace
from pathlib import Path

import pytest

from tapehead.cassette import failure_writer
from tapehead.cassette.errors import CassetteError, InteractionRefusedError
from tapehead.cassette.failure_writer import FailureWriter
from tapehead.cassette.failures import Failure, dump_line, head_line, load_failures
from tapehead.cassette.side_files import errors_path, torn_path
from tests.unit.cassette.test_failures import CUT, REFUSED

OLD, NEW = dump_line(CUT), dump_line(REFUSED)


@pytest.fixture
def cassette(tmp_path: Path) -> Path:
    """A cassette's path, in a folder that is not there yet."""
    return tmp_path / "tapes" / "a.yaml"


def _with_old(cassette: Path, data: bytes = OLD) -> Path:
    cassette.parent.mkdir()
    errors_path(cassette).write_bytes(head_line().encode() + data)
    return errors_path(cassette)


def test_the_first_line(cassette: Path) -> None:
    """It makes the file, and its head."""
    writer = FailureWriter(cassette, anew=True)
    assert not writer.path.exists()
    writer.append(NEW)
    writer.append(OLD)
    assert [b'{"version":1', NEW[:12], OLD[:12]] == [line[:12] for line in writer.path.read_bytes().splitlines()]
    assert [CUT, REFUSED] == [*load_failures(cassette)]
    assert f"<FailureWriter {str(writer.path)!r}, 2 written>" == repr(writer)


@pytest.mark.parametrize("anew", [False, True])
def test_what_is_there(cassette: Path, anew: bool) -> None:
    """It is gone on with, or begun anew with the first line."""
    path = _with_old(cassette)
    writer = FailureWriter(cassette, anew=anew)
    assert OLD in path.read_bytes()
    writer.append(NEW)
    assert ([REFUSED] if anew else [CUT, REFUSED]) == [*load_failures(cassette)]


def test_torn_ends(cassette: Path) -> None:
    """A line that is not whole is moved aside; one that lacks its line feed gets it."""
    path = _with_old(cassette, OLD + NEW[:20])
    FailureWriter(cassette, anew=False).append(NEW)
    assert NEW[:20] == torn_path(path).read_bytes()
    path.write_bytes(head_line().encode() + OLD[:-1])
    FailureWriter(cassette, anew=False).append(NEW)
    assert [CUT, REFUSED] == [*load_failures(cassette)]


def test_rewriting(cassette: Path) -> None:
    """Only what this run has written is changed, and only where it changes."""

    def change(failure: Failure) -> Failure:
        return replace(failure, request=replace(failure.request, url="u")) if failure == REFUSED else failure

    path = _with_old(cassette, NEW)
    writer = FailureWriter(cassette, anew=False)
    writer.rewrite(change)
    writer.append(OLD)
    before = path.read_bytes()
    writer.rewrite(change)
    assert before == path.read_bytes()
    writer.append(NEW)
    with path.open("ab") as file:
        file.write(b"nothing\n")
    writer.close()
    writer.rewrite(change)
    assert ["https://h/\udcff", "https://h/v1?a=b", "u"] == [each.request.url for each in load_failures(cassette)]
    assert path.read_bytes().endswith(b"nothing\n")
    path.unlink()
    writer.rewrite(change)


def test_what_has_no_room(cassette: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too many lines, too many bytes, a run that has ended: the file stays as it is."""
    path = _with_old(cassette)
    before = path.read_bytes()
    writer = FailureWriter(cassette, anew=False)
    with monkeypatch.context() as patch:
        patch.setattr(failure_writer, "MOST_LINES", 1)
        with pytest.raises(InteractionRefusedError, match="found 1 failures already, expected at most 1"):
            writer.append(NEW)
    with monkeypatch.context() as patch:
        patch.setattr(failure_writer, "MAX_BYTES", len(before))
        with pytest.raises(InteractionRefusedError, match="no room for"):
            writer.append(NEW)
    writer.close()
    with pytest.raises(InteractionRefusedError, match="the run has ended"):
        writer.append(NEW)
    assert before == path.read_bytes()


def test_what_cannot_be_written(cassette: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk leaves it as it was; a later version and a folder are not written to; the error is one line."""
    path = _with_old(cassette)
    before, writer = path.read_bytes(), FailureWriter(cassette, anew=False)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr("tapehead.cassette.failure_writer.os.fsync", full)
        with pytest.raises(CassetteError, match="no space left"):
            writer.append(NEW)
    assert before == path.read_bytes()
    path.write_bytes(b'{"version":2}\n')
    with pytest.raises(CassetteError, match="later version 2"):
        writer.append(NEW)
    path.unlink()
    path.mkdir()
    with pytest.raises(CassetteError):
        writer.append(NEW)


def test_a_rewriting_that_fails(cassette: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told: what is not to be there may be there."""

    def fails(*_: object) -> None:
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))

    writer = FailureWriter(cassette, anew=True)
    writer.append(NEW)
    monkeypatch.setattr(failure_writer, "replace_file", fails)
    with pytest.raises(CassetteError, match="permission denied"):
        writer.rewrite(lambda failure: replace(failure, response=CUT.response))


def test_dropping(cassette: Path) -> None:
    """What is asked for again is taken out; the rest keeps its bytes."""
    path = _with_old(cassette, OLD + NEW)
    FailureWriter(cassette, anew=False).drop([REFUSED])
    assert path.read_bytes().endswith(OLD)
    FailureWriter(cassette, anew=False).drop([REFUSED])
    assert [CUT] == [*load_failures(cassette)]


def test_of_before_the_first_recording(cassette: Path) -> None:
    """A file that is of no recording goes when there is one; one of this run, or of a recording, stays."""
    writer = FailureWriter(cassette, anew=True)
    writer.append(NEW)
    writer.drop_stale()
    assert writer.path.exists()
    FailureWriter(cassette, anew=False).drop_stale()
    assert writer.path.exists()
    FailureWriter(cassette, anew=True).drop_stale()
    assert not writer.path.exists()


def test_while_the_file_is_of_another(cassette: Path) -> None:
    """Lines wait until it is ours; they are rewritten meanwhile, and dropped if it never is."""
    path = _with_old(cassette)
    writer = FailureWriter(cassette, anew=True)
    is_of_another = True
    writer.open(is_of_another=lambda: is_of_another)
    assert not writer.has_lines
    writer.append(NEW)
    assert writer.has_lines
    writer.settle()
    assert not writer.has_lines
    writer.append(NEW)
    changed = replace(REFUSED, request=replace(REFUSED.request, url="https://other"))
    writer.rewrite(lambda _: changed)
    assert head_line().encode() + OLD == path.read_bytes()

    is_of_another = False
    writer.settle()
    assert [changed] == [*load_failures(cassette)]
    writer.append(OLD)
    writer.close()
    assert [CUT, changed] == [*load_failures(cassette)]  # by their starts


def test_many_that_wait(cassette: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are bounded as those in a file are."""
    monkeypatch.setattr(failure_writer, "MOST_LINES", 2)
    writer = FailureWriter(cassette, anew=True)
    writer.open(is_of_another=lambda: True)
    writer.append(NEW)
    writer.append(NEW)
    with pytest.raises(InteractionRefusedError, match="2 failures already"):
        writer.append(NEW)


def test_going_on(cassette: Path) -> None:
    """A file that was closed is gone on with when the cassette is opened once more."""
    writer = FailureWriter(cassette, anew=True)
    writer.append(NEW)
    writer.close()
    writer.open(is_of_another=lambda: False)
    writer.append(OLD)
    assert 2 == len([*load_failures(cassette)])
