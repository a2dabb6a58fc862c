"""Bedrock's Converse: a document, or a binary event-stream with its checksums."""

import json
from typing import Any

from tests.support.harness.answers import Answer, Asked
from tests.support.harness.routes import frame
from tests.support.standin.words import PROMPT_TOKENS, TOKENS, streamed, words

USAGE = {"inputTokens": PROMPT_TOKENS, "outputTokens": TOKENS, "totalTokens": PROMPT_TOKENS + TOKENS}
METRICS = {"latencyMs": 321}


def whole(asked: Asked, number: int) -> Answer:
    """POST /model/MODEL/converse."""
    message = {"role": "assistant", "content": [{"text": "".join(words(number))}]}
    answer = {"output": {"message": message}, "stopReason": "end_turn", "usage": USAGE, "metrics": METRICS}
    return Answer.of_json(answer, headers=_identity(number))


def stream(asked: Asked, number: int) -> Answer:
    """POST /model/MODEL/converse-stream."""
    frames = [
        _event("messageStart", {"role": "assistant"}),
        *(_event("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": word}}) for word in words(number)),
        _event("contentBlockStop", {"contentBlockIndex": 0}),
        _event("messageStop", {"stopReason": "end_turn"}),
        _event("metadata", {"usage": USAGE, "metrics": METRICS}),
    ]
    kind = ("content-type", "application/vnd.amazon.eventstream")
    return streamed(frames, headers=(kind, *_identity(number)))


def _identity(number: int) -> tuple[tuple[str, str], ...]:
    return (("x-amzn-requestid", f"00000000-0000-0000-0000-{number:012}"),)


def _event(kind: str, payload: Any) -> bytes:
    headers = {":event-type": kind, ":content-type": "application/json", ":message-type": "event"}
    return frame(headers, json.dumps(payload).encode())
