"""Chat completions: OpenAI's, and Mistral's, which are nearly the same."""

from typing import Any

from tests.support.harness.answers import Answer, Asked
from tests.support.standin.words import CREATED, PROMPT_TOKENS, TOKENS, sse, words

USAGE = {"prompt_tokens": PROMPT_TOKENS, "completion_tokens": TOKENS, "total_tokens": PROMPT_TOKENS + TOKENS}


def openai(asked: Asked, number: int) -> Answer:
    """POST /v1/chat/completions: a document, or a stream that ends in `[DONE]`, with usage when that is asked for."""
    call = asked.json()
    usage = bool((call.get("stream_options") or {}).get("include_usage"))
    own = {"system_fingerprint": "fp_44709d6fcb", "service_tier": "default"}
    return _answer(call, number, own, f"chatcmpl-{number}", separate_usage=usage)


def mistral(asked: Asked, number: int) -> Answer:
    """POST /v1/chat/completions: as OpenAI's, but for the usage, which is in the last choice's event."""
    return _answer(asked.json(), number, {}, f"{number:032x}", separate_usage=False, usage_in_last=True)


def _answer(
    call: dict[str, Any],
    number: int,
    own: dict[str, Any],
    identity: str,
    *,
    separate_usage: bool,
    usage_in_last: bool = False,
) -> Answer:
    base = {"id": identity, "created": CREATED, "model": call.get("model", "test-model"), **own}
    headers = (("x-request-id", f"req_{number}"),)
    if not call.get("stream"):
        message = {"role": "assistant", "content": "".join(words(number)), "refusal": None}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
        whole = {**base, "object": "chat.completion", "choices": [choice], "usage": USAGE}
        return Answer.of_json(whole, headers=headers)
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": word} for word in words(number)]
    events: list[dict[str, Any]] = [
        {"choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": None}]} for delta in deltas
    ]
    last: dict[str, Any] = {"choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "stop"}]}
    events.append({**last, "usage": USAGE} if usage_in_last else last)
    if separate_usage:
        events.append({"choices": [], "usage": USAGE})
    chunks = [{**base, "object": "chat.completion.chunk", **event} for event in events]
    return sse([*chunks, "[DONE]"], headers=headers)
