import pytest

from tapehead.llm.apis import Json, Path, api_of
from tapehead.llm.conversation import describe, lookup, summary

OPENAI: Json = {
    "model": "gpt-4o",
    "temperature": 0.7,
    "stop": ["a"],
    "messages": [
        {"role": "system", "content": "Be brief."},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "What is this?"},
                {"type": "image_url", "image_url": {"url": "data:"}},
            ],
        },
        {
            "role": "assistant",
            "tool_calls": [{"id": "1", "type": "function", "function": {"name": "search", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "1", "content": "A cat."},
        {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
    ],
    "tools": [{"type": "function", "function": {"name": "search", "parameters": {"type": "object"}}}, {"x": 1, "y": 2}],
}
RESPONSES: Json = {
    "instructions": "Be brief.",
    "input": [
        {"role": "user", "content": [{"type": "input_text", "text": "Hi"}]},
        {"type": "function_call", "name": "add", "arguments": "{}", "call_id": "1"},
        {"type": "function_call_output", "call_id": "1", "output": "5"},
        {"type": "web_search_call"},
        7,
    ],
    "tools": [{"type": "web_search"}],
}
ANTHROPIC: Json = {
    "system": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}],
    "messages": [
        {"role": "assistant", "content": [{"type": "thinking", "thinking": "", "signature": ""}]},
        {"role": "assistant", "content": [{"type": "tool_use", "name": "add", "input": {"a": 1}}] * 2},
        {"role": "user", "content": [{"type": "tool_result", "content": [{"type": "image", "source": {"data": ""}}]}]},
    ],
}
GEMINI: Json = {
    "systemInstruction": {"parts": [{"text": "Be brief."}]},
    "contents": [
        {"role": "user", "parts": [{"text": "Hi"}, {"inlineData": {"mimeType": "image/png", "data": ""}}]},
        {"parts": [{"functionCall": {"name": "add", "args": {"a": 1}}}]},
        {"role": "user", "parts": [{"functionResponse": {"name": "add", "response": {"result": 1}}}]},
    ],
    "tools": [{"functionDeclarations": [{"name": "add"}]}, {"googleSearch": {}}],
    "generationConfig": {"temperature": 0},
}
CONVERSE: Json = {
    "system": [{"text": "Be brief."}],
    "messages": [
        {"role": "user", "content": [{"text": "Hi"}, {"image": {"source": {"bytes": ""}}}]},
        {"role": "assistant", "content": [{"toolUse": {"name": "add", "input": {"a": 1}}}]},
        {"role": "user", "content": [{"toolResult": {"content": [{"text": "5"}]}}]},
    ],
    "toolConfig": {"tools": [{"toolSpec": {"name": "add", "description": ""}}]},
}
COHERE: Json = {"messages": [{"role": "assistant", "tool_plan": "I will", "content": "Hi"}], "documents": ["a"]}
OLLAMA: Json = {"messages": [{"role": "user", "content": "", "images": ["aaaa"]}], "options": {"seed": 1}}
GENERATE: Json = {"prompt": "Hi", "system": "Be brief.", "model": "llama"}
COMPLETIONS: Json = {"prompt": ["a", "b"]}
EMBEDDINGS: Json = {"input": ["a", "b"], "model": "m"}
COHERE_EMBED: Json = {"inputs": [{"content": [{"type": "text", "text": "a"}]}], "texts": ["a"]}
GEMINI_EMBED: Json = {"requests": [{"content": {"parts": [{"text": "a"}]}, "taskType": "x"}]}


@pytest.mark.parametrize(
    ("url", "body", "path", "words"),
    [
        ("/chat/completions", OPENAI, ("model",), "the model"),
        ("/chat/completions", OPENAI, ("temperature",), "temperature"),
        ("/chat/completions", OPENAI, ("stop", 0), "stop[0]"),
        ("/chat/completions", OPENAI, ("messages", 0), "message 1 (system)"),
        ("/chat/completions", OPENAI, ("messages", 0, "content"), "message 1 (system)"),
        ("/chat/completions", OPENAI, ("messages", 0, "role"), "the role of message 1"),
        ("/chat/completions", OPENAI, ("messages", 0, "name"), "the name of message 1 (system)"),
        ("/chat/completions", OPENAI, ("messages", 1, "content", 0, "text"), "message 2 (user)"),
        ("/chat/completions", OPENAI, ("messages", 1, "content", 0), "the text in message 2 (user)"),
        (
            "/chat/completions",
            OPENAI,
            ("messages", 1, "content", 1, "image_url", "url"),
            "the image in message 2 (user)",
        ),
        (
            "/chat/completions",
            OPENAI,
            ("messages", 1, "content", 1, "image_url", "detail"),
            "`image_url.detail` of the image in message 2 (user)",
        ),
        ("/chat/completions", OPENAI, ("messages", 1, "content", 9, "text"), "the part in message 2 (user)"),
        ("/chat/completions", OPENAI, ("messages", 2, "tool_calls"), "`tool_calls` of message 3 (assistant)"),
        ("/chat/completions", OPENAI, ("messages", 2, "tool_calls", 0), "tool call `search` in message 3 (assistant)"),
        (
            "/chat/completions",
            OPENAI,
            ("messages", 2, "tool_calls", 0, "function", "arguments"),
            "`arguments` of tool call `search` in message 3 (assistant)",
        ),
        (
            "/chat/completions",
            OPENAI,
            ("messages", 2, "tool_calls", 0, "function", "name"),
            "the name of tool call `search` in message 3 (assistant)",
        ),
        ("/chat/completions", OPENAI, ("messages", 3, "tool_call_id"), "`tool_call_id` of message 4 (tool)"),
        ("/chat/completions", OPENAI, ("messages", 4, "content", 1, "text"), "text 2 in message 5 (user)"),
        ("/chat/completions", OPENAI, ("messages", 9, "content"), "message 10"),
        ("/chat/completions", OPENAI, ("tools", 0), "tool `search`"),
        ("/chat/completions", OPENAI, ("tools", 0, "function"), "tool `search`"),
        ("/chat/completions", OPENAI, ("tools", 0, "function", "name"), "the name of tool 1"),
        (
            "/chat/completions",
            OPENAI,
            ("tools", 0, "function", "parameters", "type"),
            "`parameters.type` of tool `search`",
        ),
        ("/chat/completions", OPENAI, ("tools", 1, "x"), "`x` of tool 2"),
        ("/chat/completions", OPENAI, ("\x1b[2J",), "`\\x1b[2J`"),
        ("/chat/completions", OPENAI, ("a" * 61,), f"`{'a' * 60}…`"),
        ("/responses", RESPONSES, ("instructions",), "the system prompt"),
        ("/responses", RESPONSES, ("input", 0, "content", 0, "text"), "message 1 (user)"),
        ("/responses", RESPONSES, ("input", 1, "arguments"), "`arguments` of item 2 (tool call `add`)"),
        ("/responses", RESPONSES, ("input", 2, "output"), "item 3 (tool result)"),
        ("/responses", RESPONSES, ("input", 3), "item 4 (`web_search_call`)"),
        ("/responses", RESPONSES, ("input", 4), "message 5"),
        ("/responses", {"input": "Hi"}, ("input",), "the prompt"),
        ("/responses", RESPONSES, ("tools", 0), "tool `web_search`"),
        ("/messages", ANTHROPIC, ("system", 1, "text"), "text 2 in the system prompt"),
        ("/messages", {"messages": [], "system": "x"}, ("system",), "the system prompt"),
        ("/messages", ANTHROPIC, ("messages", 0, "content", 0, "thinking"), "the thinking in message 1 (assistant)"),
        (
            "/messages",
            ANTHROPIC,
            ("messages", 0, "content", 0, "signature"),
            "`signature` of the thinking in message 1 (assistant)",
        ),
        (
            "/messages",
            ANTHROPIC,
            ("messages", 1, "content", 1, "input", "a"),
            "`input.a` of tool call 2 (`add`) in message 2 (assistant)",
        ),
        ("/messages", ANTHROPIC, ("messages", 2, "content", 0, "content"), "the tool result in message 3 (user)"),
        (
            "/messages",
            ANTHROPIC,
            ("messages", 2, "content", 0, "content", 0, "source", "data"),
            "the image in the tool result in message 3 (user)",
        ),
        ("/models/m:generateContent", GEMINI, ("systemInstruction", "parts", 0, "text"), "the system prompt"),
        ("/models/m:generateContent", GEMINI, ("contents", 0, "parts", 0, "text"), "message 1 (user)"),
        (
            "/models/m:generateContent",
            GEMINI,
            ("contents", 0, "parts", 1, "inlineData", "data"),
            "the image in message 1 (user)",
        ),
        (
            "/models/m:generateContent",
            GEMINI,
            ("contents", 1, "parts", 0, "functionCall", "args", "a"),
            "`args.a` of tool call `add` in message 2",
        ),
        (
            "/models/m:generateContent",
            GEMINI,
            ("contents", 2, "parts", 0, "functionResponse", "response", "result"),
            "`response.result` of the tool result in message 3 (user)",
        ),
        ("/models/m:generateContent", GEMINI, ("tools", 0, "functionDeclarations", 0), "tool `add`"),
        ("/models/m:generateContent", GEMINI, ("tools", 1), "tool `googleSearch`"),
        ("/models/m:generateContent", GEMINI, ("generationConfig", "temperature"), "generationConfig.temperature"),
        ("/model/m/converse", CONVERSE, ("system", 0, "text"), "the system prompt"),
        (
            "/model/m/converse",
            CONVERSE,
            ("messages", 0, "content", 1, "image", "source", "bytes"),
            "the image in message 1 (user)",
        ),
        (
            "/model/m/converse",
            CONVERSE,
            ("messages", 1, "content", 0, "toolUse", "input", "a"),
            "`input.a` of tool call `add` in message 2 (assistant)",
        ),
        (
            "/model/m/converse",
            CONVERSE,
            ("messages", 2, "content", 0, "toolResult", "content", 0, "text"),
            "the tool result in message 3 (user)",
        ),
        (
            "/model/m/converse",
            CONVERSE,
            ("toolConfig", "tools", 0, "toolSpec", "description"),
            "`description` of tool `add`",
        ),
        ("/v2/chat", COHERE, ("messages", 0, "tool_plan"), "`tool_plan` of message 1 (assistant)"),
        ("/v2/chat", COHERE, ("documents", 0), "documents[0]"),
        ("/api/chat", OLLAMA, ("messages", 0, "images", 0), "`images[0]` of message 1 (user)"),
        ("/api/chat", OLLAMA, ("options", "seed"), "options.seed"),
        ("/api/generate", GENERATE, ("prompt",), "the prompt"),
        ("/api/generate", GENERATE, ("system",), "the system prompt"),
        ("/v1/completions", COMPLETIONS, ("prompt", 1), "prompt 2"),
        ("/v1/embeddings", EMBEDDINGS, ("input", 1), "input 2"),
        ("/v1/embeddings", {"input": "a"}, ("input",), "the input"),
        ("/v1/embeddings", {"input": [[1, 2], [3]]}, ("input", 0, 1), "part 2 in input 1"),
        ("/v2/embed", COHERE_EMBED, ("inputs", 0, "content", 0, "text"), "input 1"),
        ("/v2/embed", COHERE_EMBED, ("texts", 0), "input 1"),
        ("/models/m:batchEmbedContents", GEMINI_EMBED, ("requests", 0, "content", "parts", 0, "text"), "input 1"),
        ("/models/m:batchEmbedContents", GEMINI_EMBED, ("requests", 0, "taskType"), "`taskType` of input 1"),
        (
            "/models/m:embedContent",
            {"content": {"parts": [{"text": "a"}]}},
            ("content", "parts", 0, "text"),
            "the input",
        ),
        ("/other", {"a": {"b": [1]}}, ("a", "b", 0), "`a.b[0]` of the body"),
        ("/other", {"a\n": 1}, ("a\n",), "`a\\n` of the body"),
    ],
)
def test_describe(url: str, body: Json, path: Path, words: str) -> None:
    """Whatever a path leads to has a name in the words of a conversation."""
    assert words == describe(api_of(url, body), body, path)


@pytest.mark.parametrize(
    ("value", "path", "expected"),
    [({"a": [1]}, ("a", 0), 1), ({"a": [1]}, ("a", 1), None), ({"a": [1]}, ("a", "b"), None), ("x", (0,), None)],
)
def test_at(value: Json, path: Path, expected: Json) -> None:
    """A path that leads nowhere leads to None."""
    assert expected == lookup(value, path)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("Hi", '"Hi"'),
        ({"role": "user", "content": "Hi"}, '"Hi"'),
        ({"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "Hi"}]}, '"Hi"'),
        ({"role": "model", "parts": [{"functionCall": {"name": "add"}}]}, "tool call `add`"),
        (
            {"role": "assistant", "content": None, "tool_calls": [{"type": "function", "function": {"name": "add"}}]},
            "tool call `add`",
        ),
        ({"type": "function_call_output", "output": "5"}, '"5"'),
        ({"a": 1}, None),
        ([], None),
        (1, None),
    ],
)
def test_gist(value: Json, said: str | None) -> None:
    """A message is told by its first words, else by what is in it."""
    assert said == summary(value)
