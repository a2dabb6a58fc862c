"""What a message consists of, by its name: texts, images, tool calls, tool results; and the names of tools.

One table for all APIs, as none uses a name for something that it is not with another: most say with `type` what a part
is, Gemini and Bedrock Converse with the one key that it has. Knows nothing of where messages are.
"""

from collections.abc import Mapping
from types import MappingProxyType

from tapehead.llm.apis import Json, Path
from tapehead.text.escape import code

TEXT = "text"
_TOOL_CALL = "tool call"

# OpenAI chat and responses, Anthropic, Mistral, Cohere: the values of `type`.
_BY_TYPE: Mapping[str, str] = MappingProxyType(
    {
        "text": TEXT,
        "input_text": TEXT,
        "output_text": TEXT,
        "image": "image",
        "image_url": "image",
        "input_image": "image",
        "document": "document",
        "document_url": "document",
        "file": "file",
        "input_file": "file",
        "input_audio": "audio",
        "thinking": "thinking",
        "redacted_thinking": "thinking",
        "reasoning": "reasoning",
        "function": _TOOL_CALL,
        "custom": _TOOL_CALL,
        "function_call": _TOOL_CALL,
        "custom_tool_call": _TOOL_CALL,
        "tool_use": _TOOL_CALL,
        "server_tool_use": _TOOL_CALL,
        "mcp_tool_use": _TOOL_CALL,
        "tool_result": "tool result",
        "mcp_tool_result": "tool result",
        "function_call_output": "tool result",
        "custom_tool_call_output": "tool result",
    }
)
# Gemini (in both cases) and Bedrock Converse: the key that a part has. Ollama's tool calls have no type either.
_BY_KEY: Mapping[str, str] = MappingProxyType(
    {
        "text": TEXT,
        "inlineData": "file",
        "inline_data": "file",
        "fileData": "file",
        "file_data": "file",
        "image": "image",
        "document": "document",
        "video": "video",
        "audio": "audio",
        "function": _TOOL_CALL,
        "functionCall": _TOOL_CALL,
        "function_call": _TOOL_CALL,
        "toolUse": _TOOL_CALL,
        "functionResponse": "tool result",
        "function_response": "tool result",
        "toolResult": "tool result",
        "reasoningContent": "reasoning",
        "executableCode": "code",
        "codeExecutionResult": "result of code",
    }
)
_MEDIA = ("image", "audio", "video")

# Where a part, or a message, has what it is made for: a difference there is a difference of the part.
ITSELF: frozenset[Path] = frozenset(
    {
        ("text",),
        ("content",),
        ("output",),
        ("thinking",),
        ("parts",),
        ("content", "parts"),
        ("image_url",),
        ("image_url", "url"),
        ("document_url",),
        ("file_data",),
        ("file", "file_data"),
        ("input_audio", "data"),
        ("data",),
        ("fileUri",),
        ("file_uri",),
        ("source", "data"),
        ("source", "url"),
        ("source", "bytes"),
        ("reasoningText", "text"),
    }
)
# Lists of parts, wherever they are.
HOLDERS = ("content", "parts", "tool_calls", "output")


def part_noun(part: Json) -> str:
    """Returns what a part is: `text`, `image`, "tool call `search`"; its type or key where that is none we know."""
    if isinstance(part, str):
        return TEXT
    if not isinstance(part, dict) or not part:
        return "part"
    kind, key = part.get("type"), part_key(part)
    if key:
        noun = _BY_KEY[key]
        return (_media(part[key]) or noun) if noun == "file" else _named(noun, part)
    name = kind if isinstance(kind, str) else next(iter(part))
    return _named(_BY_TYPE.get(name, code(name)), part)


def part_key(part: Json) -> str | None:
    """Returns the key that says what a part without a type is, and under which it has what it is; else None."""
    if not isinstance(part, dict) or "type" in part:
        return None
    return next((key for key in part if key in _BY_KEY), None)


def _named(noun: str, part: Json) -> str:
    name = tool_name(part) if noun == _TOOL_CALL else None
    return noun if name is None else f"{noun} {code(name)}"


def _media(blob: Json) -> str | None:
    mime = (blob.get("mimeType") or blob.get("mime_type")) if isinstance(blob, dict) else None
    kind = str(mime).partition("/")[0]
    return kind if kind in _MEDIA else None


# Under which key the declaration or the call of a tool is: OpenAI chat and Ollama, Converse, Gemini.
WRAPPERS = ("function", "custom", "toolSpec", "toolUse", "functionCall", "function_call")
# Lists of tools. Gemini's `tools` hold such lists, and tools that are built in.
TOOL_LISTS = ("tools", "functions", "functionDeclarations", "function_declarations")


def tool_name(tool: Json) -> str | None:
    """Returns the name of a tool, from its declaration or a call of it; None without one.

    One that is built in is known by its type or key.
    """
    if not isinstance(tool, dict):
        return None
    wrapper = _wrapper(tool)
    for name in (tool[wrapper].get("name") if wrapper else tool.get("name"), tool.get("type")):
        if isinstance(name, str):
            return name
    alone = next(iter(tool)) if len(tool) == 1 else None
    return None if alone is None or alone == wrapper or alone in TOOL_LISTS else alone


def nameless(tool: dict[str, Json]) -> dict[str, Json]:
    """Returns a tool without its name: equal for tools that differ in nothing else."""
    wrapper = _wrapper(tool)
    if wrapper:
        return tool | {wrapper: nameless(tool[wrapper])}
    return {key: value for key, value in tool.items() if key != "name"}


def _wrapper(tool: dict[str, Json]) -> str | None:
    return next((key for key in WRAPPERS if isinstance(tool.get(key), dict)), None)
