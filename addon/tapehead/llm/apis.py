"""The requests of the providers' APIs: how each is recognised, and where it keeps its messages, tools and the rest.

Recognised by the path of the URL, else by the shape of the body; never by the host, as others speak the same APIs.
Knows field names only; what is in a message is in `parts`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from tapehead.llm.api_shapes import (
    call_title,
    has,
    has_all,
    has_texts,
    is_ag_ui,
    is_anthropic,
    is_call_of,
    is_converse,
    is_gradio,
    is_lang_serve,
    is_llama_cpp,
    is_responses,
    is_ui_chat,
)

type Json = Any
type Path = tuple[str | int, ...]
"""The names and positions (from 0) that lead to a value in a JSON document."""


class FieldKind(Enum):
    """What a field of a request is for."""

    MODEL = "model"
    SYSTEM = "system prompt"
    MESSAGE = "message"
    PROMPT = "prompt"
    INPUT = "input"
    TOOL = "tool"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """One kind of request."""

    name: str
    source: str
    path: re.Pattern[str]
    """How the path of its URLs ends. The group `model` is the model, for APIs that name it there."""
    needs: str = ""
    """A name without which a body is none of this API, whatever the path."""
    fits: Callable[[Mapping[str, Json]], bool] = lambda body: True
    """Whether a body can be one of this API, whatever the path."""
    title: Callable[[Mapping[str, Json]], str] = lambda body: ""
    """What a request is called that says more of itself than its API's name."""
    shape: Callable[[Mapping[str, Json]], bool] = lambda body: False
    """Whether a body whose path says nothing looks like one of this API."""
    fields: tuple[tuple[tuple[str, ...], FieldKind], ...]
    """Where what is: the first that a path begins with counts. `*` stands for a position in a list."""


def _fields(**places: str) -> tuple[tuple[tuple[str, ...], FieldKind], ...]:
    return tuple(
        (tuple(place.split("/")), FieldKind[name]) for name, every in places.items() for place in every.split()
    )


_CHAT = _fields(MESSAGE="messages/*", TOOL="tools/* functions/*", MODEL="model")
_ANTHROPIC = _fields(MESSAGE="messages/*", SYSTEM="system", TOOL="tools/*", MODEL="model")

_ANY, _NONE = re.compile(""), re.compile(r"(?!)")

# The first whose path fits, else the first whose shape does: the shapes that say most come first.
APIS = (
    Api(
        name="MCP",
        source="MCP specification, Base protocol and Server features",
        path=_ANY,
        needs="jsonrpc",
        fits=is_call_of(
            "initialize",
            "ping",
            "tools/",
            "resources/",
            "prompts/",
            "notifications/",
            "logging/",
            "completion/",
            "sampling/",
            "roots/",
            "elicitation/",
        ),
        title=call_title("MCP"),
        fields=_fields(INPUT="params/arguments", MESSAGE="params/messages/*"),
    ),
    Api(
        name="A2A",
        source="A2A specification, JSON-RPC binding, of versions 0.3 and 1.0",
        path=_ANY,
        needs="jsonrpc",
        fits=is_call_of(
            "message/",
            "tasks/resubscribe",
            "tasks/pushNotificationConfig/",
            "agent/",
            "SendMessage",
            "SendStreamingMessage",
            "GetTask",
            "ListTasks",
            "CancelTask",
            "SubscribeToTask",
            "GetExtendedAgentCard",
        ),
        title=call_title("A2A"),
        fields=_fields(MESSAGE="params/message params/request"),
    ),
    Api(
        name="JSON-RPC",  # MCP and A2A both have a `tasks/get`
        source="JSON-RPC 2.0 specification",
        path=_ANY,
        needs="jsonrpc",
        title=call_title("JSON-RPC"),
        fields=_fields(INPUT="params"),
    ),
    Api(
        name="A2A over HTTP",
        source="A2A specification, HTTP+JSON binding",
        path=re.compile(r"/message:(?:send|stream)$"),
        needs="message",
        fields=_fields(MESSAGE="message"),
    ),
    Api(
        name="Vercel UI messages",
        source="AI SDK docs, Chatbot, Transport; ai package, UIMessage",
        path=_ANY,
        fits=is_ui_chat,
        fields=_fields(MESSAGE="messages/*", TOOL="tools/*"),
    ),
    Api(
        name="Gradio",
        source="Gradio docs, Querying Gradio apps with curl; gradio routes.py, queue_join, call",
        path=re.compile(r"/(?:call|run)/[^/]+/?$|/queue/join/?$|/api/predict/?$"),
        fits=is_gradio,
        fields=_fields(INPUT="data/*"),
    ),
    Api(
        name="LangServe",
        source="langserve docs, Endpoints",
        path=re.compile(r"^(?!.*/model/[^/]+/invoke).*/(?:invoke|batch|stream|stream_log|stream_events)/?$"),
        fits=is_lang_serve,
        fields=_fields(INPUT="inputs/* input"),
    ),
    Api(
        name="llama.cpp completion",
        source="llama.cpp tools/server/README.md, POST /completion, /infill, /embedding, /tokenize",
        path=re.compile(r"^/(?:completions?|infill|embedding|tokenize)/?$"),
        fits=is_llama_cpp,
        fields=_fields(PROMPT="prompt/* prompt input_prefix input_suffix", INPUT="content"),
    ),
    Api(
        name="OpenAI responses",
        source="OpenAI API reference, Responses",
        path=re.compile(r"/responses(?:/input_tokens|/compact)?/?$"),
        shape=is_responses,
        fields=_fields(MESSAGE="input/*", PROMPT="input", SYSTEM="instructions", TOOL="tools/*", MODEL="model"),
    ),
    Api(
        name="Bedrock Converse",
        source="Amazon Bedrock API reference, Converse and ConverseStream",
        path=re.compile(r"/model/(?P<model>[^/]+)/converse(?:-stream)?$"),
        shape=is_converse,
        fields=_fields(MESSAGE="messages/*", SYSTEM="system", TOOL="toolConfig/tools/*"),
    ),
    Api(
        name="Anthropic messages",
        source="Claude API reference, Messages and Count tokens",
        path=re.compile(r"/messages(?:/count_tokens)?/?$"),
        needs="messages",
        shape=is_anthropic,
        fields=_ANTHROPIC,
    ),
    Api(
        name="Anthropic messages on Vertex",
        source="Claude docs, Claude on Vertex AI; Vertex AI reference, publishers.models.rawPredict",
        path=re.compile(r"/models/(?P<model>[^/:]+):(?:rawPredict|streamRawPredict)$"),
        needs="messages",
        fields=_ANTHROPIC,
    ),
    Api(
        name="Anthropic messages on Bedrock",
        source="Claude docs, Claude on Amazon Bedrock; Amazon Bedrock API reference, InvokeModel",
        path=re.compile(r"/model/(?P<model>[^/]+)/invoke(?:-with-response-stream)?$"),
        needs="messages",
        fields=_ANTHROPIC,
    ),
    Api(
        name="Gemini",
        source="Gemini API reference, models.generateContent and countTokens; Vertex AI reference, the same",
        path=re.compile(r"/(?P<model>[^/:]+):(?:generateContent|streamGenerateContent|countTokens)$"),
        shape=has("contents"),
        fields=_fields(  # Google reads each name in camel and in snake case
            MESSAGE="contents/*",
            SYSTEM="systemInstruction system_instruction",
            TOOL="tools/*/functionDeclarations/* tools/*/function_declarations/* tools/*",
            MODEL="model",
        ),
    ),
    Api(
        name="Gemini embeddings",
        source="Gemini API reference, models.embedContent and batchEmbedContents; Vertex AI reference, text embeddings",
        path=re.compile(r"/(?P<model>[^/:]+):(?:embedContent|batchEmbedContents|predict)$"),
        fields=_fields(INPUT="content requests/* instances/*", MODEL="model"),
    ),
    Api(
        name="embeddings",
        source="API references of OpenAI, Azure OpenAI, Mistral, Cohere (embed) and Ollama (embed, embeddings)",
        path=re.compile(r"(?:/deployments/(?P<model>[^/]+))?/(?:embeddings|embed)/?$"),
        shape=has_texts,
        fields=_fields(INPUT="input/* input texts/* images/* inputs/* prompt", MODEL="model"),
    ),
    Api(
        name="Cohere chat",
        source="Cohere API reference, Chat (v2)",
        path=re.compile(r"/v2/chat/?$"),
        needs="model",
        fields=_CHAT,
    ),
    Api(
        name="Ollama chat",
        source="Ollama API docs, Generate a chat message",
        path=re.compile(r"/api/chat/?$"),
        needs="model",
        fields=_CHAT,
    ),
    Api(
        name="Ollama generate",
        source="Ollama API docs, Generate a response",
        path=re.compile(r"/api/generate/?$"),
        needs="model",
        fields=_fields(PROMPT="prompt", SYSTEM="system", MODEL="model"),
    ),
    Api(
        name="OpenAI completions",
        source="OpenAI API reference, Completions (legacy); Mistral API reference, fim",
        path=re.compile(r"(?:/deployments/(?P<model>[^/]+))?(?<!/chat)(?<!/agents)/completions/?$"),
        shape=has_all("prompt", "model"),
        fields=_fields(PROMPT="prompt/* prompt", MODEL="model"),
    ),
    Api(
        name="AG-UI",  # of pydantic-ai, CopilotKit and others: any path
        source="AG-UI docs, Types, RunAgentInput",
        path=re.compile(r"/ag-?ui/?$"),
        needs="runId",
        shape=is_ag_ui,
        fields=_fields(MESSAGE="messages/*", TOOL="tools/*"),
    ),
    Api(
        name="OpenAI chat completions",  # and all who speak it: Mistral (its agents too), Groq, xAI, OpenRouter, vLLM
        source="OpenAI API reference, Chat completions; Azure OpenAI reference, deployments; Mistral API reference, chat",
        path=re.compile(r"(?:/deployments/(?P<model>[^/]+))?/(?:chat|agents)/completions/?$"),
        shape=has_all("messages", "model"),
        fields=_CHAT,
    ),
    Api(
        name="chat",  # of somebody who does not say of whom
        source="what all chat APIs have in common",
        path=_NONE,
        shape=has("messages"),
        fields=_CHAT,
    ),
    Api(
        name="completion",
        source="what all completion APIs have in common",
        path=_NONE,
        shape=has("prompt"),
        fields=_fields(PROMPT="prompt/* prompt", MODEL="model"),
    ),
)

_HINTS = frozenset({"cache_control", "cachePoint"})  # Claude API reference, Prompt caching; Bedrock, CachePointBlock
_WITH_MODEL = tuple(api.path for api in APIS if "model" in api.path.groupindex)


def api_of(path: str, body: Json) -> Api | None:
    """Returns the API that a request speaks, by its URL's path and what its JSON says; None for what speaks none."""
    if not isinstance(body, dict):
        return None
    for api in APIS:
        if api.path.search(path) and (not api.needs or api.needs in body) and api.fits(body):
            return api
    return next((api for api in APIS if api.shape(body)), None)


def model_in(path: str) -> tuple[int, int] | None:
    """Returns from where to where the path of a URL names a model; None when it names none."""
    for pattern in _WITH_MODEL:
        if (found := pattern.search(path)) and found["model"]:
            return found.span("model")
    return None


def is_incidental(path: Path) -> bool:
    """Returns whether a path leads to what says how to serve a request, not what it asks: where to keep a cache."""
    return not _HINTS.isdisjoint(path)


def classify(api: Api | None, path: Path) -> tuple[FieldKind, int]:
    """Returns what a path leads into, and how many of its steps lead to that thing; the others lead further into it."""
    for pattern, sort in api.fields if api else ():
        if len(path) >= len(pattern) and all(map(_fits, pattern, path)):
            return sort, len(pattern)
    return FieldKind.OTHER, len(path)


def _fits(wanted: str, step: str | int) -> bool:
    return isinstance(step, int) if wanted == "*" else step == wanted
