"""What agent frameworks ask and answer, as `show` says it: their own names and texts."""

import json

import pytest

from tapehead.llm.apis import Json
from tapehead.llm.request_summary import summarize_request
from tapehead.llm.response_summary import summarize_response

SSE = "text/event-stream"


def stream(*messages: Json, name: str = "") -> bytes:
    event = f"event: {name}\n" if name else ""
    return "".join(f"{event}data: {json.dumps(each)}\n\n" for each in messages).encode()


def said(body: bytes, content_type: str = SSE) -> list[tuple[str, str, str]]:
    """Role, noun and text of each part."""
    turns = summarize_response(content_type, body).turns
    return [(turn.role, part.noun, part.text) for turn in turns for part in turn.parts]


def rpc(result: Json) -> Json:
    return {"jsonrpc": "2.0", "id": 1, "result": result}


def text(words: str) -> Json:
    return {"kind": "text", "text": words}


ANSWER = {"content": [{"type": "text", "text": "42"}], "isError": False}
PROGRESS = {"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progress": 1}}
UI = [
    {"type": "start", "messageId": "m"},
    {"type": "start-step"},
    {"type": "reasoning-start", "id": "r"},
    {"type": "reasoning-delta", "id": "r", "delta": "Hm."},
    {"type": "text-start", "id": "0"},
    {"type": "text-delta", "id": "0", "delta": "Hel"},
    {"type": "text-delta", "id": "0", "delta": "lo"},
    {"type": "text-end", "id": "0"},
    {"type": "tool-input-start", "toolCallId": "c", "toolName": "search"},
    {"type": "tool-input-delta", "toolCallId": "c", "inputTextDelta": '{"q":'},
    {"type": "tool-input-available", "toolCallId": "c", "toolName": "search", "input": {"q": "x"}},
    {"type": "tool-output-available", "toolCallId": "c", "output": "found"},
    {"type": "finish"},
]


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        (json.dumps(rpc(ANSWER)).encode(), "application/json", ["42"]),
        (stream(PROGRESS, rpc(ANSWER)), SSE, ["42"]),
        (stream(rpc({"kind": "message", "messageId": "m", "role": "agent", "parts": [text("Hi")]})), SSE, ["Hi"]),
        (
            stream(
                rpc({"kind": "task", "id": "t", "status": {"state": "working"}}),
                rpc({"kind": "artifact-update", "artifact": {"artifactId": "a", "parts": [text("Hel")]}}),
                rpc({"kind": "artifact-update", "artifact": {"artifactId": "a", "parts": [text("lo"), {"url": "x"}]}}),
                rpc({"kind": "status-update", "status": {"state": "completed", "message": {"parts": [text("Done")]}}}),
            ),
            SSE,
            ["Hello", '{"url": "x"}', "Done"],
        ),
        (
            stream(
                rpc({"task": {"status": {"state": "TASK_STATE_COMPLETED"}, "artifacts": [{"parts": [text("It")]}]}}),
                rpc({"message": {"messageId": "m", "parts": [text("Hi")]}}),
            ),
            SSE,
            ["It", "Hi"],
        ),
        (json.dumps(rpc("odd")).encode(), "application/json", []),
        (stream(*UI), SSE, ["Hm.", "Hello", '{"q": "x"}', "found"]),
        (stream("Hel", "lo", name="data") + b"event: end\n\n", SSE, ["Hello"]),
        (
            stream({"content": "Hel", "type": "AIMessageChunk"}, {"content": "lo", "type": "AIMessageChunk"}),
            SSE,
            ["Hello"],
        ),
        (b'{"output":"Hello","metadata":{"run_id":"r"}}', "application/json", ["Hello"]),
        (b'{"output":{"content":"Hello","type":"ai"},"metadata":{}}', "application/json", ["Hello"]),
        (b'{"output":["One","Two"],"metadata":{}}', "application/json", ["One", "Two"]),
        (stream(["Hel"], name="generating") + stream(["Hello"], name="complete"), SSE, ["Hello"]),
        (
            stream(
                {"msg": "estimation", "rank": 0},
                {"msg": "process_completed", "output": {"data": ["Hello", 3]}, "success": True},
                {"msg": "close_stream"},
            ),
            SSE,
            ["Hello", "3"],
        ),
        (b'{"data":["Hello"],"is_generating":false,"duration":0.1}', "application/json", ["Hello"]),
        (stream({"content": "Hel", "stop": False}, {"content": "lo", "stop": True}), SSE, ["Hello"]),
        (b'{"task":{"id":"t","artifacts":[{"parts":[{"text":"It"}]}]}}', "application/json", ["It"]),
        (b'data: [1]\n\ndata: "\n\n', SSE, []),
    ],
)
def test_texts(body: bytes, content_type: str, expected: list[str]) -> None:
    """Pieces are put together; what is neither is left out."""
    assert expected == [words for _, _, words in said(body, content_type)]


def test_parts() -> None:
    """A thought, a call of a tool and its result are told from what is said."""
    assert [
        ("assistant", "reasoning", "Hm."),
        ("assistant", "text", "Hello"),
        ("assistant", "tool call `search`", '{"q": "x"}'),
        ("tool", "text", "found"),
    ] == said(stream(*UI))


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (stream({"jsonrpc": "2.0", "id": 1, "error": {"code": -1, "message": "no such tool"}}), "no such tool"),
        (stream({"type": "text-start", "id": "0"}, {"type": "error", "errorText": "too long"}), "too long"),
        (stream({"msg": "process_completed", "output": {"error": "busy"}}), "busy"),
    ],
)
def test_errors(body: bytes, error: str) -> None:
    """Each has its own place for one."""
    assert error == summarize_response(SSE, body).error


def test_what_is_not_taken_for_granted() -> None:
    """Fields of other types are left out."""
    odd = [{"type": "text-delta", "id": 1, "delta": 2}, {"type": "tool-input-start", "toolName": {}}]
    assert [] == [words for _, _, words in said(stream({"type": "text-start"}, *odd)) if words not in ("", '""')]
    assert [] == said(stream(rpc({"parts": 1, "artifacts": 2, "status": 3, "artifact": 4, "content": 5})))
    assert [] == said(stream({"msg": "process_completed", "output": 1}, {"msg": "close_stream"}))


@pytest.mark.parametrize(
    ("path", "body", "api", "turns"),
    [
        (
            "/mcp",
            {"jsonrpc": "2.0", "method": "tools/call", "params": {"name": "search", "arguments": {"q": "x"}}},
            "MCP tools/call search",
            ['{"q": "x"}'],
        ),
        (
            "/mcp",
            {"jsonrpc": "2.0", "method": "resources/read", "params": {"uri": "f://a"}},
            "MCP resources/read f://a",
            [],
        ),
        ("/mcp", {"jsonrpc": "2.0", "method": "tools/list", "params": []}, "MCP tools/list", []),
        (
            "/",
            {
                "jsonrpc": "2.0",
                "method": "message/send",
                "params": {"message": {"role": "user", "parts": [text("Hi")]}},
            },
            "A2A message/send",
            ["Hi"],
        ),
        ("/completion", {"prompt": "Hi", "n_predict": 3}, "llama.cpp completion", ["Hi"]),
        ("/c/invoke", {"input": "Hi"}, "LangServe", ["Hi"]),
        ("/call/predict", {"data": ["Hi"]}, "Gradio", ["Hi"]),
        (
            "/api/chat",
            {"messages": [{"role": "user", "parts": [{"type": "text", "text": "Hi"}]}]},
            "Vercel UI messages",
            ["Hi"],
        ),
    ],
)
def test_requests(path: str, body: Json, api: str, turns: list[str]) -> None:
    """By their own names, JSON-RPC by its method and what of its kind is called."""
    summary = summarize_request(path, json.dumps(body).encode())

    assert summary
    assert (api, turns) == (summary.api, [part.text for turn in summary.turns for part in turn.parts])


def test_tokens() -> None:
    """llama.cpp says them in its last event."""
    summary = summarize_response(
        SSE, stream({"content": "a"}, {"tokens_evaluated": 5, "tokens_predicted": 2, "stop": True, "stop_type": "eos"})
    )

    assert summary.usage
    assert (5, 2, "eos") == (summary.usage.input, summary.usage.output, summary.finish)
