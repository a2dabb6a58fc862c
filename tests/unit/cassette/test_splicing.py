"""What grows after it was written: its block and its line are replaced, and nothing else, or the files are as before."""

import os
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tapehead.cassette import (
    Cassette,
    CassetteError,
    Interaction,
    InteractionRefusedError,
    file_lock,
    load,
    loads,
    splicing,
    timing,
)
from tapehead.cassette import store as store_module
from tapehead.cassette.dialect import CHOICES
from tapehead.cassette.side_files import timing_path
from tapehead.cassette.splicing import moved, replace_line, spans_in, splice_locked
from tapehead.cassette.store import Recorded, Rendered, Store
from tapehead.cassette.timing import Timing
from tests.support.examples import INTERACTION, TEXT


def recorded(body: bytes, *, replaces: int | None = None) -> Recorded:
    interaction = replace(INTERACTION, response=replace(INTERACTION.response, body=body))
    when = Timing(
        id=0, sha256=timing.digest(body), start=1.0, headers=2.0, end=3.0, chunks=((2.5, len(body)),) if body else ()
    )
    return Recorded(interaction=interaction, timing=when, replaces=replaces)


def bodies(path: Path) -> list[bytes]:
    return [each.response.body for each in load(path).interactions]


def grow(store: Store, number: int, body: bytes) -> Interaction | InteractionRefusedError:
    written = store.append([recorded(body, replaces=number)])
    assert written
    return written[0]


@pytest.mark.parametrize("dialect", CHOICES)
@pytest.mark.parametrize("number", range(3))
def test_one_grows(tmp_path: Path, number: int, dialect: str) -> None:
    """Wherever it is in the file: the others keep their bytes, ids and timings, and more is appended behind them."""
    file = tmp_path / "chat.yaml"
    store = Store(file, dialect=CHOICES[dialect])
    for body in (b"one\n", b"two", b"three"):
        store.append([recorded(body)])
    os.chmod(file, 0o640)
    expected = [b"one\n", b"two", b"three"]
    expected[number] = b"a longer one\n\n"
    grown = grow(store, number, b"a longer one\n\n")
    assert isinstance(grown, Interaction)
    assert number == grown.id
    store.append([recorded(b"four")])
    store.close()

    assert [*expected, b"four"] == bodies(file)
    fresh = Store(tmp_path / "fresh.yaml", dialect=CHOICES[dialect])
    fresh.append(map(recorded, [*expected, b"four"]))
    fresh.close()
    assert (tmp_path / "fresh.yaml").read_bytes() == file.read_bytes()
    assert 0o640 == stat.S_IMODE(file.stat().st_mode)
    timings = timing.load_lines(timing_path(file)).timings
    assert [0, 1, 2, 3] == [each.id for each in timings if each]
    assert all(each and each.fits(body) for each, body in zip(timings, [*expected, b"four"], strict=True))


def test_several_at_once(tmp_path: Path) -> None:
    """Those that grow and those that are new come in any order, and each gets its own answer."""
    store = Store(tmp_path / "chat.yaml")
    store.append([recorded(b"one"), recorded(b"two")])
    written = store.append([recorded(b"second", replaces=1), recorded(b"three"), recorded(b"first", replaces=0)])
    store.close()

    assert written
    assert [1, 2, 0] == [each.id for each in written if isinstance(each, Interaction)]
    assert [b"first", b"second", b"three"] == bodies(tmp_path / "chat.yaml")
    assert 3 == store.appended


def test_text_that_is_there(tmp_path: Path) -> None:
    """A text that somebody else has written is put in as it is, with the id."""
    store = Store(tmp_path / "chat.yaml")
    store.append([recorded(b"one"), recorded(b"two")])
    block = TEXT.partition("interactions:\n")[2].encode()
    text = Rendered(block=(block[:20], block[20:]), line=b'{"id":0,"x":1}\n', size=1, chunks=1)
    store.append([replace(recorded(b"", replaces=1), rendered=text)])
    store.close()

    assert [b"one", INTERACTION.response.body] == bodies(tmp_path / "chat.yaml")
    assert timing_path(tmp_path / "chat.yaml").read_bytes().endswith(b'}\n{"id":1,"x":1}\n')


def test_after_a_rewrite(tmp_path: Path) -> None:
    """The file was made anew since it was written: it is found there."""
    store = Store(tmp_path / "chat.yaml")
    store.append([recorded(b"one"), recorded(b"two")])

    def change(old: Interaction, when: Timing | None) -> tuple[Interaction, Timing | None]:
        return (old, when) if old.id else (replace(old, response=replace(old.response, body=b"another")), when)

    store.rewrite(change)
    grow(store, 1, b"two and more")
    grow(store, 0, b"another and more")
    store.close()

    assert [b"another and more", b"two and more"] == bodies(tmp_path / "chat.yaml")


def _no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "MAX_BYTES", 1)


def _full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(file_lock, "write_all", fail)


def _shorter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "pread", lambda *_: b"")


@pytest.mark.parametrize("break_it", [_no_room, _full_disk, _shorter])
def test_it_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, break_it: Callable[[pytest.MonkeyPatch], None]
) -> None:
    """The reason is the answer; the files are as before, nothing lies about, and more can be appended."""
    file = tmp_path / "chat.yaml"
    store = Store(file)
    store.append([recorded(b"one")])
    before, listed = file.read_bytes(), sorted(tmp_path.iterdir())
    with monkeypatch.context() as patched:
        break_it(patched)
        assert isinstance(grow(store, 0, b"one and more"), InteractionRefusedError)
    assert (before, listed) == (file.read_bytes(), sorted(tmp_path.iterdir()))
    store.append([recorded(b"two")])
    store.close()

    assert [b"one", b"two"] == bodies(file)


def test_what_is_not_there(tmp_path: Path) -> None:
    """One that was never written, or whose file is another's now, is refused."""
    file = tmp_path / "chat.yaml"
    store = Store(file)
    store.append([recorded(b"one")])
    assert isinstance(grow(store, 7, b"x"), InteractionRefusedError)
    file.write_bytes(file.read_bytes() + b"# mine\n")
    assert isinstance(grow(store, 0, b"x"), InteractionRefusedError)
    with pytest.raises(CassetteError):
        store.append([recorded(b"two")])
    store.close()


def test_spans_in() -> None:
    """They are known for a file with a block for each interaction, and for no other."""
    start = len(TEXT.encode()) - len(TEXT.partition("interactions:\n")[2].encode())

    assert {0: (start, len(TEXT.encode()))} == spans_in(loads(TEXT.encode()))
    assert {} == spans_in(Cassette())


def test_moved() -> None:
    """What is behind a piece moves by what it has grown."""
    spans = {0: (10, 20), 1: (20, 30), 2: (30, 40)}
    assert {0: (10, 20), 2: (35, 45)} == moved(spans, [((20, 30), [b"x" * 15])])


@pytest.mark.parametrize(
    ("timings", "expected"),
    [
        (b"", b'{"id":1,"new"}\n'),
        (b'{"id":1,"a"}\n{"id":2,"b"}\n', b'{"id":1,"new"}\n{"id":2,"b"}\n'),
        (b'{"id":10,"a"}\n{"id":1,"b"}\n', b'{"id":10,"a"}\n{"id":1,"new"}\n'),
        (b'{"id":10,"a"}\n', b'{"id":10,"a"}\n{"id":1,"new"}\n'),
    ],
)
def test_replace_line(timings: bytes, expected: bytes) -> None:
    """That of the id, or one more."""
    assert expected == replace_line(timings, 1, b'{"id":1,"new"}\n')


def test_large_files_are_copied_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is before, between and behind the pieces."""
    monkeypatch.setattr(splicing, "_COPIED_AT_ONCE", 3)
    path = tmp_path / "x"
    path.write_bytes(b"0123456789abcdefghij-not counted")
    file = os.open(path, os.O_RDWR)
    handle = splice_locked(file, path, [((2, 4), [b"<", b">"]), ((10, 10), [b"!"])], 20)
    os.close(file)
    os.close(handle)
    assert b"01<>456789!abcdefghij" == path.read_bytes()
