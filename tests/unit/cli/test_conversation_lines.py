import json

from tapehead.cassette.transcript import Message, MessageKind
from tapehead.cli.conversation_lines import SaidLine, said_lines

C, S, CB, X = MessageKind.CLIENT, MessageKind.SERVER, MessageKind.CLIENT_BINARY, MessageKind.CLOSE


def message(kind: MessageKind, **fields: object) -> Message:
    return Message(kind, json.dumps(fields).encode())


def test_pieces_are_one_line() -> None:
    lines = said_lines(
        [
            message(S, type="delta", event_id="1", delta="Hel"),
            message(S, type="delta", event_id="2", delta="lo"),
            message(S, type="done", event_id="3", text="Hello"),
        ]
    )

    assert list(lines) == [SaidLine("server", "delta", 2, "Hello"), SaidLine("server", "done", 1, '{"text": "Hello"}')]


def test_names_of_other_protocols() -> None:
    lines = said_lines(
        [
            message(C, jsonrpc="2.0", id=1, method="tools/list"),
            message(S, jsonrpc="2.0", id=1, result={}),
            message(C, setup={"model": "m"}),
            message(C, method="done"),
        ]
    )

    assert [(each.who, each.name) for each in lines] == [
        ("client", "tools/list"),
        ("server", "answer"),
        ("client", "setup"),
        ("client", "done"),
    ]


def test_what_has_no_name() -> None:
    lines = said_lines(
        [
            Message(C, b"2"),
            Message(C, b"{no json"),
            Message(C, b"[1]"),
            Message(CB, b"\x00\x01"),
            Message(CB, b"\x02"),
            Message(X, b"1000 client"),
            Message(S, b"x" * 300),
        ]
    )

    assert list(lines) == [
        SaidLine("client", "", 1, "2"),
        SaidLine("client", "", 1, "{no json"),
        SaidLine("client", "", 1, "[1]"),
        SaidLine("client", "", 2, "3 bytes"),
        SaidLine("close", "", 1, "1000 client"),
        SaidLine("server", "", 1, "x" * 200 + "… (300 characters)"),
    ]
