"""A text in gzip: read within bounds, and written so that every library writes the same."""

import gzip
import zlib

GZIP = b"\x1f\x8b\x08"
_LARGEST = 1024 * 1024  # bytes that one may become


def inflate(data: bytes) -> bytes:
    """Returns what gzip says; nothing where it is none, or says too much."""
    inflater = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        text = inflater.decompress(data, _LARGEST)
    except zlib.error:
        return b""
    return b"" if inflater.unconsumed_tail else text


def deflate(data: bytes) -> bytes:
    """Returns a text in gzip, not compressed: how that is done differs from library to library."""
    return gzip.compress(data, 0, mtime=0)
