"""OpenAI's responses: a document, or the named events that build it up."""

from collections.abc import Iterator
from typing import Any

from tests.support.harness.answers import Answer, Asked
from tests.support.standin.words import CREATED, PROMPT_TOKENS, TOKENS, sse, words


def openai(asked: Asked, number: int) -> Answer:
    """POST /v1/responses."""
    call = asked.json()
    headers = (("x-request-id", f"req_{number}"),)
    if not call.get("stream"):
        return Answer.of_json(_response(call, number, [_item(number)]), headers=headers)
    numbered = ({**event, "sequence_number": n} for n, event in enumerate(events(call, number)))
    return sse(numbered, named=True, headers=headers)


def events(call: dict[str, Any], number: int) -> Iterator[dict[str, Any]]:
    """Yields what a stream has, and a WebSocket."""
    started = _response(call, number)
    at = {"item_id": f"msg_{number}", "output_index": 0}
    part, text = {**at, "content_index": 0}, "".join(words(number))
    yield {"type": "response.created", "response": started}
    yield {"type": "response.in_progress", "response": started}
    empty = {**_item(number), "status": "in_progress", "content": []}
    yield {"type": "response.output_item.added", "output_index": 0, "item": empty}
    yield {"type": "response.content_part.added", **part, "part": _part("")}
    for word in words(number):
        yield {"type": "response.output_text.delta", **part, "delta": word, "logprobs": []}
    yield {"type": "response.output_text.done", **part, "text": text, "logprobs": []}
    yield {"type": "response.content_part.done", **part, "part": _part(text)}
    yield {"type": "response.output_item.done", "output_index": 0, "item": _item(number)}
    yield {"type": "response.completed", "response": _response(call, number, [_item(number)])}


def _part(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _item(number: int) -> dict[str, Any]:
    return {
        "id": f"msg_{number}",
        "type": "message",
        "role": "assistant",
        "status": "completed",
        "content": [_part("".join(words(number)))],
    }


def _response(call: dict[str, Any], number: int, output: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    usage = {
        "input_tokens": PROMPT_TOKENS,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": TOKENS,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": PROMPT_TOKENS + TOKENS,
    }
    return {
        "id": f"resp_{number}",
        "object": "response",
        "created_at": CREATED,
        "status": "completed" if output else "in_progress",
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "max_output_tokens": None,
        "metadata": {},
        "model": call.get("model", "test-model"),
        "output": output or [],
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "reasoning": {"effort": None, "summary": None},
        "store": True,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": usage if output else None,
        "user": None,
    }
