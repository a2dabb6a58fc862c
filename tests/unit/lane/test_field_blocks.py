"""field_blocks: the reader gives and refuses what hyper's decoder does; what is written is read by that."""

import random

import pytest
from hpack import Decoder, Encoder, HPACKError
from hpack.exceptions import OversizedHeaderListError
from hypothesis import given
from hypothesis import strategies as st

from tapehead.lane.field_blocks import NO_TABLE, BlockReader, write_block
from tapehead.lane.http2_frames import Http2Code, Http2ConnectionError

MOST = 2**16
NAMES = st.sampled_from([b":method", b":path", b"accept", b"x-a", b"content-length", b"cookie", b""]) | st.binary(
    max_size=9
)
VALUES = st.sampled_from([b"GET", b"/", b"gzip, deflate", b"", b"a" * 300, b"b" * 3000]) | st.binary(max_size=20)
FIELDS = st.lists(st.tuples(NAMES, VALUES), max_size=12)
SIZES = st.sampled_from([None, None, 0, 100, 200, 4096])


def expected(decoder: Decoder, block: bytes) -> list[tuple[bytes, bytes]] | Http2Code:
    """What hyper makes of it."""
    try:
        return [(name, value) for name, value in decoder.decode(block, raw=True)]
    except OversizedHeaderListError:
        return Http2Code.ENHANCE_YOUR_CALM
    except HPACKError:
        return Http2Code.COMPRESSION_ERROR


def got(reader: BlockReader, block: bytes) -> list[tuple[bytes, bytes]] | Http2Code:
    try:
        return reader.read(block)
    except Http2ConnectionError as e:
        return e.code


@given(blocks=st.lists(st.tuples(FIELDS, SIZES, st.booleans()), max_size=8), seed=st.integers())
def test_what_an_encoder_writes(blocks: list[tuple[list[tuple[bytes, bytes]], int | None, bool]], seed: int) -> None:
    """Block after block: indexed or not, of a table that grows, is full or changes its size."""
    chance = random.Random(seed)
    encoder, decoder, reader = Encoder(), Decoder(), BlockReader(MOST)
    for fields, size, huffman in blocks:
        if size is not None:
            encoder.header_table_size = size
        before = reader.changes
        block = encoder.encode([(*field, chance.random() < 0.2) for field in fields], huffman=huffman)
        was = list(decoder.header_table.dynamic_entries)
        assert expected(decoder, block) == reader.read(block)
        if was != list(decoder.header_table.dynamic_entries):
            assert before < reader.changes


@given(data=st.lists(st.binary(max_size=40), max_size=5), seed=st.integers())
def test_any_bytes(data: list[bytes], seed: int) -> None:
    """Blocks that were changed, or are none, are refused as hyper refuses them, or read as it reads them."""
    chance = random.Random(seed)
    encoder, decoder, reader = Encoder(), Decoder(), BlockReader(MOST)
    for piece in data:
        block = bytearray(encoder.encode([(b"x-a", piece), (b":path", b"/"), (b"x-b", b"c")]))
        for _ in range(chance.randrange(3)):
            block[chance.randrange(len(block))] = chance.randrange(256)
        for each in (piece, bytes(block)):
            wanted = expected(decoder, each)
            assert wanted == got(reader, each)
            if isinstance(wanted, Http2Code):
                return


REFUSED = {
    "index 0": b"\x80",
    "an entry of the table": b"\xbe",
    "a far entry": b"\xff\x20",
    "the name of an entry": b"\x7e\x01a",
    "a number without an end": b"\xff\x80\x80\x80\x80\x80\x01",
    "a number that breaks off": b"\xff\x80",
    "a text that breaks off": b"\x40\x05ab",
    "a long text that breaks off": b"\x40\x7f\x80\x01ab",
    "no value": b"\x40\x01a",
    "a size after a field": b"\x82\x3f\x21",
    "a size that is too large": b"\x3f\xe2\x1f",
    "no Huffman code": b"\x40\x01a\x84\xff\xff\xff\xff",
}


@pytest.mark.parametrize("block", REFUSED.values(), ids=REFUSED)
def test_what_is_no_block(block: bytes) -> None:
    """It ends the connection."""
    assert Http2Code.COMPRESSION_ERROR == expected(Decoder(), block) == got(BlockReader(MOST), block)


def test_far_entries() -> None:
    """An index of more than seven bits, and a name's of more than four."""
    reader, decoder = BlockReader(MOST), Decoder()
    many = b"".join(b"\x40\x02x%c\x01%c" % (65 + n % 26, 97 + n % 26) for n in range(80))
    for block in (many, b"\xff\x05", b"\x0f\x3c\x01z", b"\x7f\x0f\x01z", b"\x7f\x00\x01z"):
        assert expected(decoder, block) == reader.read(block)


def test_too_many_fields() -> None:
    """Few bytes that mean many are refused before they are all read."""
    block = b"\x40\x01a\x7f\xa1\x1e" + b"v" * 4000 + b"\xbe" * 20
    assert Http2Code.ENHANCE_YOUR_CALM == expected(Decoder(), block) == got(BlockReader(MOST), block)


def test_an_entry_that_is_larger_than_the_table() -> None:
    """It empties it."""
    reader = BlockReader(MOST)
    reader.read(b"\x40\x01a\x01b")
    assert [(b"a", b"b")] == reader.read(b"\xbe")
    reader.read(b"\x40\x01c\x7f\x81\x7f" + b"v" * 16384)
    assert Http2Code.COMPRESSION_ERROR == got(reader, b"\xbe")


@given(fields=st.lists(st.tuples(NAMES, VALUES), max_size=12))
def test_what_is_written(fields: list[tuple[bytes, bytes]]) -> None:
    """It is read by hyper, and leaves its table as it was."""
    decoder = Decoder(max_header_list_size=10**6)
    block = write_block(fields)
    assert fields == [(name, value) for name, value in decoder.decode(block, raw=True)]
    assert not decoder.header_table.dynamic_entries
    assert block == write_block(fields)


def test_no_table() -> None:
    """A peer that made its table smaller is told so."""
    decoder = Decoder()
    decoder.max_allowed_table_size = 0
    assert [(b":status", b"200")] == list(decoder.decode(NO_TABLE + write_block([(b":status", b"200")]), raw=True))
