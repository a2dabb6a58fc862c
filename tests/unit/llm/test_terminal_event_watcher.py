"""The chunk with the terminal event is known when it comes, however the stream is cut and coded."""

import gzip

import pytest

from tapehead.llm import terminal_event_rows as rows
from tapehead.llm import terminal_events
from tapehead.llm.json_rpc import JsonRpcCall
from tapehead.llm.terminal_event_watcher import TerminalEventWatcher, watch
from tapehead.wire.chunks import CoalescedChunks
from tapehead.wire.coding import CodingError
from tests.support.streams import AWS, NDJSON, SSE, chunk, event, frame

DELTA = b'data: {"choices":[{"delta":{"content":"say [DONE], error\\" or message_stop"}}]}\n\n'
DONE = b"data: [DONE]\n\n"
ERROR = b'data: {"error":{"message":"overloaded"}}\n\n'
LINE = b'{"done":false,"response":"x"}\n'
# Of the protocols that are not known by their first event.
PART = (
    b'data: {"content":"say \\"stop\\":true, event: end, RUN_FINISHED, close_stream or \\"finish\\"","stop":false}\n\n'
)
CALL = JsonRpcCall(id=2, method="tools/call")
A2A = JsonRpcCall(id="a", method="message/stream")

ENDS = [
    (SSE, DELTA, DONE, False),
    (SSE, DELTA, b'event: message_stop\ndata: {"type":"message_stop"}\n\n', False),
    (SSE, DELTA, b'data: {"type":"message-end"}\n\n', False),
    *(
        (SSE, DELTA, b'data: {"type":"response.%s"}\n\n' % end, False)
        for end in (b"completed", b"failed", b"incomplete")
    ),
    (SSE, PART, b'data: {"is_finished":true,"event_type":"stream-end"}\n\n', False),
    *((SSE, PART, b'data: {"type":"conversation.response.%s"}\n\n' % end, False) for end in (b"done", b"error")),
    (SSE, PART, b'data: {"content":"","stop":true}\n\n', False),
    (SSE, PART, b'data:{"token":{"id":2},"generated_text":"say","details":null}\n\n', False),
    *((SSE, PART, b'data: {"type":"RUN_%s"}\n\n' % end, False) for end in (b"FINISHED", b"ERROR")),
    *((SSE, PART, b'data: {"type":"%s"}\n\n' % end, True) for end in (b"finish", b"abort")),
    (SSE, PART, b'data: {"msg":"close_stream","event_id":null}\n\n', False),
    (SSE, PART, b'data: {"msg":"process_completed","output":{}}\n\n', True),
    *((SSE, PART, b'data: {"event": "%s"}\n\n' % end, False) for end in (b"message_end", b"end")),
    *((SSE, PART, b'data: {"event": "%s"}\n\n' % end, True) for end in (b"workflow_finished", b"error")),
    (SSE, PART, b'data: {"kind":"status-update","final":true,"status":{"state":"x"}}\n\n', True),
    (SSE, PART, b'data: {"statusUpdate":{"status":{"state":"TASK_STATE_COMPLETED"}}}\n\n', True),
    (SSE, PART, b"event: end\r\n\r\n", False),
    (SSE, PART, b"event: end\ndata: null\n\n", False),
    (SSE, PART, b"event:done\ndata: {}\n\n", False),
    (SSE, PART, b"event: complete\ndata: [1]\n\n", False),
    (SSE, PART, b'event: error\ndata: {"status_code":500}\n\n', True),
    (SSE, DELTA, ERROR, True),
    (SSE, DELTA, b'event: error\ndata: {"type":"error"}\n\n', True),
    (SSE, DELTA, b'data: {"candidates":[{"finishReason":"STOP"}]}\n\n', True),
    (SSE, DELTA, b'data: {"promptFeedback":{"blockReason":"SAFETY"}}\n\n', True),
    (NDJSON, LINE, b'{"done":true}\n', False),
    (NDJSON, LINE, b'{"error":"out of memory"}\n', False),
    (NDJSON, LINE, b'{"is_finished":true,"finish_reason":"COMPLETE"}\n', False),
    (NDJSON, LINE, b'{"event": "end", "data": {}}\n', False),
    (AWS, event("messageStop"), event("metadata"), False),
    (AWS, chunk({"type": "message_start"}), chunk({"amazon-bedrock-invocationMetrics": {"a": 1}}), False),
    (AWS, event("messageStart"), frame(b"{}", message_type="exception", exception_type="throttlingException"), False),
]


@pytest.mark.parametrize(("kind", "before", "end", "may_go_on"), ENDS)
def test_each_end(kind: str, before: bytes, end: bytes, may_go_on: bool) -> None:
    """Fed whole, byte by byte, and behind what was said before: it is known with the last byte, and not sooner."""
    whole = TerminalEventWatcher(kind)
    assert whole.feed(before + end)
    assert (may_go_on, not may_go_on) == (whole.may_be_followed, whole.is_final)
    by_bytes = TerminalEventWatcher(kind)
    assert not any(by_bytes.feed(bytes([byte])) for byte in before + end[:-1])
    assert not by_bytes.may_be_followed
    assert by_bytes.feed(end[-1:])


@pytest.mark.parametrize(("kind", "before", "end", "may_go_on"), ENDS)
def test_what_follows(kind: str, before: bytes, end: bytes, may_go_on: bool) -> None:
    """What is no whole event yet changes nothing; more of the stream does."""
    words = TerminalEventWatcher(kind)
    assert words.feed(end + before[:9])
    assert not words.feed(before[9:])
    assert words.feed(end)


def test_the_table_is_watched() -> None:
    """Each way to end a stream has a row above: who adds one sees here that its hint is wanted."""
    watched = {terminal_events.stream_end(kind, end) for kind, _, end, _ in ENDS}

    ways = {rows.DONE, rows.EXCEPTION, rows.METADATA, *rows.SSE_NAMES}
    assert ways | {*rows.CHUNK_MESSAGES, *rows.NDJSON_MESSAGES} == watched


@pytest.mark.parametrize(
    ("call", "end", "row"),
    [
        (CALL, b'{"jsonrpc":"2.0","id":2,"result":{"content":[]}}', rows.JSON_RPC_ANSWER),
        (CALL, b'{"result":{},"jsonrpc":"2.0","id":2}', rows.JSON_RPC_ANSWER),
        (CALL, b'{"jsonrpc":"2.0","id":2,"error":{"code":-32602}}', rows.JSON_RPC_ANSWER),
        (A2A, b'{"jsonrpc":"2.0","id":"a","result":{"kind":"status-update","final":true}}', rows.A2A_ANSWER),
        (A2A, b'{"jsonrpc":"2.0","id":"a","error":{"code":1}}', rows.A2A_ANSWER),
    ],
)
def test_json_rpc(call: JsonRpcCall, end: bytes, row: object) -> None:
    """The answer to the request's id ends a stream, and no other message with an id does."""
    words = TerminalEventWatcher(SSE, call=call)
    asked = b'data: {"jsonrpc":"2.0","id":2,"method":"ping"}\n\ndata: {"jsonrpc":"2.0","id":7,"result":{}}\n\n'

    assert not words.feed(asked)
    assert row == words.feed(b"event: message\r\ndata: " + end + b"\r\n\r\n")
    assert not words.feed(asked)


def test_a_coded_stream() -> None:
    """It is read through its coding, whose own end comes after the last words; what is no such coding has none."""
    words = TerminalEventWatcher(SSE, "gzip")
    coded = gzip.compress(DELTA + DONE)

    assert not words.feed(coded[:-20])
    assert words.feed(coded[-20:-4])
    assert (True, True) == (words.may_be_followed, words.is_final)
    assert words.feed(coded[-4:])
    with pytest.raises(CodingError):
        TerminalEventWatcher(SSE, "gzip").feed(DONE)


@pytest.mark.parametrize(("kind", "coding"), [(None, ""), ("application/json", ""), (SSE, "rot13")])
def test_nothing_to_watch(kind: str | None, coding: str) -> None:
    """A body that is no stream, or cannot be read, is not watched."""
    assert watch(kind, coding) is None
    assert watch(SSE, "br")


@pytest.mark.parametrize(("kind", "before", "end", "may_go_on"), ENDS)
@pytest.mark.parametrize("size", [1, 7, 30, 1000])
def test_what_came_together(kind: str, before: bytes, end: bytes, may_go_on: bool, size: int) -> None:
    """What is skipped is what says nothing, and the rest is seen as if each chunk was fed by itself."""
    stream = before * 3 + end + before + end
    chunks = [stream[at : at + size] for at in range(0, len(stream), size)]
    one_by_one = TerminalEventWatcher(kind)
    expected = [one_by_one.feed(each) for each in chunks]
    for cut in range(1, len(chunks)):
        words, found = TerminalEventWatcher(kind), []
        for read in (chunks[:cut], chunks[cut:]):
            skipped = words.skip(CoalescedChunks(read))
            found += [None] * skipped + [words.feed(each) for each in read[skipped:]]
        assert expected == found


def test_what_is_skipped() -> None:
    """All before the first hint, if the first event is there, nothing is left of an earlier read and nothing is coded."""
    words = TerminalEventWatcher(SSE)
    quiet = b"data: {}\n\n"
    assert 0 == words.skip(CoalescedChunks([b": hello\n\n", quiet]))
    assert 0 == words.skip(CoalescedChunks([b"data: {", b"}\n\n"]))
    assert 2 == words.skip(CoalescedChunks([quiet, quiet]))
    assert not words.feed(quiet)
    assert 2 == words.skip(CoalescedChunks([quiet, quiet]))
    assert 1 == words.skip(CoalescedChunks([quiet, DONE]))
    words.feed(b"data: [DO")
    assert 0 == words.skip(CoalescedChunks([b"NE]\n\n", quiet]))
    assert 0 == TerminalEventWatcher(SSE, "gzip").skip(CoalescedChunks([quiet, quiet]))


def test_what_the_first_event_says() -> None:
    """In a stream with an event for each token only the ends of such streams are looked for; a comment says nothing."""
    stop = b'data: {"stop":true}\n\n'
    for first, ended in ((b": hello\n\n", True), (PART, True), (DELTA, False)):
        words = TerminalEventWatcher(SSE)
        words.feed(b": hello\n\n")
        words.feed(first)
        assert ended is bool(words.feed(stop))
        assert words.feed(DONE)


@pytest.mark.parametrize(("content_type", "quiet", "last", "_"), ENDS)
def test_what_passes_quietly(content_type: str, quiet: bytes, last: bytes, _: bool) -> None:
    """Never a terminal event, however it is cut; and what came so is seen as if it had been fed."""
    for cut in range(len(last)):
        words = TerminalEventWatcher(content_type)
        words.feed(quiet)
        parts = [quiet, last[:cut], last[cut:]]
        passed = [words.pass_quiet(each) or words.feed(each) for each in parts]
        plain = TerminalEventWatcher(content_type)
        expected = [plain.feed(each) for each in (quiet, *parts)][1:]
        assert expected[-1] == passed[-1]
        assert words.end == plain.end


def test_what_does_not_pass() -> None:
    """What has no known protocol, is not whole, is coded, or may be the end."""
    quiet = b'data: {"choices":[]}\n\n'
    words = TerminalEventWatcher(SSE)
    assert not words.pass_quiet(quiet)
    words.feed(quiet)
    assert words.pass_quiet(quiet)
    assert not words.pass_quiet(DONE)
    assert words.pass_quiet(quiet[:5])
    assert not words.pass_quiet(quiet[5:])
    coded = TerminalEventWatcher(SSE, "gzip")
    assert not coded.pass_quiet(gzip.compress(quiet))
    ended = TerminalEventWatcher(SSE)
    ended.feed(DONE)
    assert not ended.pass_quiet(quiet)
