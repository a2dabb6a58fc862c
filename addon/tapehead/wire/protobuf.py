"""The fields of a protobuf message, without a schema: numbers, and what stands in them on the wire.

Source: https://protobuf.dev/programming-guides/encoding/. Groups, which nothing has used since 2008, are not read. What a
field means is told by a schema only, and not here.
"""

from dataclasses import dataclass

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_FIXED = {FIXED64: 8, FIXED32: 4}
_LONGEST_VARINT = 10  # bytes
_CONTROLS = bytes([*range(9), 11, 12, *range(14, 32), 127])


@dataclass(frozen=True, slots=True)
class ProtobufField:
    """One field as it stands in a message."""

    number: int
    wire: int
    """`VARINT`, `FIXED64`, `BYTES` or `FIXED32`."""
    value: int | bytes
    """A number of a varint; else the bytes."""


def parse_protobuf(data: bytes) -> tuple[ProtobufField, ...]:
    """Returns the fields of a message, in their order. Raises ValueError for what is none."""
    fields = []
    position = 0
    while position < len(data):
        tag, position = read_varint(data, position)
        number, wire = tag >> 3, tag & 7
        if not 0 < number < 1 << 29:
            raise ValueError(f"a field with the number {number}")
        value: int | bytes
        if wire == VARINT:
            value, position = read_varint(data, position)
        elif wire == BYTES or wire in _FIXED:
            size = _FIXED.get(wire)
            if size is None:
                size, position = read_varint(data, position)
            value = data[position : position + size]
            if len(value) < size:
                raise ValueError("a field that is cut short")
            position += size
        else:
            raise ValueError(f"a field of the wire type {wire}")
        fields.append(ProtobufField(number, wire, value))
    return tuple(fields)


def read_varint(data: bytes, position: int) -> tuple[int, int]:
    """Returns the number that begins at `position`, and where it ends. Raises ValueError for none."""
    value = 0
    for length, byte in enumerate(data[position : position + _LONGEST_VARINT]):
        value |= (byte & 0x7F) << 7 * length
        if byte < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, position + length + 1
    raise ValueError("a number that does not end")


def write_varint(value: int) -> bytes:
    """Returns the shortest spelling of a number."""
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def is_text(data: bytes) -> bool:
    """Returns whether bytes are text, by what they hold: UTF-8 without control characters."""
    if len(data.translate(None, _CONTROLS)) < len(data):
        return False
    try:
        data.decode()
    except ValueError:
        return False
    return True
