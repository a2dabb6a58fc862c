"""A conversation as the body of one response: each message an event in the framing of server-sent events, in order.

    event: client
    data: {"type":"response.create"}

    event: server-binary
    data: AAEC

    event: close
    data: 1000 server done

A text message stands as text, a binary one in base64; a field `encoding` tells where it is the other way round: a
binary message that is text is to be read in a review, and text with a carriage return no event can say. Readers of
events leave fields out that they do not know. When each message came is the timing file's matter.
"""

import base64
import binascii
import enum
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_TYPE = "text/event-stream"
_PARAMETER = "tapehead"
_BLANK = re.compile(rb"\n(?:[ \t]*\n)+")
_TEXT = re.compile(rb"[^\x00-\x08\x0b-\x1f\x7f]*")  # as UTF-8


class MessageKind(enum.Enum):
    """Whose message it is, and in which form it was sent."""

    SERVER = "server"
    CLIENT = "client"
    SERVER_BINARY = "server-binary"
    CLIENT_BINARY = "client-binary"
    CLOSE = "close"
    """The end; its data is a code, who closed, and what they said."""

    @property
    def from_client(self) -> bool:
        """Whether the client sent it."""
        return self in (MessageKind.CLIENT, MessageKind.CLIENT_BINARY)

    @property
    def from_server(self) -> bool:
        """Whether the server sent it."""
        return self in (MessageKind.SERVER, MessageKind.SERVER_BINARY)

    @property
    def is_binary(self) -> bool:
        """Whether it was sent as bytes, not as text."""
        return self in (MessageKind.SERVER_BINARY, MessageKind.CLIENT_BINARY)


@dataclass(frozen=True, slots=True)
class Message:
    """What one side said, or that the conversation was closed."""

    kind: MessageKind
    data: bytes
    """As it was sent; text in UTF-8."""


_KINDS = {each.value: each for each in MessageKind}
_BYTES = tuple(f"event: {each.value}\ndata:".encode() for each in MessageKind if each.is_binary)
_HEADS = {each: f"event: {each.value}\n".encode() for each in MessageKind}


def content_type(protocol: str) -> str:
    """Returns the Content-Type of a conversation in a protocol (`websocket`, `mcp-stdio`)."""
    return f"{_TYPE}; {_PARAMETER}={protocol}"


def protocol_of(content_type: str | None) -> str | None:
    """Returns the protocol of the conversation that a body of this Content-Type is; None when it is none."""
    kind, _, parameter = (content_type or "").partition(";")
    name, _, value = parameter.strip().partition("=")
    return value if kind.strip().lower() == _TYPE and name == _PARAMETER and value else None


def render_message(message: Message) -> bytes:
    """Returns one event, which ends with a blank line."""
    kind, data = message.kind, message.data
    if not kind.is_binary and b"\r" not in data and _is_utf8(data):
        return b"%bdata: %b\n\n" % (_HEADS[kind], data.replace(b"\n", b"\ndata: "))
    if kind.is_binary and data and _TEXT.fullmatch(data) and _is_utf8(data):
        return b"%bencoding: utf-8\ndata: %b\n\n" % (_HEADS[kind], data.replace(b"\n", b"\ndata: "))
    other = b"" if kind.is_binary else b"encoding: base64\n"
    return b"%b%bdata: %b\n\n" % (_HEADS[kind], other, base64.b64encode(data))


def is_bytes(event: bytes) -> bool:
    """Returns whether an event is a message of bytes, which stands in base64."""
    return event.startswith(_BYTES)


def render_close(code: int, by: str, reason: str = "") -> bytes:
    """Returns the event that ends a conversation: `by` is `client` or `server`."""
    return render_message(Message(MessageKind.CLOSE, f"{code} {by} {reason}".strip().encode()))


def parse(body: bytes) -> tuple[Message, ...]:
    """Returns the messages of a conversation. Raises ValueError, which tells the event, where it is none."""
    events = _BLANK.split(body.replace(b"\r\n", b"\n").rstrip(b"\n"))
    parsed = (_parse(event, number) for number, event in enumerate(events, 1))
    return tuple(each for each in parsed if each)


def _parse(event: bytes, number: int) -> Message | None:
    """One event; None where there are only comments."""
    fields: dict[str, list[bytes]] = {}
    for line in event.split(b"\n"):
        field, _, value = line.partition(b":")
        if field:
            fields.setdefault(field.decode("utf-8", "replace"), []).append(value.removeprefix(b" "))
    if not fields:
        return None
    name = _last(fields, "event")
    kind = _KINDS.get(name)
    if kind is None:
        raise ValueError(f"event {number}: found {name or 'no event field'}, expected one of {', '.join(_KINDS)}")
    data = b"\n".join(fields.get("data", ()))
    encoding = _last(fields, "encoding") or ("base64" if kind.is_binary else "utf-8")
    if encoding == "utf-8":
        return Message(kind, data)
    if encoding != "base64":
        raise ValueError(f"event {number}: found encoding {encoding}, expected utf-8 or base64")
    try:
        return Message(kind, base64.b64decode(data.replace(b"\n", b""), validate=True))
    except binascii.Error as e:
        raise ValueError(f"event {number}: found data that is no base64 ({e}), expected base64") from e


def _last(fields: Mapping[str, Sequence[bytes]], name: str) -> str:
    """The last of the lines of a field; "" without one."""
    return fields[name][-1].decode("utf-8", "replace") if name in fields else ""


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
