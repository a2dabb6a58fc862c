import pytest

from tapehead.llm.apis import Json
from tapehead.llm.parts import nameless, part_key, part_noun, tool_name


@pytest.mark.parametrize(
    ("part", "noun"),
    [
        ("text", "text"),
        ({"type": "text", "text": ""}, "text"),
        ({"type": "image_url", "image_url": {}}, "image"),
        ({"type": "function", "function": {"name": "add"}}, "tool call `add`"),
        ({"type": "function_call", "name": "add"}, "tool call `add`"),
        ({"type": "tool_use", "name": "add", "input": {}}, "tool call `add`"),
        ({"type": "tool_result"}, "tool result"),
        ({"type": "web_search_call"}, "`web_search_call`"),
        ({"type": 1}, "`type`"),
        ({"text": ""}, "text"),
        ({"inlineData": {"mimeType": "image/png"}}, "image"),
        ({"inline_data": {"mime_type": "audio/wav"}}, "audio"),
        ({"fileData": {"mimeType": "application/pdf"}}, "file"),
        ({"fileData": None}, "file"),
        ({"functionCall": {"name": "add", "args": {}}, "thoughtSignature": ""}, "tool call `add`"),
        ({"function": {"name": "add"}}, "tool call `add`"),
        ({"toolUse": {}}, "tool call"),
        ({"toolResult": {}}, "tool result"),
        ({"cachePoint": {}}, "`cachePoint`"),
        ({}, "part"),
        (7, "part"),
    ],
)
def test_nouns(part: Json, noun: str) -> None:
    """A part of a message is named by its type, or by the key that it has."""
    assert noun == part_noun(part)


@pytest.mark.parametrize(
    ("part", "key"),
    [({"toolUse": {}}, "toolUse"), ({"type": "text", "text": ""}, None), ({"x": 1}, None), ("text", None)],
)
def test_keys(part: Json, key: str | None) -> None:
    """A part that has a type needs no key."""
    assert key == part_key(part)


@pytest.mark.parametrize(
    ("tool", "name"),
    [
        ({"type": "function", "function": {"name": "add"}}, "add"),
        ({"type": "function", "name": "add", "parameters": {}}, "add"),
        ({"name": "add", "input_schema": {}}, "add"),
        ({"type": "computer_20250124", "name": "computer"}, "computer"),
        ({"toolSpec": {"name": "add"}}, "add"),
        ({"type": "web_search"}, "web_search"),
        ({"type": "function", "function": {}}, "function"),
        ({"googleSearch": {}}, "googleSearch"),
        ({"functionDeclarations": []}, None),
        ({"toolSpec": {"description": ""}}, None),
        ({"a": 1, "b": 2}, None),
        ({}, None),
        ("add", None),
    ],
)
def test_tool_names(tool: Json, name: str | None) -> None:
    """A tool has its name, or the type or key of one that is built in."""
    assert name == tool_name(tool)


def test_nameless() -> None:
    """Tools that differ in the name only are equal without it."""
    assert {"type": "x", "function": {"a": 1}} == nameless({"type": "x", "function": {"name": "add", "a": 1}})
    assert {"a": 1} == nameless({"name": "add", "a": 1})
