"""What a protobuf descriptor set says: the names of fields, enumerations and methods. `protoc --descriptor_set_out` makes one.

Source: descriptor.proto of the protobuf library, whose numbers are used here. Knows bytes; where they come from is told by
whoever reads them.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from tapehead.wire.protobuf import BYTES, ProtobufField, parse_protobuf

DOUBLE, FLOAT, BOOL, STRING, MESSAGE, BYTES_TYPE, ENUM, SINT32, SINT64 = 1, 2, 8, 9, 11, 12, 14, 17, 18
"""Types of fields that are not read as plain whole numbers (FieldDescriptorProto.Type)."""
UNSIGNED = (4, 6, 7, 13)
FIXED = {1: 8, 2: 4, 6: 8, 7: 4, 15: 4, 16: 8}
"""Bytes of the types that have always as many."""

_TOP = 1 << 63
"""From here on a varint is a number below zero."""


@dataclass(frozen=True, slots=True)
class SchemaField:
    """A field of a message."""

    name: str
    type: int
    type_name: str = ""
    """Of a message or an enumeration: its whole name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """Names, by whole names without a leading dot."""

    messages: Mapping[str, Mapping[int, SchemaField]] = field(default_factory=dict)
    enums: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    methods: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """The types of what is asked and of what is answered, by `package.Service/Method`."""

    def __or__(self, other: "Schema") -> "Schema":
        """Returns both; of what both have, the other's."""
        return Schema(
            messages={**self.messages, **other.messages},
            enums={**self.enums, **other.enums},
            methods={**self.methods, **other.methods},
        )


def parse_descriptor_set(data: bytes) -> Schema:
    """Returns what a FileDescriptorSet says. Raises ValueError for what is none."""
    return parse_descriptors(_texts(parse_protobuf(data), 1))


def parse_descriptors(files: Iterable[bytes]) -> Schema:
    """Returns what FileDescriptorProtos say. Raises ValueError for what is none."""
    messages: dict[str, dict[int, SchemaField]] = {}
    enums: dict[str, dict[int, str]] = {}
    methods: dict[str, tuple[str, str]] = {}
    for file in files:
        fields = parse_protobuf(file)
        prefix = _prefix(_text(fields, 2))
        for each in _texts(fields, 4):
            _add_message(parse_protobuf(each), prefix, messages, enums)
        for each in _texts(fields, 5):
            _add_enum(parse_protobuf(each), prefix, enums)
        for each in _texts(fields, 6):
            service = parse_protobuf(each)
            for method in map(parse_protobuf, _texts(service, 2)):
                types = _text(method, 2).lstrip("."), _text(method, 3).lstrip(".")
                methods[f"{prefix}{_text(service, 1)}/{_text(method, 1)}"] = types
    return Schema(messages=messages, enums=enums, methods=methods)


def _add_message(
    fields: tuple[ProtobufField, ...],
    prefix: str,
    messages: dict[str, dict[int, SchemaField]],
    enums: dict[str, dict[int, str]],
) -> None:
    name = prefix + _text(fields, 1)
    messages[name] = {
        _number(each, 3): SchemaField(_text(each, 1), _number(each, 5), _text(each, 6).lstrip("."))
        for each in map(parse_protobuf, _texts(fields, 2))
    }
    for each in _texts(fields, 3):
        _add_message(parse_protobuf(each), f"{name}.", messages, enums)
    for each in _texts(fields, 4):
        _add_enum(parse_protobuf(each), f"{name}.", enums)


def _add_enum(fields: tuple[ProtobufField, ...], prefix: str, enums: dict[str, dict[int, str]]) -> None:
    values = map(parse_protobuf, _texts(fields, 2))
    enums[prefix + _text(fields, 1)] = {_number(each, 2): _text(each, 1) for each in values}


def _prefix(package: str) -> str:
    return f"{package}." if package else ""


def _texts(fields: tuple[ProtobufField, ...], number: int) -> Iterator[bytes]:
    for each in fields:
        if each.number == number and each.wire == BYTES:
            assert isinstance(each.value, bytes)
            yield each.value


def _text(fields: tuple[ProtobufField, ...], number: int) -> str:
    """The last one counts, as in all of protobuf. Raises ValueError where it is none."""
    return ([b"", *_texts(fields, number)][-1]).decode()


def _number(fields: tuple[ProtobufField, ...], number: int) -> int:
    found = (each.value for each in reversed(fields) if each.number == number and isinstance(each.value, int))
    value = next(found, 0)
    return value if value < _TOP else value - 2 * _TOP
