"""Messages of protobuf laid out by the names that a schema gives: as the text format has it.

What the schema does not know is laid out as it is without one. Texts are as they came, not yet safe to print.
"""

import json
import struct
from collections.abc import Callable, Iterator

from tapehead.wire.descriptor_set import (
    BOOL,
    BYTES_TYPE,
    DOUBLE,
    ENUM,
    FIXED,
    FLOAT,
    MESSAGE,
    SINT32,
    SINT64,
    STRING,
    UNSIGNED,
    Schema,
    SchemaField,
)
from tapehead.wire.protobuf import BYTES, ProtobufField, parse_protobuf, read_varint

_DEEPEST = 32
_TOP = 1 << 63

type Unnamed = Callable[[tuple[ProtobufField, ...], int], Iterator[str]]
"""Lays fields out without a schema."""


def named_lines(
    fields: tuple[ProtobufField, ...], type_name: str, schema: Schema, unnamed: Unnamed, depth: int = 0
) -> Iterator[str]:
    """Yields the lines of a message of that type."""
    known = schema.messages.get(type_name, {})
    for each in fields:
        named = known.get(each.number)
        lines = _lines(each, named, schema, unnamed, depth) if named else None
        yield from unnamed((each,), depth) if lines is None else lines


def _lines(found: ProtobufField, named: SchemaField, schema: Schema, unnamed: Unnamed, depth: int) -> list[str] | None:
    """None for what is not of the type that the schema has."""
    if found.wire != BYTES:
        text = _scalar(found.value, named, schema)
        return None if text is None else [f"{named.name}: {text}"]
    assert isinstance(found.value, bytes)
    try:
        if named.type == STRING:
            return [f"{named.name}: {json.dumps(found.value.decode(), ensure_ascii=False)}"]
        if named.type == BYTES_TYPE:
            return [f"{named.name}: 0x{found.value.hex()}"]
        if named.type != MESSAGE:
            texts = [_scalar(value, named, schema) for value in _packed(found.value, named.type)]
            return None if None in texts else [f"{named.name}: [{', '.join(map(str, texts))}]"]
        if depth >= _DEEPEST:
            return None
        inner = named_lines(parse_protobuf(found.value), named.type_name, schema, unnamed, depth + 1)
        return [f"{named.name} {{", *(f"  {line}" for line in inner), "}"]
    except ValueError:
        return None


def _packed(data: bytes, kind: int) -> Iterator[int | bytes]:
    """The values of a list that is written as one field."""
    position, size = 0, FIXED.get(kind)
    while position < len(data):
        if size is None:
            value, position = read_varint(data, position)
            yield value
        else:
            if len(data) - position < size:
                raise ValueError("a value that is cut short")
            yield data[position : position + size]
            position += size


def _scalar(value: int | bytes, named: SchemaField, schema: Schema) -> str | None:
    kind = named.type
    if isinstance(value, bytes):
        if FIXED.get(kind) != len(value):
            return None
        if kind in (DOUBLE, FLOAT):
            return f"{struct.unpack('<d' if kind == DOUBLE else '<f', value)[0]:g}"
        return str(int.from_bytes(value, "little", signed=kind not in UNSIGNED))
    if kind in FIXED or kind in (STRING, BYTES_TYPE, MESSAGE):
        return None
    if kind == BOOL:
        return "true" if value else "false"
    if kind in (SINT32, SINT64):
        return str((value >> 1) ^ -(value & 1))
    signed = value if kind in UNSIGNED or value < _TOP else value - 2 * _TOP
    return schema.enums.get(named.type_name, {}).get(signed, str(signed)) if kind == ENUM else str(signed)
