import pytest

from tapehead.llm.apis import APIS, FieldKind, Json, Path, api_of, classify, is_incidental, model_in

MESSAGES: Json = {"messages": []}
CHAT: Json = {"model": "m", "messages": []}
UI: Json = {"id": "c", "messages": [{"role": "user", "parts": [{"type": "text", "text": "Hi"}]}]}


def rpc(method: str, **params: Json) -> Json:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


@pytest.mark.parametrize(
    ("path", "body", "name"),
    [
        ("/v1/chat/completions", MESSAGES, "OpenAI chat completions"),
        ("/openai/deployments/gpt-4o/chat/completions", MESSAGES, "OpenAI chat completions"),
        ("/v1/agents/completions", MESSAGES, "OpenAI chat completions"),
        ("/v1/responses", {"input": "Hi"}, "OpenAI responses"),
        ("/v1/responses/input_tokens", {}, "OpenAI responses"),
        ("/v1/messages", MESSAGES, "Anthropic messages"),
        ("/v1/messages/count_tokens", MESSAGES, "Anthropic messages"),
        (
            "/v1/projects/p/publishers/anthropic/models/claude@1:streamRawPredict",
            MESSAGES,
            "Anthropic messages on Vertex",
        ),
        ("/model/anthropic.claude%3A0/invoke", MESSAGES, "Anthropic messages on Bedrock"),
        ("/model/x/invoke-with-response-stream", MESSAGES, "Anthropic messages on Bedrock"),
        ("/v1beta/models/gemini-2.5-pro:generateContent", {}, "Gemini"),
        ("/v1/projects/p/locations/l/publishers/google/models/gemini:streamGenerateContent", {}, "Gemini"),
        ("/model/x/converse-stream", MESSAGES, "Bedrock Converse"),
        ("/v2/chat", CHAT, "Cohere chat"),
        ("/api/chat", CHAT, "Ollama chat"),
        ("/api/generate", {"model": "m", "prompt": "Hi"}, "Ollama generate"),
        ("/v1/completions", {"prompt": "Hi"}, "OpenAI completions"),
        ("/v1/fim/completions", {"prompt": "def"}, "OpenAI completions"),
        ("/v1/embeddings", {"input": "Hi"}, "embeddings"),
        ("/v2/embed", {"texts": []}, "embeddings"),
        ("/api/embed", {"input": []}, "embeddings"),
        ("/v1beta/models/m:embedContent", {"content": {}}, "Gemini embeddings"),
        ("/v1beta/models/m:batchEmbedContents", {"requests": []}, "Gemini embeddings"),
        ("/api/chat", UI, "Vercel UI messages"),
        ("/agent", UI, "Vercel UI messages"),
        ("/agent", {"threadId": "t", "runId": "r", "messages": []}, "AG-UI"),
        ("/mcp", rpc("tools/call", name="search"), "MCP"),
        ("/messages", rpc("notifications/initialized"), "MCP"),
        ("/", rpc("message/send", message={}), "A2A"),
        ("/", rpc("SendStreamingMessage"), "A2A"),
        ("/", rpc("tasks/get"), "JSON-RPC"),
        ("/", rpc("eth_blockNumber"), "JSON-RPC"),
        ("/v1/responses", {"jsonrpc": "2.0", "method": 7}, "JSON-RPC"),
        ("/v1/message:stream", {"message": {}}, "A2A over HTTP"),
        ("/gradio_api/call/predict", {"data": ["Hi"]}, "Gradio"),
        ("/queue/join", {"data": ["Hi"], "fn_index": 0}, "Gradio"),
        ("/chain/invoke", {"input": {"question": "Hi"}}, "LangServe"),
        ("/chain/stream_log", {"input": "Hi"}, "LangServe"),
        ("/completion", {"prompt": "Hi", "n_predict": 9}, "llama.cpp completion"),
        ("/completions", {"prompt": "Hi", "model": "m"}, "OpenAI completions"),
        ("/infill", {"input_prefix": "a", "input_suffix": "b"}, "llama.cpp completion"),
    ],
)
def test_known_by_path(path: str, body: Json, name: str) -> None:
    """Each API is known by the path of its URLs."""
    api = api_of(path, body)

    assert api is not None
    assert name == api.name


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (CHAT, "OpenAI chat completions"),
        (MESSAGES, "chat"),
        ({"prompt": "Hi"}, "completion"),
        ({"input": {"question": "Hi"}}, None),
        ({"input": [{"question": "Hi"}]}, None),
        ({"messages": [], "system": "Be brief."}, "Anthropic messages"),
        ({"messages": [], "system": [{"text": "Be brief."}], "inferenceConfig": {}}, "Bedrock Converse"),
        ({"messages": [], "toolConfig": {}}, "Bedrock Converse"),
        ({"input": [{"role": "user", "content": "Hi"}]}, "OpenAI responses"),
        ({"input": ["Hi"]}, "embeddings"),
        ({"input": "Hi"}, "embeddings"),
        ({"contents": []}, "Gemini"),
        ({"prompt": "Hi", "model": "m"}, "OpenAI completions"),
        ({"inputText": "Hi"}, None),
        ([], None),
        (None, None),
    ],
)
def test_known_by_shape(body: Json, name: str | None) -> None:
    """Behind a path that says nothing, an API is known by the body; for a model of another maker too."""
    api = api_of("/model/other.model/invoke", body) if name is None else api_of("/gateway", body)

    assert name == (api.name if api else None)


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("/v1beta/models/gemini-2.5-pro:generateContent", "gemini-2.5-pro"),
        ("/model/us.anthropic.claude-v1:0/invoke", "us.anthropic.claude-v1:0"),
        ("/openai/deployments/gpt-4o/embeddings", "gpt-4o"),
        ("/v1/chat/completions", None),
        ("/", None),
    ],
)
def test_model_in_path(path: str, model: str | None) -> None:
    """Some APIs name the model in the URL."""
    span = model_in(path)

    assert model == (path[slice(*span)] if span else None)


@pytest.mark.parametrize(
    ("url", "path", "expected"),
    [
        ("/v1/chat/completions", ("messages", 6, "content"), (FieldKind.MESSAGE, 2)),
        ("/v1/chat/completions", ("messages",), (FieldKind.OTHER, 1)),
        ("/v1/chat/completions", ("messages", "x"), (FieldKind.OTHER, 2)),
        ("/v1beta/models/m:generateContent", ("tools", 0, "functionDeclarations", 2, "name"), (FieldKind.TOOL, 4)),
        ("/v1beta/models/m:generateContent", ("tools", 1), (FieldKind.TOOL, 2)),
        ("/v1beta/models/m:generateContent", ("system_instruction", "parts"), (FieldKind.SYSTEM, 1)),
        ("/v1/embeddings", ("input", 1), (FieldKind.INPUT, 2)),
        ("/v1/embeddings", ("input",), (FieldKind.INPUT, 1)),
    ],
)
def test_place(url: str, path: Path, expected: tuple[FieldKind, int]) -> None:
    """A path leads into a message, a tool and so on; the first steps lead to the thing, the others further in."""
    assert expected == classify(api_of(url, {}), path)


def test_place_without_api() -> None:
    """Without an API nothing has a meaning."""
    assert (FieldKind.OTHER, 2) == classify(None, ("messages", 0))


def test_hints() -> None:
    """Where to keep a cache is no part of what is asked."""
    assert (True, False) == (
        is_incidental(("system", 0, "cache_control", "type")),
        is_incidental(("system", 0, "text")),
    )


def test_table() -> None:
    """Each row names its source, and no two rows have one name."""
    assert len(APIS) == len({api.name for api in APIS})
    assert all(api.source for api in APIS)
