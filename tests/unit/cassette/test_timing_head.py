"""The first line of a timing file says what the others are."""

import json
from datetime import UTC, datetime

import pytest

from tapehead import __version__
from tapehead.cassette.timing_head import (
    VERSION,
    TimingHead,
    dump_head,
    has_failures,
    new_head,
    parse_head,
    redaction_of,
    with_failures,
    with_redaction,
)


def test_what_a_new_file_says() -> None:
    """The version of its lines, the program that began it, and when, in UTC."""
    before = datetime.now(UTC).replace(microsecond=0)
    line = dump_head(new_head())
    value = json.loads(line)

    assert line.endswith("\n")
    assert ["version", "writer", "when"] == list(value)
    assert (1, f"tapehead {__version__}") == (value["version"], value["writer"])
    assert before <= datetime.fromisoformat(value["when"]) <= datetime.now(UTC)


def test_it_reads_back_with_what_is_not_known() -> None:
    """A field of a later version is kept, and in the way of nothing."""
    head = TimingHead(version=VERSION, writer="x", when="y", others={"rules": "abc", "normalised": {"cwd": 1}})

    assert head == parse_head(dump_head(head).encode())
    assert TimingHead(version=7) == parse_head(b'{"version":7}')


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"nonsense",
        b"[1]",
        b"{}",
        b'{"version":"1"}',
        b'{"version":true}',
        b'{"version":1.5}',
        b'{"version":1,"id":0}',
        b'{"version":1',
        b"\xff",
        b"[" * 100_000,
    ],
)
def test_what_is_no_head(line: bytes) -> None:
    """A timing, a line that is torn, and anything else."""
    assert parse_head(line) is None


def test_that_there_are_failures() -> None:
    """A head says so, and keeps what else it says."""
    head = TimingHead(version=VERSION, others={"rules": "abc"})

    assert [False, False, True] == [has_failures(each) for each in (None, head, with_failures(head))]
    assert "abc" == with_failures(head).others["rules"]


def test_by_which_rules_requests_are_redacted() -> None:
    """It is said, and taken back; what is no digest says nothing."""
    head = TimingHead(version=VERSION, writer="x", when="y", others={"a": 1})

    assert "ab" == redaction_of(parse_head(dump_head(with_redaction(head, "ab")).encode()))
    assert head == with_redaction(with_redaction(head, "ab"), "")
    assert ["", "", ""] == [
        redaction_of(each) for each in (None, head, TimingHead(version=VERSION, others={"redaction": 1}))
    ]
