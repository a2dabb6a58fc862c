"""What a request calls, and which message answers it."""

import pytest

from tapehead.llm import json_rpc
from tapehead.llm.json_rpc import JsonRpcCall, answers, call_in


@pytest.mark.parametrize(
    ("body", "call"),
    [
        (b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}}', JsonRpcCall(id=1, method="tools/call")),
        (b'{"method":"x","id":"a","jsonrpc":"2.0"}', JsonRpcCall(id="a", method="x")),
        (b'{"jsonrpc":"2.0","method":"notifications/initialized"}', None),
        (b'{"jsonrpc":"2.0","id":null,"method":"x"}', None),
        (b'{"jsonrpc":"2.0","id":true,"method":"x"}', None),
        (b'{"jsonrpc":"2.0","id":1,"result":{}}', None),
        (b'{"jsonrpc":"1.0","id":1,"method":"x"}', None),
        (b'[{"jsonrpc":"2.0","id":1,"method":"x"}]', None),
        (b'{"jsonrpc"', None),
        (b"{}", None),
        (b"", None),
    ],
)
def test_call_in(body: bytes, call: JsonRpcCall | None) -> None:
    """One call that expects an answer; nothing else is one."""
    assert call == call_in(body)


def test_a_long_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """A body that would take long is not looked into."""
    body = b'{"jsonrpc":"2.0","id":1,"method":"x"}'
    monkeypatch.setattr(json_rpc, "_MAX_CALL", len(body) - 1)
    assert None is call_in(body)


@pytest.mark.parametrize(
    ("message", "answered"),
    [
        ({"id": 1, "result": None}, True),
        ({"id": 1, "error": {}}, True),
        ({"id": 2, "result": {}}, False),
        ({"id": "1", "result": {}}, False),
        ({"id": True, "result": {}}, False),
        ({"id": 1, "method": "ping"}, False),
        ({"id": 1, "method": "x", "result": {}}, False),
        ({"id": 1}, False),
        ({"result": {}}, False),
    ],
)
def test_answers(message: dict[str, object], answered: bool) -> None:
    """A response has the call's id and a result or an error; the server's own requests have a method."""
    assert answered is answers(message, JsonRpcCall(id=1, method="x"))
