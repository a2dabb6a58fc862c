"""A cassette of many interactions, opened by an index of its blocks: each is made of its text when it is asked for.

The file is gone through once, a window at a time. A block is taken for one where `block_layout` proves it, or where the
reader, given it alone, finds one interaction in it; what is neither leaves the whole file to the reader. So what is not
read here is wrong, or written in an unusual way. Nothing of the file stays in memory but what tells where its blocks
are, and what their requests are looked up by.
"""

import re
import zlib
from array import array
from collections.abc import Iterator
from pathlib import Path

from tapehead.cassette import block_values, reader
from tapehead.cassette.block_layout import (
    HEADS,
    Columns,
    answer_pattern,
    begin_of_answer,
    columns_of,
    has_odd_characters,
    pattern,
    prover,
    request_headers,
)
from tapehead.cassette.errors import CassetteError
from tapehead.cassette.http_rules import http_faults
from tapehead.cassette.late_items import RecentItems
from tapehead.cassette.model import Answered, Interaction, Response
from tapehead.cassette.request_text import text_digest
from tapehead.cassette.steady_file import SteadyFile
from tapehead.cassette.timing import digest

_WINDOW = 128 * 1024  # bytes: gone through several times, so that it is to stay in the cache
_FEW = 256 * 1024  # bytes: what is smaller is read sooner than the patterns are made
_RECENT = 16  # interactions, at least
_KEPT = 8 * 1024 * 1024  # bytes of blocks whose interactions are kept for a while
_CASSETTE = "a cassette"


class BlockIndex(RecentItems[Interaction]):
    """The interactions of a cassette, in order. All of them are what an HTTP server could have answered."""

    def __init__(self, file: SteadyFile, columns: Columns) -> None:
        """Takes the file, of which `add` tells the blocks one after the other."""
        super().__init__()
        self.ids = array("q")
        self.texts: list[bytes] = []
        """Of each, the digest of its request's method, URL and body."""
        self.origins: set[tuple[str, int]] = set()
        """Where requests went, as far as the path, and the major version of HTTP that their answers came over."""
        self._file = file
        self._columns = columns
        self._prove, self._match = prover(columns), pattern(columns).match
        self._match_answer, self._begin_of_answer = answer_pattern(columns).match, begin_of_answer(columns)
        self._starts = array("Q")
        self._checksums = array("L")
        self._by_reader: set[int] = set()
        self._latest = b"", b""
        self._end = 0
        self._read_last = -1, b"", 0
        self._answered_last = -1, Answered(-1, Response(code=0, status=""))

    def __repr__(self) -> str:
        return f"<BlockIndex {self._file!r}, {len(self)} interactions>"

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[Interaction]:
        for place in range(len(self)):
            yield self[place]

    @property
    def most_kept(self) -> int:
        """How many interactions are kept for a while: those that answer again are mostly few."""
        return max(_RECENT, len(self) * _KEPT // max(self._end, 1))

    def digest_of_answer(self, place: int) -> str:
        """Returns the digest of the response's body, as a timing has it."""
        return digest(self.answer(place).response.body)

    def answer(self, place: int) -> Answered:
        """Returns the answer of an interaction, and no more of it."""
        last, answered = self._answered_last
        if last == place:
            return answered
        if place in self._recent or place in self._by_reader:
            made = self[place]
            answered = Answered(made.id, made.response)
        else:
            data, end = self._read_parts(place)
            found = self._match_answer(data, end + 1)
            assert found  # it is the same block that was proven
            answered = Answered(self.ids[place], block_values.response(found, self._columns))
        self._answered_last = place, answered
        return answered

    def request_headers(self, place: int) -> bytes | None:
        """Returns the lines of a request's headers as the file has them; None where they are to be read by the reader."""
        if place in self._by_reader:
            return None
        data, end = self._read_parts(place)
        return request_headers(data, end, self._columns)

    def add_window(self, data: bytes) -> bool:
        """Adds the blocks that some bytes are, which go on where those before ended. Returns whether all are understood."""
        try:
            if not data.isascii():
                data.decode()
        except UnicodeDecodeError:
            return False
        is_odd = has_odd_characters(data)
        prove, columns, view = self._prove, self._columns, memoryview(data)
        begin = b"%b- id: " % (b" " * columns[0])
        at, end = 0, len(data)
        while at < end:
            found = prove(data, at)
            stop = found.end() if found else 0
            if found is None or (stop < end and not data.startswith(begin, stop)):  # there is more of it than is known
                found, stop = None, data.find(b"\n" + begin, at) + 1 or end
            if found and not (is_odd and has_odd_characters(data[at:stop])):
                self.ids.append(int(found["id"]))
                method, url, body = block_values.request_text(found, columns)
                self.texts.append(text_digest(method, url, body))
                self._note_origin(url, found["response_major"])
            elif not self._add_by_reader(data[at:stop]):
                return False
            self._starts.append(self._end + at)
            self._checksums.append(zlib.crc32(view[at:stop]))
            at = stop
        self._end += end
        return True

    def begin_at(self, start: int) -> None:
        """Takes note where in the file the first block begins."""
        self._end = start

    def _add_by_reader(self, block: bytes) -> bool:
        made = _read_alone(block, self._columns)
        if made is None or made.id.bit_length() > 63 or next(http_faults(made), None):
            return False
        self._by_reader.add(len(self.ids))
        self.ids.append(made.id)
        request = made.request
        self.texts.append(text_digest(request.method, request.url, request.body))
        self._note_origin(request.url.encode(errors="surrogateescape"), b"%d" % made.response.proto_major)
        return True

    def _note_origin(self, url: bytes, major: bytes) -> None:
        if (url, major) != self._latest:  # mostly they are all of one
            self._latest = url, major
            self.origins.add((block_values.origin(url).decode(), int(major)))

    def _made(self, place: int) -> Interaction:
        data = self._read(place)
        found = None if place in self._by_reader else self._match(data)
        if found:
            return block_values.interaction(found, self._columns)
        made = _read_alone(data, self._columns)
        assert made  # it was read so before
        return made

    def _read_parts(self, place: int) -> tuple[bytes, int]:
        """A proven block, and where its request ends. Its headers are asked for, and then its answer."""
        last, data, end = self._read_last
        if last != place:
            data = self._read(place)
            end = data.find(self._begin_of_answer)
            self._read_last = place, data, end
        return data, end

    def _read(self, place: int) -> bytes:
        start = self._starts[place]
        stop = self._starts[place + 1] if place + 1 < len(self._starts) else self._end
        return self._file.read_again(start, stop - start, self._checksums[place])


def open_index(path: Path, *, few: int = _FEW) -> BlockIndex | None:
    """Returns the interactions of a cassette; None for one that the reader is to read: one that is small, is wrong, is torn,
    or is written otherwise than most. Raises CassetteError when the file is not there or cannot be read.
    """
    file = SteadyFile(path, _CASSETTE)
    if not few <= file.size <= reader.MAX_BYTES:
        return None
    try:
        return _indexed(file)
    except OSError:
        return None


def _indexed(file: SteadyFile) -> BlockIndex | None:
    data = file.read(0, _WINDOW)
    start = next((len(head) for head in HEADS if data.startswith(head)), 0)
    columns = columns_of(data[start:]) if start else None
    if columns is None:
        return None
    index = BlockIndex(file, columns)
    index.begin_at(start)
    begin = b"\n%b- id: " % (b" " * columns[0])
    size = _WINDOW
    while start < file.size:
        data = file.read(start, size)
        if start + len(data) < file.size:
            stop = data.rfind(begin) + 1
            if not stop and len(data) == size:  # a block that is longer
                size *= 2
                continue
        else:
            stop = len(data)
            if not data.endswith(b"\n"):
                return None
        if not stop or not index.add_window(data[:stop]):
            return None
        start += stop
        size = _WINDOW
    return index


def _read_alone(block: bytes, columns: Columns) -> Interaction | None:
    """What the reader finds in a block that it is given alone; None where that may not be what it finds in the file.

    Each line must be further in than the dash: then the block ends where the next begins.
    """
    dash = b" " * columns[0]
    if not block.startswith(dash + b"- id: ") or re.search(rb"(?m)^(?!%b[ \n]|\n|%b- id: )" % (dash, dash), block[:-1]):
        return None
    try:
        found = reader.loads(HEADS[0] + block).interactions
    except CassetteError:
        return None
    return found[0] if len(found) == 1 else None
