import json
from typing import Any

import pytest

from tapehead.matching.id_places import ID_PLACES, Side, find_ids

C, S = Side.CLIENT, Side.SERVER
ITEM = "conversation.item.create"


def ids(message: Any, by: Side) -> list[tuple[str, Any, bool]]:
    found = find_ids(json.dumps(message).encode(), by)
    return [(row.kind, json.loads(scalar.token), row.defines) for row, scalar in found]


@pytest.mark.parametrize(
    ("by", "message", "found"),
    [
        (C, {"id": 1, "method": "tools/list"}, [("call", 1, True)]),
        (S, {"id": 1, "result": {"id": "x"}}, [("call", 1, False), ("item", "x", False)]),
        (S, {"id": 1, "method": "ping"}, [("item", 1, False)]),
        (C, {"id": 1, "result": {}}, [("item", 1, False)]),
        (C, {"method": "notifications/cancelled", "params": {"requestId": 4}}, [("call", 4, False)]),
        (S, {"method": "notifications/cancelled", "params": {"requestId": 4}}, []),
        (
            C,
            {"id": 1, "method": "m", "params": {"_meta": {"progressToken": 9}}},
            [("call", 1, True), ("progress", 9, True)],
        ),
        (S, {"method": "notifications/progress", "params": {"progressToken": 9}}, [("progress", 9, False)]),
        (C, {"method": "notifications/progress", "params": {"progressToken": 9}}, []),
        (C, {"type": "subscribe", "id": "op"}, [("operation", "op", True)]),
        (C, {"type": "complete", "id": "op"}, [("operation", "op", False)]),
        (S, {"type": "next", "id": "op", "payload": {}}, [("operation", "op", False)]),
        (C, {"type": ITEM, "event_id": "e", "item": {"id": "i"}}, [("event", "e", True), ("item", "i", True)]),
        (C, {"type": ITEM, "item": {"id": "i", "type": "item_reference"}}, [("item", "i", False)]),
        (C, {"type": ITEM, "item": {"type": "function_call", "call_id": "c"}}, [("function call", "c", True)]),
        (C, {"type": ITEM, "item": {"type": "function_call_output", "call_id": "c"}}, [("function call", "c", False)]),
        (C, {"type": ITEM, "previous_item_id": "i", "item": {}}, [("item", "i", False)]),
        (S, {"type": "error", "error": {"event_id": "e"}}, [("event", "e", False)]),
        (S, {"type": "x", "item": {"id": "i", "call_id": "c"}}, [("item", "i", False), ("function call", "c", False)]),
        (C, {"text": "a", "context_id": "k"}, [("context", "k", True)]),
        (S, {"audio": "a", "contextId": "k"}, [("context", "k", False)]),
        (C, {"type": "x", "id": None, "a": ["id"]}, []),
        (C, {"type": "x", "text": "no names here"}, []),
    ],
)
def test_each_place_is_found(by: Side, message: Any, found: list[tuple[str, Any, bool]]) -> None:
    assert ids(message, by) == found


def test_a_batch_has_the_ids_of_each_of_it() -> None:
    batch = [{"id": 1, "method": "a"}, {"id": 2, "method": "b"}, {"id": 3, "result": 1}]

    assert ids(batch, C) == [("call", 1, True), ("call", 2, True), ("item", 3, False)]


def test_each_row_has_its_source() -> None:
    assert all(row.source and (row.pointer or row.names) for row in ID_PLACES)
