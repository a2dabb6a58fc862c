import os
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tapehead.cassette import CassetteError, Interaction, file_lock, load, timing
from tapehead.cassette.dialect import REFERENCE
from tapehead.cassette.rewriting import rewritten
from tapehead.cassette.side_files import timing_path
from tapehead.cassette.store import Recorded, Store
from tapehead.cassette.timing import Timing
from tests.support.examples import INTERACTION

NEW = b"another body"


def recorded(body: bytes) -> Recorded:
    interaction = replace(INTERACTION, response=replace(INTERACTION.response, body=body))
    chunks = ((2.5, len(body)),)
    when = Timing(id=0, sha256=timing.digest(body), start=1.0, headers=2.0, end=3.0, chunks=chunks)
    return Recorded(interaction=interaction, timing=when)


def change(old: Interaction, when: Timing | None) -> tuple[Interaction, Timing | None]:
    """Changes what says "secret"."""
    if b"secret" not in old.response.body:
        return old, when
    new = replace(old, response=replace(old.response, body=NEW))
    return new, when and replace(when, sha256=timing.digest(NEW), chunks=((2.5, len(NEW)),))


def written(path: Path, *bodies: bytes) -> Store:
    to = Store(path)
    to.append(map(recorded, bodies))
    return to


def test_what_this_run_has_written(tmp_path: Path) -> None:
    """Only that is changed, with its timing; what was there before, and what need not change, keeps every byte."""
    path = tmp_path / "chat.yaml"
    written(path, b"an old secret").close()
    path.write_bytes(b"# mine\n" + path.read_bytes())
    before = path.read_bytes()
    path.chmod(0o640)
    to = written(path, b"harmless", b"a secret")
    whole = path.read_bytes()

    changed = to.rewrite(change)
    to.append([recorded(b"appended")])
    to.close()

    assert [2] == [*changed]
    assert NEW == changed[2].response.body
    assert path.read_bytes().startswith(before + whole[len(before) : whole.index(b"- id: 2")])
    assert [b"an old secret", b"harmless", NEW, b"appended"] == [each.response.body for each in load(path).interactions]
    timings = timing.load(timing_path(path))
    assert [True] * 4 == [timings[each.id].fits(each.response.body) for each in load(path).interactions]
    assert 0o640 == stat.S_IMODE(path.stat().st_mode)
    assert ["chat.yaml", "chat.yaml.timing.jsonl"] == sorted(os.listdir(tmp_path))


def test_what_an_earlier_session_of_this_run_has_written(tmp_path: Path) -> None:
    """Who knows better says from where on it is this run's."""
    written(tmp_path / "chat.yaml", b"a secret").close()
    to = Store(tmp_path / "chat.yaml")
    assert {} == to.rewrite(change)
    to.own_from = 0

    assert [0] == [*to.rewrite(change)]
    to.close()
    assert {} == to.rewrite(change)


def test_only_if(tmp_path: Path) -> None:
    """Nothing is done where none of the texts is in the file."""
    to = written(tmp_path / "chat.yaml", b"a secret")
    before = (tmp_path / "chat.yaml").stat()

    assert {} == to.rewrite(change, [b"other", b"texts"])
    assert {} == to.rewrite(lambda old, when: (old, when), [b"secret"])
    assert os.path.samestat(before, (tmp_path / "chat.yaml").stat())
    assert [0] == [*to.rewrite(change, [b"other", b"secret"])]


def test_a_reader_never_sees_half_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to the moment in which the new file takes the place of the old one, that is whole; a second writer is refused."""
    path = tmp_path / "chat.yaml"
    to = written(path, b"a secret", b"harmless")
    really, seen = os.rename, []

    def rename(old: str, new: Path) -> None:
        seen.append([each.response.body for each in load(path).interactions])
        really(old, new)
        with pytest.raises(CassetteError):
            Store(path)

    monkeypatch.setattr(os, "rename", rename)
    to.rewrite(change)
    to.close()

    assert [[b"a secret", b"harmless"]] == seen
    assert [NEW, b"harmless"] == [each.response.body for each in load(path).interactions]


def _is_full(*_: object) -> None:
    raise OSError(28, "No space left on device")


def _is_odd(*_: object) -> None:
    raise KeyError("odd")


@pytest.mark.parametrize(
    ("fail", "says"), [(_is_full, "no space left on device"), (_is_odd, "that it cannot be rewritten .KeyError.")]
)
def test_what_cannot_be_rewritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fail: Callable[..., None], says: str
) -> None:
    """The file is as before, nothing is left beside it, and nothing can be appended to it any more."""
    path = tmp_path / "chat.yaml"
    to = written(path, b"a secret")
    before = path.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(file_lock, "write_all", fail)
        with pytest.raises(CassetteError, match=says):
            to.rewrite(change)

    assert before == path.read_bytes()
    assert ["chat.yaml", "chat.yaml.timing.jsonl"] == sorted(os.listdir(tmp_path))
    with pytest.raises(CassetteError, match=says):
        to.append([recorded(b"more")])


def test_timings_that_cannot_be_rewritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """They are an aid: the cassette is rewritten, and it is said that they do not fit; later ones are not written."""
    path = tmp_path / "chat.yaml"
    to = written(path, b"a secret")
    monkeypatch.setattr("tapehead.cassette.timing_writer.replace_file", _is_full)
    assert [0] == [*to.rewrite(change)]
    to.append([recorded(b"a second secret")])
    assert [1] == [*to.rewrite(change)]
    to.close()

    assert [NEW, NEW] == [each.response.body for each in load(path).interactions]
    assert f"{timing_path(path)}: no space left on device; its timings do not fit any more" in caplog.text
    assert [0] == [*timing.load(timing_path(path))]


def test_without_timings(tmp_path: Path) -> None:
    """An interaction that nobody timed is changed all the same; the lines of others stay as they are."""
    written(tmp_path / "chat.yaml", b"a secret").close()
    cassette = load(tmp_path / "chat.yaml")

    for lines in (b"", b"no timing\n", timing.dump_line(replace(recorded(b"x").timing, id=5)).encode()):
        new = rewritten(cassette, 0, lines, change, REFERENCE)
        assert ([0], None) == ([*new.changed], new.timings)
    same = rewritten(cassette, 1, b"", change, REFERENCE)
    assert ({}, b"", None) == (same.changed, same.cassette, same.timings)
