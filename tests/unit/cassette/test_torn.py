import fcntl
import os
from pathlib import Path

import pytest

from tapehead.cassette import Cassette, CassetteError, dumps, load, timing
from tapehead.cassette.failures import dump_line, head_line, load_failures
from tapehead.cassette.side_files import errors_path, timing_path
from tapehead.cassette.timing import Timing
from tapehead.cassette.timing_head import dump_head, new_head
from tapehead.cassette.torn import find_torn, is_recorded, move_tail, recover
from tests.support.examples import FULL, INTERACTION, TEXT
from tests.unit.cassette.test_failures import REFUSED

WHOLE = dumps(Cassette(interactions=(INTERACTION, FULL)))
START = WHOLE.rindex(b"  - id: 7")
LINE = timing.dump_line(Timing(id=0, sha256="", start=0, headers=0, end=1, chunks=())).encode()


@pytest.fixture
def torn(tmp_path: Path) -> Path:
    """A cassette whose second interaction is torn."""
    path = tmp_path / "chat.yaml"
    path.write_bytes(WHOLE[:-50])
    return path


def test_looking_changes_nothing(torn: Path) -> None:
    """What is torn is found with what is kept and where the rest would go; the file stays."""
    (found,) = find_torn(torn)

    assert (torn, WHOLE[START:-50], 1, torn.with_name("chat.yaml.torn")) == (
        found.file,
        found.tail,
        found.kept,
        found.moved_to,
    )
    assert [torn] == list(torn.parent.iterdir())
    assert WHOLE[:-50] == torn.read_bytes()


def test_nothing_is_lost(torn: Path) -> None:
    """The cassette is whole, the file beside has the tail, and together they are the file as it was."""
    found = recover(torn)

    assert found[0].moved_to.stat().st_mode & 0o777 == 0o600
    assert WHOLE[:-50] == torn.read_bytes() + found[0].moved_to.read_bytes()
    assert 1 == len(load(torn).interactions)
    assert () == recover(torn)


def test_a_second_tail_goes_behind_the_first(torn: Path) -> None:
    """What was moved aside before stays."""
    torn.with_name("chat.yaml.torn").write_text("before;")
    (found,) = recover(torn)

    assert b"before;" + found.tail == found.moved_to.read_bytes()


def test_cut_at_every_byte(tmp_path: Path) -> None:
    """Wherever the last block is cut, kept and moved are the whole file, and what is kept is a cassette."""
    for end in range(START, len(WHOLE)):
        path = tmp_path / f"{end}.yaml"
        path.write_bytes(WHOLE[:end])
        moved = b"".join(each.moved_to.read_bytes() for each in recover(path))

        assert WHOLE[:end] == path.read_bytes() + moved
        assert INTERACTION == load(path).interactions[0]


def test_the_timing_file_too(torn: Path) -> None:
    """A line of it that was cut off is moved aside as well; one that only lacks its line end is whole."""
    beside = timing_path(torn)
    beside.write_bytes(LINE + LINE[:-9])
    _, found = recover(torn)

    assert (beside, LINE[:-9], 1) == (found.file, found.tail, found.kept)
    assert LINE == beside.read_bytes()
    assert LINE[:-9] == beside.with_name("chat.yaml.timing.jsonl.torn").read_bytes()
    beside.write_bytes(LINE + LINE[:-1])
    assert () == find_torn(torn)


def test_the_file_of_failures_too(torn: Path) -> None:
    """Likewise."""
    beside, line = errors_path(torn), dump_line(REFUSED)
    beside.write_bytes(head_line().encode() + line + line[:-9])
    _, found = recover(torn)

    assert (beside, line[:-9], 1) == (found.file, found.tail, found.kept)
    assert (REFUSED,) == tuple(load_failures(torn))
    beside.write_bytes(line + line[:-1])
    assert () == find_torn(torn)


def test_a_head_line_is_no_timing(torn: Path) -> None:
    """It is not counted among those that are kept; alone it may be torn, or lack its line end, like any line."""
    head = dump_head(new_head()).encode()
    beside = timing_path(torn)
    for there, expected in (
        (head + LINE + LINE[:-9], (1, LINE[:-9])),
        (head + LINE[:-9], (0, LINE[:-9])),
        (head[:-9], (0, head[:-9])),
        (head[:-1], None),
    ):
        beside.write_bytes(there)
        found = [(each.kept, each.tail) for each in find_torn(torn) if each.file == beside]
        assert ([expected] if expected else []) == found


def test_the_timing_file_of_an_old_name(torn: Path) -> None:
    """Its torn tail is found, and moved to a file beside it."""
    old = torn.with_name("chat.timing.jsonl")
    old.write_bytes(LINE + LINE[:-9])
    _, found = recover(torn)

    assert (old, torn.with_name("chat.timing.jsonl.torn")) == (found.file, found.moved_to)
    assert (LINE, LINE[:-9]) == (old.read_bytes(), found.moved_to.read_bytes())


def test_another_writer(torn: Path) -> None:
    """While another program has the cassette, it is left alone."""
    with open(torn, "rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(CassetteError, match="found another program writing it"):
            recover(torn)
    assert WHOLE[:-50] == torn.read_bytes()


def test_the_end_must_be_the_one_that_was_read(torn: Path) -> None:
    """Somebody without a lock wrote in between: nothing is cut off."""
    with open(torn, "r+b") as file:
        for tail in (b"another end", b"x" * 10_000):
            with pytest.raises(CassetteError, match="found another end than a moment ago"):
                move_tail(file.fileno(), torn, tail)
    assert [torn] == list(torn.parent.iterdir())


@pytest.mark.parametrize("kind", ["link", "fifo"])
def test_what_stands_where_the_tail_would_go(torn: Path, kind: str) -> None:
    """No link is followed, no pipe waited for; the cassette stays as it is."""
    aside = torn.with_name("chat.yaml.torn")
    if kind == "link":
        aside.symlink_to("elsewhere")
    else:
        os.mkfifo(aside)
    with pytest.raises(CassetteError, match=r"chat.yaml.torn: found .*, expected a file to write"):
        recover(torn)
    assert WHOLE[:-50] == torn.read_bytes()


def test_a_pipe_that_somebody_reads(torn: Path) -> None:
    """Nor is the tail poured into it."""
    aside = torn.with_name("chat.yaml.torn")
    os.mkfifo(aside)
    reader = os.open(aside, os.O_RDONLY | os.O_NONBLOCK)
    with pytest.raises(CassetteError, match="found a named pipe"):
        recover(torn)
    os.close(reader)
    assert WHOLE[:-50] == torn.read_bytes()


def test_a_whole_cassette(tmp_path: Path) -> None:
    """There is nothing to do."""
    path = tmp_path / "c.yaml"
    path.write_text(TEXT)

    assert () == recover(path)
    assert [path] == list(tmp_path.iterdir())


@pytest.mark.parametrize("size", [10, 100_000])
def test_whether_there_is_a_whole_interaction(tmp_path: Path, size: int) -> None:
    """However long the first is: with the beginning of another it is whole, and alone it must be."""
    path = tmp_path / "c.yaml"
    text = TEXT.replace('{"model":"m"}', "a" * size)
    path.write_text(text)
    assert is_recorded(path)
    path.write_text(text + TEXT.partition("interactions:\n")[2][:40])
    assert is_recorded(path)
    path.write_text(text[:-200])
    assert not is_recorded(path)
