"""Chunks in a file are the chunks that were put there, and take no name and little memory."""

from pathlib import Path

from tapehead.exchange.spooled_chunks import SpooledChunks


def test_a_sequence(tmp_path: Path) -> None:
    """It is read from anywhere, as often as one likes."""
    chunks = SpooledChunks([b"ab", b"", b"c"], tmp_path)
    chunks.append(b"def")

    assert [b"ab", b"", b"c", b"def"] == list(chunks)
    assert b"abcdef" == b"".join(chunks)
    assert (4, b"def", [b"", b"c"]) == (len(chunks), chunks[3], chunks[1:3])
    assert "<SpooledChunks 4 of 6 bytes>" == repr(chunks)
    assert [] == list(tmp_path.iterdir())


def test_it_is_cut_and_goes_on(tmp_path: Path) -> None:
    """What was cut off is not seen again."""
    chunks = SpooledChunks([b"ab", b"cdef"], tmp_path / "is not there")
    chunks.cut(1)
    chunks.append(b"g")

    assert [b"ab", b"g"] == list(chunks)
