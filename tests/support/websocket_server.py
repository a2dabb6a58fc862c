"""WebSocket servers for tests, in threads, and a client that talks through a proxy.

What a server says depends on the path. Knows the `websockets` library, and the shape of OpenAI's Realtime API as far as
`openai.types.realtime` has it: ids of its own at each run, an echo of the client's ids, deltas with pauses.
"""

import base64
import contextlib
import itertools
import json
import re
import ssl
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from types import TracebackType
from typing import Any, Self

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.sync.server import ServerConnection, serve
from websockets.typing import Subprotocol

from tests.support.harness import Certs, Mitmdump
from tests.support.standin import responses as standin_responses

type Said = list[str | bytes]

NEWEST = ssl.TLSVersion.TLSv1_2
"""`websockets` reads in one thread while it writes in another, which OpenSSL does not allow of one connection. With TLS 1.3,
whose tickets come while the first request is sent, an opening handshake got no answer now and then."""


FORMS: Said = [
    "text",
    "",
    "Größe\n\nzwei",
    "with\r\nreturns",
    b"\x00\x01\xff",
    b'{"as":"bytes"}',
    b"",
    "x" * 300_000,
]
"""Messages of all forms that a transcript has."""


class WebSocketServer:
    """Serves wss on a port of its own. `heard` has what clients said, `headers` those of each upgrade."""

    def __init__(self, certs: Certs, **behaviours: Callable[[ServerConnection], None]) -> None:
        self.heard: Said = []
        self.headers: list[dict[str, str]] = []
        self._behaviours = BEHAVIOURS | behaviours
        context = _server_context(certs)
        self._server = serve(
            self._serve,
            "127.0.0.1",
            0,
            ssl=context,
            subprotocols=[Subprotocol("realtime")],
            select_subprotocol=_chosen,
            max_size=64 * 1024 * 1024,
            ping_interval=None,
        )
        self.port: int = self._server.socket.getsockname()[1]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()

    def url(self, path: str) -> str:
        """The URL of a behaviour."""
        return f"wss://127.0.0.1:{self.port}/{path}"

    def _serve(self, connection: ServerConnection) -> None:
        assert connection.request
        self.headers.append(dict(connection.request.headers.raw_items()))
        name = connection.request.path.partition("?")[0].rpartition("/")[2].rpartition(".")[2]
        recv: Callable[..., str | bytes] = connection.recv

        def heard(*arguments: Any, **more: Any) -> str | bytes:
            message = recv(*arguments, **more)
            self.heard.append(message)
            return message

        setattr(connection, "recv", heard)  # noqa: B010 -- mypy knows that it is a method
        with contextlib.suppress(ConnectionClosed):
            self._behaviours[name](connection)


def _chosen(_: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    return offered[0] if offered else None


def _server_context(certs: Certs) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certs.cert, certs.key)
    context.maximum_version = NEWEST
    return context


def realtime(connection: ServerConnection) -> None:
    """A session of OpenAI's Realtime API: updates, items, responses in deltas, functions, sound with turn detection."""
    numbers = itertools.count(1)

    def say(kind: str, **fields: Any) -> None:
        connection.send(json.dumps({"type": kind, "event_id": f"event_{uuid.uuid4().hex}", **fields}))

    say(
        "session.created",
        session={"id": f"sess_{uuid.uuid4().hex}", "model": "gpt-realtime", "object": "realtime.session"},
    )
    sound = 0
    while True:
        event = json.loads(connection.recv())
        match event["type"]:
            case "session.update":
                say("session.updated", session=event["session"])
            case "conversation.item.create":
                item = {"id": f"item_{uuid.uuid4().hex[:16]}"} | event["item"]
                say("conversation.item.added", previous_item_id=None, item=item)
            case "input_audio_buffer.append":
                sound += len(base64.b64decode(event["audio"]))
            case "input_audio_buffer.commit":
                say("input_audio_buffer.committed", item_id=f"item_{uuid.uuid4().hex[:16]}", bytes=sound)
                sound = 0
            case "response.create":
                response = f"resp_{uuid.uuid4().hex[:16]}"
                say("response.created", response={"id": response, "status": "in_progress"})
                for word in ("Hello", " there", f" {next(numbers)}"):
                    time.sleep(0.03)
                    say("response.output_text.delta", response_id=response, delta=word)
                say("response.done", response={"id": response, "status": "completed"})
            case other:
                say(
                    "error",
                    error={"type": "invalid_request_error", "message": other, "event_id": event.get("event_id")},
                )


def responses(connection: ServerConnection) -> None:
    """The Responses API over a WebSocket: each `response.create` is answered by the events of a stream."""
    for number, message in enumerate(_received(connection), 1):
        call = json.loads(message)
        assert call.pop("type") == "response.create", message
        made = f"{number}_{uuid.uuid4().hex[:12]}"
        for place, event in enumerate(standin_responses.events(call, number)):
            time.sleep(0.005)
            said = json.dumps({**event, "sequence_number": place})
            connection.send(re.sub(r'"(resp|msg)_\d+"', rf'"\1_{made}"', said))


def gemini(connection: ServerConnection) -> None:
    """A session of Gemini Live: all that the server says is in binary frames, as Google's is."""
    sound = 0
    for number, message in enumerate(_received(connection)):
        said = json.loads(message)
        if "setup" in said:
            connection.send(b'{"setupComplete": {}}')
            continue
        audio = said.get("realtimeInput", said.get("realtime_input", {})).get("audio")
        if audio:
            sound += len(base64.b64decode(audio["data"]))
            continue
        for text in (f"{sound} bytes", f", {number} messages"):
            connection.send(json.dumps({"serverContent": {"modelTurn": {"parts": [{"text": text}]}}}).encode())
        connection.send(b'{"serverContent": {"turnComplete": true}}')


def echo(connection: ServerConnection) -> None:
    """Says everything again, in the same form."""
    for message in _received(connection):
        connection.send(message)


def fragments(connection: ServerConnection) -> None:
    """Says everything again in fragments, with a ping between, and closes with a code of its own at `bye`."""
    for message in _received(connection):
        if message == "bye":
            connection.close(4321, "as agreed")
            return
        half = len(message) // 2
        connection.ping(b"are you there")
        connection.send(iter((message[:half], message[half:])))


def rude(connection: ServerConnection) -> None:
    """Says one thing, and is gone."""
    connection.recv()
    connection.send("so long")
    time.sleep(0.05)
    connection.socket.close()


def flood(connection: ServerConnection) -> None:
    """Says as many small messages as it is asked for."""
    for number in range(int(connection.recv())):
        connection.send(f'{{"type":"delta","n":{number}}}')
    connection.close()


def _received(connection: ServerConnection) -> Iterable[str | bytes]:
    while True:
        yield connection.recv()


BEHAVIOURS: dict[str, Callable[[ServerConnection], None]] = {
    "realtime": realtime,
    "responses": responses,
    "BidiGenerateContent": gemini,
    "echo": echo,
    "fragments": fragments,
    "rude": rude,
    "flood": flood,
}


def through(proxy: Mitmdump, url: str, *, protocols: Sequence[str] = (), **more: Any) -> ClientConnection:
    """A WebSocket through a proxy."""
    context = proxy.client_context()
    context.maximum_version = NEWEST
    connection: ClientConnection = connect(
        url,
        open_timeout=60,
        proxy=proxy.url,
        ssl=context,
        subprotocols=[Subprotocol(each) for each in protocols] or None,
        max_size=64 * 1024 * 1024,
        **more,
    )
    return connection


def pong_of(connection: ClientConnection, data: bytes) -> float:
    """Seconds until a ping is answered."""
    began = time.monotonic()
    assert connection.ping(data).wait(5)
    return time.monotonic() - began
