"""Gemini's generateContent: a document, or the same in pieces as server-sent events."""

import json
from typing import Any

from tests.support.harness.answers import EVENT_STREAM, Answer, Asked
from tests.support.standin.words import PROMPT_TOKENS, TOKENS, streamed, words


def whole(asked: Asked, number: int) -> Answer:
    """POST /v1beta/models/MODEL:generateContent."""
    return Answer.of_json(_candidate(asked, number, "".join(words(number)), last=True))


def stream(asked: Asked, number: int) -> Answer:
    """POST /v1beta/models/MODEL:streamGenerateContent?alt=sse. Google ends its lines with CR LF."""
    said = words(number)
    pieces = [_candidate(asked, number, word, last=n == len(said)) for n, word in enumerate(said, 1)]
    return streamed([f"data: {json.dumps(piece)}\r\n\r\n".encode() for piece in pieces], headers=EVENT_STREAM)


def _candidate(asked: Asked, number: int, text: str, *, last: bool) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": [{"text": text}]}, "index": 0}
    usage = {"promptTokenCount": PROMPT_TOKENS, "totalTokenCount": PROMPT_TOKENS + TOKENS}
    return {
        "candidates": [{**candidate, "finishReason": "STOP"} if last else candidate],
        "usageMetadata": {**usage, "candidatesTokenCount": TOKENS},
        "modelVersion": asked.path.rpartition("/")[2].partition(":")[0],
        "responseId": f"response-{number}",
    }
