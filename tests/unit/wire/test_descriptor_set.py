"""descriptor_set: what `protoc` made of `tests/support/proto/talk.proto`."""

from pathlib import Path

import pytest

from tapehead.wire.descriptor_set import ENUM, MESSAGE, STRING, Schema, SchemaField, parse_descriptor_set

SET = Path(__file__).parents[2] / "support" / "proto" / "talk.binpb"


def test_a_set() -> None:
    """Fields, messages and enumerations within, and what a method asks and answers."""
    schema = parse_descriptor_set(SET.read_bytes())

    assert {"lab.Talk/Chat": ("lab.Ask", "lab.Answer")} == schema.methods
    assert {"lab.Ask", "lab.Ask.Part", "lab.Ask.CountsEntry", "lab.Answer"} == set(schema.messages)
    assert schema.messages["lab.Ask"][1] == SchemaField("text", STRING)
    assert schema.messages["lab.Ask"][2] == SchemaField("parts", MESSAGE, "lab.Ask.Part")
    assert schema.messages["lab.Ask"][11] == SchemaField("kind", ENUM, "lab.Ask.Kind")
    assert {0: "PLAIN"} == schema.enums["lab.Ask.Kind"]
    assert "BLUE" == schema.enums["lab.Color"][5]


def test_without_a_package() -> None:
    """Names have nothing before them."""
    file = b"\x22\x03\x0a\x01M"
    assert {"M": {}} == parse_descriptor_set(b"\x0a\x05" + file).messages


def test_two_of_them() -> None:
    """What both have is the second's."""
    one, other = Schema(enums={"a": {0: "x"}, "b": {}}), Schema(enums={"a": {0: "y"}})
    assert {"a": {0: "y"}, "b": {}} == (one | other).enums


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"what", "wire type"),
        (b"\x0a\x03\x22\x01\xff", "does not end"),
        (b"\x0a\x05\x22\x03\x0a\x01\xff", "decode"),
    ],
)
def test_none(data: bytes, told: str) -> None:
    """What cannot be read is told."""
    with pytest.raises(ValueError, match=told):
        parse_descriptor_set(data)
