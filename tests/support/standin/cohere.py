"""Cohere's chat, version 2: a document, or named events."""

from collections.abc import Iterator
from typing import Any

from tests.support.harness.answers import Answer, Asked
from tests.support.standin.words import PROMPT_TOKENS, TOKENS, sse, words

COUNT = {"input_tokens": PROMPT_TOKENS, "output_tokens": TOKENS}
USAGE = {"billed_units": COUNT, "tokens": COUNT}


def chat(asked: Asked, number: int) -> Answer:
    """POST /v2/chat."""
    if asked.json().get("stream"):
        return sse(_events(number), named=True)
    message = {"role": "assistant", "content": [{"type": "text", "text": "".join(words(number))}]}
    return Answer.of_json({"id": f"{number:036}", "message": message, "finish_reason": "COMPLETE", "usage": USAGE})


def _events(number: int) -> Iterator[dict[str, Any]]:
    empty: dict[str, Any] = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}
    yield {"id": f"{number:036}", "type": "message-start", "delta": {"message": empty}}
    start = {"message": {"content": {"type": "text", "text": ""}}}
    yield {"type": "content-start", "index": 0, "delta": start}
    for word in words(number):
        yield {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": word}}}}
    yield {"type": "content-end", "index": 0}
    yield {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": USAGE}}
