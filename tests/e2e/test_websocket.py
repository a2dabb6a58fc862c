"""WebSockets recorded and replayed: real mitmdumps, a real server, a real client."""

import json
from typing import Any

from websockets.sync.client import ClientConnection

from tests.support.harness import Certs, Mitmdump
from tests.support.realtime import WebSocketServer, through
from tests.support.wires import Tape


def ask(connection: ClientConnection, item: str = "item_of_mine", text: str = "Hi") -> list[dict[str, Any]]:
    """A short session, and what the server said."""
    said = [json.loads(connection.recv(5))]
    connection.send(json.dumps({"type": "session.update", "session": {"instructions": "Be brief."}}))
    said.append(json.loads(connection.recv(5)))
    content = [{"type": "input_text", "text": text}]
    created = {"id": item, "type": "message", "role": "user", "content": content}
    connection.send(json.dumps({"type": "conversation.item.create", "event_id": f"e_{item}", "item": created}))
    said.append(json.loads(connection.recv(5)))
    connection.send(json.dumps({"type": "response.create"}))
    while said[-1]["type"] != "response.done":
        said.append(json.loads(connection.recv(5)))
    return said


def session(proxy: Mitmdump, url: str, **more: Any) -> list[dict[str, Any]]:
    with through(proxy, url, protocols=["realtime"]) as connection:
        assert connection.subprotocol == "realtime"
        return ask(connection, **more)


def test_a_session_is_recorded_and_replayed(tape: Tape, certs: Certs) -> None:
    with WebSocketServer(certs) as server:
        url = server.url("v1/realtime?model=gpt-realtime")
        recording = tape.record()
        live = session(recording, url)
        assert recording.stop() == 0, recording.output

    print(tape.path.read_text())
    for speed in ("0", "1"):
        replaying = tape.replay(cassette_speed=speed)
        assert session(replaying, url) == live
        assert replaying.stop() == 0, replaying.output
        assert "1 replayed, 0 missed" in replaying.output
