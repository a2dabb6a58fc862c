"""huffman_code: what hyper's decoder gives, and what it refuses."""

import pytest
from hpack.exceptions import HPACKDecodingError
from hpack.huffman import HuffmanEncoder
from hpack.huffman_constants import REQUEST_CODES, REQUEST_CODES_LENGTH
from hpack.huffman_table import decode_huffman
from hypothesis import given
from hypothesis import strategies as st

from tapehead.lane import huffman_code

ENCODER = HuffmanEncoder(REQUEST_CODES, REQUEST_CODES_LENGTH)


@given(text=st.binary(max_size=600))
def test_what_was_encoded(text: bytes) -> None:
    """It is decoded, short or long."""
    assert text == huffman_code.decode(ENCODER.encode(text))


@given(code=st.binary(max_size=40) | st.binary(max_size=3).map(lambda rest: b"\xff\xff" + rest))
def test_any_bytes(code: bytes) -> None:
    """They are decoded as hyper decodes them, or refused as it refuses them."""
    try:
        expected = decode_huffman(code)
    except HPACKDecodingError:
        with pytest.raises(ValueError, match="Huffman"):
            huffman_code.decode(code)
    else:
        assert expected == huffman_code.decode(code)


def test_all_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that are not kept are made again."""
    monkeypatch.setattr(huffman_code, "_MOST_STEPS", 0)
    monkeypatch.setattr(huffman_code, "_steps", {})
    huffman_code._kept.cache_clear()

    assert b"www.example.com" == huffman_code.decode(ENCODER.encode(b"www.example.com"))
    assert {} == huffman_code._steps
