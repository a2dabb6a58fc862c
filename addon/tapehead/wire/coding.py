"""Content codings, undone chunk by chunk and within bounds: gzip, deflate, br, zstd, and lists of them.

Knows where a coded body ends, so that a truncated one and one with something after its end are errors; and stops a
bomb while it inflates: what is held beyond the bounds is one piece of output, under 1 MiB. Encodes nothing, and does
not know what its caller does with a body that cannot be decoded.
"""

import zlib
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from typing import Protocol

import brotli  # 1.2 or newer: the first whose output can be bounded
import zstandard

from tapehead.root import TapeheadError

MAX_SIZE = 64 * 1024 * 1024
MAX_RATIO = 1000
FREE_SIZE = 1024 * 1024  # up to here the ratio does not count: a short body may be all one letter
BULKY_SIZE = 16 * 1024 * 1024  # from here on the ratio is another: no text that somebody wrote is so long and so empty
BULKY_RATIO = 100

_PIECE_IN = 8 * 1024  # zlib copies what it has not consumed on every call; small pieces keep that linear
_PIECE_OUT = 128 * 1024  # brotli may make twice that
_MAX_CODINGS = 4  # servers send one, rarely two
_MAX_PARTS = 100_000  # gzip members, zstd frames: each costs up to 10 us, also when it is empty

# RFC 8878, section 3.1.
_ZSTD_MAGIC = 0xFD2FB528
_ZSTD_SKIPPABLE = range(0x184D2A50, 0x184D2A60)
_ZSTD_MAX_BLOCK = 128 * 1024
_ZSTD_RLE, _ZSTD_RESERVED = 1, 3


class CodingError(TapeheadError, ValueError):
    """A body that cannot be decoded: unknown coding, corrupt, truncated, trailing data, or over a bound."""


class Decoder:
    """Undoes a Content-Encoding, chunk by chunk. After a CodingError it is of no more use.

    `max_size` bounds the output in total, `max_ratio` the output so far by the input so far (BULKY_RATIO, if that is
    less, what is longer than BULKY_SIZE); for a list of codings both hold for every step. An empty body is the empty
    body in every coding, as answers to HEAD have it. Without a coding (or with `identity`) nothing inflates, and
    nothing is bounded.
    """

    def __init__(self, content_encoding: str, *, max_size: int = MAX_SIZE, max_ratio: int = MAX_RATIO) -> None:
        names = [name for part in content_encoding.split(",") if (name := part.strip().lower())]
        if len(names) > _MAX_CODINGS:
            raise CodingError(f"{len(names)} content codings on one body")
        self._stages: list[_Stage] = []
        for name in reversed(names):  # applied in the order named (RFC 9110, 8.4), so undone from the last
            if name not in _CODINGS:
                raise CodingError(f"unknown content coding {name[:40]!r}")
            if make := _CODINGS[name]:
                self._stages.append(make())
        self._made = [0] * len(self._stages)
        self._taken = 0
        self._max_size = max_size
        self._max_ratio = max_ratio

    def feed(self, chunk: bytes) -> bytes:
        """Returns what this chunk adds to the decoded body. Raises CodingError for what cannot be decoded within bounds."""
        self._taken += len(chunk)
        pieces: Iterable[bytes] = (chunk,)
        for number in range(len(self._stages)):
            pieces = self._run(number, pieces)  # lazy: no step is more than a piece ahead of the next
        return b"".join(pieces)

    def end(self) -> None:
        """Ends the body here. Raises CodingError when it should not end."""
        for stage in self._stages:
            stage.end()

    def _run(self, number: int, pieces: Iterable[bytes]) -> Iterator[bytes]:
        stage = self._stages[number]
        for piece in pieces:
            for output in stage.feed(piece):
                self._made[number] += len(output)
                self._check(self._made[number])
                yield output

    def _check(self, made: int) -> None:
        if made > self._max_size:
            raise CodingError(f"the body decodes to more than {self._max_size} bytes")
        ratio = self._max_ratio if made <= BULKY_SIZE else min(self._max_ratio, BULKY_RATIO)
        if made > FREE_SIZE and made > self._taken * ratio:
            raise CodingError(f"the body decodes to more than {ratio} times its size")


def decode(chunks: Sequence[bytes], content_encoding: str, *, whole: bool = True) -> list[bytes]:
    """Returns the decoded chunks, one for each chunk (some may be empty). Raises CodingError as `Decoder` does.

    `whole`: the body's end is among them; else they are its beginning.
    """
    decoder = Decoder(content_encoding)
    decoded = [decoder.feed(chunk) for chunk in chunks]
    if whole:
        decoder.end()
    return decoded


class _Stage(Protocol):
    """One coding being undone. Output comes lazily, in non-empty pieces of less than 1 MiB."""

    def feed(self, data: bytes) -> Iterator[bytes]: ...

    def end(self) -> None: ...


class _Zlib:
    """gzip (RFC 1952, any number of members) or deflate (RFC 1950, or a bare RFC 1951)."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._inflate: zlib._Decompress | None = None  # None between members
        self._members = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        for start in range(0, len(data), _PIECE_IN):
            rest = data[start : start + _PIECE_IN]
            while rest:
                inflate = self._inflate = self._inflate or self._begin(rest[0])
                try:
                    # Output may wait inside zlib after the last input was taken: only an empty answer is the end.
                    while output := inflate.decompress(rest, _PIECE_OUT):
                        yield output
                        rest = inflate.unconsumed_tail
                except zlib.error as e:
                    raise CodingError(f"corrupt {self._name} body ({e})") from e
                rest = inflate.unused_data
                if inflate.eof:
                    self._inflate = None

    def _begin(self, first: int) -> "zlib._Decompress":
        gzip = self._name == "gzip"
        # Go compress/gzip, Reader.Read (multistream): after a member comes another member, or it is an error.
        if self._members and not (gzip and first == 0x1F):
            raise CodingError(f"data after the end of a {self._name} body")
        self._members += 1
        if self._members > _MAX_PARTS:
            raise CodingError(f"a gzip body of more than {_MAX_PARTS} members")
        if gzip:
            return zlib.decompressobj(wbits=31)
        # RFC 9110 says zlib, some servers send bare deflate. The first byte tells them apart: as bare deflate, zlib's
        # would be a stored block with its padding bits set, which no encoder writes.
        return zlib.decompressobj(wbits=15 if first & 0x8F == 0x08 else -15)

    def end(self) -> None:
        if self._inflate is not None:
            raise CodingError(f"truncated {self._name} body")


class _Brotli:
    """br (RFC 7932)."""

    def __init__(self) -> None:
        self._decoder = brotli.Decompressor()
        self._begun = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        if not data:
            return
        self._begun = True
        try:
            # Only an empty answer says that nothing waits inside; can_accept_more_data() does not.
            while output := self._decoder.process(data, output_buffer_limit=_PIECE_OUT):
                yield output
                data = b""
        except brotli.error as e:
            raise CodingError("corrupt br body, or data after its end") from e

    def end(self) -> None:
        if self._begun and not self._decoder.is_finished():
            raise CodingError("truncated br body")


class _Zstd:
    """zstd (RFC 8878): any number of frames, skippable ones among them.

    The library neither bounds the output of a call nor tells where a body was cut. So the frames are walked here, and
    the library gets one block at a time, which makes 128 KiB at the most.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._inside = False  # a frame has begun and not ended
        self._library = zstandard.ZstdDecompressor()
        self._frames = self._walk()

    def feed(self, data: bytes) -> Iterator[bytes]:
        self._buffer += data
        for output in self._frames:
            if output is None:
                return
            yield output

    def end(self) -> None:
        if self._inside or self._buffer:
            raise CodingError("truncated zstd body")

    def _walk(self) -> Generator[bytes | None]:
        """Yields output, and None when it needs more input."""
        for _ in range(_MAX_PARTS):
            magic = yield from self._take(4)
            self._inside = True
            number = int.from_bytes(magic, "little")
            if number == _ZSTD_MAGIC:
                yield from self._frame(magic)
            elif number in _ZSTD_SKIPPABLE:
                left = int.from_bytes((yield from self._take(4)), "little")
                while left:
                    left -= len((yield from self._take(min(left, len(self._buffer) or 1))))
            else:
                raise CodingError("corrupt zstd body: no frame where one should begin")
            self._inside = False
        raise CodingError(f"a zstd body of {_MAX_PARTS} frames or more")

    def _frame(self, magic: bytes) -> Generator[bytes | None]:
        decoder = self._library.decompressobj()

        def decode(piece: bytes) -> Iterator[bytes]:
            try:
                output = decoder.decompress(piece)
            except zstandard.ZstdError as e:
                raise CodingError(f"corrupt zstd body ({e})") from e
            if output:
                yield output

        descriptor = yield from self._take(1)
        flags = descriptor[0]
        single = flags >> 5 & 1  # no window byte, and a content size even where its flag is 0
        fields = (1 - single) + (0, 1, 2, 4)[flags & 3] + (single, 2, 4, 8)[flags >> 6]
        yield from decode(magic + descriptor + (yield from self._take(fields)))
        last = False
        while not last:
            head = yield from self._take(3)
            number = int.from_bytes(head, "little")
            last, kind, size = bool(number & 1), number >> 1 & 3, number >> 3
            if kind == _ZSTD_RESERVED or size > _ZSTD_MAX_BLOCK:
                raise CodingError("corrupt zstd body: a block of no known kind or size")
            yield from decode(head + (yield from self._take(1 if kind == _ZSTD_RLE else size)))
        if flags & 4:
            yield from decode((yield from self._take(4)))  # the checksum

    def _take(self, size: int) -> Generator[None, None, bytes]:
        while len(self._buffer) < size:
            yield None
        piece = bytes(self._buffer[:size])
        del self._buffer[:size]
        return piece


_CODINGS: dict[str, Callable[[], _Stage] | None] = {
    "gzip": lambda: _Zlib("gzip"),
    "x-gzip": lambda: _Zlib("gzip"),  # RFC 9110, 8.4.1.3: the same
    "deflate": lambda: _Zlib("deflate"),
    "br": _Brotli,
    "zstd": _Zstd,
    "identity": None,
}
