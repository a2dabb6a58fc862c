import copy
from typing import Any

import pytest

from tapehead.matching.canonical_json import dump_canonical, parse_json
from tapehead.matching.volatile import VOLATILE, Treatment, normalize_volatile, rules_for

RESPONSES = "https://api.openai.com/v1/responses"
GEMINI = "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-pro:generateContent"
MESSAGES = "https://api.anthropic.com/v1/messages"
ASYNC_INVOKE = "https://bedrock-runtime.us-east-1.amazonaws.com/async-invoke"
UUID = "57a121ec-f78c-48c3-a745-e3036a3ecc33"


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
        # Elsewhere.
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


def test_table() -> None:
    """Each row has its reason, and keys at its ends: an id is never a position in a list."""
    for row in VOLATILE:
        assert row.reason
        assert row.how in Treatment
        assert all(pointer[-1].isidentifier() for pointer in row.pointers)
