"""What a response says: messages, why it ended, tokens, an error; a stream's put together first.

Knows where each API has these in a whole response, from tables, and needs no request to tell them apart. Does not know
how a stream is put together (see `stream_assembly`), nor what is in a message (see `turns`).
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from tapehead.llm.apis import Json, Path
from tapehead.llm.conversation import lookup
from tapehead.llm.events import Event, Message, events_in
from tapehead.llm.framework_streams import messages_of_rpc
from tapehead.llm.stream_assembly import assemble
from tapehead.llm.turns import MessagePart, Turn, compact, turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens, as they are billed: those read from a cache are among the input, thoughts among the output."""

    input: int | None
    output: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseSummary:
    """A provider's response. Texts are as they came, not yet safe to print."""

    model: str = ""
    turns: tuple[Turn, ...] = ()
    finish: str = ""
    """Why it ended, in the provider's word."""
    usage: Usage | None = None
    error: str = ""


_NOTHING = ResponseSummary()

# Where messages are; `*` stands for each position in a list. All that are there count.
_MESSAGES: tuple[tuple[str, ...], ...] = (
    ("choices", "*", "message"),  # OpenAI chat completions
    ("choices", "*", "text"),  # OpenAI completions
    ("candidates", "*", "content"),  # Gemini
    ("output", "message"),  # Bedrock Converse
    ("output", "*"),  # OpenAI responses, and what is put together of others
    ("task", "artifacts", "*"),  # A2A over HTTP
    ("task", "status", "message"),
    ("message",),  # Ollama chat, Cohere chat
    ("response",),  # Ollama generate
    ("content",),  # Anthropic messages
)
_MODELS: tuple[Path, ...] = (("model",), ("modelVersion",))
_FINISHES: tuple[Path, ...] = (
    ("choices", 0, "finish_reason"),
    ("candidates", 0, "finishReason"),
    ("promptFeedback", "blockReason"),
    ("stop_reason",),
    ("stopReason",),
    ("done_reason",),
    ("stop_type",),  # llama.cpp
    ("finish_reason",),
    ("incomplete_details", "reason"),
    ("status",),
)
_ERRORS: tuple[Path, ...] = (("error", "message"), ("error",), ("Message",), ("detail",))
# Tokens in, tokens out: the sum of all that are there. The first row of which one is there counts.
_USAGES: tuple[tuple[tuple[Path, ...], tuple[Path, ...]], ...] = (
    # OpenAI chat, completions, embeddings; Mistral
    ((("usage", "prompt_tokens"),), (("usage", "completion_tokens"),)),
    # Claude API reference, Messages, usage: input_tokens are those that no cache had. OpenAI responses: all.
    (
        tuple(("usage", name) for name in ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")),
        (("usage", "output_tokens"),),
    ),
    # Amazon Bedrock API reference, TokenUsage
    (
        tuple(("usage", name) for name in ("inputTokens", "cacheReadInputTokens", "cacheWriteInputTokens")),
        (("usage", "outputTokens"),),
    ),
    # Gemini API reference, UsageMetadata: candidatesTokenCount is without the thoughts
    (
        (("usageMetadata", "promptTokenCount"), ("usageMetadata", "toolUsePromptTokenCount")),
        (("usageMetadata", "candidatesTokenCount"), ("usageMetadata", "thoughtsTokenCount")),
    ),
    ((("prompt_eval_count",),), (("eval_count",),)),  # Ollama
    ((("tokens_evaluated",),), (("tokens_predicted",),)),  # llama.cpp
    ((("usage", "tokens", "input_tokens"),), (("usage", "tokens", "output_tokens"),)),  # Cohere chat
    ((("meta", "billed_units", "input_tokens"),), ()),  # Cohere embed
    ((("input_tokens",),), ()),  # Anthropic and OpenAI: counting only
    ((("totalTokens",),), ()),  # Gemini: counting only
)
# Lists of vectors, or one.
_VECTORS: tuple[tuple[str, ...], ...] = (
    ("data", "*", "embedding"),  # OpenAI, Mistral
    ("embeddings", "*"),  # Ollama
    ("embeddings", "*", "values"),  # Gemini
    ("embeddings", "float", "*"),  # Cohere
    ("embedding", "values"),
    ("embedding",),
    ("predictions", "*", "embeddings", "values"),  # Vertex
)


def summarize_response(content_type: str | None, body: bytes) -> ResponseSummary:
    """Returns what a decoded response body says; an empty answer for what is no JSON and no stream of it."""
    try:
        response = _whole(content_type, body)
        return _read(response) if response else _NOTHING
    except RecursionError:  # JSON that is nested without end
        return _NOTHING


def _whole(content_type: str | None, body: bytes) -> Message:
    events = events_in(content_type, body)
    if events is not None:
        return assemble(events)
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    if isinstance(value, list):  # Gemini streams a list if it is not asked for SSE
        return assemble([Event(name="", message=each) for each in value if isinstance(each, dict)])
    if not isinstance(value, dict):
        return {}
    if value.get("jsonrpc") == "2.0":
        return messages_of_rpc([Event(name="", message=value)])
    return _of_framework(value)


def _of_framework(value: dict[str, Json]) -> Message:
    """LangServe's answer is whatever its chain gives; Gradio's the values of its components."""
    output, data = value.get("output"), value.get("data")
    if (isinstance(output, str) or (isinstance(output, dict) and "content" in output)) and "metadata" in value:
        return {**value, "output": [output]}
    if isinstance(data, list) and "is_generating" in value:
        return {"output": data}
    return value


def _read(response: Message) -> ResponseSummary:
    error = _error(response)
    turns = [turn(value, "assistant") for pattern in _MESSAGES for value in _each(pattern, response) if value != error]
    turns += _vectors(response)
    return ResponseSummary(
        model=_first(_MODELS, response),
        turns=tuple(each for each in turns if each.parts),
        finish=_first(_FINISHES, response),
        usage=_usage(response),
        error=error,
    )


def _each(pattern: tuple[str, ...], value: Json) -> Iterator[Json]:
    if not pattern:
        yield value
    elif pattern[0] == "*":
        for each in value if isinstance(value, list) else []:
            yield from _each(pattern[1:], each)
    elif isinstance(value, dict) and pattern[0] in value:
        yield from _each(pattern[1:], value[pattern[0]])


def _vectors(response: Message) -> Iterator[Turn]:
    for pattern in _VECTORS:
        found = [each for each in _each(pattern, response) if isinstance(each, list | str) and each]
        if found:
            count = "1 vector" if len(found) == 1 else f"{len(found)} vectors"
            text = f"{count} in base64" if isinstance(found[0], str) else f"{count} of {len(found[0])} numbers"
            yield Turn(role="embeddings", parts=(MessagePart(noun="vectors", text=text),))
            return


def _first(paths: tuple[Path, ...], response: Message) -> str:
    return next((value for path in paths if isinstance(value := lookup(response, path), str) and value), "")


def _usage(response: Message) -> Usage | None:
    for paths in _USAGES:
        tokens = [_sum(each, response) for each in paths]
        if any(each is not None for each in tokens):
            return Usage(input=tokens[0], output=tokens[1])
    return None


def _sum(paths: tuple[Path, ...], response: Message) -> int | None:
    counts = [value for path in paths if type(value := lookup(response, path)) is int]
    return sum(counts) if counts else None


def _error(response: Message) -> str:
    for path in _ERRORS:
        if value := lookup(response, path):
            return value if isinstance(value, str) else compact(value)
    # Bedrock, Cohere and others have nothing but a message, which is a text then.
    message = response.get("message")
    return message if isinstance(message, str) else ""
