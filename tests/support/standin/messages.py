"""Anthropic's messages: a document, or named events with a ping among them."""

from collections.abc import Iterator
from typing import Any

from tests.support.harness.answers import Answer, Asked
from tests.support.standin.words import PROMPT_TOKENS, TOKENS, sse, words


def anthropic(asked: Asked, number: int) -> Answer:
    """POST /v1/messages."""
    call = asked.json()
    headers = (("request-id", f"req_{number}"),)
    message: dict[str, Any] = {
        "id": f"msg_{number}",
        "type": "message",
        "role": "assistant",
        "model": call.get("model", "test-model"),
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": PROMPT_TOKENS, "output_tokens": 1},
    }
    if call.get("stream"):
        return sse(_events(message, number), named=True, headers=headers)
    message["content"] = [{"type": "text", "text": "".join(words(number))}]
    usage = {"input_tokens": PROMPT_TOKENS, "output_tokens": TOKENS}
    return Answer.of_json({**message, "stop_reason": "end_turn", "usage": usage}, headers=headers)


def _events(message: dict[str, Any], number: int) -> Iterator[dict[str, Any]]:
    yield {"type": "message_start", "message": message}
    yield {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    yield {"type": "ping"}
    for word in words(number):
        yield {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": word}}
    yield {"type": "content_block_stop", "index": 0}
    end = {"stop_reason": "end_turn", "stop_sequence": None}
    yield {"type": "message_delta", "delta": end, "usage": {"output_tokens": TOKENS}}
    yield {"type": "message_stop"}
