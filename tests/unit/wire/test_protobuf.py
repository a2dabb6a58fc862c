"""Fields of protobuf messages, read as they stand on the wire."""

import pytest

from tapehead.wire.protobuf import (
    BYTES,
    FIXED32,
    FIXED64,
    VARINT,
    ProtobufField,
    is_text,
    parse_protobuf,
    read_varint,
    write_varint,
)


def test_fields_of_each_kind_are_read() -> None:
    """Numbers, strings and fixed widths, in the order in which they stand."""
    data = b"\x08\x96\x01\x12\x02hi\x1d\x01\x02\x03\x04\x21\x01\x02\x03\x04\x05\x06\x07\x08"
    assert (
        ProtobufField(1, VARINT, 150),
        ProtobufField(2, BYTES, b"hi"),
        ProtobufField(3, FIXED32, b"\x01\x02\x03\x04"),
        ProtobufField(4, FIXED64, b"\x01\x02\x03\x04\x05\x06\x07\x08"),
    ) == parse_protobuf(data)


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\x01",  # field 0
        b"\x08",  # no value
        b"\x0a\x05hi",  # cut short
        b"\x1d\x01",
        b"\x0b\x0c",  # a group
        b"\x80" * 11,  # a number without an end
        b"\xff\xff\xff\xff\xff\x01\x01",  # beyond the largest field
    ],
)
def test_what_is_no_message_is_refused(data: bytes) -> None:
    """ValueError, whatever is wrong."""
    with pytest.raises(ValueError, match=r"field|number"):
        parse_protobuf(data)


@pytest.mark.parametrize("value", [0, 1, 127, 128, 300, 2**32, 2**64 - 1])
def test_numbers_are_written_as_they_are_read(value: int) -> None:
    """The shortest spelling comes back as the same number."""
    written = write_varint(value)
    assert (value, len(written)) == read_varint(written, 0)


def test_a_number_has_64_bits() -> None:
    """What is beyond them is dropped, as all readers do."""
    assert (2**64 - 1, 10) == read_varint(b"\xff" * 9 + b"\x7f", 0)


@pytest.mark.parametrize(
    ("data", "expected"),
    [(b"", True), ("Olá\n".encode(), True), (b"a\x00", False), (b"\xff", False), (b"\x1b[", False)],
)
def test_text_is_told_by_its_bytes(data: bytes, expected: bool) -> None:
    """UTF-8 without control characters."""
    assert expected is is_text(data)
