"""The rows: each says where it is written, and is of one kind; and how a JSON-RPC message ends a stream."""

import pytest

from tapehead.llm import terminal_event_rows as rows
from tapehead.llm.json_rpc import JsonRpcCall

EVERY = (
    rows.DONE,
    rows.EXCEPTION,
    rows.METADATA,
    rows.JSON_RPC_ANSWER,
    rows.A2A_ANSWER,
    *rows.CHUNK_MESSAGES,
    *rows.SSE_NAMES,
    *rows.NDJSON_MESSAGES,
)
STREAM = JsonRpcCall(id=1, method="SendStreamingMessage")


def test_each_row() -> None:
    """It has a description and a source of its own."""
    assert all(each.description and each.source for each in EVERY)
    assert len(EVERY) == len({each.description for each in EVERY})
    assert not rows.DONE.matches({})


@pytest.mark.parametrize(
    ("result", "ended"),
    [
        ({"kind": "task", "status": {"state": "submitted"}}, False),
        ({"kind": "task", "status": {"state": "completed"}}, True),
        ({"kind": "artifact-update", "lastChunk": True}, False),
        ({"kind": "status-update", "status": {"state": "input-required"}, "final": True}, True),
        ({"kind": "message", "messageId": "m", "parts": []}, True),
        ({"message": {"messageId": "m", "parts": []}}, True),
        ({"statusUpdate": {"status": {"state": "TASK_STATE_AUTH_REQUIRED"}}}, True),
        ({"task": {"status": {"state": "TASK_STATE_SUBMITTED"}}}, False),
        ({"artifactUpdate": {}}, False),
        ("completed", False),
    ],
)
def test_a2a(result: object, ended: bool) -> None:
    """Each of its events answers the one id: which of them is the last is said by what is in it."""
    message = {"jsonrpc": "2.0", "id": 1, "result": result}

    assert (rows.A2A_ANSWER if ended else None) == rows.json_rpc_end(message, STREAM)
    assert None is rows.json_rpc_end({**message, "id": 2}, STREAM)
    assert rows.JSON_RPC_ANSWER == rows.json_rpc_end(message, JsonRpcCall(id=1, method="tools/call"))
