"""Streams that have no end of their own, while they are recorded: what has come of them outlives a kill -9."""

import http.server
import json
import threading
from collections.abc import Iterator

import httpx
import pytest

from tapehead.cassette.journal_recovery import recover_conversations
from tapehead.cassette.side_files import open_path
from tests.support.wires import Tape, eventually

SECRET = "sk-ant-api03-" + "Zz9Yy8Xx7Ww6" * 3
ENDPOINT = b"event: endpoint\ndata: /messages?session_id=1\n\n"
NEWS = (
    b"data: " + json.dumps({"jsonrpc": "2.0", "method": "notifications/message", "params": {"data": SECRET}}).encode()
)
SESSION = {"mcp-session-id": "abc"}


class Events(http.server.BaseHTTPRequestHandler):
    """Says something, half of something more, and then nothing."""

    over = threading.Event()

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        said = b"" if "mcp-session-id" in self.headers else ENDPOINT
        self.wfile.write(said + NEWS + b"\n\ndata: half of ")
        self.wfile.flush()
        self.over.wait(30)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def origin() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Events) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        Events.over.set()
        server.shutdown()


@pytest.mark.parametrize("headers", [SESSION, {}], ids=["2025-11-25", "2024-11-05"])
def test_a_kill_leaves_what_had_come(headers: dict[str, str], origin: str, tape: Tape) -> None:
    """All whole events of MCP's streams, without their credentials; replayed, such a stream stays open."""
    Events.over.clear()
    asked = {"accept": "text/event-stream", **headers}
    recording = tape.record()
    with httpx.Client(proxy=recording.url) as client, client.stream("GET", f"{origin}/mcp", headers=asked) as answer:
        heard = b""
        for each in answer.iter_raw():
            heard += each
            if heard.endswith(b"half of "):
                break
        assert SECRET.encode() in heard
        recording.kill()
    assert not tape.path.exists()
    assert SECRET.encode() not in open_path(tape.path).read_bytes()
    assert 1 == recover_conversations(tape.path)
    (interaction,) = tape.load().interactions
    whole = heard.removesuffix(b"data: half of ").replace(SECRET.encode(), b"[REDACTED:anthropic-key]")
    assert whole == interaction.response.body

    replaying = tape.replay()
    with httpx.Client(proxy=replaying.url, timeout=1) as client:
        with client.stream("GET", f"{origin}/mcp", headers=asked) as answer:
            pieces, heard = answer.iter_raw(), b""
            while heard != whole:
                heard += next(pieces)
            with pytest.raises(httpx.ReadTimeout):
                next(pieces)
    assert replaying.stop() == 0, replaying.output


def test_one_that_ends_is_in_no_journal(origin: str, tape: Tape) -> None:
    """It is in the cassette then, as it was."""
    Events.over.clear()
    recording = tape.record()
    asked = {"accept": "text/event-stream", **SESSION}
    with httpx.Client(proxy=recording.url) as client, client.stream("GET", f"{origin}/mcp", headers=asked) as answer:
        next(answer.iter_raw())
        eventually(open_path(tape.path).exists)
        Events.over.set()
    eventually(lambda: tape.path.exists() and not open_path(tape.path).exists())
    assert recording.stop() == 0, recording.output
    assert "1 recorded" in recording.output
