"""Messages as turns of a conversation: who speaks, and each part as its kind and its text.

One reader for requests and whole responses of all APIs, as each takes its own answers back as messages. Knows where the
text of a part is; what kinds of parts there are is in `parts`. Texts are as they came, not yet safe to print.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tapehead.llm.apis import Json, Path
from tapehead.llm.conversation import lookup
from tapehead.llm.parts import TEXT, part_noun


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePart:
    """One part of a message. `noun` is safe to print: `text`, `image`, "tool call `search`"."""

    noun: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One message, or one item that stands where messages do."""

    role: str
    parts: tuple[MessagePart, ...]


# Where the text of a part is, whatever its kind: the first that is there.
_TEXTS: tuple[Path, ...] = (
    ("text",),
    ("thinking",),
    ("refusal",),
    ("function", "arguments"),  # OpenAI chat, Mistral, Cohere; Ollama has an object there
    ("custom", "input"),
    ("toolUse", "input"),
    ("functionCall", "args"),
    ("function_call", "args"),
    ("toolResult", "content"),
    ("functionResponse", "response"),
    ("function_response", "response"),
    ("reasoningContent", "reasoningText", "text"),
    ("reasoningContent", "text"),  # of a stream
    ("executableCode", "code"),
    ("codeExecutionResult", "output"),
    ("arguments",),
    ("input",),
    ("summary",),
    ("content",),
    ("output",),
    ("json",),
)
# Where a part has its picture, sound or file, or the address of it.
_MEDIA: tuple[Path, ...] = (
    ("image_url", "url"),
    ("image_url",),
    ("document_url",),
    ("input_audio", "data"),
    ("file", "file_data"),
    ("file_data",),
    ("inlineData", "data"),
    ("inline_data", "data"),
    ("fileData", "fileUri"),
    ("file_data", "file_uri"),
    ("source", "data"),
    ("source", "url"),
    ("image", "source", "bytes"),
    ("document", "source", "bytes"),
    ("video", "source", "bytes"),
)
# What a message says besides its content, and what that is called, in the order in which it is said.
_BEFORE: Mapping[str, str] = MappingProxyType(
    {"reasoning_content": "reasoning", "reasoning": "reasoning", "thinking": "thinking", "tool_plan": "plan"}
)
_CONTENTS = ("content", "parts")
_CALLS = ("tool_calls", "function_call")
_ADDRESS = ("http:", "https:", "gs:", "s3:")

# OpenAI Responses: items that are no messages, and have no role.
_ROLES: Mapping[str, str] = MappingProxyType(
    {"function_call_output": "tool", "custom_tool_call_output": "tool", "computer_call_output": "tool"}
)


def turn(message: Json, role: str) -> Turn:
    """Returns a message as a turn. `role` is whose it is if it does not say."""
    if not isinstance(message, dict):
        return Turn(role=role, parts=tuple(_each(message)))
    own, kind = message.get("role"), message.get("type")
    if isinstance(own, str) and own:
        role = own
    elif isinstance(kind, str) and kind != "message":
        return Turn(role=_ROLES.get(kind, role), parts=(part_of(message),))
    return Turn(role=role, parts=tuple(_parts(message)))


def part_of(part: Json) -> MessagePart:
    """Returns a part as its kind, and its text, or in a few words what it is."""
    noun = part_noun(part)
    if not isinstance(part, dict):
        return MessagePart(noun=noun, text=_text(part))
    if part.get("thought") is True:  # Gemini API reference, Part
        noun = "thinking"
    for path in _MEDIA:
        if isinstance(value := lookup(part, path), str):
            return MessagePart(noun=noun, text=_media(value))
    for path in _TEXTS:
        if (value := lookup(part, path)) is not None:
            return MessagePart(noun=noun, text=_text(value))
    return MessagePart(noun=noun, text=compact(part))


def compact(value: Json) -> str:
    """Returns a JSON value in one line."""
    return json.dumps(value, ensure_ascii=False, separators=(", ", ": "))


def _parts(message: Mapping[str, Json]) -> Iterator[MessagePart]:
    seen = set()
    for key, noun in _BEFORE.items():
        value = message.get(key)
        if isinstance(value, str) and value and value not in seen:  # OpenRouter, DeepSeek: the same under two names
            seen.add(value)
            yield MessagePart(noun=noun, text=value)
    for key in _CONTENTS:
        yield from _each(message.get(key))
    if isinstance(refusal := message.get("refusal"), str) and refusal:
        yield MessagePart(noun="refusal", text=refusal)
    for key in _CALLS:
        calls = message.get(key)
        for call in calls if isinstance(calls, list) else [calls] if calls else []:
            yield part_of({"function": call} if key == "function_call" else call)


def _each(content: Json) -> Iterator[MessagePart]:
    """The parts of a content, which is a text, a part, or a list of them."""
    for part in content if isinstance(content, list) else [content]:
        if part is not None and part != "":
            yield part_of(part)


def _text(value: Json) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(each, str | dict) for each in value):
        return "\n".join(part_of(each).text if isinstance(each, dict) else each for each in value)
    return compact(value)


def _media(value: str) -> str:
    if value.startswith(_ADDRESS):
        return value
    kind, comma, data = value.partition(",")
    if value.startswith("data:") and comma:
        return f"{kind.removeprefix('data:')}, {len(data)} characters"
    return f"{len(value)} characters"


__all__ = ["TEXT", "MessagePart", "Turn", "compact", "part_of", "turn"]
