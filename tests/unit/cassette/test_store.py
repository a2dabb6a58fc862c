import errno
import os
import re
import stat
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from tapehead.cassette import (
    Cassette,
    CassetteError,
    Interaction,
    InteractionRefusedError,
    dumps,
    load,
    loads,
    timing,
    timing_writer,
    torn,
    writer,
)
from tapehead.cassette.dialect import CHOICES, KNOWN, REFERENCE, Dialect
from tapehead.cassette.side_files import timing_path
from tapehead.cassette.store import Recorded, Rendered, Store
from tapehead.cassette.timing import Timing
from tapehead.cassette.timing_head import TimingHead
from tests.support.examples import INTERACTION, TEXT

TIMING = Timing(id=0, sha256=timing.digest(INTERACTION.response.body), start=1.0, headers=2.0, end=3.0, chunks=())
RECORDED = Recorded(interaction=INTERACTION, timing=TIMING)


def ids(file: Path) -> list[int]:
    return [each.id for each in load(file).interactions]


def append(to: Store, count: int = 1) -> list[Interaction]:
    written = [each for each in to.append([RECORDED] * count) or () if isinstance(each, Interaction)]
    assert count == len(written)
    return written


def test_what_is_refused_is_not_written(tmp_path: Path) -> None:
    """An interaction whose text is refused is left out, with the reason; the others have ids without a gap."""
    file = tmp_path / "chat.yaml"
    texts: list[bytes] = []

    def refuse(text: bytes) -> str | None:
        texts.append(text)
        return "a credential" if len(texts) in (1, 3) else None

    store = Store(file, refuse=refuse)
    first = store.append([RECORDED])
    more = store.append([RECORDED, RECORDED, RECORDED])
    store.close()

    assert first
    assert "found a credential, expected none in what is written" in str(first[0])
    assert more
    assert [Interaction, InteractionRefusedError, Interaction] == [type(each) for each in more]
    assert [0, 1] == ids(file) == list(timing.load(timing_path(file)))
    assert 2 == store.appended


def test_what_has_no_room_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cassette does not grow beyond what can be read again; what is smaller may still have room."""
    file = tmp_path / "chat.yaml"
    large = replace(
        RECORDED, interaction=replace(INTERACTION, response=replace(INTERACTION.response, body=b"a" * 9999))
    )
    store = Store(file)
    monkeypatch.setattr("tapehead.cassette.store.MAX_BYTES", 9999)
    written = store.append([RECORDED, large, RECORDED])
    store.close()

    assert written
    assert [Interaction, InteractionRefusedError, Interaction] == [type(each) for each in written]
    assert re.search(r"found no room in the cassette for 1\d{4} bytes, expected at most 9999 in all", str(written[1]))
    assert [0, 1] == ids(file)


def test_new_cassette(tmp_path: Path) -> None:
    """A new cassette is made with its folder, for its owner alone, and holds what was appended, with ids and timings."""
    file = tmp_path / "new" / "chat.yaml"
    with_two = Store(file)
    assert [0] == [each.id for each in append(with_two)]
    assert [1, 2] == [each.id for each in append(with_two, 2)]
    with_two.close()

    assert dumps(Cassette(interactions=tuple(replace(INTERACTION, id=n) for n in range(3)))) == file.read_bytes()
    assert 0o600 == stat.S_IMODE(file.stat().st_mode)
    assert {0, 1, 2} == timing.load(timing_path(file)).keys()


def test_a_new_cassette_is_made_by_its_first_interaction(tmp_path: Path) -> None:
    """Before that there is none, only what holds its place."""
    file = tmp_path / "chat.yaml"
    store = Store(file)
    assert [tmp_path / "chat.yaml.lock"] == list(tmp_path.iterdir())

    append(store)
    assert {file, timing_path(file)} == set(tmp_path.iterdir())
    store.close()


def test_nothing_recorded_leaves_nothing(tmp_path: Path) -> None:
    """Files that were made and never written to are removed."""
    Store(tmp_path / "chat.yaml").close()

    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("dialect", [each for each in KNOWN if each.name != "yaml.v3"], ids=lambda each: each.name)
def test_existing_file_keeps_its_dialect(tmp_path: Path, dialect: Dialect) -> None:
    """What is appended is written as the rest of the file is; the file's mode stays."""
    file = tmp_path / "chat.yaml"
    before = dumps(Cassette(interactions=(INTERACTION, replace(INTERACTION, id=1))), dialect=dialect)
    file.write_bytes(before)
    file.chmod(0o640)
    opened = Store(file, dialect=CHOICES["stock"])
    append(opened)
    opened.close()

    assert before == file.read_bytes()[: len(before)]
    assert dumps(load(file), preserve=False) == file.read_bytes()
    assert [0, 1, 2] == ids(file)
    assert 0o640 == stat.S_IMODE(file.stat().st_mode)


def test_unused_existing_file_is_untouched(tmp_path: Path) -> None:
    """Opening and closing changes nothing."""
    file = tmp_path / "chat.yaml"
    file.write_text("# mine\n" + TEXT)
    Store(file).close()

    assert "# mine\n" + TEXT == file.read_text()
    assert [file] == list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "text",
    [
        "version: 2\ninteractions: []\n",
        "version: 2\ninteractions:\n",
        "interactions: []\nversion: 2\n",
        "version: 2\ninteractions: [{id: 0, request: {url: u, method: GET}, response: {code: 200}}]\n",
        TEXT.rstrip("\n"),
        TEXT + "\n\n",
        TEXT.replace("\n", "\r\n"),
        TEXT + "other: key\n",
        TEXT + "...\n",
    ],
)
def test_what_does_not_end_with_its_list(tmp_path: Path, text: str) -> None:
    """A file that has something behind its list, or is not in blocks, is added to all the same; nothing else is left."""
    file = tmp_path / "chat.yaml"
    file.write_bytes(text.encode())
    before = loads(text).interactions
    opened = Store(file)
    append(opened)
    opened.close()

    assert (*before, replace(INTERACTION, id=len(before))) == load(file).interactions
    assert {file, timing_path(file)} == set(tmp_path.iterdir())


def test_torn_tail_is_set_aside(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What a crash tore is moved to a file that the log names, and recording goes on."""
    file = tmp_path / "chat.yaml"
    second = TEXT.partition("interactions:\n")[2].replace("id: 0", "id: 1")
    file.write_text(TEXT + second[:300])
    opened = Store(file)
    append(opened)
    opened.close()

    assert [0, 1] == ids(file)
    assert second[:300] == (tmp_path / "chat.yaml.torn").read_text()
    assert "chat.yaml.torn" in caplog.text


def test_load_leaves_a_torn_tail_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Loading does not change the file; the log says what is missing."""
    file = tmp_path / "chat.yaml"
    file.write_text(TEXT + "  - id: 1\n    requ")

    assert (INTERACTION,) == load(file).interactions
    assert "torn (18 bytes) and left out" in caplog.text


def test_one_writer(tmp_path: Path) -> None:
    """A second writer is refused; once the first has closed, it may."""
    file = tmp_path / "chat.yaml"
    first = Store(file)
    with pytest.raises(
        CassetteError, match=r"chat.yaml: found another program writing it(?: \(pid \d+\))?, expected one writer"
    ):
        Store(file)
    append(first)
    first.close()
    first.close()

    Store(file).close()
    assert [0] == ids(file)


def test_closed(tmp_path: Path) -> None:
    """A closed store writes nothing, and says so."""
    opened = Store(tmp_path / "chat.yaml")
    append(opened)
    opened.close()

    assert opened.append([RECORDED]) is None
    assert [0] == ids(tmp_path / "chat.yaml")


@pytest.mark.parametrize("held", [0, 2])
def test_a_write_that_fails_leaves_the_file_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: int) -> None:
    """A full disk: the file is as before, the error says why, and stays: nothing is written in part."""
    file = tmp_path / "chat.yaml"
    opened = Store(file)
    if held:
        append(opened, held)
    before = file.read_bytes() if held else None
    name = "pwrite" if held else "write"
    real, calls = getattr(os, name), iter([False, True])

    def full(handle: int, data: bytes, *offset: int) -> int:
        if next(calls, False):
            raise OSError(errno.ENOSPC, "No space left on device")
        return int(real(handle, data[: max(1, len(data) // 2)], *offset))

    monkeypatch.setattr(os, name, full)
    with pytest.raises(CassetteError, match=r"chat.yaml: found no space left on device, expected a file to write"):
        opened.append([RECORDED])
    monkeypatch.undo()

    assert before == (file.read_bytes() if held else None)
    assert opened.write_error
    with pytest.raises(CassetteError, match="no space left"):
        opened.append([RECORDED])
    opened.close()
    assert file.exists() == bool(held)
    if held:
        assert list(range(held)) == ids(file)


@pytest.mark.parametrize("change", ["removed", "replaced", "longer", "shorter", "folder"])
def test_another_program_changes_the_file(tmp_path: Path, change: str) -> None:
    """It is noticed before anything is written, and what is there now is left alone."""
    folder = tmp_path / "folder"
    file = folder / "chat.yaml"
    opened = Store(file)
    append(opened)
    data = file.read_bytes()
    match change:
        case "removed":
            file.unlink()
        case "replaced":
            (folder / "new").write_bytes(data)
            os.replace(folder / "new", file)
        case "longer":
            file.write_bytes(data + b"# note\n")
        case "shorter":
            file.write_bytes(data[:-10])
        case _:
            folder.rename(tmp_path / "aside")
            folder.mkdir()
            file.write_bytes(data)
    before = file.read_bytes() if file.exists() else None

    with pytest.raises(CassetteError, match=r"chat.yaml: found (that|another)"):
        opened.append([RECORDED])
    opened.close()

    assert before == (file.read_bytes() if file.exists() else None)
    assert 1 == opened.appended


def test_a_made_file_is_removed_by_its_maker_alone(tmp_path: Path) -> None:
    """Nothing was recorded; what another program put into its place stays."""
    file = tmp_path / "chat.yaml"
    opened = Store(file)
    file.write_text(TEXT)
    opened.close()

    assert [0] == ids(file)


def test_rewriting_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An atomic rewrite that fails leaves the old file and no other."""
    file = tmp_path / "chat.yaml"
    file.write_text(TEXT + "other: key\n")
    store = Store(file)

    def broken(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "rename", broken)
    with pytest.raises(CassetteError, match="input/output error"):
        store.append([RECORDED])
    store.close()

    assert TEXT + "other: key\n" == file.read_text()
    assert [file] == list(tmp_path.iterdir())


def test_appends_from_threads(tmp_path: Path) -> None:
    """Threads may append at once: each interaction is whole and has its own id."""
    file = tmp_path / "chat.yaml"
    opened = Store(file)
    threads = [threading.Thread(target=append, args=(opened, 5)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    opened.close()

    assert list(range(20)) == ids(file)


@pytest.mark.parametrize(
    ("name", "found"), [("none.yaml", "no such file"), ("folder", "a folder"), ("fifo", "a named pipe")]
)
def test_load_refuses(tmp_path: Path, name: str, found: str) -> None:
    """What is no file is one clear error."""
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "fifo")

    with pytest.raises(CassetteError, match=f"{name}: found {found}, expected a cassette"):
        load(tmp_path / name)


def test_load_refuses_a_large_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The size is looked at before the file is read."""
    monkeypatch.setattr(torn, "MAX_BYTES", 10)
    (tmp_path / "c.yaml").write_text(TEXT)

    with pytest.raises(CassetteError, match=r"bytes, expected at most 10"):
        load(str(tmp_path / "c.yaml"))


@pytest.mark.parametrize("path", ["file/chat.yaml", "link.yaml", "folder"])
def test_store_refuses(tmp_path: Path, path: str) -> None:
    """A file as a folder, a symbolic link to nothing and a folder cannot be recorded into."""
    (tmp_path / "file").write_text("")
    (tmp_path / "link.yaml").symlink_to(tmp_path / "elsewhere.yaml")
    (tmp_path / "folder").mkdir()

    with pytest.raises(CassetteError, match="expected a file to write"):
        Store(tmp_path / path)
    assert not (tmp_path / "elsewhere.yaml").exists()


def test_store_refuses_a_special_file(tmp_path: Path) -> None:
    """A FIFO or a device keeps nothing: it is refused at once, without waiting for a reader."""
    os.mkfifo(tmp_path / "fifo")

    with pytest.raises(CassetteError, match="fifo: found a named pipe, expected a cassette"):
        Store(tmp_path / "fifo")


@pytest.mark.parametrize("size", [10, 3_000_000])
def test_what_was_rendered_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """A block and a line that somebody else rendered get their id here, and are the same bytes as our own."""
    interaction = replace(RECORDED.interaction, response=replace(RECORDED.interaction.response, body=b"a" * size))
    when = replace(RECORDED.timing, chunks=((1.0, size),))
    block = writer.render_interaction(interaction, REFERENCE).encode()
    rendered = Rendered(
        block=(block[:100], block[100:]), line=timing.dump_line(when).encode(), size=size, chunks=len(when.chunks)
    )
    plain = Recorded(interaction=interaction, timing=when)
    elsewhere = Recorded(interaction=RECORDED.interaction, timing=RECORDED.timing, rendered=rendered)
    monkeypatch.setattr(timing_writer, "new_head", lambda: TimingHead(version=1))  # both begin in one second
    written = []
    for number, each in enumerate((plain, elsewhere)):
        store = Store(tmp_path / f"{number}.yaml")
        store.append([RECORDED, each])
        store.close()
        written.append(
            ((tmp_path / f"{number}.yaml").read_bytes(), (tmp_path / f"{number}.yaml.timing.jsonl").read_bytes())
        )

    assert written[0] == written[1]
    assert (plain.size, plain.chunks) == (elsewhere.size, elsewhere.chunks)


def test_what_a_store_says_of_itself(tmp_path: Path) -> None:
    """Its file, whether it can be written, and how much was."""
    store = Store(tmp_path / "chat.yaml")
    append(store, 2)
    assert f"<Store '{tmp_path}/chat.yaml' open, 2 appended>" == repr(store)

    store.write_error = CassetteError(file="chat.yaml", found="a full disk", expected="room")
    assert f"<Store '{tmp_path}/chat.yaml' broken, 2 appended>" == repr(store)

    store.close()
    assert f"<Store '{tmp_path}/chat.yaml' closed, 2 appended>" == repr(store)


def test_recorded_anew(tmp_path: Path) -> None:
    """The first interaction takes the place of the old ones; ids and timings begin anew, the old ones are beside."""
    file = tmp_path / "chat.yaml"
    first = Store(file)
    append(first, 3)
    first.close()
    old = file.read_bytes(), timing_path(file).read_bytes()

    store = Store(file, overwrite=True)
    assert ((), old) == (store.loaded.interactions, (file.read_bytes(), timing_path(file).read_bytes()))
    append(store)
    store.close()
    assert [0] == ids(file) == list(timing.load(timing_path(file)))
    assert {200: 1} == store.codes
    assert old == ((tmp_path / "chat.yaml.bak").read_bytes(), (tmp_path / "chat.yaml.timing.jsonl.bak").read_bytes())


def test_a_timing_file_that_is_none(tmp_path: Path) -> None:
    """It is told at the start, and nothing is held or left."""
    file = tmp_path / "chat.yaml"
    timing_path(file).mkdir()
    for overwrite in (False, True):
        with pytest.raises(CassetteError, match="found is a directory, expected a file to write"):
            Store(file, overwrite=overwrite)
    assert [timing_path(file)] == list(tmp_path.iterdir())


def test_that_there_are_failures(tmp_path: Path) -> None:
    """The timing file's head says so, also if it is made afterwards; nothing is said once the store is closed."""
    file = tmp_path / "chat.yaml"
    store = Store(file)
    store.note_failures()
    append(store)
    store.close()
    store.note_failures()

    assert '"failures":true}' in timing_path(file).read_text().splitlines()[0]
