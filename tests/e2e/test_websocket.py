"""WebSockets recorded and replayed: real mitmdumps, a real server, a real client."""

import base64
import contextlib
import json
import ssl
from collections.abc import Sequence
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection

from tapehead.cassette.journal_recovery import recover_conversations
from tapehead.cassette.side_files import misses_path, open_path
from tapehead.cassette.transcript import MessageKind, parse
from tests.support.harness import Certs, Mitmdump
from tests.support.websocket_server import FORMS, WebSocketServer, pong_of, through
from tests.support.wires import Tape
from tests.unit.mitm.h2peers import Client


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

    for speed in ("0", "1"):
        replaying = tape.replay(cassette_speed=speed)
        assert session(replaying, url) == live
        assert replaying.stop() == 0, replaying.output
        assert "1 replayed, 0 missed" in replaying.output


def test_ids_that_the_client_makes_up_are_those_of_now(tape: Tape, certs: Certs) -> None:
    with WebSocketServer(certs) as server:
        url = server.url("v1/realtime?model=gpt-realtime")
        recording = tape.record()
        live = session(recording, url, item="item_then")
        recording.stop()

    replaying = tape.replay(cassette_speed="0")
    again = session(replaying, url, item="item_now")
    assert replaying.stop() == 0, replaying.output
    assert json.loads(json.dumps(live).replace("item_then", "item_now")) == again


def test_another_message_closes_with_our_words(tape: Tape, certs: Certs) -> None:
    with WebSocketServer(certs) as server:
        url = server.url("v1/realtime?model=gpt-realtime")
        recording = tape.record()
        session(recording, url)
        recording.stop()

    replaying = tape.replay(cassette_speed="0", cassette_miss_report="true")
    with pytest.raises(ConnectionClosed) as caught:
        session(replaying, url, text="Something else")
    assert caught.value.rcvd
    assert caught.value.rcvd.code == 1011
    assert caught.value.rcvd.reason.startswith("tapehead: interaction 0: message 2 of the client")
    assert len(caught.value.rcvd.reason.encode()) <= 123
    assert replaying.stop() == 1
    assert "0 replayed, 1 missed" in replaying.output
    assert "Something else" in replaying.output
    (miss,) = map(json.loads, misses_path(tape.path).read_text().splitlines())
    assert (miss["kind"], miss["nearest"], miss["count"]) == ("message", 0, 1)
    assert miss["differences"][0]["where"] == "/item/content/0/text"


def test_silence_is_a_miss_where_the_server_would_have_answered(tape: Tape, certs: Certs) -> None:
    with WebSocketServer(certs) as server:
        url = server.url("v1/realtime?model=gpt-realtime")
        recording = tape.record()
        session(recording, url)
        recording.stop()

    replaying = tape.replay(cassette_speed="0")
    with through(replaying, url, protocols=["realtime"]) as connection:
        connection.recv(5)
    assert replaying.stop() == 1
    assert "0 replayed, 1 missed" in replaying.output
    assert "the client left without 3 messages" in replaying.output


def test_a_page_of_the_same_url_is_no_websocket(tape: Tape, certs: Certs) -> None:
    with WebSocketServer(certs) as server:
        url = server.url("v1/realtime?model=gpt-realtime")
        recording = tape.record()
        session(recording, url)
        recording.stop()

    replaying = tape.replay(cassette_speed="0")
    with replaying.client() as client:
        assert client.get(url.replace("wss:", "https:")).status_code == 404
    with pytest.raises(InvalidStatus, match="404"):
        through(replaying, url.replace("gpt-realtime", "other"), protocols=["realtime"])
    assert replaying.stop() == 1
    assert "0 replayed, 2 missed" in replaying.output


@pytest.mark.parametrize("compression", [None, "deflate"])
def test_all_forms_of_messages(tape: Tape, certs: Certs, compression: str | None) -> None:
    def talk(proxy: Mitmdump, url: str) -> list[str | bytes]:
        with through(proxy, url, compression=compression) as connection:
            said = []
            for each in FORMS:
                connection.send(each)
                said.append(connection.recv(10))
            return said

    with WebSocketServer(certs) as server:
        recording = tape.record()
        assert talk(recording, server.url("echo")) == FORMS
        assert server.heard == FORMS
        assert recording.stop() == 0, recording.output

    replaying = tape.replay(cassette_speed="0")
    assert talk(replaying, server.url("echo")) == FORMS
    assert replaying.stop() == 0, replaying.output


def test_fragments_pings_and_a_close_of_the_servers(tape: Tape, certs: Certs) -> None:
    def talk(proxy: Mitmdump, url: str) -> tuple[list[str | bytes], int, str]:
        with through(proxy, url) as connection:
            connection.send(iter(("in ", "three ", "parts")))
            said = [connection.recv(5)]
            assert pong_of(connection, b"mine") < 5
            connection.send("bye")
            with pytest.raises(ConnectionClosed) as caught:
                connection.recv(5)
        assert caught.value.rcvd
        return said, caught.value.rcvd.code, caught.value.rcvd.reason

    with WebSocketServer(certs) as server:
        recording = tape.record()
        live = talk(recording, server.url("fragments"))
        assert recording.stop() == 0, recording.output

    assert live == (["in three parts"], 4321, "as agreed")
    assert parse(tape.load().interactions[0].response.body)[-1].data == b"4321 server as agreed"
    replaying = tape.replay(cassette_speed="0")
    assert talk(replaying, server.url("fragments")) == live
    assert replaying.stop() == 0, replaying.output


def test_a_server_that_just_goes(tape: Tape, certs: Certs) -> None:
    def talk(proxy: Mitmdump, url: str) -> tuple[str | bytes, object]:
        with through(proxy, url) as connection:
            connection.send("hello")
            said = connection.recv(5)
            with pytest.raises(ConnectionClosed) as caught:
                connection.recv(5)
        return said, caught.value.rcvd

    with WebSocketServer(certs) as server:
        recording = tape.record()
        live = talk(recording, server.url("rude"))
        assert recording.stop() == 0, recording.output

    assert live == ("so long", None)
    assert parse(tape.load().interactions[0].response.body)[-1].data == b"1006 server"
    replaying = tape.replay(cassette_speed="0")
    assert talk(replaying, server.url("rude")) == live
    assert replaying.stop() == 0, replaying.output


def sound(connection: ClientConnection, pieces: Sequence[bytes]) -> dict[str, Any]:
    """Sound in pieces, committed; what the server says to that."""
    connection.recv(5)
    for each in pieces:
        audio = base64.b64encode(each).decode()
        connection.send(json.dumps({"type": "input_audio_buffer.append", "audio": audio}))
    connection.send(json.dumps({"type": "input_audio_buffer.commit"}))
    committed: dict[str, Any] = json.loads(connection.recv(5))
    return committed


def test_sound_is_compared_joined(tape: Tape, certs: Certs) -> None:
    data = bytes(range(256)) * 300
    with WebSocketServer(certs) as server:
        url = server.url("v1/realtime")
        recording = tape.record()
        with through(recording, url) as connection:
            live = sound(connection, [data[at : at + 4800] for at in range(0, len(data), 4800)])
        recording.stop()

    replaying = tape.replay(cassette_speed="0")
    with through(replaying, url) as connection:
        assert sound(connection, [data[at : at + 1000] for at in range(0, len(data), 1000)]) == live
    assert replaying.stop() == 0, replaying.output
    other = tape.replay(cassette_speed="0")
    with through(other, url) as connection, pytest.raises(ConnectionClosed, match="differs from byte 601 on"):
        sound(connection, [data[:600] + b"!" + data[601:]])
    assert other.stop() == 1


def test_a_kill_leaves_what_was_said(tape: Tape, certs: Certs) -> None:
    with WebSocketServer(certs) as server:
        url = server.url("v1/realtime")
        recording = tape.record()
        with through(recording, url) as connection:
            live = ask(connection)
            recording.kill()
        assert not tape.path.exists()
        again = tape.record(cassette_mode="replay_with_new_episodes")
        with through(again, url) as connection:
            assert ask(connection) == live
        assert again.stop() == 0, again.output

    assert [101] == [each.response.code for each in tape.load().interactions]
    replaying = tape.replay(cassette_speed="0")
    with through(replaying, url) as connection:
        assert ask(connection) == live
    assert replaying.stop() == 0, replaying.output


def test_what_is_under_way_at_the_end_is_recorded(tape: Tape, certs: Certs) -> None:
    with WebSocketServer(certs) as server:
        url = server.url("v1/realtime")
        recording = tape.record()
        with through(recording, url) as connection:
            live = ask(connection)
            assert recording.stop() == 0, recording.output
            assert "1 recorded" in recording.output

    assert not open_path(tape.path).exists()
    replaying = tape.replay(cassette_speed="0")
    with through(replaying, url) as connection:
        assert ask(connection) == live
    assert replaying.stop() == 0, replaying.output


def test_sessions_of_one_url_may_come_in_another_order(tape: Tape, certs: Certs) -> None:
    """Each client gets the session that went on as it does now, also where they are open at once."""
    texts = ["one", "two", "three", "four"]
    with WebSocketServer(certs) as server:
        url = server.url("v1/realtime")
        recording = tape.record()
        live = {each: session(recording, url, text=each) for each in texts}
        recording.stop()

    replaying = tape.replay(cassette_speed="0")
    assert session(replaying, url, text="three")[2:] == live["three"][2:]
    with contextlib.ExitStack() as stack:
        first, second, third = (stack.enter_context(through(replaying, url, protocols=["realtime"])) for _ in range(3))
        assert ask(second, text="one")[2:] == live["one"][2:]
        assert ask(third, text="four")[2:] == live["four"][2:]
        assert ask(first, text="two")[2:] == live["two"][2:]
    assert replaying.stop() == 0, replaying.output
    assert "4 replayed, 0 missed" in replaying.output


KEYS = {
    name: "sk-" + "proj-" + name * 4 + "Zq7Lm2Xv9Kt4Wp8Rb3Yc"
    for name in ("Alpha", "Bravo", "Carol", "Delta", "Echo4", "Foxtr")
}


@pytest.mark.parametrize("size", [1, 4, 11])
def test_a_credential_that_is_spread_over_messages(tape: Tape, certs: Certs, size: int) -> None:
    """No more of it than may be any text stands in the journal after any message, nor in what a kill leaves; all else does."""
    known, shaped = "shapeless-Value-22-of-a-header", KEYS["Alpha"]
    audio = b"\x00\xff" + bytes(range(200))
    with WebSocketServer(certs) as server, tape.record() as recording:
        headers = {"Authorization": f"Bearer {known}"}
        with through(recording, server.url("echo"), additional_headers=headers) as connection:
            for secret in (known, shaped):
                pieces = [secret[start : start + size] for start in range(0, len(secret), size)]
                for piece in ["It is ", *pieces, " then, sk-", "ipped. ", "So."]:
                    for each in (json.dumps({"type": "text.delta", "delta": piece}), audio):
                        connection.send(each)
                        assert connection.recv(5) == each
                    there = json.dumps(_deltas(open_path(tape.path).read_bytes()))
                    assert all(key[:n] not in there for key in (known, shaped) for n in range(4, len(key)))
            recording.kill()
    assert 1 == recover_conversations(tape.path)
    (interaction,) = tape.load().interactions
    messages = parse(interaction.response.body)
    for side in (MessageKind.CLIENT, MessageKind.SERVER):
        said = "".join(json.loads(each.data)["delta"] for each in messages if each.kind is side)
        gone = "".join(f"It is [REDACTED:{kind}] then, sk-ipped. So." for kind in ("value", "openai-key"))
        assert gone == said
    heard = [each.data for each in messages if each.kind is MessageKind.SERVER_BINARY]
    assert {audio} == {*heard}


def _deltas(journal: bytes) -> list[str]:
    """What each side said in the lines of a journal, put together: also what a later line takes back."""
    events = [json.loads(line).get("event", "") for line in journal.splitlines()]
    sides = [f"event: {side}\n" for side in ("client", "server")]
    return [
        "".join(each.partition('"delta": "')[2].partition('"')[0] for each in events if each.startswith(side))
        for side in sides
    ]


def test_no_credential_is_written(tape: Tape, certs: Certs) -> None:
    """None that stands in messages of either side, in a subprotocol, a header of the upgrade or the URL; nor in the journal."""

    def talk(proxy: Mitmdump, url: str) -> list[str | bytes]:
        protocols = ["realtime", f"openai-insecure-api-key.{KEYS['Alpha']}"]
        headers = {"Authorization": f"Bearer {KEYS['Bravo']}"}
        with through(
            proxy, f"{url}?api_key={KEYS['Carol']}", protocols=protocols, additional_headers=headers
        ) as connection:
            said = []
            for each in (
                json.dumps({"type": "session.update", "key": KEYS["Delta"]}),
                json.dumps({"again": [KEYS["Alpha"], KEYS["Bravo"], KEYS["Carol"]]}),
                json.dumps({"token": KEYS["Echo4"]}).encode(),
                f"in words: {KEYS['Foxtr']}",
                b"\x00\xff" + KEYS["Alpha"].encode(),
            ):
                connection.send(each)
                said.append(connection.recv(5))
            journal = open_path(tape.path)
            if journal.exists():
                assert [] == found(journal.read_bytes())
            return said

    def found(data: bytes) -> list[str]:
        return [name for name, key in KEYS.items() if key.encode() in data or key.encode()[8:] in data]

    with WebSocketServer(certs) as server:
        recording = tape.record()
        live = talk(recording, server.url("echo"))
        assert recording.stop() == 0, recording.output
    for path in tape.folder.iterdir():
        if path.is_file():
            assert [] == found(path.read_bytes()), path
            assert not any(base64.b64encode(key.encode())[4:20] in path.read_bytes() for key in KEYS.values())
    assert [] == found(recording.output.encode())
    assert "openai-insecure-api-key.[REDACTED:header]" in tape.path.read_text()

    replaying = tape.replay(cassette_speed="0")
    again = talk(replaying, server.url("echo"))
    assert replaying.stop() == 0, replaying.output
    assert len(again) == len(live)
    assert [] == found(replaying.output.encode())


@pytest.mark.parametrize("lane", [None, "off", "on"])
def test_over_http2_there_are_none(tape: Tape, certs: Certs, lane: str | None) -> None:
    """The proxy's settings offer none (RFC 8441), and clients take HTTP/1.1; who asks all the same is refused, and told of."""
    with WebSocketServer(certs) as server:
        url = server.url("v1/realtime?model=gpt-realtime")
        recording = tape.record()
        live = session(recording, url)
        assert recording.stop() == 0, recording.output
        proxy = tape.replay(cassette_speed="0", cassette_lane=lane) if lane else tape.record(cassette_mode="auto")
        context = ssl.create_default_context(cafile=str(proxy.ca))
        with Client(proxy.port, context, server.port) as client:
            assert not client.offers_websockets()
            stream = client.ask_for_websocket("/v1/realtime?model=gpt-realtime")
            assert "" == client.answers(stream)[stream].status
        if lane:
            assert session(proxy, url) == live
    assert proxy.stop() == 1, proxy.output
    assert "not understood: a connection to localhost" in proxy.output
    assert "1 not understood" in proxy.output
