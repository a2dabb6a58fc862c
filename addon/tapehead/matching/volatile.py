"""What clients make up anew in each run: fields of JSON bodies and parameters that do not count, by provider. A table.

Does not look at headers. What a client echoes from an answer needs no entry: replayed, the answer is the same, and so is
the echo.
"""

import enum
import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import translate
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote

from tapehead.matching.canonical_json import DuplicateKeyDict
from tapehead.matching.json_pointer_ops import find, remove
from tapehead.matching.urls import NOTHING_MADE_UP, MadeUp, place
from tapehead.text.json_pointer import Pointer, parse_pointer


class Treatment(enum.Enum):
    """What is done with a volatile field."""

    DROP = "drop"
    """It is taken out."""
    DROP_FROM_ITEM = "drop from item"
    """It is taken out of an item that says more than this and its `type`; alone, or in a reference, it is what is asked."""
    CUT_OUT = "cut out"
    """What is like `like` is taken out of the text, but for its first group."""
    NUMBER = "number"
    """The same name gets the same number, in order of appearance: the name is made up, but what it links counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Volatile:
    """Fields of the requests to some endpoints."""

    hosts: tuple[str, ...] = ("*",)
    """Patterns for the host in lower case, `*` for any characters. Any host, where gateways stand in for the provider."""
    paths: tuple[str, ...]
    """The same for the path, after its %-escapes."""
    pointers: tuple[Pointer, ...] = ()
    parameters: tuple[str, ...] = ()
    """Names in a query or a form; they are taken out where all of their value is like `like`."""
    how: Treatment = Treatment.DROP
    like: re.Pattern[str] | None = None
    """Only text in which this is found."""
    methods: frozenset[str] = frozenset()
    """Only calls of these by JSON-RPC 2.0."""
    is_call: bool = False
    """Only calls by JSON-RPC 2.0, of whatever: what has a method and expects an answer."""
    reason: str


def _pointers(*texts: str) -> tuple[Pointer, ...]:
    return tuple(map(parse_pointer, texts))


_UUID = "[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}"
# What SDKs call a tool's call where the server gave it no id: pydantic-ai (_utils.py, generate_tool_call_id), litellm
# (llms/*: a UUID, `call_` and one, or digits of one), langchain-ollama (a UUID).
_CALL = re.compile(f"^(?:pyd_ai_[0-9a-f]{{32}}|(?:call_)?{_UUID}|call_[0-9a-f]{{16,32}})(?:__thought__.*)?$")
_RESPONSES = ("*/v1/responses", "*/openai/responses", "*/codex/responses", "/responses")

VOLATILE: tuple[Volatile, ...] = (
    Volatile(
        paths=_RESPONSES,
        pointers=_pointers("/prompt_cache_key", "/client_metadata"),
        reason="Codex: the session's id, which routes to a cache, and ids for telemetry; measured",
    ),
    Volatile(
        paths=_RESPONSES,
        pointers=_pointers("/input/*/id"),
        how=Treatment.DROP_FROM_ITEM,
        reason="Codex: made up for each item, measured; but in an item_reference, whose type is optional, it is all",
    ),
    Volatile(
        paths=_RESPONSES,
        pointers=_pointers("/input/*/output", "/input/*/output/*/text"),
        how=Treatment.CUT_OUT,
        like=re.compile(r"\A(Exit code: -?\d+\n)?(?:Chunk ID: [0-9a-f]+\n)?Wall time: [0-9.]+ seconds\n"),
        reason="Codex: how long a command took, and a number for what it said, measured",
    ),
    Volatile(
        paths=("*:generateContent", "*:streamGenerateContent"),
        pointers=_pointers(
            "/contents/*/parts/*/functionCall/id",
            "/contents/*/parts/*/functionResponse/id",
            "/contents/*/parts/*/function_call/id",  # Google reads both spellings
            "/contents/*/parts/*/function_response/id",
        ),
        how=Treatment.NUMBER,
        reason="Gemini: many models give no id, and clients make one up that links a response to its call",
    ),
    Volatile(
        paths=("*/v1/messages",),
        pointers=_pointers("/metadata/user_id"),
        like=re.compile('session_(id":"|)[0-9a-f]{8}-[0-9a-f]{4}-'),  # its two shapes; an application's own ids count
        reason="Claude Code: the session's id is part of it; it serves to find abuse, not to answer",
    ),
    Volatile(
        paths=("*/chat/completions", "*/api/chat"),
        pointers=_pointers("/messages/*/tool_calls/*/id", "/messages/*/tool_call_id"),
        how=Treatment.NUMBER,
        like=_CALL,
        reason="pydantic-ai, litellm, langchain-ollama: made up for a call to which the server gave no id",
    ),
    Volatile(
        paths=_RESPONSES,
        pointers=_pointers("/input/*/call_id"),
        how=Treatment.NUMBER,
        like=_CALL,
        reason="the same",
    ),
    Volatile(
        paths=("*/v1/messages",),
        pointers=_pointers("/messages/*/content/*/id", "/messages/*/content/*/tool_use_id"),
        how=Treatment.NUMBER,
        like=_CALL,
        reason="the same",
    ),
    Volatile(
        hosts=("bedrock-runtime*.amazonaws.com*", "*.bedrock-runtime*.vpce.amazonaws.com"),
        paths=("/model/*/converse", "/model/*/converse-stream"),
        pointers=_pointers("/messages/*/content/*/toolUse/toolUseId", "/messages/*/content/*/toolResult/toolUseId"),
        how=Treatment.NUMBER,
        like=_CALL,
        reason="the same",
    ),
    Volatile(
        hosts=("bedrock-runtime*.amazonaws.com*", "*.bedrock-runtime*.vpce.amazonaws.com"),
        paths=("/async-invoke",),
        pointers=_pointers("/clientRequestToken"),
        reason="AWS SDKs fill in a random UUID, so that a retry does not start a second job",
    ),
    Volatile(
        hosts=("sts.amazonaws.com", "sts*.amazonaws.com", "sts*.amazonaws.com.cn"),
        paths=("", "/"),
        parameters=("RoleSessionName",),
        like=re.compile(r"botocore-session-\d+|aws-sdk-js-(?:session-)?\d+|aws-sdk-java-\d+|aws-go-sdk-\d+|\d{19}"),
        reason="AWS SDKs make it of the time, where a profile has none (botocore/credentials.py)",
    ),
    Volatile(
        paths=("*",),  # an agent is where it likes
        pointers=_pointers("/id", "/params/message/messageId"),
        like=re.compile(f"^{_UUID}$"),
        methods=frozenset(
            {
                *("message/send", "message/stream", "tasks/get", "tasks/cancel", "tasks/resubscribe"),
                *("SendMessage", "SendStreamingMessage", "GetTask", "CancelTask", "SubscribeToTask"),
            }
        ),
        reason="A2A: clients give each call and each message a UUID",
    ),
    Volatile(
        paths=("*",),
        pointers=_pointers("/id", "/params/_meta/progressToken"),
        is_call=True,
        reason="MCP, JSON-RPC: a client counts its calls, or makes ids up; they are written back into the answers",
    ),
    Volatile(
        paths=("*",),
        pointers=_pointers("/params/requestId"),
        methods=frozenset({"notifications/cancelled"}),
        reason="MCP: the id of the call that is taken back",
    ),
    Volatile(
        paths=("*/message:send", "*/message:stream"),
        pointers=_pointers("/message/messageId"),
        like=re.compile(f"^{_UUID}$"),
        reason="the same, without JSON-RPC",
    ),
    Volatile(
        paths=("*/queue/join", "*/queue/data", "*/run/predict", "*/api/predict"),
        pointers=_pointers("/session_hash"),
        parameters=("session_hash",),
        like=re.compile(f"^(?:{_UUID}|[0-9a-z]{{8,13}})$"),
        reason="Gradio: its clients in Python and JavaScript make one up for each session",
    ),
    Volatile(
        paths=("*/socket.io", "*/socket.io/", "*/engine.io", "*/engine.io/"),
        parameters=("t",),
        like=re.compile(r"^(?:[0-9A-Za-z_-]{6,12}(?:\.\d+)?|\d+\.\d+)$"),
        reason="socket.io: the time, against caches (engine.io-client, util.ts; python-engineio, base_client.py)",
    ),
)

_TRACE = b"traceparent"
_TRACEPARENT = re.compile("[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")  # W3C Trace Context, 3.2
_WITH_IT = ("traceparent", "tracestate")


def rules_for(url: str) -> tuple[Volatile, ...]:
    """Returns the rows that apply to the requests for a URL."""
    return _rows_for(*place(url))


def made_up_parameters(url: str) -> MadeUp:
    """Returns the parameters of a query or a form that do not count in requests for a URL, where they are like that."""
    rows = rules_for(url)
    return _made_up(rows) if rows else NOTHING_MADE_UP


def has_trace(body: bytes) -> bool:
    """Returns whether a body may hold what OpenTelemetry puts into messages."""
    return _TRACE in body


def remove_trace(value: Any) -> None:
    """Takes out of a JSON value, in place, what OpenTelemetry puts into messages: another at each call."""
    places = []
    todo = [value]
    while todo:
        each = todo.pop()
        if isinstance(each, list):
            todo += each
        elif isinstance(each, dict):
            todo += each.values()
            trace = each.get("traceparent")
            if isinstance(trace, str) and _TRACEPARENT.fullmatch(trace):
                places += [(each, name) for name in _WITH_IT if name in each]
    remove(places)


def normalize_volatile(value: Any, rows: Iterable[Volatile]) -> None:
    """Takes out of a JSON value, in place, what the rows name."""
    for row in rows:
        if row.methods and not _calls(value, row.methods):
            continue
        if row.is_call and not _is_call(value):
            continue
        found = [each for pointer in row.pointers for each in find(value, pointer)]
        if row.like:
            found = [each for each in found if isinstance(each[2], str) and row.like.search(each[2])]
        if row.how is Treatment.NUMBER:
            _number(found)
            continue
        if row.how is Treatment.CUT_OUT and row.like:
            _cut_out(found, row.like)
            continue
        if row.how is Treatment.DROP_FROM_ITEM:
            found = [each for each in found if _says_more(*each)]
        remove((item, key) for item, key, _ in found)


def _calls(value: Any, methods: frozenset[str]) -> bool:
    if not isinstance(value, dict) or value.get("jsonrpc") != "2.0":
        return False
    method = value.get("method")
    return isinstance(method, str) and method in methods


def _is_call(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and value.get("jsonrpc") == "2.0"
        and isinstance(value.get("method"), str)
        and value.get("id") is not None
    )


def _says_more(item: Any, key: str | int, _: Any) -> bool:
    """Whether an item says something beside its id and its type."""
    if item.get("type") == "item_reference":
        return False
    return any(each not in (None, "", [], {}) for name, each in item.items() if name not in ("type", "status", key))


def _number(found: Iterable[tuple[Any, str | int, Any]]) -> None:
    numbers: dict[str, str] = {}
    for container, key, text in found:
        if isinstance(text, str) and not isinstance(container, DuplicateKeyDict):  # a repeated key is no client's
            container[key] = numbers.setdefault(text, str(len(numbers) + 1))


def _cut_out(found: Iterable[tuple[Any, str | int, str]], like: re.Pattern[str]) -> None:
    for container, key, text in found:
        if not isinstance(container, DuplicateKeyDict):
            container[key] = like.sub(lambda each: each[1] or "", text)


def _pattern(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(translate, patterns)))


_PATTERNS = tuple((_pattern(row.hosts), _pattern(row.paths), row) for row in VOLATILE)


@functools.lru_cache(maxsize=256)  # a cassette has few endpoints
def _rows_for(host: str, path: str) -> tuple[Volatile, ...]:
    path = unquote(path)
    return tuple(row for hosts, paths, row in _PATTERNS if hosts.match(host) and paths.match(path))


@functools.lru_cache(maxsize=256)
def _made_up(rows: tuple[Volatile, ...]) -> MadeUp:
    return MappingProxyType({name: row.like for row in rows for name in row.parameters if row.like})
