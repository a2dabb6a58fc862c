"""When the chunks of recorded responses came: a file beside the cassette, a head line, then one JSON object a line.

    {"id":0,"sha256":"…","start":1758698629123.0,"headers":641.196,"end":702.5,"chunks":[[641.2,312],[660.004,57]]}

Times are milliseconds after the request's end, but for `start`, which is the request's start in milliseconds since
1970. A chunk is its time and its bytes of the recorded (decoded) body; `sha256` is that body's, so that an edited body
is noticed, and one whose id has changed is found. Where both sides spoke by turns, `client` has the times of the client's
messages and of its end. The file's name is `side_files`' matter, the head line `timing_head`'s.
"""

import hashlib
import itertools
import json
import logging
import math
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tapehead.cassette.errors import CassetteError
from tapehead.cassette.files import read_regular
from tapehead.cassette.model import Interaction
from tapehead.cassette.side_files import TIMING, find_timing, old_path, owners
from tapehead.cassette.timing_head import VERSION, TimingHead, parse_head

MAX_BYTES = 256 * 1024 * 1024
LONGEST = 24 * 3600 * 1000.0
"""Milliseconds: nobody waits longer for an answer."""


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
    client: tuple[float, ...] = ()
    """When each message of the request came, and its end, where the two sides spoke by turns."""

    def fits(self, body: bytes) -> bool:
        """Returns whether `body` is still the one that was timed."""
        return sum(size for _, size in self.chunks) == len(body) and self.sha256 == digest(body)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimingFile:
    """What a timing file says."""

    head: TimingHead | None = None
    timings: tuple[Timing | None, ...] = ()
    """Of each line behind the head; None for one that is no timing."""

    def line(self, index: int) -> int:
        """Returns the number in the file, from 1, of the line of a timing."""
        return index + (1 if self.head is None else 2)


def digest(body: bytes) -> str:
    """Returns what tells that a body was edited: its SHA-256 in hexadecimal."""
    return hashlib.sha256(body).hexdigest()


def dump_line(timing: Timing) -> str:
    """Returns one line of a timing file, with its line end."""
    # As json.dumps writes it: chunks are many.
    chunks = ",".join([f"[{round(at, 3)},{size}]" for at, size in timing.chunks])
    client = f',"client":[{",".join([str(round(at, 3)) for at in timing.client])}]' if timing.client else ""
    return (
        f'{{"id":{timing.id},"sha256":{json.dumps(timing.sha256)},"start":{round(timing.start, 3)}'
        f',"headers":{round(timing.headers, 3)},"end":{round(timing.end, 3)},"chunks":[{chunks}]{client}}}\n'
    )


def load_beside(cassette: Path, interactions: Iterable[Interaction]) -> Mapping[int, Timing]:
    """Returns the timings of a cassette's interactions by id, as `assign` has them; none where there is no file.

    A timing file is an aid: what of it is not understood is left out, with one warning in the log. Interactions that share
    an id have none: it may be of either.
    """
    path, old = find_timing(cassette), old_path(cassette, TIMING)
    several = owners(cassette)
    if path != old and len(several) > 1 and os.path.lexists(old) and not (path.exists() and path.stat().st_size):
        names = " or ".join(each.name for each in several)
        logger.warning("%s: not read: it may be of %s; name it %s if it is of this one", old, names, path.name)
    timings = _load(path)
    if not timings:
        return {}  # and no interaction is looked at, which may have to be read for that
    interactions = [*interactions]
    counts = Counter(each.id for each in interactions)
    bodies = {each.id: each.response.body for each in interactions if counts[each.id] == 1}
    found = ((number, timings[index]) for number, index in assign(timings, bodies).items())
    return {number: replace(each, id=number) for number, each in found if each is not None}


def assign(timings: Sequence[Timing | None], bodies: Mapping[int, bytes]) -> dict[int, int]:
    """Returns which timing is whose: its index in `timings` by the id of its interaction. `bodies` are of responses.

    A timing is of the interaction of its id when its digest is that body's; else of one whose body has its digest, in
    the order of both, so that interactions may be removed, numbered anew and put in another order by hand; else of that
    of its id, whose body was edited. Where several are of one interaction, the digest counts, then the id, then the last.
    """
    return assign_by_digest(timings, {number: digest(body) for number, body in bodies.items()})


def assign_by_digest(timings: Sequence[Timing | None], digests: Mapping[int, str]) -> dict[int, int]:
    """Returns the same by the digests of the bodies."""
    by_digest = defaultdict(list)
    for number, one in digests.items():
        by_digest[one].append(number)
    own = {each.id: index for index, each in enumerate(timings) if each and digests.get(each.id) == each.sha256}
    edited: dict[int, int] = {}
    moved: dict[int, int] = {}
    for index, each in enumerate(timings):
        if each is None or digests.get(each.id) == each.sha256:
            continue
        same = by_digest.get(each.sha256, ())
        free = next((number for number in same if number not in own and number not in moved), None)
        if free is not None:
            moved[free] = index
        elif len(same) == 1:
            moved[same[0]] = index  # the last counts
        elif each.id in digests:
            edited[each.id] = index
    return edited | moved | own


def load(path: Path) -> Mapping[int, Timing]:
    """Returns the timings in a file by the ids that its lines have, the last line of an id counting; none without a file.

    What is not understood is left out, with one warning in the log.
    """
    return {timing.id: timing for timing in _load(path) if timing is not None}


def _load(path: Path) -> Sequence[Timing | None]:
    try:
        read = load_lines(path)
    except CassetteError as e:
        logger.warning("%s", e)
        return ()
    bad = [read.line(index) for index, timing in enumerate(read.timings) if timing is None]
    if bad:
        logger.warning("%s:%d: not a timing; %d such lines left out", path, bad[0], len(bad))
    return read.timings


def load_lines(path: Path) -> TimingFile:
    """Returns what each line of a file says; nothing when there is no file.

    Raises CassetteError when it cannot be read, or is of a later version.
    """
    if not os.path.lexists(path):
        return TimingFile()
    data = read_regular(path, max_bytes=MAX_BYTES, expected="a timing file; it is not used")
    lines = data.splitlines()
    head = parse_head(lines[0]) if lines else None
    if wrong := wrong_version(head):
        raise CassetteError(file=str(path), line=1, found=wrong, expected=f"at most {VERSION}; it is not used")
    return TimingFile(head=head, timings=tuple(map(parse_line, lines if head is None else lines[1:])))


def wrong_version(head: TimingHead | None) -> str | None:
    """Returns the version of a file's lines in words, when they are none that is understood here."""
    return None if head is None or head.version <= VERSION else f"version {head.version}"


def parse_line(line: bytes) -> Timing | None:
    """Returns what one line says; None when it is no timing."""
    try:
        return parse(json.loads(line))
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return None


def is_whole(line: bytes) -> bool:
    """Returns whether a line that has no line feed lacks nothing but that: it is a timing, or a head."""
    return parse_line(line) is not None or parse_head(line) is not None


def parse(value: Any) -> Timing:
    """Returns the timing that a parsed line says. Raises ValueError, TypeError, KeyError or OverflowError."""
    timing = Timing(
        id=int(value["id"]),
        sha256=str(value["sha256"]),
        start=float(value["start"]),
        headers=float(value["headers"]),
        end=float(value["end"]),
        chunks=tuple((float(at), int(size)) for at, size in value["chunks"]),
        client=tuple(map(float, value.get("client", ()))),
    )
    times = [0.0, timing.headers, *(at for at, _ in timing.chunks), timing.end]
    # NaN compares false with everything, so this asks for order rather than for disorder.
    if not all(a <= b <= LONGEST for a, b in itertools.pairwise(times)):
        raise ValueError("times out of order, or beyond a day")
    if not all(a <= b <= LONGEST for a, b in itertools.pairwise((0.0, *timing.client))):
        raise ValueError("times of the client out of order, or beyond a day")
    if not math.isfinite(timing.start):
        raise ValueError("no time")
    if any(size <= 0 for _, size in timing.chunks):
        raise ValueError("an empty chunk")
    return timing
