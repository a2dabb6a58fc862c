import json
import logging
from dataclasses import replace
from pathlib import Path

import pytest

from tapehead.cassette import Interaction, timing
from tapehead.cassette.side_files import timing_path
from tapehead.cassette.timing import Timing
from tapehead.cassette.timing_head import VERSION, TimingHead, dump_head
from tests.support.examples import INTERACTION

BODY = b"data: 1\n\ndata: 2\n\n"
TIMING = Timing(
    id=3, sha256=timing.digest(BODY), start=1758698629123.0, headers=10.5, end=60.0, chunks=((11.0, 9), (50.25, 9))
)


def test_a_line_reads_back(tmp_path: Path) -> None:
    """What is written reads back; the last line of an id counts."""
    file = tmp_path / "c.timing.jsonl"
    earlier = Timing(id=3, sha256="x", start=0, headers=0, end=0, chunks=())
    file.write_text(timing.dump_line(earlier) + timing.dump_line(TIMING))

    assert {3: TIMING} == timing.load(file)


def test_line_is_one_json_object() -> None:
    """A line is one JSON object, its times in milliseconds of three decimals."""
    line = timing.dump_line(Timing(id=0, sha256="d", start=1.0, headers=1.23456, end=2.0, chunks=((1.98765, 4),)))

    assert {"id": 0, "sha256": "d", "start": 1.0, "headers": 1.235, "end": 2.0, "chunks": [[1.988, 4]]} == json.loads(
        line
    )
    assert line.endswith("\n")


def test_fits_only_the_body_that_was_timed() -> None:
    """An edited body is noticed, also when its length is the same."""
    assert TIMING.fits(BODY)
    assert not TIMING.fits(BODY.replace(b"1", b"3"))
    assert not TIMING.fits(BODY + b"\n")


def test_no_file(tmp_path: Path) -> None:
    """No timing file is no error."""
    assert {} == timing.load(tmp_path / "none.jsonl")


def test_unreadable(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A file that cannot be read is left alone, with a warning."""
    assert {} == timing.load(tmp_path)
    assert "not used" in caplog.text


def test_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """A file over the limit is left alone, with a warning."""
    monkeypatch.setattr(timing, "MAX_BYTES", 3)
    file = tmp_path / "c.timing.jsonl"
    file.write_text(timing.dump_line(TIMING))

    assert {} == timing.load(file)
    assert "at most 3" in caplog.text


@pytest.mark.parametrize(
    "line",
    [
        "",
        "nonsense",
        "[]",
        "{}",
        '{"id":0,"sha256":"","start":0,"headers":5,"end":4,"chunks":[]}',
        '{"id":0,"sha256":"","start":0,"headers":0,"end":NaN,"chunks":[]}',
        '{"id":0,"sha256":"","start":0,"headers":0,"end":Infinity,"chunks":[]}',
        '{"id":0,"sha256":"","start":NaN,"headers":0,"end":1,"chunks":[]}',
        '{"id":0,"sha256":"","start":0,"headers":-1,"end":4,"chunks":[]}',
        '{"id":0,"sha256":"","start":0,"headers":0,"end":4,"chunks":[[1,0]]}',
        '{"id":0,"sha256":"","start":0,"headers":0,"end":4,"chunks":[[1]]}',
        '{"id":0,"sha256":"","start":0,"headers":3,"end":4,"chunks":[[1,2]]}',
        '{"id":0,',
    ],
)
def test_bad_lines_are_left_out(line: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A line that is no timing is left out with one warning; the others count."""
    caplog.set_level(logging.WARNING)
    file = tmp_path / "c.timing.jsonl"
    file.write_text(f"{line}\n{timing.dump_line(TIMING)}{line}\n")

    assert {3: TIMING} == timing.load(file)
    assert 1 == len(caplog.records)
    assert f"{file}:1: not a timing; 2 such lines left out" == caplog.records[0].getMessage()


HEAD = dump_head(TimingHead(version=VERSION))


def with_bodies(*bodies: bytes) -> list[Interaction]:
    """Interactions 0, 1, 2, ... with these bodies of their responses."""
    response = INTERACTION.response
    return [
        replace(INTERACTION, id=number, response=replace(response, body=body)) for number, body in enumerate(bodies)
    ]


def timed(number: int, body: bytes) -> Timing:
    return replace(TIMING, id=number, sha256=timing.digest(body), chunks=((11.0, len(body)),))


def write(cassette: Path, *lines: Timing) -> None:
    timing_path(cassette).write_text(HEAD + "".join(map(timing.dump_line, lines)))


def test_the_head_line_is_no_timing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A file with a head line has the timings behind it, and a line's number counts the head."""
    file = tmp_path / "c.yaml.timing.jsonl"
    file.write_text(f"{HEAD}{timing.dump_line(TIMING)}nonsense\n")

    assert {3: TIMING} == timing.load(file)
    assert [f"{file}:3: not a timing; 1 such lines left out"] == caplog.messages


def test_a_later_version_is_not_used(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What its lines mean is not known: the file is left alone, with a warning that names both versions."""
    file = tmp_path / "c.yaml.timing.jsonl"
    file.write_text(dump_head(TimingHead(version=VERSION + 1)) + timing.dump_line(TIMING))

    assert {} == timing.load(file)
    assert [f"{file}:1: found version 2, expected at most 1; it is not used"] == caplog.messages


@pytest.mark.parametrize(
    ("lines", "bodies", "expected"),
    [
        ("0a 1b", "ab", {0: "a", 1: "b"}),  # as recorded
        ("0a 1b 2c", "ac", {0: "a", 1: "c"}),  # one removed
        ("0a 1b 2c", "cab", {0: "c", 1: "a", 2: "b"}),  # in another order
        ("0a 1b 2a", "ba", {0: "b", 1: "a"}),  # of the same body, the last
        ("0a 1a", "a", {0: "a"}),  # its own id goes before another's line
        ("0a 1b", "xb", {0: "a", 1: "b"}),  # edited: the line stays with its id, and does not fit
        ("0x 1a 2a", "aa", {0: "a", 1: "a"}),  # edited into the body of another: a line that nobody else has fits
        ("0x 1a", "aa", {0: "x", 1: "a"}),  # none of two that have the body is given the other's line
        ("3a 4b 5a", "baa", {0: "b", 1: "a", 2: "a"}),  # numbered anew: those of one body in their order
        ("0x 1a", "a", {0: "a"}),  # what fits goes before what only has the id
        ("5x", "ab", {}),
        ("", "ab", {}),
    ],
)
def test_a_timing_is_of_the_body_that_it_timed(
    tmp_path: Path, lines: str, bodies: str, expected: dict[int, str]
) -> None:
    """By id and digest; else by the digest, where an interaction that has it is left; else by the id."""
    cassette = tmp_path / "c.yaml"
    write(cassette, *(timed(int(each[0]), each[1].encode()) for each in lines.split()))
    found = timing.load_beside(cassette, with_bodies(*(each.encode() for each in bodies)))

    assert {number: timed(number, body.encode()) for number, body in expected.items()} == found


def test_an_old_file_is_read_where_it_is_of_one_cassette(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """`c.timing.jsonl` is read for `c.yaml`; beside `c.yml` it is not, and that is said with what to do."""
    cassette, old = tmp_path / "c.yaml", tmp_path / "c.timing.jsonl"
    cassette.touch()
    old.write_text(timing.dump_line(timed(0, b"a")))
    assert {0: timed(0, b"a")} == timing.load_beside(cassette, with_bodies(b"a"))
    assert [] == caplog.messages

    (tmp_path / "c.yml").touch()
    assert {} == timing.load_beside(cassette, with_bodies(b"a"))
    assert [
        f"{old}: not read: it may be of c.yaml or c.yml; name it c.yaml.timing.jsonl if it is of this one"
    ] == caplog.messages

    write(cassette, timed(0, b"a"))
    assert {0: timed(0, b"a")} == timing.load_beside(cassette, with_bodies(b"a"))
    assert 1 == len(caplog.messages)


def test_interactions_of_one_id_share_no_timing(tmp_path: Path) -> None:
    """As a merge of two recordings may leave them; the others keep theirs."""
    cassette = tmp_path / "c.yaml"
    timing_path(cassette).write_text("".join(map(timing.dump_line, (timed(0, b"a"), timed(1, b"b"), timed(1, b"c")))))
    first, *others = with_bodies(b"a", b"b", b"c")
    assert {0: timed(0, b"a")} == timing.load_beside(cassette, [first, *(replace(each, id=1) for each in others)])


def test_lines_that_are_no_timings_are_nobody_s() -> None:
    """A line that cannot be read is passed over; those around it keep their places."""
    assert {0: 1} == timing.assign([None, timed(0, b"a"), None], {0: b"a"})


def test_times_of_the_client_read_back() -> None:
    """They are there where the two sides spoke by turns, and left out else."""
    spoken = Timing(id=1, sha256="0" * 64, start=1.0, headers=2.0, end=9.0, chunks=((3.0, 1),), client=(1.5, 4.25))
    assert spoken == timing.parse_line(timing.dump_line(spoken).encode())
    assert "client" not in timing.dump_line(replace(spoken, client=()))


def test_times_of_the_client_are_in_order() -> None:
    """A line whose times are none is no timing."""
    line = b'{"id":0,"sha256":"","start":0,"headers":0,"end":1,"chunks":[],"client":[2,1]}'
    assert timing.parse_line(line) is None
