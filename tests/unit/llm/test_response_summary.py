"""What responses say: every API's stream and whole response, and what no provider would send."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapehead.llm.apis import Json
from tapehead.llm.response_summary import ResponseSummary, Usage, summarize_response
from tests.support import streams
from tests.support.streams import AWS, NDJSON, SSE, sse


def spoken(got: ResponseSummary) -> list[tuple[str, str, str]]:
    return [(turn.role, part.noun, part.text) for turn in got.turns for part in turn.parts]


THOUGHT = ("assistant", "thinking", "Hm")
TEXT = ("assistant", "text", "Oi!")


def call(arguments: str) -> tuple[str, str, str]:
    return ("assistant", "tool call `add`", arguments)


@pytest.mark.parametrize(
    ("content_type", "body", "said", "rest"),
    [
        (
            SSE,
            streams.CHAT,
            [
                ("assistant", "reasoning", "Hmm."),
                TEXT,
                call('{"a":1}'),
                ("assistant", "tool call `mul`", "{}"),
            ],
            ("m", "tool_calls", Usage(input=7, output=5)),
        ),
        (SSE, streams.MISTRAL, [("assistant", "thinking", "Let me."), TEXT], ("m", "stop", None)),
        (
            SSE,
            streams.COMPLETIONS,
            [("assistant", "text", "Once upon"), ("assistant", "text", "One day")],
            ("", "", None),
        ),
        (SSE, streams.ANTHROPIC, [THOUGHT, TEXT, call('{"a": 1}')], ("claude", "tool_use", Usage(input=7, output=9))),
        (
            AWS,
            streams.ANTHROPIC_ON_BEDROCK,
            [THOUGHT, TEXT, call('{"a": 1}')],
            ("claude", "tool_use", Usage(input=7, output=9)),
        ),
        (
            AWS,
            streams.CONVERSE,
            [("assistant", "reasoning", "Hm"), TEXT, call('{"a": 1}')],
            ("", "tool_use", Usage(input=7, output=9)),
        ),
        (
            SSE,
            streams.GEMINI,
            [("model", "thinking", "Hm"), ("model", "text", "Oi!"), ("model", "tool call `add`", '{"a": 1}')],
            ("gemini", "STOP", Usage(input=7, output=9)),
        ),
        (NDJSON, streams.OLLAMA, [THOUGHT, TEXT, call('{"a": 1}')], ("l", "stop", Usage(input=7, output=9))),
        (NDJSON, streams.OLLAMA_GENERATE, [TEXT], ("l", "length", Usage(input=7, output=9))),
        (
            SSE,
            streams.COHERE,
            [("assistant", "plan", "I will add."), TEXT, call('{"a":1}')],
            ("", "COMPLETE", Usage(input=7, output=9)),
        ),
        (
            SSE,
            streams.RESPONSES,
            [("assistant", "reasoning", "Hm"), TEXT, call('{"a":1}')],
            ("gpt", "completed", Usage(input=7, output=9)),
        ),
    ],
    ids=[
        "chat",
        "mistral",
        "completions",
        "anthropic",
        "anthropic-bedrock",
        "converse",
        "gemini",
        "ollama",
        "ollama-generate",
        "cohere",
        "responses",
    ],
)
def test_streams(content_type: str, body: bytes, said: list[tuple[str, str, str]], rest: tuple[Json, ...]) -> None:
    """A stream of each API is put together: texts, thoughts, tool calls, model, finish reason, tokens."""
    got = summarize_response(content_type, body)

    assert said == spoken(got)
    assert rest == (got.model, got.finish, got.usage)
    assert got.error == ""


def test_a_stream_of_gemini_as_a_list() -> None:
    """Without `alt=sse` Gemini streams one JSON list."""
    assert summarize_response(SSE, streams.GEMINI) == summarize_response(
        "application/json", json.dumps(streams.GEMINI_EVENTS).encode()
    )


def test_sse_without_its_header() -> None:
    """A cassette whose headers were left out still has its streams."""
    assert summarize_response(SSE, streams.CHAT) == summarize_response(None, streams.CHAT)


def test_a_cut_stream_of_responses() -> None:
    """Without its last event, what came is put together from the parts."""
    got = summarize_response(SSE, sse(*streams.RESPONSES_EVENTS))

    assert [("assistant", "reasoning", "Hm"), ("assistant", "text", "Oi!"), call('{"a":1}')] == spoken(got)
    assert ("gpt", "in_progress", None) == (got.model, got.finish, got.usage)


@pytest.mark.parametrize(
    ("response", "said", "finish", "usage"),
    [
        (
            {
                "choices": [
                    {"message": {"role": "assistant", "content": "Oi!", "refusal": "No."}, "finish_reason": "stop"}
                ],
                "usage": {"prompt_tokens": 1, "completion_tokens": 2},
            },
            [TEXT, ("assistant", "refusal", "No.")],
            "stop",
            Usage(input=1, output=2),
        ),
        (
            {"choices": [{"message": {"content": None, "function_call": {"name": "add", "arguments": "{}"}}}]},
            [call("{}")],
            "",
            None,
        ),
        (
            {"output": {"message": {"role": "assistant", "content": [{"text": "Oi!"}]}}, "stopReason": "end_turn"},
            [TEXT],
            "end_turn",
            None,
        ),
        (
            {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}, "output": []},
            [],
            "max_output_tokens",
            None,
        ),
        ({"promptFeedback": {"blockReason": "SAFETY"}}, [], "SAFETY", None),
        ({"input_tokens": 5}, [], "", Usage(input=5, output=None)),
        ({"totalTokens": 5}, [], "", Usage(input=5, output=None)),
        (
            {"data": [{"embedding": [0.1, 0.2]}, {"embedding": [0.1, 0.2]}], "usage": {"prompt_tokens": 3}},
            [("embeddings", "vectors", "2 vectors of 2 numbers")],
            "",
            Usage(input=3, output=None),
        ),
        ({"embedding": {"values": [1, 2, 3]}}, [("embeddings", "vectors", "1 vector of 3 numbers")], "", None),
        (
            {"embeddings": {"float": [[1]]}, "meta": {"billed_units": {"input_tokens": 2}}},
            [("embeddings", "vectors", "1 vector of 1 numbers")],
            "",
            Usage(input=2, output=None),
        ),
        ({"data": [{"embedding": "AAAA"}]}, [("embeddings", "vectors", "1 vector in base64")], "", None),
    ],
)
def test_whole_responses(response: Json, said: list[tuple[str, str, str]], finish: str, usage: Usage | None) -> None:
    """What does not stream is read as it is."""
    got = summarize_response("application/json", json.dumps(response).encode())

    assert (said, finish, usage) == (spoken(got), got.finish, got.usage)


@pytest.mark.parametrize(
    ("response", "error"),
    [
        ({"error": {"message": "slow down", "type": "rate_limit"}}, "slow down"),
        ({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, "Overloaded"),
        ({"error": "model not found"}, "model not found"),
        ({"error": {"code": 4}}, '{"code": 4}'),
        ({"message": "The security token is invalid"}, "The security token is invalid"),
        ({"Message": "Missing token"}, "Missing token"),
        ({"detail": [{"msg": "field required"}]}, '[{"msg": "field required"}]'),
    ],
)
def test_errors(response: Json, error: str) -> None:
    """An error is its message, whoever sent it; it is not what somebody said."""
    got = summarize_response("application/json", json.dumps(response).encode())

    assert (error, ()) == (got.error, got.turns)


@pytest.mark.parametrize(
    "body",
    [
        sse({"type": "error", "error": {"message": "Overloaded"}}),
        sse(streams.ANTHROPIC_EVENTS[0], {"type": "error", "error": {"message": "Overloaded"}}),
        sse(streams.RESPONSES_EVENTS[0], {"type": "error", "code": "x", "message": "Overloaded"}),
        sse({"choices": [{"delta": {"content": "Oi"}}]}, {"error": {"message": "Overloaded"}}),
    ],
)
def test_an_error_in_mid_stream(body: bytes) -> None:
    """It is found, whatever came before it."""
    assert "Overloaded" == summarize_response(SSE, body).error


def test_an_exception_of_bedrock() -> None:
    """A frame that is no event is an error, its name and all."""
    body = streams.CONVERSE[:0] + streams.frame(
        b'{"message":"Too many tokens"}', message_type="exception", exception_type="throttlingException"
    )

    assert "Too many tokens" == summarize_response(AWS, streams.CONVERSE + body).error
    assert "Too many tokens" == summarize_response(AWS, body).error
    assert (
        '"type": "BadThing"'
        in summarize_response(AWS, streams.frame(b"", message_type="error", error_code="BadThing")).error
    )


@pytest.mark.parametrize("body", [b"", b"<html>", b"null", b"[]", b'"x"', b"[" * 100_000, b'{"a":' * 100_000])
def test_what_says_nothing(body: bytes) -> None:
    """No JSON object, no answer; nesting without end is no crash."""
    for content_type in ("application/json", SSE, NDJSON, AWS, None):
        assert ResponseSummary() == summarize_response(content_type, body)


def test_nesting_that_python_can_read() -> None:
    """JSON may nest deeper than what works on it."""
    for depth in (100, 400, 900, 5000):
        deep = '{"content":' * depth + '"x"' + "}" * depth
        for content_type in ("application/json", NDJSON):
            summarize_response(content_type, deep.encode())


def test_a_long_stream_is_quick() -> None:
    """Putting together is linear: 40,000 events with 40,000 calls among them."""
    events = [
        {"choices": [{"index": 0, "delta": {"content": "x", "tool_calls": [{"index": n, "id": str(n)}]}}]}
        for n in range(40_000)
    ]

    assert "x" * 40_000 == spoken(summarize_response(SSE, sse(*events)))[0][2]


_NAMES = [
    "choices",
    "delta",
    "message",
    "content",
    "text",
    "index",
    "role",
    "tool_calls",
    "function",
    "name",
    "arguments",
    "type",
    "thinking",
    "candidates",
    "parts",
    "functionCall",
    "args",
    "usage",
    "usageMetadata",
    "input_tokens",
    "output",
    "response",
    "item",
    "output_index",
    "content_index",
    "summary_index",
    "content_block",
    "partial_json",
    "error",
    "reasoning",
    "thought",
    "toolUse",
    "start",
    "contentBlockIndex",
    "embedding",
    "data",
    "embeddings",
    "tool_plan",
]
_TYPES = [
    "message_start",
    "message_delta",
    "content_block_start",
    "content_block_delta",
    "message-start",
    "message-end",
    "content-delta",
    "response.created",
    "response.output_item.added",
    "response.output_item.done",
    "response.output_text.delta",
    "error",
    "text",
]
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 3) | st.floats() | st.sampled_from(["", "x", *_TYPES]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_NAMES), inner, max_size=4),
    max_leaves=12,
)
_MESSAGE = st.dictionaries(st.sampled_from(_NAMES), _JSON, max_size=5)


@given(st.lists(st.tuples(st.sampled_from(_TYPES), _MESSAGE), max_size=6))
def test_no_message_breaks_it(messages: list[tuple[str, dict[str, Json]]]) -> None:
    """The right names in the wrong places, in any order: something comes of it, or nothing, but no error."""
    typed = [{"type": kind, **message} for kind, message in messages]
    summarize_response(SSE, sse(*typed))
    summarize_response(NDJSON, streams.ndjson(*[message for _, message in messages]))
    for message in typed:
        summarize_response("application/json", json.dumps(message).encode())


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["messageStart", "contentBlockStart", "contentBlockDelta", "messageStop", "metadata"]),
            _MESSAGE,
        ),
        max_size=6,
    )
)
def test_no_frame_breaks_it(frames: list[tuple[str, dict[str, Json]]]) -> None:
    """The same for Bedrock's frames."""
    summarize_response(AWS, b"".join(streams.event(name, json.dumps(message).encode()) for name, message in frames))
