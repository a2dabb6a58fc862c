"""The timings of a cassette's interactions, each read from its line when it is asked for.

Takes for its own what `timing.assign` gives an interaction in any case: the line of its id, if that is the only one, whose
digest is that of its body. Where an interaction has none, all are assigned. A file that has a line of another form than
ours, or two of one id, is `timing.load_beside`'s.
"""

import re
import zlib
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tapehead.cassette import timing
from tapehead.cassette.errors import CassetteError
from tapehead.cassette.side_files import find_timing
from tapehead.cassette.steady_file import SteadyFile
from tapehead.cassette.timing import LONGEST, Timing, digest
from tapehead.cassette.timing_head import TimingHead, parse_head

_WINDOW = 128 * 1024  # bytes: gone through several times, so that it is to stay in the cache
_RECENT = 16
_INTEGER = rb"(?:0|[1-9][0-9]{0,14})"
_NUMBER = rb"%b(?:\.[0-9]{1,6})?" % _INTEGER
_LINE = re.compile(
    rb'\{"id":(%b),"sha256":"([0-9a-f]{64})","start":(%b),"headers":(%b),"end":(%b),'
    rb'"chunks":\[((?:\[%b,[1-9][0-9]{0,14}\],?)*+)(?<!,)\]\}\n' % (_INTEGER, *(_NUMBER,) * 4)
)
_TIMES = re.compile(rb"\[([0-9.]++)")
_ID_AND_DIGEST = b'{"id":%d,"sha256":"'
_SIZES = re.compile(rb",([0-9]++)\]")
_CHUNKS = re.compile(rb"\[([0-9.]++),([0-9]++)")


class TimingIndex(Mapping[int, Timing]):
    """The timings by the ids of the interactions."""

    def __init__(self, file: SteadyFile, places: Mapping[int, int], digest_of: Callable[[int], str]) -> None:
        """Takes the file, of which `add` tells the lines; `places` of the interactions by id; what gives the digest of
        the body of the one at a place.
        """
        self._file = file
        self._places = places
        self._digest_of = digest_of
        self.head: TimingHead | None = None
        self._lines: dict[int, int] = {}
        self._starts = array("Q")
        self._checksums = array("L")
        self._end = 0
        self._assigned: Mapping[int, int] | None = None
        self._recent: dict[int, Timing | None] = {}

    def __repr__(self) -> str:
        return f"<TimingIndex {self._file!r}, {len(self._lines)} lines>"

    def __len__(self) -> int:
        return len(self._all())

    def __iter__(self) -> Iterator[int]:
        return iter(self._all())

    def __getitem__(self, number: int) -> Timing:
        """Returns the timing of the interaction with that id."""
        if number not in self._recent:
            if len(self._recent) >= _RECENT:
                self._recent = {}
            self._recent[number] = self._find(number)
        found = self._recent[number]
        if found is None:
            raise KeyError(number)
        return found

    def is_timed(self, number: int) -> bool:
        """Returns whether there is a line of the id of an interaction, which may be another's."""
        return number in self._lines

    def sizes(self, number: int, body: bytes) -> Sequence[int] | None:
        """Returns the sizes of the chunks of a body, where the line of its interaction's id is of it; else None: then the
        timing says more. No timing is made for that.
        """
        line = self._lines.get(number)
        if line is None or self._assigned is not None:
            return None
        data = self._line(line)
        start = len(_ID_AND_DIGEST % number)
        if data[start : start + 64] != digest(body).encode():
            return None
        sizes = [*map(int, _SIZES.findall(data, data.find(b"[", start + 64)))]
        return sizes if sum(sizes) == len(body) else None

    def _find(self, number: int) -> Timing | None:
        place = self._places.get(number)
        if place is None:
            return None
        line = self._lines.get(number)
        if line is not None and self._assigned is None:
            found = self._read(line)
            if found.sha256 == self._digest_of(place):
                return found
        line = self._all().get(number)
        return None if line is None else replace(self._read(line), id=number)

    def _all(self) -> Mapping[int, int]:
        """The lines by the ids of their interactions."""
        if self._assigned is None:
            digests = {number: self._digest_of(place) for number, place in self._places.items()}
            self._assigned = timing.assign_by_digest([self._read(line) for line in range(len(self._starts))], digests)
        return self._assigned

    def _read(self, line: int) -> Timing:
        found = _LINE.fullmatch(self._line(line))
        assert found  # it was one before, and its times are in order
        number, sha256, begun, headers, last, chunks = found.groups()
        return Timing(
            id=int(number),
            sha256=sha256.decode(),
            start=float(begun),
            headers=float(headers),
            end=float(last),
            chunks=tuple([(float(at), int(size)) for at, size in _CHUNKS.findall(chunks)]),
        )

    def _line(self, line: int) -> bytes:
        start = self._starts[line]
        stop = self._starts[line + 1] if line + 1 < len(self._starts) else self._end
        return self._file.read_again(start, stop - start, self._checksums[line])

    def begin_at(self, start: int) -> None:
        """Takes note where in the file the first line begins."""
        self._end = start

    def add_window(self, data: bytes) -> bool:
        """Adds the lines that some bytes are. Returns whether all are understood, and each is of another interaction."""
        at, end, view = 0, len(data), memoryview(data)
        while at < end:
            found = _LINE.match(data, at)
            if found is None:
                return False
            number, headers, last, chunks = found.group(1, 4, 5, 6)
            times = [0.0, float(headers), *map(float, _TIMES.findall(chunks)), float(last)]
            if times != sorted(times) or times[-1] > LONGEST or int(number) in self._lines:
                return False
            self._lines[int(number)] = len(self._starts)
            self._starts.append(self._end + at)
            stop = found.end()
            self._checksums.append(zlib.crc32(view[at:stop]))
            at = stop
        self._end += end
        return True


def open_timings(cassette: Path, places: Mapping[int, int], digest_of: Callable[[int], str]) -> TimingIndex | None:
    """Returns the timings of a cassette; None where `timing.load_beside` is to read them.

    `places` of its interactions by id, which has each id once. `digest_of` gives the digest of the body at a place.
    """
    try:
        file = SteadyFile(find_timing(cassette), "a timing file")
        return _indexed(file, TimingIndex(file, places, digest_of))
    except (CassetteError, OSError):
        return None


def _indexed(file: SteadyFile, index: TimingIndex) -> TimingIndex | None:
    if not 0 < file.size <= timing.MAX_BYTES:
        return None
    first = file.read(0, _WINDOW).partition(b"\n")[0]
    head = parse_head(first)
    if timing.wrong_version(head):
        return None
    start = len(first) + 1 if head else 0
    index.head = head
    index.begin_at(start)
    while start < file.size:
        data = file.read(start, _WINDOW)
        stop = data.rfind(b"\n") + 1
        if not stop or not index.add_window(data[:stop]):
            return None
        start += stop
    return index
