"""Messages of gRPC, Connect and protobuf laid out for reading: the names or the numbers of fields, and what stands in them.

Without a schema a field has no name (`named_fields` has those), and of bytes it is told by what they hold whether they are
text or a message. Texts are as they came, not yet safe to print.
"""

import json
import struct
from collections.abc import Iterator

from tapehead.cli.named_fields import named_lines
from tapehead.matching.canonical_messages import has_messages, message_payload
from tapehead.wire.descriptor_set import Schema
from tapehead.wire.headers import media_type
from tapehead.wire.message_frames import split_messages
from tapehead.wire.protobuf import BYTES, FIXED32, ProtobufField, is_text, parse_protobuf

_DEEPEST = 32
_EVENT_STREAM = "application/vnd.amazon.eventstream"


def message_lines(
    content_type: str | None, body: bytes, schema: Schema | None = None, type_name: str = ""
) -> list[str]:
    """Returns the lines that say what a body's messages hold; none for a body that has no messages.

    `type_name`: of what the messages are in the schema.
    """
    media = media_type(content_type)
    if not has_messages(content_type) or media == _EVENT_STREAM:
        return []
    if "proto" in media and not media.startswith(("application/grpc", "application/connect")):
        return [*_payload(body)]
    lines = []
    for number, frame in enumerate(split_messages(content_type, body), 1):
        lines.append(f"message {number}")
        lines += [f"  {each}" for each in _payload(message_payload(frame), schema, type_name)]
    return lines


def _payload(data: bytes, schema: Schema | None = None, type_name: str = "") -> Iterator[str]:
    """What a message holds: its fields; or as it is, such as JSON and gRPC-Web's trailers."""
    fields = _fields(data)
    if fields is None:
        yield from data.decode(errors="surrogateescape").splitlines()
    elif schema is not None:
        yield from named_lines(fields, type_name, schema, _said)
    else:
        yield from _said(fields, 0)


def _fields(data: bytes) -> tuple[ProtobufField, ...] | None:
    try:
        return parse_protobuf(data)
    except ValueError:
        return None


def _said(fields: tuple[ProtobufField, ...], depth: int) -> Iterator[str]:
    for each in fields:
        if isinstance(each.value, int):
            yield f"{each.number}: {each.value}"
        elif each.wire != BYTES:
            yield f"{each.number}: {_fixed(each.wire, each.value)}"
        elif each.value[:1] >= b" " and is_text(each.value):
            yield f"{each.number}: {json.dumps(each.value.decode(), ensure_ascii=False)}"
        elif each.value and depth < _DEEPEST and (inner := _fields(each.value)):
            yield f"{each.number} {{"
            yield from (f"  {line}" for line in _said(inner, depth + 1))
            yield "}"
        else:
            yield f"{each.number}: {_bytes(each.value)}"


def _fixed(wire: int, value: bytes) -> str:
    """A number of four or eight bytes: nobody knows whether it is a whole one, so it is told both ways."""
    whole, real = ("<i", "<f") if wire == FIXED32 else ("<q", "<d")
    return f"{struct.unpack(whole, value)[0]} (or {struct.unpack(real, value)[0]:g})"


def _bytes(value: bytes) -> str:
    return json.dumps(value.decode(), ensure_ascii=False) if is_text(value) else f"0x{value.hex()}"
