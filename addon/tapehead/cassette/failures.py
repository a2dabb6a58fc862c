"""Exchanges that failed or were cut: a file beside the cassette, a head line, then one JSON object a line.

    {"kind":"refused","reason":"…","error":"CONNECT_FAILED","start":1758698629123.0,"headers":2.1,"end":2.1,
     "chunks":[],"request":{"method":"POST","url":"https://api.openai.com/v1/responses","body":"…"}}

What had come of a cut one is its `response`, as an interaction has it, and `chunks` are when and in which pieces, as in
a timing file. They are never among the interactions: go-vcr reads those, and a half answer is no answer.
"""

import enum
import json
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tapehead.cassette import timing
from tapehead.cassette.errors import CassetteError
from tapehead.cassette.files import read_regular
from tapehead.cassette.http_rules import http_faults
from tapehead.cassette.json_exchange import dump_request, dump_response, parse_request, parse_response
from tapehead.cassette.model import Interaction, Request, Response
from tapehead.cassette.side_files import errors_path, find_timing
from tapehead.cassette.timing import Timing
from tapehead.cassette.timing_head import TimingHead, dump_head, has_failures, new_head, parse_head

VERSION = 1
"""Of the lines that are written and understood here."""
MAX_BYTES = 256 * 1024 * 1024
NO_HEAD = Response(code=0, status="")
"""The response of what failed before its client saw the head of one."""

_LONGEST_HEAD = 64 * 1024  # bytes
logger = logging.getLogger(__name__)


class FailureKind(enum.Enum):
    """What went wrong."""

    REFUSED = "refused"
    """Nobody listened there."""
    NAME_NOT_FOUND = "name_not_found"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    """No connection came about in time."""
    TLS = "tls"
    """No secure connection came about."""
    RESET = "reset"
    """The server ended the connection, or the stream, before the head of its answer."""
    CUT_BY_SERVER = "cut_by_server"
    """The answer broke off."""
    CUT_BY_CLIENT = "cut_by_client"
    """The client left before the answer had ended, or before it began."""
    OTHER = "other"

    @property
    def is_cut(self) -> bool:
        """Whether the answer had begun, or its client would not wait for it."""
        return self in (FailureKind.CUT_BY_SERVER, FailureKind.CUT_BY_CLIENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What went wrong, and why."""

    kind: FailureKind
    reason: str
    """In the proxy's words; it is in the 502 that the client was given."""
    error: str = ""
    """What the proxy calls it: it decides what a client is given. "": what is usual."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An exchange that failed or was cut."""

    cause: Cause
    request: Request
    response: Response = NO_HEAD
    """What had come; `NO_HEAD` when the client saw none."""
    timing: Timing
    """Its id says nothing."""

    @property
    def has_head(self) -> bool:
        """Whether the client saw the head of an answer."""
        return self.response.code != NO_HEAD.code

    def as_interaction(self, id: int) -> Interaction:
        """Returns it in the form in which it is matched."""
        return Interaction(id=id, request=self.request, response=self.response)


def head_line() -> str:
    """Returns the head line of a file that is begun now."""
    return dump_head(replace(new_head(), version=VERSION))


def dump_line(failure: Failure) -> bytes:
    """Returns one line of the file, with its line end."""
    cause, when = failure.cause, failure.timing
    value: dict[str, Any] = {"kind": cause.kind.value, "reason": cause.reason}
    if cause.error:
        value["error"] = cause.error
    value |= {
        "start": round(when.start, 3),
        "headers": round(when.headers, 3),
        "end": round(when.end, 3),
        "chunks": [[round(at, 3), size] for at, size in when.chunks],
        "request": dump_request(failure.request),
    }
    if failure.has_head:
        value["response"] = dump_response(failure.response)
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    except UnicodeEncodeError:  # text that is no UTF-8 is held with surrogates, which JSON can only escape
        return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def parse_failure(line: bytes) -> Failure | None:
    """Returns what one line says; None when it is no failure."""
    try:
        return _parse(json.loads(line))
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        return None


def is_whole(line: bytes) -> bool:
    """Returns whether a line that has no line feed lacks nothing but that: it is a failure, or a head."""
    return parse_failure(line) is not None or parse_head(line) is not None


def load_failures(cassette: Path) -> Sequence[Failure]:
    """Returns what failed or was cut while a cassette was recorded, in the order of the starts; nothing without a file.

    What is not understood is left out, with one warning in the log.
    """
    path = errors_path(cassette)
    try:
        parsed = load_failure_lines(path)
    except CassetteError as e:
        logger.warning("%s", e)
        return ()
    bad = [number for number, failure in parsed if failure is None]
    if bad:
        logger.warning("%s:%d: not a failure; %d such lines left out", path, bad[0], len(bad))
    return sorted((each for _, each in parsed if each is not None), key=lambda each: each.timing.start)


def load_failure_lines(path: Path) -> Sequence[tuple[int, Failure | None]]:
    """Returns what each line of a file behind its head says, with its number; nothing when there is no file.

    Raises CassetteError when it cannot be read, or is of a later version.
    """
    if not os.path.lexists(path):
        return ()
    lines = read_regular(path, max_bytes=MAX_BYTES, expected="a file of failures; it is not used").splitlines()
    head = parse_head(lines[0]) if lines else None
    if wrong := wrong_version(head):
        expected = "an earlier one; what failed or was cut while recording is not replayed"
        raise CassetteError(file=str(path), line=1, found=f"a later {wrong}", expected=expected)
    first = 0 if head is None else 1
    return [(number, parse_failure(line)) for number, line in enumerate(lines[first:], first + 1)]


def missing_file(cassette: Path) -> Path | None:
    """Returns where the failures of a cassette would be, if its timing file says that there were some, and they are not."""
    path = errors_path(cassette)
    if os.path.lexists(path):
        return None
    try:
        with open(find_timing(cassette), "rb", opener=_open_at_once) as file:
            return path if has_failures(parse_head(file.readline(_LONGEST_HEAD))) else None
    except OSError:
        return None


def _open_at_once(path: str, flags: int) -> int:
    """Opens a file; a pipe is not waited for, and has nothing in it."""
    return os.open(path, flags | os.O_NONBLOCK)


def wrong_version(head: TimingHead | None) -> str | None:
    """Returns the version of a file's lines in words, when they are none that is understood here."""
    return None if head is None or head.version <= VERSION else f"version {head.version}"


def _parse(value: Mapping[str, Any]) -> Failure:
    try:
        kind = FailureKind(value["kind"])
    except ValueError:
        if not isinstance(value["kind"], str):
            raise
        kind = FailureKind.OTHER  # of a later release
    request, response = value["request"], value.get("response")
    answer = NO_HEAD if response is None else parse_response(response)
    if response is not None and answer.code == NO_HEAD.code:
        raise ValueError("no status code")
    when = timing.parse({**value, "id": 0, "sha256": timing.digest(answer.body)})
    failure = Failure(
        cause=Cause(kind=kind, reason=str(value["reason"]), error=str(value.get("error", ""))),
        request=parse_request(request),
        response=answer,
        timing=when,
    )
    if failure.has_head and any(http_faults(failure.as_interaction(0))):
        raise ValueError("no HTTP")
    return failure
