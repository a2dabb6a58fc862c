"""What the origin answers in the place of OpenAI and Anthropic: bodies, streams, and the pauses in them.

The shapes are the providers', as their SDKs parse them; the words are fixed: two runs give the same bytes.
"""

import itertools
import json
from collections.abc import Iterator
from typing import Any

from tests.support.harness.answers import EVENT_STREAM, Answer, Asked, Chunk, spaced

# Real pauses, in seconds, taken in turn: 20 to 60 ms, so that a client sees a stream and not a lump.
PAUSES = (0.040, 0.020, 0.055, 0.030, 0.060, 0.025)
THINKING = 0.080
WORDS = ("Oi", "!", " Tudo", " bem", "?", " Aqui", " está", " um", " olá", " em", " português", ".")
CREATED = 1758698629

# A model of this ending is answered 429 the first time, as the reference cassette's provider did.
BUSY_SUFFIX = "-busy"
RETRY_AFTER_MS = 200
BUSY_BODY = {
    "error": {
        "message": "Provider returned error",
        "code": 429,
        "metadata": {
            "raw": "The model is temporarily rate-limited upstream. Please retry shortly.",
            "provider_name": "Loopback",
        },
    },
    "user_id": "user_test",
}


def busy() -> Answer:
    """The 429, with the advice that both SDKs obey (so that a retry takes the same time in every run)."""
    return Answer.of_json(
        BUSY_BODY,
        status=429,
        headers=(("retry-after-ms", str(RETRY_AFTER_MS)), ("x-request-id", "req_busy")),
    )


def chat(asked: Asked) -> Answer:
    """POST /v1/chat/completions: a stream that ends in `[DONE]`, or one JSON document."""
    call = asked.json()
    model = str(call.get("model", "test-model"))
    base: dict[str, Any] = {"id": "chatcmpl-test", "created": CREATED, "model": model}
    usage = {"prompt_tokens": 20, "completion_tokens": len(WORDS), "total_tokens": 20 + len(WORDS)}
    if not call.get("stream"):
        message = {"role": "assistant", "content": "".join(WORDS)}
        choice: dict[str, Any] = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
        whole = {**base, "object": "chat.completion", "choices": [choice], "usage": usage}
        body = json.dumps(whole, ensure_ascii=False).encode()
        answer = Answer.of(body)
        return Answer(headers=answer.headers, chunks=answer.chunks, wait=THINKING)
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": word} for word in WORDS]
    events: list[dict[str, Any]] = [
        {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas
    ]
    events.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    if (call.get("stream_options") or {}).get("include_usage"):
        events.append({"choices": [], "usage": usage})
    texts = [json.dumps({**base, "object": "chat.completion.chunk", **event}, ensure_ascii=False) for event in events]
    pieces = [f"data: {text}\n\n".encode() for text in (*texts, "[DONE]")]
    headers = (*EVENT_STREAM, ("x-request-id", "req_chat"))
    return Answer(headers=headers, chunks=spaced(pieces, pauses=itertools.cycle(PAUSES)), wait=THINKING)


def messages(asked: Asked) -> Answer:
    """POST /v1/messages: Anthropic's named events with a ping, or one JSON document."""
    call = asked.json()
    model = str(call.get("model", "test-model"))
    message: dict[str, Any] = {
        "id": "msg_test",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 20, "output_tokens": 1},
    }
    if not call.get("stream"):
        message["content"] = [{"type": "text", "text": "".join(WORDS)}]
        message |= {"stop_reason": "end_turn", "usage": {"input_tokens": 20, "output_tokens": len(WORDS)}}
        answer = Answer.of(json.dumps(message, ensure_ascii=False).encode())
        return Answer(headers=answer.headers, chunks=answer.chunks, wait=THINKING)
    pieces = [
        f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n".encode()
        for event in _message_events(message)
    ]
    headers = (*EVENT_STREAM, ("request-id", "req_messages"))
    return Answer(headers=headers, chunks=spaced(pieces, pauses=itertools.cycle(PAUSES)), wait=THINKING)


def _message_events(message: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield {"type": "message_start", "message": message}
    yield {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    yield {"type": "ping"}
    for word in WORDS:
        delta = {"type": "text_delta", "text": word}
        yield {"type": "content_block_delta", "index": 0, "delta": delta}
    yield {"type": "content_block_stop", "index": 0}
    yield {
        "type": "message_delta",
        "delta": {"stop_reason": "end_turn", "stop_sequence": None},
        "usage": {"output_tokens": len(WORDS)},
    }
    yield {"type": "message_stop"}


def events(asked: Asked) -> Answer:
    """GET /sse?n=50&ms=20: `n` events, `ms` milliseconds apart."""
    pause = asked.number("ms", 20) / 1000
    chunks = (Chunk(data=b'data: {"n":%d}\n\n' % number, pause=pause) for number in range(asked.number("n", 50)))
    return Answer(headers=EVENT_STREAM, chunks=tuple(chunks))


def lines(asked: Asked) -> Answer:
    """GET /ndjson?n=10&ms=20: `n` JSON lines, `ms` milliseconds apart."""
    pause = asked.number("ms", 20) / 1000
    chunks = (Chunk(data=b'{"n":%d}\n' % number, pause=pause) for number in range(asked.number("n", 10)))
    return Answer(headers=(("content-type", "application/x-ndjson"),), chunks=tuple(chunks))
