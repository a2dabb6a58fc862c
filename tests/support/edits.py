"""Single edits of real requests, and what they are: the cases of `goldens/explanations.txt`.

Each takes a request of a corpus cassette and changes one thing in it, so that nothing answers it any more.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from tapehead.cassette import Request, load
from tapehead.explain.explainer import explain
from tapehead.explain.explanation import Explanation
from tapehead.matching.normalize import normalize_request
from tapehead.matching.rules import Rules
from tests.support.corpus import corpus

type Edit = Callable[[Request], Request]

GOLDEN = Path(__file__).parents[1] / "unit" / "explain" / "goldens" / "explanations.txt"
NORMAL = partial(normalize_request, rules=Rules())


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One edit of one recorded request."""

    title: str
    cassette: str
    interaction: int
    edit: Edit

    def explain(self, folder: Path) -> Explanation:
        """What is said of the edited request."""
        interactions = load(folder / f"{self.cassette}.yaml").interactions
        request = self.edit(interactions[self.interaction].request)
        return explain(request, interactions, normal=NORMAL)


def golden() -> str:
    """All cases and what is said of them. Skips the test where there is no corpus."""
    folder = corpus()[0].parents[1]
    blocks = []
    for number, each in enumerate(CASES, 1):
        told = each.explain(folder)
        lines = [f"{number}. {each.title} ({each.cassette}, interaction {each.interaction})", told.headline]
        blocks.append("\n".join([*lines, *(f"    {line}" for line in told.lines())]))
    return "\n\n".join(blocks) + "\n"


def body(change: Callable[[Any], object]) -> Edit:
    """An edit of the JSON body, in place."""

    def edit(request: Request) -> Request:
        value = json.loads(request.body)
        change(value)
        return replace(request, body=json.dumps(value).encode())

    return edit


def put(*path_and_value: Any) -> Edit:
    """A value set at a path; a function is applied to what is there."""
    *path, last, value = path_and_value

    def change(document: Any) -> None:
        for step in path:
            document = document[step]
        document[last] = value(document[last]) if callable(value) else value

    return body(change)


def drop(*path: str | int) -> Edit:
    """What is at a path taken out."""

    def change(document: Any) -> None:
        for step in path[:-1]:
            document = document[step]
        del document[path[-1]]

    return body(change)


def insert(*path_and_value: Any) -> Edit:
    """An item put into a list, at the position that the path ends with."""
    *path, place, value = path_and_value

    def change(document: Any) -> None:
        for step in path:
            document = document[step]
        document.insert(place, value)

    return body(change)


def typo(text: str) -> str:
    """One character in the middle changed."""
    at = len(text) // 2
    return f"{text[:at]}{'y' if text[at] == 'x' else 'x'}{text[at + 1 :]}"


def url(old: str, new: str) -> Edit:
    """A piece of the URL replaced."""
    return lambda request: replace(request, url=request.url.replace(old, new))


def swap(*path: str | int) -> Edit:
    """The first two items of a list in each other's place."""

    def change(document: Any) -> None:
        for step in path:
            document = document[step]
        document[:2] = document[1], document[0]

    return body(change)


_OPENAI = "compact2/TestOpenAICommon__openai-gpt-4o__multi_tool"
_RESPONSES = "compact2/TestOpenAIResponsesCommon__openai-gpt-5__multi_tool"
_REASONING = "compact2/TestOpenAIResponsesWithSummaryThinking__openai-gpt-5__thinking"
_ANTHROPIC = "compact2/TestAnthropicCommonWithCacheControl__claude-sonnet-4__multi_tool"
_THINKING = "compact2/TestAnthropicThinking__claude-sonnet-4__thinking"
_SCREEN = "compact2/TestAnthropicComputerUse__claude-sonnet-4__computer_use"
_GEMINI = "compact2/TestGoogleCommon__gemini-2.5-pro__multi_tool"
_STREAM = "compact2/TestGoogleCommon__gemini-2.5-flash__multi_tool_streaming"
_VERTEX = "compact2/TestGoogleCommon__vertex-gemini-2-5-pro__tool"
_CLAUDE_VERTEX = "compact2/TestGoogleCommon__vertex-claude-3-7-sonnet__tool"
_BEDROCK = "compact2/TestBedrockCommon__bedrock-anthropic-claude-haiku-4-5__tool"
_AZURE = "compact2/TestAzureCommon__azure-o4-mini__tool"
_OPENROUTER = "compact2/TestOpenRouterCommon__kimi__multi_tool"
_SCHEMA = "compact2/TestOpenAIObjectGeneration__openai-gpt-4o__complex_object"
_GEMINI_SCHEMA = "compact2/TestGoogleObjectGeneration__gemini-2.5-pro__complex_object"
_SEARCH = "compact2/TestOpenAIWebSearch__generate"
_OPENAI_IMAGE = "compact2/TestImageUploadAgent__openai-gpt-5"
_ANTHROPIC_IMAGE = "compact2/TestImageUploadAgent__anthropic-claude-sonnet-4"
_GEMINI_IMAGE = "compact2/TestImageUploadAgent__gemini-2.5-pro"
_BETA = "compact2/TestAnthropicComputerUse__claude-opus-4-6__computer_use"

_HELLO = {"role": "user", "content": "Hello, are you there?"}
_LOOKUP = {"type": "function", "function": {"name": "lookup", "description": "Looks a word up", "parameters": {}}}


def case(title: str, cassette: str, interaction: int, edit: Edit) -> Case:
    """A case, short to write."""
    return Case(title=title, cassette=cassette, interaction=interaction, edit=edit)


CASES = (
    case("one character of the user's message", _OPENAI, 0, put("messages", 1, "content", typo)),
    case("one character of the system prompt", _OPENAI, 1, put("messages", 0, "content", typo)),
    case("the last message: a tool's answer", _OPENAI, 1, put("messages", -1, "content", "7")),
    case("an argument of a tool call", _OPENAI, 1, put("messages", 2, "tool_calls", 0, "function", "arguments", typo)),
    case("a tool call's id", _OPENAI, 1, put("messages", 2, "tool_calls", 1, "id", "call_0")),
    case("a message inserted", _OPENAI, 1, insert("messages", 1, _HELLO)),
    case("a message removed", _OPENAI, 1, drop("messages", 4)),
    case("two messages in the other order", _OPENAI, 0, swap("messages")),
    case("a role", _OPENAI, 0, put("messages", 0, "role", "developer")),
    case("a tool added", _OPENAI, 0, insert("tools", 0, _LOOKUP)),
    case("a tool removed", _OPENAI, 1, drop("tools", 0)),
    case("a tool renamed", _OPENAI, 1, put("tools", 1, "function", "name", "times")),
    case("tools in the other order", _OPENAI, 1, swap("tools")),
    case("a tool's description", _OPENAI, 0, put("tools", 1, "function", "description", typo)),
    case(
        "a type in a tool's schema",
        _OPENAI,
        1,
        put("tools", 0, "function", "parameters", "properties", "a", "type", "number"),
    ),
    case("temperature added", _OPENAI, 0, put("temperature", 0.2)),
    case("max_tokens", _OPENAI, 1, put("max_tokens", 4096)),
    case("the model", _OPENROUTER, 1, put("model", "moonshotai/kimi-k2-0905")),
    case("stream added", _OPENROUTER, 0, put("stream", True)),
    case("the response's schema", _SCHEMA, 0, put("response_format", "json_schema", "schema", "required", 1, "year")),
    case("the image", _OPENAI_IMAGE, 0, put("messages", 1, "content", 1, "image_url", "url", typo)),
    case("the host", _OPENAI, 1, url("api.openai.com", "api.x.ai")),
    case("the method", _OPENAI, 0, lambda request: replace(request, method="GET", body=b"")),
    case("one character of an item's text", _RESPONSES, 1, put("input", 1, "content", 0, "text", typo)),
    case("the output of a tool call", _RESPONSES, 1, put("input", 4, "output", "6")),
    case("an item inserted", _RESPONSES, 1, insert("input", 2, {"type": "reasoning", "summary": []})),
    case("a built-in tool added", _SEARCH, 0, insert("tools", 1, {"type": "code_interpreter"})),
    case("the effort of reasoning", _REASONING, 0, put("reasoning", "effort", "low")),
    case("one character of the message", _ANTHROPIC, 0, put("messages", 0, "content", 0, "text", typo)),
    case("the system prompt", _ANTHROPIC, 1, put("system", 0, "text", "You are a pirate.")),
    case("an argument of a tool call", _ANTHROPIC, 1, put("messages", 1, "content", 1, "input", "a", 3)),
    case("a tool's result", _ANTHROPIC, 1, put("messages", 2, "content", 1, "content", 0, "text", "7")),
    case("the budget of thinking", _THINKING, 0, put("thinking", "budget_tokens", 2000)),
    case("one character of the thinking", _THINKING, 1, put("messages", 1, "content", 0, "thinking", typo)),
    case("the screenshot", _SCREEN, 1, put("messages", 2, "content", 0, "content", 0, "source", "data", typo)),
    case("the image", _ANTHROPIC_IMAGE, 0, put("messages", 0, "content", 1, "source", "data", typo)),
    case("a query parameter removed", _BETA, 0, url("?beta=true", "")),
    case("one character of the message", _GEMINI, 0, put("contents", 0, "parts", 0, "text", typo)),
    case("the system prompt removed", _GEMINI, 1, drop("systemInstruction")),
    case("a tool's answer", _GEMINI, 1, put("contents", 2, "parts", 1, "functionResponse", "response", {"result": 7})),
    case("a tool removed", _GEMINI, 0, drop("tools", 0, "functionDeclarations", 1)),
    case("the model, in the URL", _GEMINI, 1, url("gemini-2.5-pro", "gemini-2.5-flash")),
    case("a query parameter", _STREAM, 1, url("alt=sse", "alt=json")),
    case("the most tokens", _GEMINI_SCHEMA, 0, put("generationConfig", "maxOutputTokens", 8000)),
    case("the image", _GEMINI_IMAGE, 0, put("contents", 0, "parts", 1, "inlineData", "data", typo)),
    case("a whole text", _VERTEX, 0, put("contents", 0, "parts", 0, "text", "Say hello.\nThen \u202egoodbye.")),
    case("the region", _CLAUDE_VERTEX, 1, url("us-east5", "europe-west1")),
    case("a message removed", _CLAUDE_VERTEX, 1, drop("messages", 2)),
    case("one character of the message", _BEDROCK, 1, put("messages", 0, "content", 0, "text", typo)),
    case("the model, in the URL", _BEDROCK, 1, url("claude-haiku-4-5-20251001", "claude-sonnet-4-5-20250929")),
    case("the reasoning's effort added", _AZURE, 0, put("reasoning_effort", "high")),
)
