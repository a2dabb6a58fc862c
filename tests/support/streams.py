"""Streams of every API, cut into few events, as their references show them; and frames for Bedrock's."""

import base64
import json
import struct
import zlib

from tapehead.llm.apis import Json

SSE = "text/event-stream; charset=utf-8"
NDJSON = "application/x-ndjson"
AWS = "application/vnd.amazon.eventstream"


def sse(*messages: Json) -> bytes:
    """Messages as server-sent events."""
    return b"".join(b"data: " + json.dumps(message).encode() + b"\n\n" for message in messages)


def ndjson(*messages: Json) -> bytes:
    """Messages as lines."""
    return b"".join(json.dumps(message).encode() + b"\n" for message in messages)


def frame(payload: bytes, **headers: str) -> bytes:
    """An AWS event-stream frame. `event_type` is the header `:event-type`."""
    raw = b""
    for name, value in headers.items():
        name = ":" + name.replace("_", "-")
        raw += bytes([len(name)]) + name.encode() + b"\x07" + struct.pack(">H", len(value)) + value.encode()
    head = struct.pack(">II", 16 + len(raw) + len(payload), len(raw))
    body = head + struct.pack(">I", zlib.crc32(head)) + raw + payload
    return body + struct.pack(">I", zlib.crc32(body))


def chunk(message: object) -> bytes:
    """A frame of InvokeModelWithResponseStream."""
    encoded = base64.b64encode(json.dumps(message).encode()).decode()
    return frame(json.dumps({"bytes": encoded, "p": "abc"}).encode(), message_type="event", event_type="chunk")


def event(name: str, payload: bytes = b"{}") -> bytes:
    """A frame that is an event."""
    return frame(payload, message_type="event", event_type=name)


def _choice(delta: Json, finish: str | None = None) -> Json:
    return {"id": "c", "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def _call(index: int, **function: str) -> Json:
    return {"tool_calls": [{"index": index, "function": function}]}


CHAT = sse(
    _choice({"role": "assistant", "content": "", "reasoning": "Hm"}),
    _choice({"reasoning": "m.", "content": None}),
    _choice({"content": "Oi"}),
    _choice({"content": "!"}),
    _choice(
        {"tool_calls": [{"index": 0, "id": "1", "type": "function", "function": {"name": "add", "arguments": ""}}]}
    ),
    _choice(
        {"tool_calls": [{"index": 1, "id": "2", "type": "function", "function": {"name": "mul", "arguments": ""}}]}
    ),
    _choice(_call(0, arguments='{"a"')),
    _choice(_call(1, arguments="{}")),
    _choice(_call(0, arguments=":1}")),
    _choice({}, "tool_calls"),
    {"id": "c", "model": "m", "choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 5}},
)
MISTRAL = sse(
    _choice({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Let "}]}]}),
    _choice({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "me."}]}]}),
    _choice({"content": "Oi"}),
    _choice({"content": "!"}, "stop"),
)
COMPLETIONS = sse(
    {"choices": [{"index": 0, "text": "Once"}, {"index": 1, "text": "One"}]},
    {"choices": [{"index": 1, "text": " day"}, {"index": 0, "text": " upon"}]},
)
ANTHROPIC_EVENTS: tuple[Json, ...] = (
    {
        "type": "message_start",
        "message": {
            "type": "message",
            "role": "assistant",
            "model": "claude",
            "content": [],
            "usage": {"input_tokens": 3, "cache_read_input_tokens": 4, "output_tokens": 1},
        },
    },
    {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": "", "signature": ""}},
    {"type": "ping"},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "Hm"}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "s"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "Oi"}},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "!"}},
    {
        "type": "content_block_start",
        "index": 2,
        "content_block": {"type": "tool_use", "id": "t", "name": "add", "input": {}},
    },
    {"type": "content_block_delta", "index": 2, "delta": {"type": "input_json_delta", "partial_json": '{"a":'}},
    {"type": "content_block_delta", "index": 2, "delta": {"type": "input_json_delta", "partial_json": "1}"}},
    {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 9}},
    {"type": "message_stop"},
)
ANTHROPIC = sse(*ANTHROPIC_EVENTS)
ANTHROPIC_ON_BEDROCK = b"".join(map(chunk, ANTHROPIC_EVENTS))
CONVERSE = b"".join(
    event(name, json.dumps(payload).encode())
    for name, payload in [
        ("messageStart", {"role": "assistant", "p": "ab"}),
        ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"reasoningContent": {"text": "H"}}}),
        ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"reasoningContent": {"text": "m"}}}),
        ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"text": "Oi"}}),
        ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"text": "!"}}),
        ("contentBlockStart", {"contentBlockIndex": 2, "start": {"toolUse": {"name": "add", "toolUseId": "t"}}}),
        ("contentBlockDelta", {"contentBlockIndex": 2, "delta": {"toolUse": {"input": '{"a":'}}}),
        ("contentBlockDelta", {"contentBlockIndex": 2, "delta": {"toolUse": {"input": "1}"}}}),
        ("contentBlockStop", {"contentBlockIndex": 2}),
        ("messageStop", {"stopReason": "tool_use"}),
        ("metadata", {"usage": {"inputTokens": 7, "outputTokens": 9, "totalTokens": 16}, "metrics": {"latencyMs": 1}}),
    ]
)
GEMINI_EVENTS: tuple[Json, ...] = (
    {"candidates": [{"content": {"parts": [{"text": "H", "thought": True}], "role": "model"}}]},
    {"candidates": [{"content": {"parts": [{"text": "m", "thought": True}], "role": "model"}}]},
    {"candidates": [{"content": {"parts": [{"text": "Oi"}], "role": "model"}}]},
    {"candidates": [{"content": {"parts": [{"text": "!", "thoughtSignature": "s"}], "role": "model"}}]},
    {
        "candidates": [
            {
                "content": {"parts": [{"functionCall": {"name": "add", "args": {"a": 1}}}], "role": "model"},
                "finishReason": "STOP",
            }
        ],
        "usageMetadata": {"promptTokenCount": 7, "candidatesTokenCount": 5, "thoughtsTokenCount": 4},
        "modelVersion": "gemini",
    },
)
GEMINI = sse(*GEMINI_EVENTS)
OLLAMA = ndjson(
    {"model": "l", "message": {"role": "assistant", "content": "", "thinking": "Hm"}, "done": False},
    {"model": "l", "message": {"role": "assistant", "content": "Oi"}, "done": False},
    {"model": "l", "message": {"role": "assistant", "content": "!"}, "done": False},
    {
        "model": "l",
        "message": {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"function": {"name": "add", "arguments": {"a": 1}}}],
        },
        "done": False,
    },
    {
        "model": "l",
        "message": {"role": "assistant", "content": ""},
        "done": True,
        "done_reason": "stop",
        "prompt_eval_count": 7,
        "eval_count": 9,
    },
)
OLLAMA_GENERATE = ndjson(
    {"model": "l", "response": "Oi", "done": False},
    {"model": "l", "response": "!", "done": True, "done_reason": "length", "prompt_eval_count": 7, "eval_count": 9},
)
COHERE = sse(
    {"type": "message-start", "id": "x", "delta": {"message": {"role": "assistant", "content": [], "tool_plan": ""}}},
    {"type": "tool-plan-delta", "delta": {"message": {"tool_plan": "I will "}}},
    {"type": "tool-plan-delta", "delta": {"message": {"tool_plan": "add."}}},
    {
        "type": "tool-call-start",
        "index": 0,
        "delta": {
            "message": {"tool_calls": {"id": "1", "type": "function", "function": {"name": "add", "arguments": ""}}}
        },
    },
    {
        "type": "tool-call-delta",
        "index": 0,
        "delta": {"message": {"tool_calls": {"function": {"arguments": '{"a":'}}}},
    },
    {"type": "tool-call-delta", "index": 0, "delta": {"message": {"tool_calls": {"function": {"arguments": "1}"}}}}},
    {"type": "tool-call-end", "index": 0},
    {"type": "content-start", "index": 0, "delta": {"message": {"content": {"type": "text", "text": ""}}}},
    {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": "Oi"}}}},
    {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": "!"}}}},
    {"type": "content-end", "index": 0},
    {
        "type": "message-end",
        "delta": {"finish_reason": "COMPLETE", "usage": {"tokens": {"input_tokens": 7, "output_tokens": 9}}},
    },
)
RESPONSES_EVENTS: tuple[Json, ...] = (
    {"type": "response.created", "response": {"object": "response", "model": "gpt", "status": "in_progress"}},
    {"type": "response.output_item.added", "output_index": 0, "item": {"type": "reasoning", "summary": []}},
    {"type": "response.reasoning_summary_text.delta", "output_index": 0, "summary_index": 0, "delta": "H"},
    {"type": "response.reasoning_summary_text.delta", "output_index": 0, "summary_index": 0, "delta": "m"},
    {
        "type": "response.output_item.done",
        "output_index": 0,
        "item": {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm"}]},
    },
    {
        "type": "response.output_item.added",
        "output_index": 1,
        "item": {"type": "message", "role": "assistant", "content": []},
    },
    {"type": "response.output_text.delta", "output_index": 1, "content_index": 0, "delta": "Oi"},
    {"type": "response.output_text.delta", "output_index": 1, "content_index": 0, "delta": "!"},
    {
        "type": "response.output_item.added",
        "output_index": 2,
        "item": {"type": "function_call", "name": "add", "arguments": ""},
    },
    {"type": "response.function_call_arguments.delta", "output_index": 2, "delta": '{"a":'},
    {"type": "response.function_call_arguments.delta", "output_index": 2, "delta": "1}"},
)
RESPONSES = sse(
    *RESPONSES_EVENTS,
    {
        "type": "response.completed",
        "response": {
            "object": "response",
            "model": "gpt",
            "status": "completed",
            "output": [
                {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm"}]},
                {
                    "type": "message",
                    "role": "assistant",
                    "content": [{"type": "output_text", "text": "Oi!"}],
                },
                {"type": "function_call", "name": "add", "arguments": '{"a":1}'},
            ],
            "usage": {"input_tokens": 7, "output_tokens": 9},
        },
    },
)
