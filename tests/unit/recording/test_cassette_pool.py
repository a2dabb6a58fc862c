"""A cassette being written, alone and shared: the old one is kept until the new one is worth having."""

import asyncio
import os
from dataclasses import replace
from pathlib import Path

import pytest

from tapehead.cassette import Cassette, dumps, load
from tapehead.cassette.dialect import REFERENCE
from tapehead.cassette.errors import CassetteError
from tapehead.cassette.failures import dump_line, load_failures
from tapehead.cassette.model import Interaction, Request, Response
from tapehead.cassette.store import Recorded
from tapehead.cassette.timing import Timing, digest
from tapehead.recording.cassette_pool import CassettePool, SharedCassette
from tapehead.redact.redactor import Redactor
from tapehead.redact.written_index import anchors
from tests.unit.cassette.test_failures import REFUSED

INVALID = b'{"error":{"details":[{"reason":"API_KEY_INVALID"}]}}'


def _recorded(number: int, code: int = 200) -> Recorded:
    request = Request(method="GET", url=f"https://example.com/{number}")
    response = Response(code=code, status="200 OK", body=INVALID if code == 400 else b"hi")
    timing = Timing(id=0, sha256=digest(b"hi"), start=0.0, headers=1.0, end=2.0, chunks=((1.0, 2),))
    return Recorded(interaction=Interaction(id=0, request=request, response=response), timing=timing)


def _open(recordings: CassettePool, path: Path, *, anew: bool = True) -> SharedCassette:
    return recordings.open(path, overwrite=anew, dialect=REFERENCE, redactor=Redactor())


OLD = dumps(Cassette(interactions=(_recorded(0).interaction,)))


def test_nothing_recorded_leaves_the_old_one(tmp_path: Path) -> None:
    """Under its name, byte for byte."""
    path, recordings = tmp_path / "a.yaml", CassettePool()
    path.write_bytes(OLD)
    recording = _open(recordings, path)
    assert recordings.is_recording(path)
    recordings.close(recording)
    assert OLD == path.read_bytes()
    assert ["a.yaml"] == os.listdir(tmp_path)
    assert not recordings.is_recording(path)


def test_something_recorded_takes_its_place(tmp_path: Path) -> None:
    """The old one waits until the end, and goes then."""
    path, recordings = tmp_path / "a.yaml", CassettePool()
    path.write_bytes(OLD)
    recording = _open(recordings, path)
    recording.store.append([_recorded(1)])
    assert OLD == (tmp_path / "a.yaml.bak").read_bytes()
    recordings.close(recording)
    assert ["https://example.com/1"] == [each.request.url for each in load(path).interactions]
    assert "a.yaml.bak" not in os.listdir(tmp_path)


@pytest.mark.parametrize(
    ("codes", "doubts", "why"),
    [
        ((200,), ["the program failed"], "the program failed"),
        ((401, 401), [], "every answer is 401"),
        ((400, 401), [], "every answer is 400 or 401"),
        ((404,), [], ""),
        ((401, 403), ["1 lost"], "1 lost; every answer is 401 or 403"),
        ((200, 401), [], ""),
    ],
)
def test_a_run_that_was_no_good_keeps_both(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, codes: tuple[int, ...], doubts: list[str], why: str
) -> None:
    """One line says so, why, and with which command the old one comes back; a good one says nothing."""
    path, recordings = tmp_path / "a.yaml", CassettePool()
    path.write_bytes(OLD)
    recording = _open(recordings, path)
    recording.doubts += doubts
    recordings.close(recording, [_recorded(1, code) for code in codes])

    said = f"{path}: {why}; the recording before is kept as a.yaml.bak: tapehead restore {path} brings it back"
    assert ([said] if why else []) == caplog.messages
    assert bool(why) == (tmp_path / "a.yaml.bak").exists()
    assert len(codes) == len(load(path).interactions)


def test_what_cannot_be_written_is_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of it, or only a part: both are kept."""
    path, recordings = tmp_path / "a.yaml", CassettePool()
    path.write_bytes(OLD)
    recording = _open(recordings, path)
    recording.store.append([_recorded(1)])

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.pwrite", full)
    with pytest.raises(CassetteError):
        recordings.close(recording, [_recorded(2)])
    assert OLD == (tmp_path / "a.yaml.bak").read_bytes()

    redactor = Redactor()
    monkeypatch.setattr(redactor, "find_leak", lambda _: "a credential")
    recording = recordings.open(path, overwrite=True, dialect=REFERENCE, redactor=redactor)
    assert 1 == len(recordings.close(recording, [_recorded(1)]))
    assert OLD == (tmp_path / "a.yaml.bak").read_bytes()


def test_a_backup_that_cannot_be_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It stays, and is said."""
    path, recordings = tmp_path / "a.yaml", CassettePool()
    path.write_bytes(OLD)
    recording = _open(recordings, path)

    def busy(_: Path) -> None:
        raise OSError(16, "Device or resource busy")

    monkeypatch.setattr("tapehead.cassette.backup.discard", busy)
    recordings.close(recording, [_recorded(1)])
    assert "it cannot be removed: device or resource busy" in caplog.text


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


@pytest.mark.parametrize("records", [False, True])
def test_failures_that_wait_for_the_first_interaction(tmp_path: Path, records: bool) -> None:
    """They are written with it, even if it is the last thing of the run, and dropped where there is none."""
    path, recordings = tmp_path / "a.yaml", CassettePool()
    path.write_bytes(OLD)
    recording = _open(recordings, path)
    recording.failures.append(dump_line(REFUSED))
    recordings.close(recording, [_recorded(1)] if records else [])
    assert [REFUSED] * records == [*load_failures(path)]


def test_what_is_learned_goes_from_failures_that_wait(tmp_path: Path) -> None:
    """As it goes from what was written."""
    path, recordings, redactor = tmp_path / "a.yaml", CassettePool(), Redactor()
    path.write_bytes(OLD)
    recording = recordings.open(path, overwrite=True, dialect=REFERENCE, redactor=redactor)
    secret = "q7Zx9dcba98HkLm21"
    failure = replace(REFUSED, request=replace(REFUSED.request, body=secret.encode()))
    recording.failures.append(dump_line(failure))
    recording.written.index.add(anchors([secret.encode()]))
    redactor.learn([secret])
    asyncio.run(recording.erase([secret]))
    recordings.close(recording, [_recorded(1)])
    assert [b"[REDACTED:value]"] == [each.request.body for each in load_failures(path)]
