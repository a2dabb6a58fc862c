"""The ends of streams: each row of the tables, and every stream that was recorded."""

import os
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tapehead.llm import terminal_events
from tapehead.llm.terminal_events import stream_finished
from tapehead.wire.event_splitters import SPLITTERS, split_events
from tapehead.wire.headers import media_type
from tests.support.streams import AWS, NDJSON, SSE, chunk, event, frame

CORPUS = Path(os.environ.get("TAPEHEAD_CORPUS") or Path(__file__).parents[4] / "shared" / "corpus")
DELTA = b'data: {"choices":[{"delta":{"content":"data: [DONE]"},"finish_reason":"stop"}]}\n\n'


@pytest.mark.parametrize(
    "data",
    [
        "[DONE]",
        '{"type":"message_stop"}',
        '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}',
        '{"type":"response.completed","response":{}}',
        '{"type":"response.failed","response":{}}',
        '{"type":"response.incomplete","response":{}}',
        '{"type":"error","code":"x","message":"y","sequence_number":3}',
        '{"type":"message-end","delta":{"finish_reason":"COMPLETE"}}',
        '{"candidates":[{"content":{},"finishReason":"STOP","index":0}],"usageMetadata":{}}',
        '{"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{}}',
        '{"error":{"message":"overloaded","code":502},"choices":[]}',
    ],
)
@pytest.mark.parametrize("end", [b"\n\n", b"\r\n\r\n", b"\r\r", b"\n\r"])
def test_sse_terminal_events(data: str, end: bytes) -> None:
    """Each terminal event ends its stream, once it is whole, whatever the line ends."""
    body = b"data: {}" + end + b"event: x" + end[: len(end) // 2] + b"data: " + data.encode() + end

    assert stream_finished(SSE, body)
    assert not stream_finished(SSE, body[: -len(end)])
    assert not stream_finished(SSE, body[: body.rfind(b"event: x")])


@pytest.mark.parametrize(
    "noise", [b": keep-alive\n\n", b"\n\n\n", b"\r\n", b'event: ping\ndata: {"type": "ping"}\n\n', b"data:\n\n"]
)
def test_noise_after_the_end(noise: bytes) -> None:
    """Comments, blank lines, pings and events without data after the end change nothing; nor does half an event."""
    for tail in (noise, noise * 3, noise + b'data: {"half":'):
        assert stream_finished(SSE, DELTA + b"data: [DONE]\n\n" + tail)
        assert not stream_finished(SSE, DELTA + tail)


@pytest.mark.parametrize(
    "data",
    [
        '{"choices":[{"delta":{},"finish_reason":"stop"}]}',
        '{"choices":[],"usage":{"total_tokens":3},"error":null}',
        '{"type":"message_delta","delta":{"stop_reason":"end_turn"}}',
        '{"type":"response.output_text.done","text":"[DONE]"}',
        '{"type":["message_stop"]}',
        '{"candidates":[{"content":{}}, 3, {"finishReason":null}]}',
        '{"candidates":{"finishReason":"STOP"}}',
        '{"promptFeedback":{}}',
        '{"promptFeedback":["blockReason"]}',
        '["message_stop"]',
        '"[DONE]"',
        "not json",
        "[" * 100_000,
        '{"content":"\\"stop\\":true","stop":false}',
        '{"stop":"true"}',
        '{"type":"finish-step"}',
        '{"type":"text-delta","delta":"finish"}',
        '{"type":"TEXT_MESSAGE_CONTENT","delta":"RUN_FINISHED"}',
        '{"msg":"process_generating","output":{"data":["close_stream"]}}',
        '{"token":{"text":"x"},"generated_text":null}',
        '{"event":"message","answer":"message_end"}',
        '{"is_finished":false,"text":"is_finished"}',
        '{"kind":"status-update","final":false,"status":{"state":"working"}}',
        '{"kind":"message","text":"completed"}',
        '{"statusUpdate":{"status":{"state":"TASK_STATE_WORKING"}}}',
        '{"task":{"status":"completed"}}',
        '{"jsonrpc":"2.0","id":1,"result":{}}',
        "event: end",
    ],
)
def test_sse_other_events(data: str) -> None:
    """Other events end nothing, and neither does a terminal one that more output follows."""
    event = b"data: " + data.encode() + b"\n\n"

    assert not stream_finished(SSE, event)
    assert not stream_finished(SSE, b"data: [DONE]\n\n" + event)


def test_endless_noise() -> None:
    """The end is found before any number of comments that a stream may have, and given up beyond that."""
    assert stream_finished(SSE, b"data: [DONE]\n\n" + b": c\n\n" * 99_999)
    assert not stream_finished(SSE, b"data: [DONE]\n\n" + b": c\n\n" * 100_000)


def test_ndjson() -> None:
    """Ollama's last line, or its error, ends a stream once it has its line end; blank lines may follow."""
    delta, done = b'{"response":"\\"done\\":true","done":false}\n', b'{"response":"","done":true,"eval_count":3}\n'

    assert stream_finished(NDJSON, delta + done)
    assert stream_finished(NDJSON, delta + done[:-1] + b"\r\n\r\n\n{")
    assert stream_finished(NDJSON, delta + b'{"error":"out of memory"}\n')
    assert not stream_finished(NDJSON, delta + done[:-1])
    assert not stream_finished(NDJSON, done + delta)
    assert not stream_finished(NDJSON, b'{"done":1}\n')
    assert stream_finished("application/json-seq", b"\x1e" + done)
    assert not stream_finished(NDJSON, b"\n\n")
    assert not stream_finished(NDJSON, b"")


@pytest.mark.parametrize(
    "last",
    [
        event("metadata", b'{"usage":{},"metrics":{}}'),
        chunk({"type": "message_stop", "amazon-bedrock-invocationMetrics": {}}),
        chunk({"type": "message_stop"}),
        chunk({"generation": "", "amazon-bedrock-invocationMetrics": {"outputTokenCount": 3}}),
        frame(b"{}", message_type="exception", exception_type="throttlingException"),
        frame(b"", message_type="error", error_code="x"),
    ],
)
def test_aws_terminal_frames(last: bytes) -> None:
    """Bedrock's last frames end a stream once they are whole, also with half a frame after them."""
    body = event("messageStart") + chunk({"type": "message_start"})

    assert stream_finished(AWS, body + last)
    assert stream_finished(AWS, last + body[:20])
    assert not stream_finished(AWS, body + last[:-1])
    assert not stream_finished(AWS, last + body)


@pytest.mark.parametrize(
    "last",
    [
        b"",
        b"nonsense, longer than a prelude",
        event("messageStop", b'{"stopReason":"end_turn"}'),
        event("metadata")[:-1] + b"\0",
        event("metadata") + b"nonsense, longer than a prelude",
        chunk({"type": "message_delta"}),
        chunk(["message_stop"]),
        event("chunk", b'{"bytes":"x"}'),
        event("chunk", b'{"bytes":3}'),
        event("chunk", b"{}"),
        event("chunk", b"not json"),
        frame(b""),
    ],
)
def test_aws_other_frames(last: bytes) -> None:
    """Other frames, damaged ones and nonsense end nothing."""
    assert not stream_finished(AWS, chunk({"type": "message_start"}) + last)
    assert not stream_finished(AWS, last)


@pytest.mark.parametrize("content_type", [None, "", "application/json", "text/plain"])
def test_no_stream(content_type: str | None) -> None:
    """A body that is no stream is never a finished one."""
    assert not stream_finished(content_type, b"data: [DONE]\n\n")
    assert not stream_finished(content_type, b"")


@given(
    content_type=st.sampled_from([SSE, NDJSON, AWS]),
    body=st.lists(st.sampled_from([b"data: ", b"[DONE]", b"{}", b"\n", b"\r", b"\0\0\0\x10", b"\xff", b'"'])).map(
        b"".join
    ),
)
def test_any_bytes(content_type: str, body: bytes) -> None:
    """Any bytes are answered."""
    assert stream_finished(content_type, body) in (True, False)


@given(
    events=st.lists(
        st.sampled_from(
            [b"data: 1\n\n", b": c\r\n\r\n", b"\r", b"data: [DONE]\r\r", b"x\n", b'data: {"type":"ping"}\n\n']
        )
    ),
    window=st.integers(1, 30),
)
def test_window(events: list[bytes], window: int) -> None:
    """However small the window is that is looked at first, the answer is that of a look at everything."""
    body = b"".join(events)
    expected = stream_finished(SSE, body)
    before = terminal_events._FIRST_WINDOW
    terminal_events._FIRST_WINDOW = window
    try:
        assert expected == stream_finished(SSE, body)
    finally:
        terminal_events._FIRST_WINDOW = before


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (SSE, b"data: " + b"x" * 500 + b"\n\n"),
        (SSE, b": noise\n\n"),
        (SSE, b"\r\n"),
        (NDJSON, b'{"response":"' + b"x" * 500 + b'"}\n'),
        (NDJSON, b" \r\n"),
        (AWS, event("contentBlockDelta", b"x" * 500)),
    ],
)
def test_long_body(content_type: str, body: bytes) -> None:
    """16 MiB are answered for in less than the seconds that a parse of every event, again and again, would take."""
    body *= (16 << 20) // len(body)
    begin = time.process_time()

    assert not stream_finished(content_type, body)
    assert time.process_time() - begin < 5


def recorded_streams() -> Iterator[tuple[str, str, bytes]]:
    """Where from, Content-Type and body of each recorded stream."""
    for path in sorted(CORPUS.rglob("*.yaml")):
        for interaction in yaml.load(path.read_bytes(), Loader=yaml.CLoader)["interactions"]:  # noqa: S506
            response = interaction["response"]
            content_type = {name.lower(): values for name, values in response["headers"].items()}["content-type"][0]
            if media_type(content_type) in SPLITTERS:
                body = response["body"]
                yield f"{path.name} {interaction['id']}", content_type, body.encode() if isinstance(body, str) else body


@pytest.mark.skipif(not CORPUS.is_dir(), reason="needs the public cassettes: TAPEHEAD_CORPUS, or shared/corpus beside")
def test_recorded_streams() -> None:
    """Every stream that was recorded whole is finished with its last event, and not before."""
    kinds: Counter[str] = Counter()
    wrong = []
    for name, content_type, body in recorded_streams():
        kinds[media_type(content_type)] += 1
        events = split_events(content_type, body)
        for count in range(len(events) + 1):
            # The last few events decide; with them alone this does not become quadratic.
            part = b"".join(events[max(0, count - 5) : count])
            if stream_finished(content_type, part) != (count == len(events)):
                wrong.append((name, count, len(events)))
        if not stream_finished(content_type, body):
            wrong.append((name, -1, len(events)))

    assert [] == wrong
    assert {"text/event-stream": 345, "application/vnd.amazon.eventstream": 10} == kinds
