import copy
from typing import Any

import pytest

from tapehead.matching.bodies import normal_body
from tapehead.matching.canonical_json import dump_canonical, parse_json
from tapehead.matching.key import request_key
from tapehead.matching.rules import Rules
from tapehead.matching.urls import normal_pairs
from tapehead.matching.volatile import (
    VOLATILE,
    Treatment,
    has_trace,
    made_up_parameters,
    normalize_volatile,
    remove_trace,
    rules_for,
)
from tests.unit.matching.asked import request

RESPONSES = "https://api.openai.com/v1/responses"
GEMINI = "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-pro:generateContent"
MESSAGES = "https://api.anthropic.com/v1/messages"
ASYNC_INVOKE = "https://bedrock-runtime.us-east-1.amazonaws.com/async-invoke"
CHAT = "https://api.openai.com/v1/chat/completions"
HEX = "57a121ecf78c48c3a745e3036a3ecc33"
UUID = "57a121ec-f78c-48c3-a745-e3036a3ecc33"


def results(*ids: str) -> list[dict[str, str]]:
    return [{"tool_call_id": each} for each in ids]


def settled(url: str, value: Any) -> Any:
    value = copy.deepcopy(value)
    normalize_volatile(value, rules_for(url))
    return value


def conversation(*ids: str, calls: str = "functionCall", responses: str = "functionResponse") -> dict[str, Any]:
    """Two calls, and a response to each; `ids` are those of the calls, then of the responses."""
    parts = [{calls: {"id": each, "name": "add"}} for each in ids[:2]]
    answers = [{responses: {"id": each, "response": {"sum": n}}} for n, each in enumerate(ids[2:])]
    return {"contents": [{"parts": [{"text": "?"}]}, {"parts": parts}, {"parts": answers}]}


@pytest.mark.parametrize(
    ("url", "form", "counts"),
    [
        ("https://sts.amazonaws.com/", "RoleSessionName=botocore-session-1764200000", False),
        ("https://sts.eu-west-1.amazonaws.com/", "RoleSessionName=aws-sdk-js-session-1764200000000", False),
        ("https://sts.eu-west-1.amazonaws.com/", "RoleSessionName=aws-sdk-java-1764200000000", False),
        ("https://sts-fips.us-east-1.amazonaws.com/", "RoleSessionName=aws-go-sdk-1764200000000000000", False),
        ("https://sts.cn-north-1.amazonaws.com.cn/", "RoleSessionName=1764200000000000000", False),
        ("https://sts.amazonaws.com/", "RoleSessionName=nightly", True),
        ("https://example.com/", "RoleSessionName=botocore-session-1764200000", True),
        ("https://h/gradio_api/queue/data", "session_hash=8uq3yq4ml2a", False),
        ("https://h/gradio_api/queue/data", f"session_hash={UUID}", False),
        ("https://h/gradio_api/queue/data", "session_hash=of mine", True),
        ("https://h/other", "session_hash=8uq3yq4ml2a", True),
        ("https://h/ws/socket.io/", "t=1795854068.2670138", False),
        ("https://h/socket.io/", "t=57c7bz4b", False),
        ("https://h/socket.io/", "t=now", True),
        ("https://h/other", "a=1", True),
    ],
)
def test_parameters(url: str, form: str, counts: bool) -> None:
    """In a query and in a form what clients make up is left out, and nothing else is."""
    made_up = made_up_parameters(url)

    assert counts == bool(normal_pairs(form, made_up=made_up))
    assert "a=%zz" == normal_pairs("a=%zz", made_up=made_up)
    normal = normal_body(form.encode(), "application/x-www-form-urlencoded", made_up=made_up)
    assert counts == bool(normal)


TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.mark.parametrize(
    ("value", "left"),
    [
        ({"params": {"_meta": {"traceparent": TRACE, "tracestate": "x=y", "a": 1}}}, {"params": {"_meta": {"a": 1}}}),
        ([{"traceparent": TRACE}], [{}]),
        ({"traceparent": "mine", "tracestate": "x"}, {"traceparent": "mine", "tracestate": "x"}),
        ({"tracestate": "x"}, {"tracestate": "x"}),
        ("text", "text"),
    ],
)
def test_trace(value: Any, left: Any) -> None:
    """What OpenTelemetry puts into a message is gone, wherever it stands."""
    remove_trace(value)

    assert left == value


RAN = "Process exited with code 0\nOutput:\nWall time: 1 seconds\n"
SHELL = "Exit code: 1\nWall time: 0.1 seconds\nOutput:\n"


def test_trace_in_a_request() -> None:
    """Two requests that differ in their trace alone are the same."""
    one, other = (request({"a": {"traceparent": TRACE.replace("b7", each)}}) for each in ("b7", "c8"))

    assert request_key(one, Rules()) == request_key(other, Rules())
    assert has_trace(one.body)
    assert not has_trace(b"{}")


@pytest.mark.parametrize(
    ("url", "value", "left"),
    [
        # Codex.
        (
            RESPONSES,
            {"model": "m", "prompt_cache_key": "k", "client_metadata": {"x": "y"}, "metadata": {"a": "b"}},
            {"model": "m", "metadata": {"a": "b"}},
        ),
        (
            "https://chatgpt.com/backend-api/codex/responses?x=y",
            {"input": [{"type": "message", "id": "1", "role": "user"}, {"id": "2", "call_id": "c"}], "id": "3"},
            {"input": [{"type": "message", "role": "user"}, {"call_id": "c"}], "id": "3"},
        ),
        (
            RESPONSES,
            {"input": [{"type": "item_reference", "id": "1"}, {"id": "2"}, {"id": "3", "type": None}]},
            {"input": [{"type": "item_reference", "id": "1"}, {"id": "2"}, {"id": "3", "type": None}]},
        ),
        (RESPONSES, {"input": "text", "previous_response_id": "1"}, {"input": "text", "previous_response_id": "1"}),
        (
            RESPONSES,
            {
                "input": [
                    {"output": f"Chunk ID: c3f0c2\nWall time: 0.0512 seconds\n{RAN}"},
                    {"output": [{"text": SHELL}]},
                ]
            },
            {"input": [{"output": RAN}, {"output": [{"text": "Exit code: 1\nOutput:\n"}]}]},
        ),
        (RESPONSES, {"input": [{"output": f"\n{SHELL}"}]}, {"input": [{"output": f"\n{SHELL}"}]}),
        # Gemini.
        (GEMINI, conversation("x", "y", "x", "y"), conversation("1", "2", "1", "2")),
        (
            GEMINI.replace(":generateContent", "%3AstreamGenerateContent?alt=sse"),
            conversation("y", "x", "x", "y", calls="function_call", responses="function_response"),
            conversation("1", "2", "2", "1", calls="function_call", responses="function_response"),
        ),
        (
            GEMINI,
            {"contents": [{"parts": [{"functionCall": {"id": 5}}]}]},
            {"contents": [{"parts": [{"functionCall": {"id": 5}}]}]},
        ),
        # Claude Code, before and since March 2026.
        (MESSAGES + "?beta=true", {"metadata": {"user_id": f"user_ab_account__session_{UUID}"}}, {"metadata": {}}),
        (MESSAGES, {"metadata": {"user_id": f'{{"device_id":"ab","session_id":"{UUID}"}}'}}, {"metadata": {}}),
        (MESSAGES, {"metadata": {"user_id": "session_of_mine"}}, {"metadata": {"user_id": "session_of_mine"}}),
        (MESSAGES, {"metadata": {"user_id": None}}, {"metadata": {"user_id": None}}),
        # AWS.
        (ASYNC_INVOKE, {"clientRequestToken": UUID, "modelId": "m"}, {"modelId": "m"}),
        ("https://example.com/async-invoke", {"clientRequestToken": UUID}, {"clientRequestToken": UUID}),
        # Ids of calls that the server gave none.
        (
            CHAT,
            {
                "messages": [
                    {"tool_calls": [{"id": f"pyd_ai_{HEX}"}, {"id": f"call_{UUID}"}, {"id": UUID}]},
                    *results(UUID),
                ]
            },
            {"messages": [{"tool_calls": [{"id": "1"}, {"id": "2"}, {"id": "3"}]}, *results("3")]},
        ),
        (
            "http://localhost:11434/api/chat",
            {"messages": [{"tool_calls": [{"id": f"call_{HEX[:28]}"}]}, *results(f"call_{HEX[:28]}__thought__x")]},
            {"messages": [{"tool_calls": [{"id": "1"}]}, *results("2")]},
        ),
        (
            CHAT,
            {"messages": results("call_abcDEF0123456789abcdefgh")},
            {"messages": results("call_abcDEF0123456789abcdefgh")},
        ),
        (
            RESPONSES,
            {"input": [{"call_id": UUID}, {"call_id": "call_1"}]},
            {"input": [{"call_id": "1"}, {"call_id": "call_1"}]},
        ),
        (
            MESSAGES,
            {"messages": [{"content": [{"id": UUID}]}, {"content": [{"tool_use_id": UUID}]}, {"content": "x"}]},
            {"messages": [{"content": [{"id": "1"}]}, {"content": [{"tool_use_id": "1"}]}, {"content": "x"}]},
        ),
        (
            "https://bedrock-runtime.eu-west-1.amazonaws.com/model/m%3A0/converse",
            {"messages": [{"content": [{"toolUse": {"toolUseId": UUID}}, {"toolResult": {"toolUseId": UUID}}]}]},
            {"messages": [{"content": [{"toolUse": {"toolUseId": "1"}}, {"toolResult": {"toolUseId": "1"}}]}]},
        ),
        # A2A.
        (
            "https://agent.example.com/",
            {
                "jsonrpc": "2.0",
                "id": UUID,
                "method": "message/send",
                "params": {"message": {"messageId": HEX, "role": "user"}},
            },
            {"jsonrpc": "2.0", "method": "message/send", "params": {"message": {"role": "user"}}},
        ),
        (
            "https://agent.example.com/",
            {"jsonrpc": "2.0", "id": 7, "method": "tasks/get", "params": {"id": UUID}},
            {"jsonrpc": "2.0", "method": "tasks/get", "params": {"id": UUID}},
        ),
        (
            "https://agent.example.com/",
            {
                "jsonrpc": "2.0",
                "id": UUID,
                "method": "tools/call",
                "params": {"name": "a", "_meta": {"progressToken": 3, "other": 1}},
            },
            {"jsonrpc": "2.0", "method": "tools/call", "params": {"name": "a", "_meta": {"other": 1}}},
        ),
        (
            "https://agent.example.com/",
            {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 3, "reason": "r"}},
            {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"reason": "r"}},
        ),
        (
            "https://agent.example.com/",
            {"jsonrpc": "2.0", "id": 3, "result": {}},
            {"jsonrpc": "2.0", "id": 3, "result": {}},
        ),
        ("https://agent.example.com/", {"jsonrpc": "2.0", "id": UUID}, {"jsonrpc": "2.0", "id": UUID}),
        ("https://h/v1/message:send", {"message": {"messageId": UUID}}, {"message": {}}),
        # Gradio.
        ("http://h:7860/gradio_api/queue/join?x=y", {"session_hash": "8uq3yq4ml2a", "data": []}, {"data": []}),
        ("http://h:7860/gradio_api/queue/join", {"session_hash": UUID, "fn_index": 0}, {"fn_index": 0}),
        ("http://h:7860/other", {"session_hash": UUID}, {"session_hash": UUID}),
        # References are what is asked.
        (
            RESPONSES,
            {
                "input": [
                    {"type": "item_reference", "id": "1", "x": "y"},
                    {"type": "reasoning", "id": "2", "summary": []},
                ]
            },
            {
                "input": [
                    {"type": "item_reference", "id": "1", "x": "y"},
                    {"type": "reasoning", "id": "2", "summary": []},
                ]
            },
        ),
        # Elsewhere.
        ("https://forms.example.com/surveys/1/responses", {"client_metadata": {"a": 1}}, {"client_metadata": {"a": 1}}),
        (
            "https://chat.example.com/rooms/1/messages",
            {"metadata": {"user_id": f"session_{UUID}"}},
            {"metadata": {"user_id": f"session_{UUID}"}},
        ),
        (
            "https://bedrock-runtime.amazonaws.com.evil.example/async-invoke2",
            {"clientRequestToken": UUID},
            {"clientRequestToken": UUID},
        ),
        ("https://api.openai.com/v1/chat/completions", {"prompt_cache_key": "k"}, {"prompt_cache_key": "k"}),
        ("no url", {"prompt_cache_key": "k"}, {"prompt_cache_key": "k"}),
        (RESPONSES, [], []),
    ],
)
def test_settle(url: str, value: Any, left: Any) -> None:
    """Where the provider is asked, what its clients make up is gone or numbered, and nothing else is touched."""
    assert left == settled(url, value)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (conversation("a", "b", "a", "b"), conversation("a", "b", "b", "a")),
        (conversation("a", "b", "a", "b"), conversation("a", "a", "a", "a")),
        (conversation("a", "b", "a", "b"), conversation("a", "b", "a", "c")),
    ],
)
def test_links_count(one: Any, other: Any) -> None:
    """A response that belongs to the other call makes another conversation, whatever the ids are."""
    assert settled(GEMINI, one) != settled(GEMINI, other)


def test_repeated_keys() -> None:
    """A key that came twice is dropped twice, but not numbered."""
    value = parse_json(b'{"prompt_cache_key":1,"prompt_cache_key":2,"a":3}')
    normalize_volatile(value, rules_for(RESPONSES))
    assert '{"a":3}' == dump_canonical(value)

    twice = b'{"contents":[{"parts":[{"functionCall":{"id":"x","id":"y"}}]}]}'
    value = parse_json(twice)
    normalize_volatile(value, rules_for(GEMINI))
    assert twice.decode() == dump_canonical(value)
    ran = b'{"input":[{"output":"y","output":"Chunk ID: c3f0c2\\nWall time: 0.0512 seconds\\nx"}]}'
    value = parse_json(ran)
    normalize_volatile(value, rules_for(RESPONSES))
    assert ran.decode() == dump_canonical(value)


def test_table() -> None:
    """Each row has its reason, and keys at its ends: an id is never a position in a list."""
    for row in VOLATILE:
        assert row.reason
        assert row.how in Treatment
        assert all(pointer[-1].isidentifier() for pointer in row.pointers)
