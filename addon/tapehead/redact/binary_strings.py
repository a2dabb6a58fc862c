"""The strings of a protobuf message or a MessagePack value, and the same with other strings, all lengths right.

Knows both encodings without a schema: what of a protobuf message is a string and what a message is told by its bytes.
Source: https://protobuf.dev/programming-guides/encoding/ and the MessagePack specification.
"""

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from tapehead.wire.protobuf import write_varint

_MOST = 8 * 1024 * 1024  # bytes; more is looked through as it is
_DEEPEST = 32
_CONTROLS = bytes([*range(9), 11, 12, *range(14, 27), *range(28, 32), 127])
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


@dataclass(slots=True)
class BinaryString:
    """One string: the fields or keys that lead to it, and what it says."""

    path: tuple[object, ...]
    text: bytes
    head: bytes
    """What stands before it, and says its length."""
    new_head: Callable[[int], bytes]
    """What stands before another, by its length in bytes."""


@dataclass(slots=True)
class _Message:
    """A protobuf message within another."""

    head: bytes
    new_head: Callable[[int], bytes]
    size: int
    parts: "list[bytes | BinaryString | _Message]"


class BinaryStrings:
    """The strings of one message, in their order."""

    def __init__(self, parts: "list[bytes | BinaryString | _Message]") -> None:
        self._parts = parts
        self.strings = list(_strings(parts))

    def with_texts(self, texts: Mapping[int, bytes]) -> bytes:
        """Returns the message with other texts, by the number of the string."""
        for number, text in texts.items():
            string = self.strings[number]
            if len(text) != len(string.text):
                string.head = string.new_head(len(text))
            string.text = text
        return _encoded(self._parts)


def parse_binary(data: bytes) -> BinaryStrings | None:
    """Returns the strings of a message that `data` is as a whole; None for what is neither, and for a very large one."""
    if not 0 < len(data) <= _MOST:
        return None
    for parse in (_protobuf, _message_pack):
        try:
            parts = parse(data)
        except (ValueError, IndexError, RecursionError):
            continue
        if not all(isinstance(part, bytes) for part in parts):
            return BinaryStrings(parts)
    return None


def _strings(parts: "list[bytes | BinaryString | _Message]") -> Iterator[BinaryString]:
    for part in parts:
        if isinstance(part, BinaryString):
            yield part
        elif isinstance(part, _Message):
            yield from _strings(part.parts)


def _encoded(parts: "list[bytes | BinaryString | _Message]") -> bytes:
    encoded = []
    for part in parts:
        if isinstance(part, bytes):
            encoded.append(part)
        else:
            encoded += _with_head(part)
    return b"".join(encoded)


def _with_head(part: "BinaryString | _Message") -> tuple[bytes, bytes]:
    """A string or message behind its length, which keeps its spelling if it is the same."""
    if isinstance(part, BinaryString):
        return part.head, part.text
    content = _encoded(part.parts)
    return part.head if len(content) == part.size else part.new_head(len(content)), content


def _protobuf(data: bytes, path: tuple[object, ...] = ()) -> "list[bytes | BinaryString | _Message]":
    """The fields of a message. ValueError when it is none."""
    if len(path) > _DEEPEST:
        raise ValueError("too deep")
    parts: list[bytes | BinaryString | _Message] = []
    position = 0
    while position < len(data):
        start = position
        tag, position = _varint(data, position)
        field, wire = tag >> 3, tag & 7
        if not field:
            raise ValueError("no field has the number 0")
        if wire == _BYTES:
            tag_end = position
            length, position = _varint(data, position)
            end = position + length
            content = data[position:end]
            if content:
                parts.append(_field(data[start:tag_end], data[start:position], content, (*path, field)))
            else:
                parts.append(data[start:end])
        elif wire in (_VARINT, _FIXED32, _FIXED64):
            end = _varint(data, position)[1] if wire == _VARINT else position + (8 if wire == _FIXED64 else 4)
            parts.append(data[start:end])
        else:
            raise ValueError("a wire type that is not in use")
        if end > len(data):
            raise ValueError("cut short")
        position = end
    return parts


def _field(tag: bytes, head: bytes, content: bytes, path: tuple[object, ...]) -> "BinaryString | _Message":
    def new_head(length: int) -> bytes:
        return tag + write_varint(length)

    if not _is_text(content):
        try:
            return _Message(head, new_head, len(content), _protobuf(content, path))
        except (ValueError, IndexError):
            pass
    return BinaryString(path, content, head, new_head)


def _is_text(content: bytes) -> bool:
    if len(content.translate(None, _CONTROLS)) < len(content):
        return False
    try:
        content.decode()
    except ValueError:
        return False
    return True


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while shift < 64:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
    raise ValueError("a number that is too long")


# What follows a first byte: how many bytes of a number or of a length, by MessagePack's table of formats.
_PLAIN_SIZES = {0xCA: 4, 0xCB: 8, 0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8, 0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8} | {
    0xD4 + n: 1 + (1 << n) for n in range(5)
}
_LENGTHS = {0xD9: ">B", 0xDA: ">H", 0xDB: ">I", 0xC4: ">B", 0xC5: ">H", 0xC6: ">I"}
_STRING, _BINARY = (0xD9, 0xDA, 0xDB), (0xC4, 0xC5, 0xC6)
_EXTENSIONS = {0xC7: ">B", 0xC8: ">H", 0xC9: ">I"}
_COUNTS = {0xDC: (">H", 1), 0xDD: (">I", 1), 0xDE: (">H", 2), 0xDF: (">I", 2)}


def _message_pack(data: bytes) -> "list[bytes | BinaryString | _Message]":
    """The values of MessagePack, one after the other. ValueError or IndexError when it is none.

    A string that grows or shrinks gets the shortest form that its length has.
    """
    if data[0] < 0x80:  # a number: nothing else begins with text
        raise ValueError("no array and no map")
    parts: list[bytes | BinaryString | _Message] = []
    # Of each array or map around: how many values are to come, whether it is a map, the last key.
    around: list[tuple[int, bool, object]] = []
    position = 0
    while position < len(data):
        start = position
        first = data[position]
        position += 1
        text, count, is_map = None, 0, False
        if 0xA0 <= first <= 0xBF:
            text = position, first & 0x1F
        elif first in _LENGTHS:
            size = struct.calcsize(_LENGTHS[first])
            text = position + size, int.from_bytes(_taken(data, position, size))
        elif 0x80 <= first <= 0x9F:
            is_map = first < 0x90
            count = (first & 0x0F) * (2 if is_map else 1)
        elif first in _COUNTS:
            form, each = _COUNTS[first]
            size = struct.calcsize(form)
            count, is_map = int.from_bytes(_taken(data, position, size)) * each, each == 2
            position += size
        elif first in _EXTENSIONS:
            size = struct.calcsize(_EXTENSIONS[first])
            position += size + 1 + int.from_bytes(_taken(data, position, size))
        elif first == 0xC1:
            raise ValueError("no MessagePack")
        else:
            position += _PLAIN_SIZES.get(first, 0)
        key: bytes | None = None
        if text:
            at, length = text
            position = at + length
            key = data[at:position]
            path = tuple(name if of_map else "*" for _, of_map, name in around)
            parts.append(BinaryString(path, key, data[start:at], _head_of(first)))
        else:
            parts.append(data[start:position])
        if position > len(data):
            raise ValueError("cut short")
        _step(around, key, count, is_map)
    if around:
        raise ValueError("cut short")
    return parts


def _step(around: list[tuple[int, bool, object]], key: object, count: int, is_map: bool) -> None:
    """Notes a value in those around it, and itself when there are `count` values in it."""
    if around:
        left, of_map, last = around[-1]
        is_key = left % 2 == 0  # of two in a map the first
        around[-1] = (left - 1, of_map, key if is_key else last if count else None)
    if count:
        if len(around) == _DEEPEST:
            raise ValueError("too deep")
        around.append((count, is_map, None))
    while around and not around[-1][0]:
        around.pop()
        if around:
            around[-1] = (*around[-1][:2], None)


def _taken(data: bytes, position: int, size: int) -> bytes:
    if position + size > len(data):
        raise ValueError("cut short")
    return data[position : position + size]


def _head_of(first: int) -> Callable[[int], bytes]:
    forms = _BINARY if first in _BINARY else _STRING

    def head(length: int) -> bytes:
        if forms is _STRING and length <= 0x1F:
            return bytes((0xA0 | length,))
        code = next(code for code in forms if length < 1 << 8 * struct.calcsize(_LENGTHS[code]))
        return bytes((code,)) + struct.pack(_LENGTHS[code], length)

    return head
