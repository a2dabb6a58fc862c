import struct

import pytest

from tapehead.redact.binary_strings import parse_binary


def varint(value: int) -> bytes:
    encoded = b""
    while value > 0x7F:
        encoded += bytes((value & 0x7F | 0x80,))
        value >>= 7
    return encoded + bytes((value,))


def of(field: int, content: bytes) -> bytes:
    """A field of protobuf with a length."""
    return varint(field << 3 | 2) + varint(len(content)) + content


PROTOBUF = (
    of(1, b"name")
    + varint(2 << 3) + varint(300)
    + of(3, of(1, b"inner \xc3\xa9") + varint(2 << 3 | 1) + bytes(8) + varint(3 << 3 | 5) + bytes(4))
    + of(40, b"\xff\xfe not UTF-8")
    + of(5, b"")
    + of(6, b"\x07bell is no field")
)  # fmt: skip
MESSAGE_PACK = (
    b"\x86" + b"\xa1k" + b"\xa5value"
    + b"\xa4list" + b"\x93\xa1a\xda\x00\x01b\xdb\x00\x00\x00\x01c"
    + b"\xa3bin" + b"\xc4\x02\xff\xfe"
    + b"\xa3map" + b"\xde\x00\x01\xa1x\xdf\x00\x00\x00\x00"
    + b"\xa4nums" + b"\xdc\x00\x0a\x01\xe0\xc0\xc3\xcc\x01\xcd\x00\x01\xce\x00\x00\x00\x01\xd0\x01\xd4\x01\x01\xcb" + bytes(8)
    + b"\xa3ext" + b"\xdd\x00\x00\x00\x01\xc7\x02\x01ab"
)  # fmt: skip


def test_protobuf() -> None:
    """The strings of a message, with the fields that lead to them; bytes that are neither text nor message are strings."""
    message = parse_binary(PROTOBUF)
    assert message
    assert [
        ((1,), b"name"),
        ((3, 1), "inner é".encode()),
        ((40,), b"\xff\xfe not UTF-8"),
        ((6,), b"\x07bell is no field"),
    ] == [(string.path, string.text) for string in message.strings]


def test_message_pack() -> None:
    """The strings of a value, with the keys that lead to them."""
    message = parse_binary(MESSAGE_PACK)
    assert message
    assert [
        ((b"k",), b"value"),
        ((b"list", "*"), b"a"),
        ((b"list", "*"), b"b"),
        ((b"list", "*"), b"c"),
        ((b"bin",), b"\xff\xfe"),
    ] == [(each.path, each.text) for each in message.strings if each.path[0] and each.text != b"x"]


@pytest.mark.parametrize("size", [1, 31, 32, 127, 128, 255, 256, 70_000])
@pytest.mark.parametrize("data", [PROTOBUF, MESSAGE_PACK])
def test_other_lengths(data: bytes, size: int) -> None:
    """With other strings all lengths are right, and all else stays."""
    message = parse_binary(data)
    assert message
    texts = [string.text for string in message.strings]
    number = texts.index(b"inner \xc3\xa9" if data is PROTOBUF else b"value")
    last = texts.index(b"\xff\xfe not UTF-8" if data is PROTOBUF else b"\xff\xfe")
    changed = message.with_texts({number: b"n" * size, last: b"\xff" * size})
    again = parse_binary(changed)
    assert again
    texts[number], texts[last] = b"n" * size, b"\xff" * size

    assert texts == [string.text for string in again.strings]
    assert data == again.with_texts({n: string.text for n, string in enumerate(parse_binary(data).strings)})  # type: ignore[union-attr]


def test_shorter_forms() -> None:
    """A string of MessagePack gets the shortest form that its length has."""
    message = parse_binary(b"\x91\xd9\x28" + b"a" * 40)
    assert message
    assert b"\x91\xa5short" == message.with_texts({0: b"short"})


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"text",
        b"\x08\x01",  # a number only
        b"\x02\x01a",  # field 0
        b"\x0b",  # a group
        b"\x0a\x05abc",  # cut short
        b"\x09\x01",
        b"\x08" + b"\xff" * 11,
        b"\x91\xc1",
        b"\x91\xd9",
        b"\x91\xd9\x05abc",
        b"\x92\xa1a",
        b"\xde\x00",
        b"\xc7",
        b"\x91" * 40 + b"\xa1a",
        struct.pack(">B", 0x0A) * (8 * 1024 * 1024 + 1),
    ],
    ids=range(16),
)
def test_what_is_neither(data: bytes) -> None:
    """What is cut short, has no string, is too deep or too large, is no message."""
    assert parse_binary(data) is None


def test_deep_messages() -> None:
    """A message within too many is taken as bytes."""
    data = b"\x01"
    for _ in range(40):
        data = of(1, data)
    message = parse_binary(data)
    assert message
    assert 33 == len(message.strings[0].path)
