"""A cassette being written, alone and shared: the old one is kept until the new one is worth having."""

import os
from pathlib import Path

import pytest

from tapehead.cassette import load
from tapehead.cassette.dialect import REFERENCE
from tapehead.cassette.errors import CassetteError
from tapehead.cassette.model import Interaction, Request, Response
from tapehead.cassette.store import Recorded
from tapehead.cassette.timing import Timing, digest
from tapehead.recording.cassette_pool import CassettePool, SharedCassette
from tapehead.redact.redactor import Redactor

OLD = "---\nversion: 2\ninteractions: []\n"


def _recorded(number: int) -> Recorded:
    request = Request(method="GET", url=f"https://example.com/{number}")
    response = Response(code=200, status="200 OK", body=b"hi")
    timing = Timing(id=0, sha256=digest(b"hi"), start=0.0, headers=1.0, end=2.0, chunks=((1.0, 2),))
    return Recorded(interaction=Interaction(id=0, request=request, response=response), timing=timing)


def _open(recordings: CassettePool, path: Path, *, anew: bool = True) -> SharedCassette:
    return recordings.open(path, overwrite=anew, dialect=REFERENCE, redactor=Redactor())


def test_nothing_recorded_leaves_the_old_one(tmp_path: Path) -> None:
    """Under its name, byte for byte."""
    path, recordings = tmp_path / "a.yaml", CassettePool()
    path.write_text(OLD)
    recording = _open(recordings, path)
    assert "a.yaml.bak" in os.listdir(tmp_path)
    assert recordings.is_recording(path)
    recordings.close(recording)
    assert OLD == path.read_text()
    assert ["a.yaml"] == os.listdir(tmp_path)
    assert not recordings.is_recording(path)


def test_something_recorded_takes_its_place(tmp_path: Path) -> None:
    """The old one goes at the end."""
    path, recordings = tmp_path / "a.yaml", CassettePool()
    path.write_text(OLD)
    recordings.close(_open(recordings, path), [_recorded(1)])
    assert ["https://example.com/1"] == [each.request.url for each in load(path).interactions]
    assert "a.yaml.bak" not in os.listdir(tmp_path)


def test_two_sessions_share_one_file(tmp_path: Path) -> None:
    """Whatever its spelling; the last of them closes it."""
    recordings = CassettePool()
    (tmp_path / "link").symlink_to(tmp_path)
    one, two = _open(recordings, tmp_path / "a.yaml"), _open(recordings, tmp_path / "link/a.yaml")
    assert one is two
    assert one.shared
    assert [] == recordings.close(one, [_recorded(1)])
    assert recordings.is_recording(tmp_path / "a.yaml")
    assert [] == recordings.close(two, [_recorded(2)])
    assert [0, 1] == [each.id for each in load(tmp_path / "a.yaml").interactions]


def test_a_file_that_cannot_be_opened(tmp_path: Path) -> None:
    """All is as before, and it may be tried again."""
    path, recordings = tmp_path / "folder.yaml", CassettePool()
    path.mkdir()
    for _ in range(2):
        with pytest.raises(CassetteError):
            _open(recordings, path)
        assert not recordings.is_recording(path)
