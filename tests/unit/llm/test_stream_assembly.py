"""The rule for partial responses, where providers differ. Whole streams of every API are in `test_response_summary`."""

import pytest

from tapehead.llm.apis import Json
from tapehead.llm.events import events_in
from tapehead.llm.stream_assembly import assemble
from tests.support.streams import NDJSON, ndjson


def response(*messages: Json) -> Json:
    return assemble(events_in(NDJSON, ndjson(*messages)) or ())


def test_nothing() -> None:
    """Of no events comes an empty response."""
    assert {} == assemble([])


@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        (["Oi", None, "", "!"], "Oi!"),
        (["Oi", [{"type": "text", "text": "!"}]], [{"type": "text", "text": "Oi!"}]),
        ([[{"type": "text", "text": "Oi"}], "!"], [{"type": "text", "text": "Oi!"}]),
        ([[{"type": "text", "text": "a"}], [{"type": "image"}]], [{"type": "text", "text": "a"}, {"type": "image"}]),
        ([[{"text": "a", "thought": True}], [{"text": "b"}]], [{"text": "a", "thought": True}, {"text": "b"}]),
        ([["a"], ["b"]], ["a", "b"]),
        (["a", 5], 5),
        ([5, "a"], "a"),
    ],
)
def test_contents(parts: list[Json], whole: Json) -> None:
    """A text goes on, also where it becomes a list of parts in between; what does not fit takes its place."""
    assert {"message": {"content": whole}} == response(*[{"message": {"content": part}} for part in parts])


def test_only_texts_that_are_spread_are_added() -> None:
    """Names and ids are said again, or not at all."""
    assert {"id": "b", "model": "m"} == response({"id": "a", "model": "m"}, {"id": "b", "model": None}, {"id": ""})


def test_choices_by_index() -> None:
    """Choices come in any order; Gemini's one candidate has no index."""
    assert {"choices": [{"index": 1, "text": "ac"}, {"index": 0, "text": "b"}, 5]} == response(
        {"choices": [{"index": 1, "text": "a"}, {"index": 0, "text": "b"}]}, {"choices": [{"index": 1, "text": "c"}, 5]}
    )
    assert {"candidates": [{"content": {"role": "model"}, "finishReason": "STOP"}]} == response(
        {"candidates": [{"content": {"role": "model"}}]}, {"candidates": [{"content": {}, "finishReason": "STOP"}]}
    )


def test_messages_stay_as_they_are() -> None:
    """What is put together is a copy."""
    events = events_in(NDJSON, ndjson({"a": {"b": [{"text": "x"}]}}, {"a": {"b": [{"text": "y"}]}})) or ()
    assemble(events)

    assert {"a": {"b": [{"text": "x"}]}} == events[0].message
    assert assemble(events) == assemble(events)


@pytest.mark.parametrize("piece", ['{"a', [1], 5])
def test_arguments_that_are_none(piece: Json) -> None:
    """What a tool is called with stays as it is, where it did not come whole or is no text."""
    got = response(
        {"type": "message_start", "message": {"content": []}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": piece}},
    )

    assert [{"index": 0, "input": piece}] == got["content"]


def test_an_item_of_responses_that_was_not_announced() -> None:
    """Refusals, and items of which only the end came."""
    got = response(
        {"type": "response.refusal.delta", "output_index": 0, "content_index": 0, "delta": "No"},
        {"type": "response.output_item.done", "output_index": 1, "item": {"type": "x"}},
    )

    assert [
        {"index": 0, "content": [{"index": 0, "type": "output_refusal", "refusal": "No"}]},
        {"index": 1, "type": "x"},
    ] == got["output"]
