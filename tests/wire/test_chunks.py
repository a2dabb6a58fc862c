"""Chunks that came together: bytes like others, but for who asks."""

from tapehead.wire.chunks import Chunks, as_one, parts_of


def test_several() -> None:
    """As one, they are their bytes; the parts stay known, also to who takes the bytes of them."""
    several = as_one([b"one ", b"two"])

    assert several == b"one two"
    assert (b"one ", b"two") == parts_of(several) == parts_of(bytes(several))
    assert isinstance(several, Chunks)
    assert type(several[:3]) is bytes


def test_one() -> None:
    """One chunk stays what it is."""
    assert as_one([b"one"]) is not None
    assert type(as_one([b"one"])) is bytes
    assert (b"one",) == parts_of(b"one")
