import json
from typing import Any

import pytest

from tapehead.llm.mcp_messages import (
    RpcKind,
    RpcMessage,
    endpoint_of,
    messages_of,
    opens_stream,
    rpc_message,
    rpc_message_in,
)

CALL = {"jsonrpc": "2.0", "id": 3, "method": "tools/call"}
EVENTS = {"accept": "application/json, text/event-stream"}


def dump(value: Any) -> bytes:
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (dump(CALL), RpcMessage(kind=RpcKind.CALL, id=3, method="tools/call")),
        (
            dump({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": "a"}}),
            RpcMessage(kind=RpcKind.NOTIFICATION, method="notifications/cancelled", cancels="a"),
        ),
        (
            dump({"jsonrpc": "2.0", "method": "notifications/initialized", "params": {"requestId": 1}}),
            RpcMessage(kind=RpcKind.NOTIFICATION, method="notifications/initialized"),
        ),
        (dump({"jsonrpc": "2.0", "method": "m", "params": []}), RpcMessage(kind=RpcKind.NOTIFICATION, method="m")),
        (dump({"jsonrpc": "2.0", "id": 0, "result": {}}), RpcMessage(kind=RpcKind.ANSWER, id=0)),
        (dump({"jsonrpc": "2.0", "id": None, "error": {}}), RpcMessage(kind=RpcKind.ANSWER)),
        (dump({"jsonrpc": "2.0", "id": True, "method": "m"}), RpcMessage(kind=RpcKind.NOTIFICATION, method="m")),
        (dump({"jsonrpc": "2.0", "id": 3}), None),
        (dump({"jsonrpc": "1.0", "id": 3, "method": "m"}), None),
        (dump([CALL]), None),
        (b'{"jsonrpc"', None),
        (b'"jsonrpc"' + b"[" * 100_000, None),
        (b"{}", None),
        (dump(CALL) + b" " * 5_000_000, None),
    ],
)
def test_what_a_body_says(body: bytes, message: RpcMessage | None) -> None:
    """A call, an answer or a notification; anything else is none of them."""
    assert rpc_message(body) == message


def test_of_a_text() -> None:
    """An event's data is text."""
    assert rpc_message(json.dumps(CALL)) == rpc_message_in({**CALL})


@pytest.mark.parametrize(
    ("content_type", "body", "ids"),
    [
        ("text/event-stream", b"id: 1\ndata: \n\ndata: " + dump(CALL) + b"\n\n: x\n\ndata: {}\n\n", [3]),
        ("text/event-stream", b"data: {}\n\n", []),
        ("application/json", dump(CALL), [3]),
        ("application/json", b"{}", []),
        (None, b"", []),
    ],
)
def test_messages_of_an_answer(content_type: str | None, body: bytes, ids: list[int]) -> None:
    """One of a body of JSON, as many as there are of a stream."""
    assert ids == [each.id for each in messages_of(content_type, body)]


@pytest.mark.parametrize(
    ("method", "headers", "body", "opens"),
    [
        ("GET", {**EVENTS, "mcp-session-id": "a"}, None, True),
        ("GET", {**EVENTS, "mcp-protocol-version": "2025-11-25"}, None, True),
        ("GET", EVENTS, None, False),
        ("GET", {"mcp-session-id": "a"}, None, False),
        ("DELETE", {**EVENTS, "mcp-session-id": "a"}, None, False),
        ("POST", EVENTS, {**CALL, "method": "subscriptions/listen"}, True),
        ("POST", {**EVENTS, "mcp-session-id": "a"}, CALL, False),
        ("POST", EVENTS, {"jsonrpc": "2.0", "method": "subscriptions/listen"}, False),
        ("POST", EVENTS, None, False),
    ],
)
def test_streams_without_an_end(method: str, headers: dict[str, str], body: Any, opens: bool) -> None:
    """What a GET of a session asks for, and a call that listens."""
    assert opens is opens_stream(method, headers, rpc_message(dump(body)) if body else None)


@pytest.mark.parametrize(
    ("body", "endpoint"),
    [
        (b"event: endpoint\r\ndata: /messages/?session_id=1\r\n\r\nevent: message\r\n", "/messages/?session_id=1"),
        (b"event:endpoint\ndata:https://mcp.test/m\n\n", "https://mcp.test/m"),
        (b"event: endpoint\ndata: /messages", None),
        (b"event: message\ndata: {}\n\nevent: endpoint\ndata: /messages\n\n", None),
        (b"", None),
    ],
)
def test_where_messages_go(body: bytes, endpoint: str | None) -> None:
    """The first event of version 2024-11-05 says it, once it is whole."""
    assert endpoint == endpoint_of(body)
