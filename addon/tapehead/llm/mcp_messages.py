"""MCP's messages, as far as a proxy has to know them: what a message is, which streams have no end, which id is whose.

Over HTTP each message of a client is the body of a POST; a server's are events of that POST's answer, or of the stream
that a GET opened (MCP specification, Transports). Does not know how messages are recorded or replayed.
"""

import enum
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tapehead.llm.apis import Json
from tapehead.wire.headers import media_type
from tapehead.wire.sse import SSESplitter, sse_data

SESSION, VERSION = "mcp-session-id", "mcp-protocol-version"
"""Headers of MCP's requests, in lower case."""
EVENTS = "text/event-stream"
LISTEN = "subscriptions/listen"
"""Answered by a stream of changes that goes on until its client leaves (version 2026-07-28)."""
CANCELLED = "notifications/cancelled"
PING = "ping"
_MARK = b'"jsonrpc"'
_ENDPOINT = re.compile(rb"(?:\xef\xbb\xbf)?event: ?endpoint\r?\ndata: ?([^\r\n]+)\r?\n")
_LONGEST = 4 * 1024 * 1024  # bytes; a longer body is no message that others wait for

type RpcId = str | int | float


class RpcKind(enum.Enum):
    """What a JSON-RPC message is."""

    CALL = "call"
    ANSWER = "answer"
    NOTIFICATION = "notification"


@dataclass(frozen=True, slots=True, kw_only=True)
class RpcMessage:
    """One message of JSON-RPC 2.0."""

    kind: RpcKind
    id: RpcId | None = None
    """Of a call, and of the answer to it."""
    method: str = ""
    cancels: RpcId | None = None
    """The id of the call that it takes back."""


def rpc_message(body: bytes | str) -> RpcMessage | None:
    """Returns the message that a body is; None where it is none, or several."""
    if len(body) > _LONGEST or (isinstance(body, bytes) and _MARK not in body):
        return None
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return rpc_message_in(value)


def rpc_message_in(value: Json) -> RpcMessage | None:
    """Returns the message that a parsed value is; None where it is none."""
    if not isinstance(value, dict) or value.get("jsonrpc") != "2.0":
        return None
    number, method = _id(value.get("id")), value.get("method")
    if not isinstance(method, str):
        is_answer = "result" in value or "error" in value
        return RpcMessage(kind=RpcKind.ANSWER, id=number) if is_answer else None
    params = _object(value.get("params"))
    if number is None:
        return RpcMessage(
            kind=RpcKind.NOTIFICATION,
            method=method,
            cancels=_id(params.get("requestId")) if method == CANCELLED else None,
        )
    return RpcMessage(kind=RpcKind.CALL, id=number, method=method)


def messages_of(content_type: str | None, body: bytes) -> Iterator[RpcMessage]:
    """Yields the messages in an answer's body, or in whole events of it."""
    if media_type(content_type) != EVENTS:
        if (message := rpc_message(body)) is not None:
            yield message
        return
    if _MARK not in body:
        return
    for event in SSESplitter().feed(body):
        if (data := sse_data(event)) and (message := rpc_message(data)) is not None:
            yield message


def opens_stream(method: str, headers: Mapping[str, str], message: RpcMessage | None) -> bool:
    """Returns whether a request asks for a stream that has no end of its own, but the client's leaving or the session's end.

    `headers`: of the request, by lower-case name; `message`: what its body is.
    """
    if method == "POST":
        return message is not None and message.kind is RpcKind.CALL and message.method == LISTEN
    if method != "GET" or EVENTS not in headers.get("accept", ""):
        return False
    return SESSION in headers or VERSION in headers


def endpoint_of(body: bytes) -> str | None:
    """Returns where a session's messages are posted, which the stream that begins it says first; None of any other body.

    That is the transport of version 2024-11-05 (HTTP with SSE): all that a server says comes in the stream of one GET.
    """
    found = _ENDPOINT.match(body)
    return found[1].decode(errors="surrogateescape") if found else None


def _object(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}


def _id(value: Json) -> RpcId | None:
    return value if isinstance(value, str | int | float) and not isinstance(value, bool) else None
