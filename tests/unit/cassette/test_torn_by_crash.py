"""What a crash leaves of a write, at every byte: the next run keeps all that is whole, moves the rest aside, goes on."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from tapehead.cassette import Cassette, Interaction, cassette_file, dumps, load, timing
from tapehead.cassette.dialect import KNOWN, Dialect
from tapehead.cassette.side_files import timing_path
from tapehead.cassette.store import Recorded, Store
from tapehead.cassette.timing import Timing
from tapehead.cassette.torn_detection import split_torn_tail
from tests.support.examples import FULL, INTERACTION

# Every field and style of scalar, but what some dialect cannot say: goccy's writer has no binary, nor null trailers.
LONG = replace(
    FULL,
    id=1,
    request=replace(FULL.request, body=b'{"a": "- id: 7", "duration": 1s}\n', headers={"X": ("1", "- id: 2")}),
    response=replace(FULL.response, body=b"  - id: 9\n\n        duration: 3s\n\nlast", trailer={"T": ("1",)}),
)
FIRST = replace(INTERACTION, id=0)
NEXT = Recorded(
    interaction=INTERACTION,
    timing=Timing(
        id=0,
        sha256=timing.digest(INTERACTION.response.body),
        start=1.0,
        headers=2.0,
        end=3.0,
        chunks=((2.5, len(INTERACTION.response.body)),),
    ),
)
LINE = timing.dump_line(NEXT.timing).encode()


def written(*interactions: Interaction, dialect: Dialect) -> bytes:
    return dumps(Cassette(interactions=interactions), dialect=dialect)


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here depends on a disk, and there are many files."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    monkeypatch.setattr(cassette_file, "_sync", lambda _: None)


def torn(dialect: Dialect, before: int) -> tuple[bytes, int]:
    """A cassette with `before` interactions and then LONG, and where that begins."""
    kept = [replace(FIRST, id=number) for number in range(before)]
    whole = written(*kept, replace(LONG, id=before), dialect=dialect)
    return whole, whole.index(b"\n%*s- id: %d\n" % (dialect.item, b"", before)) + 1


@pytest.mark.parametrize("dialect", KNOWN, ids=lambda each: each.name)
@pytest.mark.parametrize("before", [0, 1, 2])
def test_read_at_every_byte(dialect: Dialect, before: int) -> None:
    """All whole interactions are read, and the rest is what is torn; an item is whole with its last key's line."""
    whole, start = torn(dialect, before)
    # Where there was no duration to write, the line before it is the last: nobody can tell.
    ends = {len(whole), len(whole) - 1, whole.rindex(b"duration") - dialect.field}
    for end in range(start, len(whole) + 1):
        cassette, tail = split_torn_tail(whole[:end], file="c")
        is_whole = len(cassette.interactions) == before + 1
        assert (b"" if is_whole else whole[start:end]) == tail
        assert len(cassette.interactions) == before + is_whole
        assert not is_whole or end in ends


@pytest.mark.parametrize("dialect", KNOWN, ids=lambda each: each.name)
@pytest.mark.parametrize(("before", "step"), [(0, 23), (1, 23), (2, 23), pytest.param(1, 1, marks=pytest.mark.slow)])
def test_the_next_run(tmp_path: Path, dialect: Dialect, before: int, step: int) -> None:
    """Whole interactions stay byte for byte, what is torn is in the file beside, the next one follows in the dialect."""
    whole, start = torn(dialect, before)
    after = [*(replace(FIRST, id=number) for number in range(before + 1))]
    for end in sorted({*range(start, start + 9), *range(start, len(whole), step), *range(len(whole) - 9, len(whole))}):
        path = tmp_path / f"{end}.yaml"
        path.write_bytes(whole[:end])
        opened = Store(path, dialect=dialect)
        there = len(opened.loaded.interactions)
        assert opened.append([NEXT])
        opened.close()

        aside = tmp_path / f"{end}.yaml.torn"
        moved = aside.read_bytes() if aside.exists() else b""
        recorded = load(path).interactions
        if there == before:
            assert whole[start:end] == moved
            assert written(*after, dialect=dialect) == path.read_bytes()
        else:
            assert b"" == moved
            assert path.read_bytes().startswith(whole[:end])
        assert [*range(there + 1)] == [each.id for each in recorded]
        assert FIRST.response == recorded[-1].response
        assert {there} == timing.load(timing_path(path)).keys()


@pytest.mark.parametrize("lines", [1, 3])
def test_a_timing_file_torn_at_every_byte(tmp_path: Path, lines: int) -> None:
    """Beside a whole cassette: whole lines stay, what is torn goes aside, and the next run's lines can be read."""
    for end in range(len(LINE) + 1):
        path = tmp_path / f"{end}.yaml"
        with_all = Store(path)
        with_all.append([NEXT] * (lines + 1))
        with_all.close()
        beside = timing_path(path)
        all_lines = beside.read_bytes()
        cut = all_lines.rindex(b"\n", 0, -1) + 1 + end
        beside.write_bytes(all_lines[:cut])
        opened = Store(path)
        opened.append([NEXT])
        opened.close()

        aside = beside.with_name(f"{beside.name}.torn")
        moved = aside.read_bytes() if aside.exists() else b""
        timings = timing.load(beside)
        is_whole = end >= len(LINE) - 1
        assert {*range(lines), *([lines] if is_whole else []), lines + 1} == timings.keys()
        assert (b"" if is_whole else all_lines[cut - end : cut]) == moved
        assert lines + 2 == len(load(path).interactions)
        assert all(timings[number].fits(INTERACTION.response.body) for number in timings)
