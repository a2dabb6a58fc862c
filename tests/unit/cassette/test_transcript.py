"""Conversations as events: what each kind of message looks like, and that all of it is read as it was said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapehead.cassette.transcript import (
    Message,
    MessageKind,
    content_type,
    is_bytes,
    parse,
    protocol_of,
    render_close,
    render_message,
)


@pytest.mark.parametrize(
    ("kind", "data", "text"),
    [
        (MessageKind.CLIENT, b'{"a":1}', b'event: client\ndata: {"a":1}\n\n'),
        (MessageKind.SERVER, b"two\nlines\n", b"event: server\ndata: two\ndata: lines\ndata: \n\n"),
        (MessageKind.SERVER, b"", b"event: server\ndata: \n\n"),
        (MessageKind.SERVER, "Grüße".encode(), "event: server\ndata: Grüße\n\n".encode()),
        (MessageKind.SERVER, b"a\r\nb", b"event: server\nencoding: base64\ndata: YQ0KYg==\n\n"),
        (MessageKind.CLIENT, b"\xff", b"event: client\nencoding: base64\ndata: /w==\n\n"),
        (MessageKind.SERVER_BINARY, b"\x00\x01\x02", b"event: server-binary\ndata: AAEC\n\n"),
        (MessageKind.CLIENT_BINARY, b"\xff\xfe", b"event: client-binary\ndata: //4=\n\n"),
        (MessageKind.CLIENT_BINARY, b"", b"event: client-binary\ndata: \n\n"),
        (
            MessageKind.SERVER_BINARY,
            b'{\n "a": 1}',
            b'event: server-binary\nencoding: utf-8\ndata: {\ndata:  "a": 1}\n\n',
        ),
    ],
)
def test_each_kind(kind: MessageKind, data: bytes, text: bytes) -> None:
    """What stands in the cassette, and back."""
    assert text == render_message(Message(kind, data))
    assert (Message(kind, data),) == parse(text)


@given(st.lists(st.builds(Message, st.sampled_from(MessageKind), st.binary() | st.text().map(str.encode))))
def test_all_is_read_as_it_was_said(messages: list[Message]) -> None:
    """Whatever it is."""
    assert tuple(messages) == parse(b"".join(map(render_message, messages)))


def test_by_hand() -> None:
    """Comments, other ends of lines, further blank lines and fields in another order are no harm."""
    text = b": said first\r\n\r\n\r\ndata: a\r\nevent: client\r\n\r\n\nevent: close\nid: 7\ndata: 1000 client"
    assert (Message(MessageKind.CLIENT, b"a"), Message(MessageKind.CLOSE, b"1000 client")) == parse(text)
    assert () == parse(b"")


def test_close() -> None:
    """With what was said, and without."""
    assert b"event: close\ndata: 1000 client\n\n" == render_close(1000, "client")
    assert b"event: close\ndata: 1011 server all gone\n\n" == render_close(1011, "server", "all gone")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            b"event: server\ndata: a\n\nevent: sever\ndata: b\n\n",
            "event 2: found sever, expected one of server, client",
        ),
        (b"data: a\n\n", "event 1: found no event field"),
        (b"event: server-binary\ndata: a\n\n", "event 1: found data that is no base64"),
        (b"event: server\nencoding: hex\ndata: 61\n\n", "event 1: found encoding hex, expected utf-8 or base64"),
    ],
)
def test_no_conversation(text: bytes, told: str) -> None:
    """Which event is wrong, and how, is told."""
    with pytest.raises(ValueError, match=told):
        parse(text)


def test_is_bytes() -> None:
    """Only of a message of bytes that is no text: it stands in base64."""
    messages = [Message(kind, data) for kind in MessageKind for data in (b"text", b"\x00\xff")]
    binary = [Message(kind, b"\x00\xff") for kind in MessageKind if kind.is_binary]
    assert binary == [each for each in messages if is_bytes(render_message(each))]


def test_sides() -> None:
    """Whose each is."""
    assert [MessageKind.CLIENT, MessageKind.CLIENT_BINARY] == [each for each in MessageKind if each.from_client]
    assert [MessageKind.SERVER, MessageKind.SERVER_BINARY] == [each for each in MessageKind if each.from_server]


@pytest.mark.parametrize(
    ("header", "protocol"),
    [
        (content_type("websocket"), "websocket"),
        ("Text/Event-Stream;tapehead=mcp-stdio", "mcp-stdio"),
        ("text/event-stream; charset=utf-8", None),
        ("text/event-stream", None),
        ("application/json; tapehead=websocket", None),
        ("text/event-stream; tapehead=", None),
        (None, None),
    ],
)
def test_protocol_of(header: str | None, protocol: str | None) -> None:
    """Which protocol a Content-Type names."""
    assert protocol == protocol_of(header)
