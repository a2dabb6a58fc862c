"""The messages of gRPC, Connect and protobuf in one spelling: JSON, with the numbers of fields as names.

Two messages are spelt the same when they mean the same by the wire format, whatever their schema: in which order the fields
stand does not count (https://protobuf.dev/programming-guides/encoding/#order), nor whether numbers are packed, nor how a
message is compressed. Unknown fields count as any other. Knows no names: those need a schema.
"""

import base64
import json
import zlib
from collections.abc import Mapping
from typing import Any

from tapehead.matching.canonical_json import canonicalize
from tapehead.wire.eventstream import parse_frame
from tapehead.wire.headers import media_type
from tapehead.wire.message_frames import COMPRESSED, PREFIX, is_duplex, split_messages
from tapehead.wire.protobuf import BYTES, VARINT, ProtobufField, is_text, parse_protobuf, write_varint

_DEEPEST = 64
_LARGEST = 64 * 1024 * 1024
"""Bytes that a message may become."""
_PROTOBUF = frozenset({"application/proto", "application/protobuf", "application/x-protobuf"})
_EVENT_STREAM = "application/vnd.amazon.eventstream"
# AWS's signature of each event, and when it was made (SigV4, "Signing events").
_SIGNED = frozenset({":date", ":chunk-signature"})


def has_messages(content_type: str | None) -> bool:
    """Returns whether a body of this type is one that is spelt here."""
    media = media_type(content_type)
    return is_duplex(media) or media.startswith("application/grpc-web") or media in _PROTOBUF


def canonical_messages(content_type: str | None, body: bytes) -> bytes:
    """Returns a body in one spelling: a JSON array of its messages; one that is spelt so already as it is."""
    media = media_type(content_type)
    if body.startswith(b"["):  # neither flags nor a field that there is
        return body
    if media in _PROTOBUF:
        messages = [canonical_message(media, bytes(1) + len(body).to_bytes(4, "big") + body)]
    else:
        messages = [canonical_message(content_type, each) for each in split_messages(content_type, body)]
    return b"[%b]" % b",".join(messages)


def canonical_message(content_type: str | None, frame: bytes) -> bytes:
    """Returns a message, with what stands before it, in one spelling."""
    media = media_type(content_type)
    value = _event(frame) if media == _EVENT_STREAM else _prefixed(media, frame)
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode(errors="surrogatepass")


def message_payload(frame: bytes) -> bytes:
    """Returns what a message of gRPC or Connect says, without what stands before it, and not compressed."""
    data = frame[PREFIX:]
    return (_inflated(data) or data) if frame[:1] and frame[0] & COMPRESSED else data


def _prefixed(media: str, frame: bytes) -> Any:
    if len(frame) < PREFIX or len(frame) != PREFIX + int.from_bytes(frame[1:PREFIX], "big"):
        return _as_bytes(frame)
    flags, data = frame[0], frame[PREFIX:]
    if flags & COMPRESSED and (plain := _inflated(data)) is not None:
        flags, data = flags & ~COMPRESSED, plain
    return _payload(media, data) if not flags else [flags, _payload(media, data)]


def _payload(media: str, data: bytes) -> Any:
    """JSON as JSON where the type names it, or a message of Connect's end says it; else as protobuf."""
    if media.endswith("+json") or data.startswith(b"{"):
        spelt = canonicalize(data)
        if spelt is not None:
            return {"json": json.loads(spelt)}
    return _as_message(data, 0)


def _event(frame: bytes) -> Any:
    """An event of AWS: without its signature, and what is signed is mostly another event."""
    try:
        parsed = parse_frame(frame)
    except ValueError:
        return _as_bytes(frame)
    headers = {name: str(value) for name, value in parsed.headers.items() if name not in _SIGNED}
    payload = parsed.payload
    if not headers and payload:
        return _event(payload)
    spelt = canonicalize(payload)
    return [headers, json.loads(spelt) if spelt is not None else _leaf(payload)]


def _value(data: bytes, depth: int) -> Any:
    """What bytes are: text, a message, or bytes. What begins as a message does may be text by chance, and is none."""
    if data[:1] >= b" " and is_text(data):
        return data.decode()
    return _as_message(data, depth)


def _as_message(data: bytes, depth: int) -> Any:
    try:
        return _message(parse_protobuf(data), depth + 1) if depth < _DEEPEST else _leaf(data)
    except ValueError:
        return _leaf(data)


def _message(fields: tuple[ProtobufField, ...], depth: int) -> Mapping[str, Any]:
    by_number: dict[int, list[ProtobufField]] = {}
    for each in fields:
        by_number.setdefault(each.number, []).append(each)
    return {str(number): _values(every, depth) for number, every in by_number.items()}


def _values(fields: list[ProtobufField], depth: int) -> list[Any]:
    """All values of a field. Numbers are spelt as if they were packed: whether they are does not count."""
    if all(each.wire == BYTES for each in fields):
        return [_value(bytes(each.value), depth) for each in fields]
    return [_value(b"".join(map(_packed, fields)), depth)]


def _packed(field: ProtobufField) -> bytes:
    if field.wire == VARINT:
        assert isinstance(field.value, int)
        return write_varint(field.value)
    assert isinstance(field.value, bytes)
    return field.value


def _leaf(data: bytes) -> Any:
    return data.decode() if is_text(data) else _as_bytes(data)


def _as_bytes(data: bytes) -> Mapping[str, str]:
    return {"": base64.b64encode(data).decode()}


def _inflated(data: bytes) -> bytes | None:
    """A message without gzip or deflate; None for what is neither, or far too large."""
    inflater = zlib.decompressobj(zlib.MAX_WBITS | 32)  # either, by its header
    try:
        plain = inflater.decompress(data, _LARGEST)
    except zlib.error:
        return None
    return plain if inflater.eof else None
