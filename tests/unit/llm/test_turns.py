import pytest

from tapehead.llm.apis import Json
from tapehead.llm.turns import MessagePart, Turn, part_of, turn


@pytest.mark.parametrize(
    ("part", "noun", "text"),
    [
        ("Oi", "text", "Oi"),
        (5, "part", "5"),
        ({"text": "Oi"}, "text", "Oi"),
        ({"text": "Hm", "thought": True}, "thinking", "Hm"),
        ({"type": "input_text", "text": "Oi"}, "text", "Oi"),
        ({"type": "thinking", "thinking": [{"type": "text", "text": "a"}, "b"]}, "thinking", "a\nb"),
        ({"type": "image_url", "image_url": {"url": "https://x/y.png"}}, "image", "https://x/y.png"),
        ({"type": "image_url", "image_url": "data:image/png;base64,AAAA"}, "image", "image/png;base64, 4 characters"),
        ({"type": "image", "source": {"type": "base64", "data": "AAAAA"}}, "image", "5 characters"),
        ({"image": {"format": "png", "source": {"bytes": "AA"}}}, "image", "2 characters"),
        ({"inlineData": {"mimeType": "audio/wav", "data": "AAA"}}, "audio", "3 characters"),
        ({"fileData": {"fileUri": "gs://x/y"}}, "file", "gs://x/y"),
        ({"toolUse": {"name": "add", "input": {"a": 1}}}, "tool call `add`", '{"a": 1}'),
        ({"toolResult": {"content": [{"text": "3"}, {"json": {"b": 1}}]}}, "tool result", '3\n{"b": 1}'),
        ({"functionResponse": {"name": "add", "response": {"r": 3}}}, "tool result", '{"r": 3}'),
        ({"reasoningContent": {"reasoningText": {"text": "Hm"}}}, "reasoning", "Hm"),
        ({"type": "tool_result", "content": [{"type": "text", "text": "3"}]}, "tool result", "3"),
        ({"type": "tool_result", "content": [[1]]}, "tool result", "[[1]]"),
        (
            {"type": "server_tool_use", "name": "web_search", "input": {"q": "x"}},
            "tool call `web_search`",
            '{"q": "x"}',
        ),
        ({"type": "cachePoint"}, "`cachePoint`", '{"type": "cachePoint"}'),
        ({"type": "ünknown\x1b"}, "`ünknown\\x1b`", '{"type": "ünknown\\u001b"}'),
    ],
)
def test_parts(part: Json, noun: str, text: str) -> None:
    """Each part has its kind and its text; of what has none, what it is."""
    assert MessagePart(noun=noun, text=text) == part_of(part)


@pytest.mark.parametrize(
    ("message", "role", "texts"),
    [
        ("Oi", "user", ["Oi"]),
        (["Oi", {"text": "!"}], "user", ["Oi", "!"]),
        ({"role": "developer", "content": "Oi"}, "developer", ["Oi"]),
        ({"role": "", "content": "Oi"}, "user", ["Oi"]),
        ({"role": "model", "parts": [{"text": "Oi"}]}, "model", ["Oi"]),
        ({"parts": {"text": "Oi"}}, "user", ["Oi"]),
        ({"role": "x", "content": None, "tool_calls": [{"function": {"name": "a", "arguments": "{}"}}]}, "x", ["{}"]),
        ({"role": "assistant", "content": "", "reasoning_content": "Hm", "reasoning": "Hm"}, "assistant", ["Hm"]),
        ({"type": "function_call_output", "call_id": "x", "output": "3"}, "tool", ["3"]),
        ({"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm"}]}, "user", ["Hm"]),
        ({"type": "message", "content": [{"type": "output_text", "text": "Oi"}]}, "user", ["Oi"]),
        ({}, "user", []),
    ],
)  # fmt: skip
def test_turns(message: Json, role: str, texts: list[str]) -> None:
    """Whose turn it is, and what is said in it, once each."""
    got = turn(message, "user")

    assert (role, texts) == (got.role, [part.text for part in got.parts])


def test_a_refusal() -> None:
    """It is no text of an answer."""
    assert Turn(role="assistant", parts=(MessagePart(noun="refusal", text="No"),)) == turn(
        {"refusal": "No"}, "assistant"
    )
