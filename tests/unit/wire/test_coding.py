"""Content codings: whole, byte by byte, truncated, with trailing data, and as bombs."""

import contextlib
import gzip
import itertools
import random
import tracemalloc
import zlib
from collections.abc import Callable

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from tapehead.wire import coding
from tapehead.wire.coding import CodingError, Decoder, decode

TEXT = b"".join(b'data: {"n": %d, "x": "%x"}\n\n' % (n, n * 7919) for n in range(200))
MIB = 1024 * 1024
ZEROS = bytes(MIB)
SKIPPABLE = b"\x55\x2a\x4d\x18\x03\0\0\0abc"


def raw_deflate(data: bytes) -> bytes:
    deflate = zlib.compressobj(wbits=-15)
    return deflate.compress(data) + deflate.flush()


def brotli_bytes(data: bytes) -> bytes:
    return bytes(brotli.compress(data, quality=5))


def zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


def zstd_flushed(data: bytes) -> bytes:
    """One frame of unknown size with a checksum, flushed after each of many small writes, as a server streams."""
    compress = zstandard.ZstdCompressor(write_checksum=True).compressobj()
    pieces = []
    for piece in itertools.batched(data, 100):
        pieces += [compress.compress(bytes(piece)), compress.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)]
    return b"".join([*pieces, compress.flush()])


def zstd_stored(data: bytes) -> bytes:
    """A frame written by hand, of raw blocks: RFC 8878, 3.1.1."""
    blocks = [data[start : start + 1000] for start in range(0, len(data), 1000)] or [b""]
    heads = [
        (len(block) << 3 | (number == len(blocks))).to_bytes(3, "little") for number, block in enumerate(blocks, 1)
    ]
    return b"\x28\xb5\x2f\xfd\x00\x58" + b"".join(head + block for head, block in zip(heads, blocks, strict=True))


ENCODERS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("X-GZip", gzip.compress),
    "zlib": ("deflate", zlib.compress),
    "zlib-fast": ("deflate", lambda data: zlib.compress(data, 1)),
    "raw-deflate": ("deflate", raw_deflate),
    "br": ("br", brotli_bytes),
    "zstd": ("zstd", zstd),
    "zstd-flushed": ("zstd", zstd_flushed),
    "zstd-stored": ("zstd", zstd_stored),
    "two": ("gzip, br", lambda data: brotli_bytes(gzip.compress(data))),
    "three": (" deflate ,, identity,zstd ", lambda data: zstd(zlib.compress(data))),
}
MULTIPART: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip members": (
        "gzip",
        lambda data: gzip.compress(data[:50]) + gzip.compress(b"", mtime=0) + gzip.compress(data[50:]),
    ),
    "zstd frames": ("zstd", lambda data: zstd(data[:50]) + SKIPPABLE + zstd(b"") + zstd_flushed(data[50:])),
}
ALL = ENCODERS | MULTIPART


@pytest.mark.parametrize("name", ALL)
def test_whole_and_byte_by_byte(name: str) -> None:
    """Each coding gives the text back, in one piece and in pieces of a byte, one decoded chunk per chunk."""
    encoding, encode = ALL[name]
    encoded = encode(TEXT)
    single = [encoded[n : n + 1] for n in range(len(encoded))]

    assert [TEXT] == decode([encoded], encoding)
    decoded = decode(single, encoding)
    assert TEXT == b"".join(decoded)
    assert len(single) == len(decoded)


@pytest.mark.parametrize("name", ENCODERS)
def test_truncated(name: str) -> None:
    """Cut after any byte, a body is an error, fed whole or byte by byte."""
    encoding, encode = ENCODERS[name]
    encoded = encode(TEXT[:300])

    for size in range(1, len(encoded)):
        with pytest.raises(CodingError, match="truncated"):
            decode([encoded[:size]], encoding)
    with pytest.raises(CodingError, match="truncated"):
        decode([encoded[n : n + 1] for n in range(len(encoded) - 1)], encoding)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("trailing", [b"\0", b"x", b"\0" * 512, b"more than a few bytes"])
def test_trailing_data(name: str, trailing: bytes) -> None:
    """Anything after the end is an error, in the same chunk or in one of its own."""
    encoding, encode = ALL[name]
    encoded = encode(TEXT)

    for chunks in ([encoded + trailing], [encoded, trailing]):
        with pytest.raises(CodingError, match=r"after (the|its) end|corrupt zstd|truncated zstd"):
            decode(chunks, encoding)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "gzip, br"])
def test_corrupt(encoding: str) -> None:
    """A body that is not in its coding is an error."""
    with pytest.raises(CodingError):
        decode([b"this is just text, \xff not more than that, and never was"], encoding)


@pytest.mark.parametrize("name", ["gzip", "zlib", "zstd-flushed"])
def test_checksum(name: str) -> None:
    """A wrong checksum at the end is an error."""
    encoding, encode = ALL[name]
    encoded = bytearray(encode(TEXT))
    encoded[-5 if name == "gzip" else -1] ^= 1

    with pytest.raises(CodingError, match="corrupt"):
        decode([bytes(encoded)], encoding)


def test_zstd_block_of_no_kind() -> None:
    """A zstd block of the reserved kind, or over 128 KiB, is an error before anything is kept for it."""
    frame = b"\x28\xb5\x2f\xfd\x00\x58"

    for head in (3 << 1, (128 * 1024 + 1) << 3):
        with pytest.raises(CodingError, match="no known kind or size"):
            decode([frame + head.to_bytes(3, "little")], "zstd")


def test_zstd_run_length_block() -> None:
    """A zstd block that repeats one byte has one byte of content, whatever its size says."""
    head = (1000 << 3 | 1 << 1 | 1).to_bytes(3, "little")

    assert [b"a" * 1000] == decode([b"\x28\xb5\x2f\xfd\x00\x58" + head + b"a"], "zstd")


def test_long_skippable_frame() -> None:
    """A skippable zstd frame is passed over in pieces, and cut off in the middle it is a truncated body."""
    head = b"\x50\x2a\x4d\x18" + (3 * MIB).to_bytes(4, "little")

    assert [b"", b"", b"", b"ab"] == decode([head, ZEROS, ZEROS, ZEROS + zstd(b"ab")], "zstd")
    with pytest.raises(CodingError, match="truncated"):
        decode([head, ZEROS], "zstd")


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "gzip, br", "", "identity"])
def test_empty_body(encoding: str) -> None:
    """No bytes at all are the empty body in every coding; empty chunks change nothing."""
    assert [] == decode([], encoding)
    assert [b"", b""] == decode([b"", b""], encoding)


def test_identity() -> None:
    """Without a coding the chunks are what they were."""
    assert [b"a", b"", b"b"] == decode([b"a", b"", b"b"], "")
    assert [b"a", b"b"] == decode([b"a", b"b"], "Identity")


def test_unknown_coding() -> None:
    """A coding that is not known, alone or in a list, is an error before the first byte; so are five of them."""
    for encoding in ("compress", "gzip, dcb", "aws-chunked"):
        with pytest.raises(CodingError, match="unknown content coding"):
            Decoder(encoding)
    with pytest.raises(CodingError, match="5 content codings"):
        Decoder("gzip,gzip,gzip,gzip,gzip")


@pytest.mark.parametrize("name", ["gzip", "zlib", "raw-deflate", "br", "zstd", "zstd-flushed"])
def test_large_and_random(name: str) -> None:
    """Megabytes that do not compress come back, whatever the chunks."""
    encoding, encode = ENCODERS[name]
    data = random.Random(3).randbytes(300_000) * 2
    encoded = encode(data)

    for size in (len(encoded), 65_536, 1_000):
        chunks = [encoded[start : start + size] for start in range(0, len(encoded), size)]
        assert data == b"".join(decode(chunks, encoding))


def gzip_bomb(mebibytes: int) -> bytes:
    deflate = zlib.compressobj(9, wbits=31)
    return b"".join(deflate.compress(ZEROS) for _ in range(mebibytes)) + deflate.flush()


def zstd_bomb(mebibytes: int) -> bytes:
    compress = zstandard.ZstdCompressor().compressobj()
    return b"".join(compress.compress(ZEROS) for _ in range(mebibytes)) + compress.flush()


BOMBS: dict[str, Callable[[], bytes]] = {
    "gzip": lambda: gzip_bomb(100),
    "deflate": lambda: zlib.compress(bytes(100 * MIB), 9),
    "br": lambda: brotli_bytes(bytes(100 * MIB)),
    "zstd": lambda: zstd_bomb(100),
    "gzip, gzip": lambda: gzip.compress(gzip_bomb(100)),
}


@pytest.mark.parametrize("encoding", BOMBS)
def test_bomb_is_stopped_by_size(encoding: str) -> None:
    """One chunk that inflates to 100 MiB is stopped at the limit, with less than 1 MiB more in memory."""
    bomb = BOMBS[encoding]()
    decoder = Decoder(encoding, max_size=8 * MIB, max_ratio=10**9)
    tracemalloc.start()
    try:
        with pytest.raises(CodingError, match="more than 8388608 bytes"):
            decoder.feed(bomb)
        assert tracemalloc.get_traced_memory()[1] < 9 * MIB
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip"])
def test_bomb_is_stopped_by_ratio(encoding: str) -> None:
    """More than 1000:1 is refused, of a list of codings for all of them together."""
    with pytest.raises(CodingError, match="more than 1000 times"):
        decode([BOMBS[encoding]()], encoding)


def test_ratio_is_free_up_to_a_mebibyte() -> None:
    """A short body of one letter is no bomb, and one byte more is, under br at 100,000:1."""
    assert [ZEROS] == decode([brotli_bytes(ZEROS)], "br")
    with pytest.raises(CodingError, match="more than 1000 times"):
        decode([brotli_bytes(ZEROS + b"\0")], "br")


def test_exactly_the_maximum() -> None:
    """The limit itself is allowed, a byte more is not."""
    encoded = gzip.compress(b"x" * 1000)

    assert b"x" * 1000 == Decoder("gzip", max_size=1000).feed(encoded)
    with pytest.raises(CodingError, match="more than 999 bytes"):
        Decoder("gzip", max_size=999).feed(encoded)


@pytest.mark.parametrize(("encoding", "part"), [("gzip", gzip.compress(b"", mtime=0)), ("zstd", zstd(b""))])
def test_too_many_parts(encoding: str, part: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Members and frames without number, which cost time also when empty, are refused."""
    monkeypatch.setattr(coding, "_MAX_PARTS", 100)

    assert b"" == Decoder(encoding).feed(part * 99)
    with pytest.raises(CodingError, match="100"):
        Decoder(encoding).feed(part * 101)


@given(data=st.binary(max_size=300), cuts=st.lists(st.integers(1, 40)), name=st.sampled_from(sorted(ALL)))
def test_any_chunks(data: bytes, cuts: list[int], name: str) -> None:
    """Any data in any coding, cut anywhere, comes back."""
    encoding, encode = ALL[name]
    rest = encode(data)
    chunks = []
    for cut in cuts:
        chunks.append(rest[:cut])
        rest = rest[cut:]

    assert data == b"".join(decode([*chunks, rest], encoding))


@given(junk=st.binary(max_size=100), encoding=st.sampled_from(["gzip", "deflate", "br", "zstd", "zstd, gzip"]))
def test_any_junk(junk: bytes, encoding: str) -> None:
    """Any bytes decode or raise CodingError, and nothing else; also behind a valid beginning."""
    prefixes = {"gzip": b"\x1f\x8b\x08\0", "deflate": b"\x78\x9c", "br": b"\x0b", "zstd": b"\x28\xb5\x2f\xfd"}
    for data in (junk, prefixes.get(encoding, b"") + junk):
        with contextlib.suppress(CodingError):
            decode([data], encoding)


def test_what_is_bulky_may_be_no_bomb() -> None:
    """Over 16 MiB a body that is mostly empty is not decoded; one that says something is."""
    empty = zlib.compress(b"all the same " * 2_000_000)
    with pytest.raises(CodingError, match="more than 100 times"):
        decode([empty], "deflate")
    said = b"".join(b"%d is said\n" % number for number in range(1_200_000))
    assert said == b"".join(decode([zlib.compress(said, 1)], "deflate"))


def test_the_beginning_of_a_body() -> None:
    """What is not said to be whole may end anywhere."""
    coded = gzip.compress(b"data: [DONE]\n\n")

    assert [b"data: [DONE]\n\n"] == decode([coded[:-8]], "gzip", whole=False)
    with pytest.raises(CodingError, match="truncated gzip body"):
        decode([coded[:-8]], "gzip")
