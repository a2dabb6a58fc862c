"""JSON-RPC 2.0 as MCP and A2A speak it over HTTP: what a request calls, and whether a message answers it.

Knows requests of one call; a batch, which MCP had for three months, is none. Does not know what the methods do.
"""

import json
from dataclasses import dataclass
from typing import TypeGuard

from tapehead.llm.apis import Json
from tapehead.llm.events import Message

_MARK = b'"jsonrpc"'
_MAX_CALL = 1024 * 1024  # bytes; to parse a longer one to find its id would hold everybody up


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonRpcCall:
    """What a request calls."""

    id: str | float
    method: str


def call_in(body: bytes) -> JsonRpcCall | None:
    """Returns what a request's body calls; None when it calls nothing, or several things, or expects no answer."""
    if len(body) > _MAX_CALL or _MARK not in body:
        return None
    try:
        call = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(call, dict) or call.get("jsonrpc") != "2.0":
        return None
    number, method = call.get("id"), call.get("method")
    return JsonRpcCall(id=number, method=method) if _is_id(number) and isinstance(method, str) else None


def answers(message: Message, call: JsonRpcCall) -> bool:
    """Returns whether a message is the response to a call, and no request or notification of the server's own."""
    number = message.get("id")
    return (
        "method" not in message and ("result" in message or "error" in message) and _is_id(number) and number == call.id
    )


def _is_id(value: Json) -> TypeGuard[str | float]:
    return isinstance(value, str | int | float) and not isinstance(value, bool)
