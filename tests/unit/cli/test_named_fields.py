"""named_fields: messages laid out by the names of `tests/support/proto/talk.proto`."""

import pytest

from tapehead.cli.message_lines import message_lines
from tapehead.wire.descriptor_set import parse_descriptor_set
from tests.unit.wire.test_descriptor_set import SET

SCHEMA = parse_descriptor_set(SET.read_bytes())
# As the protobuf library writes it.
ASK = bytes.fromhex(
    "0a074772c3bcc39f6512070a0170120200ff1805220b01feffffffffffffffff012a040000003f3001380541000000000000d03f"
    "4d0700000050ffffffffffffffffff0162050a01611002"
)


def said(message: bytes, type_name: str = "lab.Ask") -> list[str]:
    body = b"\0" + len(message).to_bytes(4, "big") + message
    return [each[2:] for each in message_lines("application/grpc", body, SCHEMA, type_name)[1:]]


def test_every_type() -> None:
    """Each by its name, and as its type has it."""
    expected = """\
text: "Grüße"
parts {
  text: "p"
  data: 0x00ff
}
color: BLUE
numbers: [1, -2]
reals: [0.5]
sure: true
turn: -3
share: 0.25
whole: 7
less: -1
counts {
  key: "a"
  value: 2
}
""".splitlines()
    assert expected == said(ASK)


@pytest.mark.parametrize(
    ("message", "line"),
    [
        (b"\x18\x09", "color: 9"),
        (b"\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "color: COLD"),
        (b"\x30\x00", "sure: false"),
        (b"\x22\x01\xff", "4: 0xff"),
        (b"\x2a\x02\x00\x00", "5: 0x0000"),
        (b"\x0a\x01\xff", "1: 0xff"),
        (b"\x12\x02\x10\x05", "parts {"),
        (b"\x08\x07", "1: 7"),
        (b"\x19\x00\x00\x00\x00\x00\x00\x00\x00", "3: 0 (or 0)"),
        (b"\xa8\x06\x01", "101: 1"),
    ],
)
def test_what_the_schema_does_not_know(message: bytes, line: str) -> None:
    """Is as it is without one; a number that an enumeration does not name stays one."""
    assert line == said(message)[0]


def test_an_unknown_type() -> None:
    """All of it is by number."""
    assert ["1: 7"] == said(b"\x08\x07", "lab.Other")


def test_messages_in_messages_without_end() -> None:
    """So deep nobody reads."""
    schema = parse_descriptor_set(b"\x0a\x11\x22\x0f\x0a\x01M\x12\x0a\x0a\x01m\x18\x01\x28\x0b\x32\x01M")
    message = b""
    for _ in range(40):
        message = b"\x0a" + bytes((len(message),)) + message
    body = b"\0" + len(message).to_bytes(4, "big") + message
    lines = message_lines("application/grpc", body, schema, "M")
    assert 32 == sum("m {" in each for each in lines)
