"""The file of failures: its lines, read and written, and what is left out of it."""

import json
import logging
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tapehead.cassette.failures import (
    NO_HEAD,
    VERSION,
    Cause,
    Failure,
    FailureKind,
    dump_line,
    head_line,
    is_whole,
    load_failures,
    missing_file,
    parse_failure,
)
from tapehead.cassette.model import Request, Response
from tapehead.cassette.side_files import errors_path, timing_path
from tapehead.cassette.timing import Timing, digest
from tapehead.cassette.timing_head import dump_head, new_head, with_failures

REFUSED = Failure(
    cause=Cause(kind=FailureKind.REFUSED, reason="[Errno 111] Connect call failed", error="CONNECT_FAILED"),
    request=Request(
        method="POST",
        url="https://h/v1?a=b",
        headers={"Accept": ("a", "b")},
        body=b'{"a": "\xc3\xbc\n"}',
        content_length=11,
        host="h",
        form={"a": ("b",)},
        trailer={"X-Sum": ("1",)},
    ),
    timing=Timing(id=0, sha256=digest(b""), start=5.0, headers=1.5, end=1.5, chunks=()),
)
BODY = b"data: 1\n\n\xff"
CUT = Failure(
    cause=Cause(kind=FailureKind.CUT_BY_CLIENT, reason="Client disconnected."),
    request=Request(method="GET", url="https://h/\udcff"),
    response=Response(
        code=200,
        status="200 OK",
        headers={"Content-Type": ("text/event-stream",)},
        body=BODY,
        proto="HTTP/2.0",
        proto_major=2,
        proto_minor=0,
        content_length=100,
        uncompressed=True,
    ),
    timing=Timing(id=0, sha256=digest(BODY), start=4.0, headers=1.0, end=9.0, chunks=((2.0, 9), (3.5, 1))),
)


@pytest.mark.parametrize("failure", [REFUSED, CUT], ids=["refused", "cut"])
def test_there_and_back(failure: Failure) -> None:
    """One line, with all that counts of it."""
    line = dump_line(failure)
    assert failure == parse_failure(line)
    assert (1, b"\n") == (line.count(b"\n"), line[-1:])
    assert is_whole(line[:-1])
    assert not is_whole(line[:-2])


def test_what_a_line_shows() -> None:
    """A person can read it: text as text, and nothing that says nothing."""
    value = json.loads(dump_line(REFUSED))
    assert (["POST", '{"a": "ü\n"}'], False) == (
        [value["request"][name] for name in ("method", "body")],
        "response" in value,
    )
    assert "ü".encode() in dump_line(REFUSED)
    assert {"base64": "ZGF0YTogMQoK/w=="} == json.loads(dump_line(CUT))["response"]["body"]


def test_what_it_is() -> None:
    """Whether a client saw a head, and whether it is a cut."""
    assert (False, False, NO_HEAD) == (REFUSED.has_head, REFUSED.cause.kind.is_cut, REFUSED.as_interaction(-1).response)
    assert (True, True, -2) == (CUT.has_head, CUT.cause.kind.is_cut, CUT.as_interaction(-2).id)


def _changed(**fields: Any) -> bytes:
    value = json.loads(dump_line(CUT)) | fields
    return json.dumps({name: each for name, each in value.items() if each is not None}).encode()


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"1",
        b"{",
        _changed(kind=None),
        _changed(kind=1),
        _changed(request=None),
        _changed(request={"method": "GET"}),
        _changed(request={"method": "GET", "url": 1}),
        _changed(request={"method": "GET", "url": "u", "body": 1}),
        _changed(request={"method": "GET", "url": "u", "body": {"base64": "?"}}),
        _changed(request={"method": "GET", "url": "u", "headers": []}),
        _changed(response={"code": 0}),
        _changed(response={"code": 1000}),
        _changed(start=None),
        _changed(end=0),
        _changed(chunks=[[1, -1]]),
    ],
)
def test_what_is_none(line: bytes) -> None:
    """It is left out, whatever it is."""
    assert parse_failure(line) is None


def test_of_a_later_release() -> None:
    """A kind that is not known is another failure; fields that are not known mean nothing."""
    failure = parse_failure(_changed(kind="melted", more=1, request={"method": "GET", "url": "u"}))
    assert failure
    assert (FailureKind.OTHER, Request(method="GET", url="u")) == (failure.cause.kind, failure.request)


def test_a_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """By the starts; what is no failure is said once."""
    cassette = tmp_path / "a.yaml"
    assert not load_failures(cassette)
    lines = dump_line(REFUSED) + b"nothing\n" + dump_line(CUT) + b'{"kind":"refu'
    errors_path(cassette).write_bytes(head_line().encode() + lines)
    with caplog.at_level(logging.WARNING):
        assert [CUT, REFUSED] == [*load_failures(cassette)]
    assert [f"{cassette}.errors.jsonl:3: not a failure; 2 such lines left out"] == caplog.messages
    errors_path(cassette).write_bytes(dump_line(REFUSED))
    assert [REFUSED] == [*load_failures(cassette)]
    errors_path(cassette).write_bytes(b"")
    assert not load_failures(cassette)


def test_files_that_are_not_read(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A later version, and what is no file: nothing is replayed of them, and that is said."""
    path = errors_path(tmp_path / "a.yaml")
    path.write_text(json.dumps({"version": VERSION + 1}) + "\n")
    assert not load_failures(tmp_path / "a.yaml")
    path.unlink()
    path.mkdir()
    assert not load_failures(tmp_path / "a.yaml")
    assert ["found a later version 2", "found a folder"] == [
        next(part for part in ("found a later version 2", "found a folder") if part in each) for each in caplog.messages
    ]


def test_a_file_that_is_missing(tmp_path: Path) -> None:
    """The timing file's head says that there was one."""
    cassette = tmp_path / "a.yaml"
    assert missing_file(cassette) is None
    timing_path(cassette).write_text(dump_head(new_head()))
    assert missing_file(cassette) is None
    timing_path(cassette).write_text(dump_head(with_failures(new_head())))
    assert errors_path(cassette) == missing_file(cassette)
    errors_path(cassette).touch()
    assert missing_file(cassette) is None
    errors_path(cassette).unlink()
    timing_path(cassette).unlink()
    os.mkfifo(timing_path(cassette))  # nobody waits for one who writes to it
    assert missing_file(cassette) is None


def test_heads_are_told_from_failures() -> None:
    """The head has the version of these lines."""
    assert VERSION == json.loads(head_line())["version"]
    assert is_whole(head_line().rstrip().encode())
    assert parse_failure(head_line().encode()) is None
    assert REFUSED != replace(REFUSED, cause=replace(REFUSED.cause, error=""))
    assert parse_failure(dump_line(replace(REFUSED, cause=replace(REFUSED.cause, error=""))))
