"""When the chunks of recorded responses came: `NAME.timing.jsonl` beside `NAME.yaml`, one JSON object a line.

    {"id":0,"sha256":"…","start":1758698629123.0,"headers":641.196,"end":702.5,"chunks":[[641.2,312],[660.004,57]]}

Times are milliseconds after the request's end, but for `start`, which is the request's start in milliseconds since
1970. A chunk is its time and its bytes of the recorded (decoded) body; `sha256` is that body's, so that an edited body
is noticed.
"""

import hashlib
import itertools
import json
import logging
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tapehead.cassette.errors import CassetteError
from tapehead.cassette.files import read_regular

MAX_BYTES = 256 * 1024 * 1024
SUFFIX = ".timing.jsonl"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """When the parts of one response came. Milliseconds after the request's end."""

    id: int
    sha256: str
    start: float
    """Milliseconds since 1970."""
    headers: float
    end: float
    chunks: tuple[tuple[float, int], ...]
    """(time, bytes of the body) of each chunk that was not empty."""

    def fits(self, body: bytes) -> bool:
        """Returns whether `body` is still the one that was timed."""
        return sum(size for _, size in self.chunks) == len(body) and self.sha256 == digest(body)


def digest(body: bytes) -> str:
    """Returns what tells that a body was edited: its SHA-256 in hexadecimal."""
    return hashlib.sha256(body).hexdigest()


def path_beside(cassette: Path) -> Path:
    """Returns the path of a cassette's timing file."""
    return cassette.with_name(f"{cassette.stem}{SUFFIX}")


def dump_line(timing: Timing) -> str:
    """Returns one line of a timing file, with its line end."""
    # As json.dumps writes it: chunks are many.
    chunks = ",".join([f"[{round(at, 3)},{size}]" for at, size in timing.chunks])
    return (
        f'{{"id":{timing.id},"sha256":{json.dumps(timing.sha256)},"start":{round(timing.start, 3)}'
        f',"headers":{round(timing.headers, 3)},"end":{round(timing.end, 3)},"chunks":[{chunks}]}}\n'
    )


def load(path: Path) -> Mapping[int, Timing]:
    """Returns the timings in a file by interaction id, the last line of an id counting; none when there is no file.

    A timing file is an aid: lines that are not understood are left out, with one warning in the log.
    """
    try:
        lines = load_lines(path)
    except CassetteError as e:
        logger.warning("%s", e)
        return {}
    bad = [number for number, timing in enumerate(lines, 1) if timing is None]
    if bad:
        logger.warning("%s:%d: not a timing; %d such lines left out", path, bad[0], len(bad))
    return {timing.id: timing for timing in lines if timing is not None}


def load_lines(path: Path) -> list[Timing | None]:
    """Returns what each line of a file says, None for one that is no timing; nothing when there is no file.

    Raises CassetteError when it cannot be read.
    """
    if not os.path.lexists(path):
        return []
    data = read_regular(path, max_bytes=MAX_BYTES, expected="a timing file; it is not used")
    return [parse_line(line) for line in data.splitlines()]


def parse_line(line: bytes) -> Timing | None:
    """Returns what one line says; None when it is no timing."""
    try:
        return _parse(json.loads(line))
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return None


def _parse(value: Any) -> Timing:
    timing = Timing(
        id=int(value["id"]),
        sha256=str(value["sha256"]),
        start=float(value["start"]),
        headers=float(value["headers"]),
        end=float(value["end"]),
        chunks=tuple((float(at), int(size)) for at, size in value["chunks"]),
    )
    times = [0.0, timing.headers, *(at for at, _ in timing.chunks), timing.end]
    # NaN compares false with everything, so this asks for order rather than for disorder.
    if not all(a <= b < float("inf") for a, b in itertools.pairwise(times)):
        raise ValueError("times out of order")
    if not math.isfinite(timing.start):
        raise ValueError("no time")
    if any(size <= 0 for _, size in timing.chunks):
        raise ValueError("an empty chunk")
    return timing
