"""MCP over standard input and output: a conversation of lines, as an exchange that the rest of the house can take.

A program is started for it, so its request is a CONNECT to `stdio:///PROGRAM` whose body has the arguments. Knows no
process: lines are handed in, and out.
"""

import json
import time
from collections import deque
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from mitmproxy import connection, http

from tapehead.cassette.transcript import Message, MessageKind, content_type, render_close, render_message
from tapehead.conversations.websocket_play import WebsocketPlay
from tapehead.llm.mcp_messages import RpcId, RpcKind, rpc_message
from tapehead.mitm.websocket_layers import PLAY, Closing, Spoken
from tapehead.recording.conversation_recorder import CONVERSATION
from tapehead.recording.recorder import Recorder
from tapehead.replaying.mcp_streams import APART

PROTOCOL = "mcp-stdio"
_MISSED = 1011
_SERVER_ERROR = -32000
"""JSON-RPC 2.0, 5.1: what a server's own errors begin with."""
_AT_ONCE = 1000


def stdio_flow(command: Sequence[str]) -> http.HTTPFlow:
    """Returns the exchange that a conversation with a program is."""
    now = time.time()
    nowhere = ("", 0)
    client = connection.Client(
        peername=nowhere, sockname=nowhere, timestamp_start=now, state=connection.ConnectionState.OPEN
    )
    flow = http.HTTPFlow(client, connection.Server(address=None))
    flow.request = http.Request(
        host="",
        port=0,
        method=b"CONNECT",
        scheme=b"stdio",
        authority=b"",
        path=f"/{quote(PurePath(command[0]).name, safe='')}".encode(),
        http_version=b"HTTP/1.1",
        headers=http.Headers([(b"Content-Type", b"application/json")]),
        content=json.dumps(list(command[1:]), ensure_ascii=False).encode(errors="surrogateescape"),
        trailers=None,
        timestamp_start=now,
        timestamp_end=now,
    )
    parts: Any = flow.request.data
    parts.port = None  # there is none, and the URL is to have none
    flow.metadata[CONVERSATION] = True
    return flow


class RecordedStdio:
    """A conversation that is being recorded."""

    def __init__(self, flow: http.HTTPFlow, recorder: Recorder) -> None:
        """Begins it."""
        self._flow = flow
        self._recorder = recorder
        flow.response = http.Response.make(200, b"", {"Content-Type": content_type(PROTOCOL)})
        flow.response.headers.pop("content-length", None)
        recorder.begin_conversation(flow)

    def said(self, line: bytes, *, by_client: bool) -> None:
        """Takes a line down: it is in the journal when this returns."""
        text = line.rstrip(b"\r\n")
        if text:
            kind = MessageKind.CLIENT if by_client else MessageKind.SERVER
            self._recorder.conversation_event(self._flow, render_message(Message(kind, text)))

    def abandon(self) -> None:
        """Forgets it: there is no program."""
        self._recorder.abandon_conversation(self._flow)

    def over(self, code: int, *, by_client: bool) -> None:
        """Takes down with which exit code the program has ended, and who began it."""
        self._recorder.conversation_event(self._flow, render_close(code, "client" if by_client else "server"))


class PlayedStdio:
    """A conversation that is being replayed: what a recorded program says; or what went wrong, to each call."""

    def __init__(self, flow: http.HTTPFlow) -> None:
        """Begins it. A flow that was answered with a miss has no play, and its words are what each call gets."""
        self._play: WebsocketPlay | None = flow.metadata.get(PLAY)
        self._outbox: deque[Spoken | Closing] = deque()
        self._may_answer_at = 0.0
        """When an answer may go: what it comes after has been taken in by then."""
        self._waiting: dict[RpcId, None] = {}
        """The client's calls that have no answer yet."""
        self._wrong = "" if self._play else _words(flow)
        self.exit_code: int | None = None
        """That of the program, once it is over."""
        if self._play:
            self._play.start(time.monotonic())

    @property
    def next_due(self) -> float | None:
        """When something is to be said next, a time of `time.monotonic`; None while it is the client's turn."""
        if self._outbox:
            return self._may_answer_at
        return self._play.next_due if self._play and not self._wrong else None

    def heard(self, line: bytes) -> None:
        """Takes a line of the client's."""
        text = line.rstrip(b"\r\n")
        if not text:
            return
        message = rpc_message(text)
        if message and message.kind is RpcKind.CALL and message.id is not None:
            self._waiting[message.id] = None
        if self._play and not self._wrong:
            self._play.hear(text, time.monotonic(), is_binary=False)

    def due(self) -> list[bytes]:
        """Returns the lines that are to be said now."""
        now = time.monotonic()
        if self._play and not self._wrong:
            self._outbox += self._play.due(now, _AT_ONCE)
        lines: list[bytes] = []
        while self._outbox:
            each = self._outbox[0]
            if isinstance(each, Spoken):
                said = rpc_message(each.data)
                if said and said.kind is RpcKind.ANSWER and said.id is not None:
                    if self._may_answer_at > now:
                        break
                    self._waiting.pop(said.id, None)
                else:
                    self._may_answer_at = now + APART
                lines.append(each.data + b"\n")
            elif each.code == _MISSED and each.reason:
                self._wrong = each.reason
            else:
                self.exit_code = each.code
            self._outbox.popleft()
        if self._wrong:
            lines += [_error(number, self._wrong) for number in self._waiting]
            self._waiting.clear()
        return lines

    def left(self) -> int:
        """Takes note that the client has gone. Returns the exit code of the program."""
        if self._play is None:
            return 0
        self._play.leave()
        if self._wrong:
            return 0  # what is wrong is ours to say
        if self.exit_code is not None:
            return self.exit_code
        close = self._play.part.script.close
        code = close.data.split(b" ")[0] if close else b""
        return int(code) if code.isdigit() else 0


def _error(number: RpcId, words: str) -> bytes:
    """What a call gets that nothing answers."""
    error = {"code": _SERVER_ERROR, "message": words}
    return json.dumps({"jsonrpc": "2.0", "id": number, "error": error}, ensure_ascii=False).encode() + b"\n"


def _words(flow: http.HTTPFlow) -> str:
    """What an answer of ours says, which is an error."""
    text = flow.response.get_text(strict=False) or "" if flow.response else ""
    try:
        return str(json.loads(text)["error"]["message"])
    except (ValueError, TypeError, KeyError):
        return text or "tapehead: there is no answer"
