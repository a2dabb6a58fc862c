import json
import logging
from pathlib import Path

import pytest

from tapehead.cassette import timing
from tapehead.cassette.timing import Timing

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


def test_beside_the_cassette() -> None:
    """`NAME.timing.jsonl` stands beside `NAME.yaml`."""
    assert Path("a/chat.timing.jsonl") == timing.path_beside(Path("a/chat.yaml"))


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
