"""Chunks that came together: bytes like others, but for who asks."""

from tapehead.wire.chunks import CoalescedChunks, coalesce, parts


def test_several() -> None:
    """As one, they are their bytes; the parts stay known, also to who takes the bytes of them."""
    several = coalesce([b"one ", b"two"])

    assert several == b"one two"
    assert (b"one ", b"two") == parts(several) == parts(bytes(several))
    assert isinstance(several, CoalescedChunks)
    assert type(several[:3]) is bytes


def test_one() -> None:
    """One chunk stays what it is."""
    assert coalesce([b"one"]) is not None
    assert type(coalesce([b"one"])) is bytes
    assert (b"one",) == parts(b"one")
