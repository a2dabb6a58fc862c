import json

import pytest

from tapehead.llm.apis import Json
from tapehead.llm.request_summary import RequestSummary, summarize_request

TOOL = {"name": "add", "input_schema": {}}


def read(path: str, body: Json) -> RequestSummary:
    got = summarize_request(path, json.dumps(body).encode())
    assert got is not None
    return got


@pytest.mark.parametrize(
    ("path", "body", "model", "turns", "messages", "tools", "parameters"),
    [
        (
            "/v1/chat/completions",
            {
                "model": "m",
                "messages": [{"role": "system", "content": "Be."}, {"role": "user", "content": "Oi"}],
                "tools": [{"type": "function", "function": {"name": "add"}}],
                "temperature": 0,
                "stop": None,
            },
            "m",
            [("system", "Be."), ("user", "Oi")],
            2,
            ["add"],
            {"temperature": "0", "stop": "null"},
        ),
        (
            "/v1/messages",
            {"messages": [{"role": "user", "content": "Oi"}], "system": [{"type": "text", "text": "Be."}], "tools": [TOOL]},
            "",
            [("system", "Be."), ("user", "Oi")],
            1,
            ["add"],
            {},
        ),
        ("/v1/responses", {"input": "Oi", "model": "m"}, "m", [("user", "Oi")], 1, [], {}),
        (
            "/v1/responses",
            {"input": [{"role": "user", "content": "Oi"}], "instructions": "Be.", "reasoning": {"effort": "low"}},
            "",
            [("system", "Be."), ("user", "Oi")],
            1,
            [],
            {"reasoning": '{"effort": "low"}'},
        ),
        (
            "/model/eu.anthropic.claude%3A0/converse-stream",
            {
                "messages": [{"role": "user", "content": [{"text": "Oi"}]}],
                "system": [{"text": "Be."}],
                "toolConfig": {"tools": [{"toolSpec": {"name": "add"}}], "toolChoice": {"auto": {}}},
            },
            "eu.anthropic.claude:0",
            [("system", "Be."), ("user", "Oi")],
            1,
            ["add"],
            {"toolConfig.toolChoice": '{"auto": {}}'},
        ),
        (
            "/v1beta/models/gemini:streamGenerateContent",
            {
                "contents": [{"role": "user", "parts": [{"text": "Oi"}]}],
                "systemInstruction": {"parts": [{"text": "Be."}]},
                "tools": [{"functionDeclarations": [{"name": "add"}, {"name": "mul"}]}, {"googleSearch": {}}],
                "generationConfig": {"temperature": 1},
            },
            "gemini",
            [("system", "Be."), ("user", "Oi")],
            1,
            ["add", "mul", "googleSearch"],
            {"generationConfig": '{"temperature": 1}'},
        ),
        ("/v1/embeddings", {"input": ["a", "b"], "model": "e"}, "e", [("input", "a"), ("input", "b")], 2, [], {}),
        ("/openai/deployments/gpt/embeddings", {"input": "a"}, "gpt", [("input", "a")], 1, [], {}),
        ("/api/chat", {"model": "l", "messages": [{"role": "user", "content": "Oi"}]}, "l", [("user", "Oi")], 1, [], {}),
        ("/api/generate", {"model": "l", "prompt": "Oi"}, "l", [("user", "Oi")], 1, [], {}),
        ("/v2/chat", {"model": "c", "messages": [{"role": "user", "content": "Oi"}]}, "c", [("user", "Oi")], 1, [], {}),
        ("/v1/messages", {"messages": "x", "tools": [{"a": 1, "b": 2}]}, "", [], 0, ['{"a": 1, "b": 2}'], {"messages": '"x"'}),
    ],
)  # fmt: skip
def test_asked(
    path: str,
    body: Json,
    model: str,
    turns: list[tuple[str, str]],
    messages: int,
    tools: list[str],
    parameters: dict[str, str],
) -> None:
    """Every API's model, turns (the system prompt first), tools, and the rest as parameters."""
    got = read(path, body)

    assert (model, messages, tools, parameters) == (got.model, got.messages, list(got.tools), dict(got.parameters))
    assert turns == [(turn.role, part.text) for turn in got.turns for part in turn.parts]


@pytest.mark.parametrize("body", [b"", b"hello", b'{"x":1}', b"[1]", b"[" * 100_000])
def test_what_speaks_no_api(body: bytes) -> None:
    """It asks nothing that could be shown."""
    assert summarize_request("/anything", body) is None


def test_nesting_that_python_can_read() -> None:
    """JSON may nest deeper than what works on it: then the API and the model are what is known."""
    for depth in (100, 400, 900, 3000, 9000):
        deep = b'{"messages":' * depth + b"1" + b"}" * depth
        got = summarize_request("/model/m/converse", b'{"messages":[{"content":' + deep + b"}]}")

        assert got is None or (got.api, got.model) == ("Bedrock Converse", "m")


def test_nesting_beyond_what_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same, whatever the limits of this Python are."""
    monkeypatch.setattr("tapehead.llm.request_summary.turn", _endless)

    assert RequestSummary(api="Bedrock Converse", model="m") == read("/model/m/converse", {"messages": [1]})


def _endless(*_: object) -> None:
    raise RecursionError
