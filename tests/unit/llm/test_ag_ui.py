"""A run of AG-UI, put together: each message with its text, tool calls with what they are given, and how it failed."""

from tapehead.llm.ag_ui import messages_of_run
from tapehead.llm.apis import Json
from tapehead.llm.events import Event
from tapehead.llm.response_summary import summarize_response
from tests.support.streams import SSE, sse


def run(*messages: Json) -> dict[str, Json]:
    return messages_of_run([Event(name=str(each["type"]), message=each) for each in messages])


RUN: tuple[Json, ...] = (
    {"type": "RUN_STARTED", "threadId": "t1", "runId": "r1"},
    {"type": "THINKING_TEXT_MESSAGE_CONTENT", "delta": "Hm"},
    {"type": "TOOL_CALL_START", "toolCallId": "c1", "toolCallName": "weather"},
    {"type": "TOOL_CALL_ARGS", "toolCallId": "c1", "delta": '{"city":'},
    {"type": "TOOL_CALL_ARGS", "toolCallId": "c1", "delta": '"Paris"}'},
    {"type": "TOOL_CALL_END", "toolCallId": "c1"},
    {"type": "TOOL_CALL_RESULT", "messageId": "m2", "toolCallId": "c1", "content": "sunny", "role": "tool"},
    {"type": "TEXT_MESSAGE_START", "messageId": "m3", "role": "assistant"},
    {"type": "TEXT_MESSAGE_CONTENT", "messageId": "m3", "delta": "No "},
    {"type": "TEXT_MESSAGE_CONTENT", "messageId": "m3", "delta": "umbrella."},
    {"type": "TEXT_MESSAGE_END", "messageId": "m3"},
    {"type": "RUN_FINISHED", "threadId": "t1", "runId": "r1"},
)


def test_a_run() -> None:
    """The messages are in the order in which they began."""
    call = {"type": "function", "function": {"name": "weather", "arguments": '{"city":"Paris"}'}}

    assert {
        "output": [
            {"role": "assistant", "reasoning": "Hm"},
            {"role": "assistant", "tool_calls": [call]},
            {"role": "tool", "content": "sunny"},
            {"role": "assistant", "content": "No umbrella."},
        ]
    } == run(*RUN)


def test_what_show_says() -> None:
    """A stream that begins as a run does is read as one."""
    summary = summarize_response(SSE, sse(*RUN))

    assert ["assistant", "assistant", "tool", "assistant"] == [each.role for each in summary.turns]
    assert ["Hm", '{"city":"Paris"}', "sunny", "No umbrella."] == [each.parts[0].text for each in summary.turns]


def test_chunks_and_an_error() -> None:
    """Messages without a beginning of their own, and a run that fails; what is no text is left out."""
    failed = run(
        {"type": "TEXT_MESSAGE_CHUNK", "messageId": "m", "delta": "a"},
        {"type": "TEXT_MESSAGE_CHUNK", "messageId": "m", "delta": 3},
        {"type": "STATE_SNAPSHOT", "snapshot": {}},
        {"type": "RUN_ERROR", "message": "overloaded", "code": "x"},
    )

    assert [{"role": "assistant", "content": "a"}] == failed["output"]
    assert {"message": "overloaded", "code": "x"} == failed["error"]
