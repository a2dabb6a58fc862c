import base64
import json
from typing import Any

import pytest

from tapehead.matching.bindings import Bindings
from tapehead.matching.conversation_messages import (
    SIGNS_OF_LIFE,
    Audio,
    MessageDifference,
    audio_in,
    compare_messages,
    is_engine_io,
    is_sign_of_life,
    normal_message,
)

TRACE = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"
SOUND = base64.b64encode(b"sound").decode()


def differs(recorded: bytes, live: bytes, bindings: Bindings | None = None) -> MessageDifference | None:
    return compare_messages(recorded, live, Bindings() if bindings is None else bindings)


@pytest.mark.parametrize(
    ("recorded", "live"),
    [
        (b"text", b"text"),
        (b'{"a":1,"b":2}', b'{"b": 2.0, "a": 1}'),
        (b'{"type":"t","event_id":"e1"}', b'{"type":"t","event_id":"e2"}'),
        (b'{"type":"t"}', b'{"type":"t","event_id":"e2"}'),
        (b'{"p":{"_meta":{"traceparent":"%b"}}}' % TRACE.encode(), b'{"p":{"_meta":{}}}'),
        (b'{"id":1,"method":"m"}', b'{"id":7,"method":"m"}'),
        (b'{"token":"[REDACTED:token]"}', b'{"token":"anything"}'),
        (b'42["chat",{"a":1,"b":2}]', b'42["chat",{"b":2,"a":1}]'),
        (b'42/ns,7["chat",{"a":1,"b":2}]', b'42/ns,7["chat",{"b":2,"a":1}]'),
    ],
)
def test_the_same(recorded: bytes, live: bytes) -> None:
    assert differs(recorded, live) is None


@pytest.mark.parametrize(
    ("recorded", "live"),
    [
        (b"text", b"Text"),
        (b'{"a":1}', b'{"a":2}'),
        (b'{"type":"t","id":"x"}', b'{"type":"t","id":"y"}'),
        (b'42["a"]', b'43["a"]'),
        (b'{"token":"[REDACTED:token]","a":1}', b'{"token":"anything","a":2}'),
        (b'{"token":"[REDACTED:token]"}' + b" " * 70_000, b'{"token":"anything","a":2}' + b" " * 70_000),
    ],
)
def test_not_the_same(recorded: bytes, live: bytes) -> None:
    assert differs(recorded, live) == MessageDifference(normal_message(recorded), normal_message(live))


def test_what_is_not_the_same_binds_nothing() -> None:
    bindings = Bindings()

    differs(b'{"id":1,"method":"a"}', b'{"id":2,"method":"b"}', bindings)

    assert not bindings


def test_an_equal_text_is_not_the_same_where_its_id_is_called_otherwise_now() -> None:
    bindings = Bindings()
    differs(b'{"id":1,"method":"a"}', b'{"id":2,"method":"a"}', bindings)
    cancel = b'{"method":"notifications/cancelled","params":{"requestId":1}}'

    assert differs(cancel, cancel, bindings)
    assert differs(cancel, cancel.replace(b":1", b":2"), bindings) is None


def test_what_else_does_not_count_is_taken_out() -> None:
    def edit(value: Any) -> None:
        value.pop("x", None)

    assert compare_messages(b'{"x":1}', b'{"x":2}', Bindings(), edit) is None


@pytest.mark.parametrize("message", [*SIGNS_OF_LIFE, b'{"type": "KeepAlive"}'])
def test_signs_of_life(message: bytes) -> None:
    assert is_sign_of_life(message)


def test_pings_of_engine_io_are_told_by_its_opening() -> None:
    assert is_engine_io(b'0{"sid":"x","pingInterval":25000}')
    assert is_engine_io(b"3probe")
    assert not is_engine_io(b'{"type":"session.created"}')
    assert is_sign_of_life(b"3", engine_io=True)
    assert is_sign_of_life(b"41", engine_io=True)
    assert not is_sign_of_life(b"3")


@pytest.mark.parametrize("message", [b"4", b'{"type":"ping","payload":1}', b'{"type":"ping"}' + b" " * 100])
def test_what_says_more_is_no_sign_of_life(message: bytes) -> None:
    assert not is_sign_of_life(message)


@pytest.mark.parametrize(
    ("message", "channel"),
    [
        ({"type": "input_audio_buffer.append", "audio": SOUND, "event_id": "e"}, "input_audio_buffer.append"),
        ({"user_audio_chunk": SOUND}, "user_audio_chunk"),
        ({"message_type": "input_audio_chunk", "audio_base_64": SOUND, "commit": False}, "input_audio_chunk"),
        ({"realtimeInput": {"audio": {"data": SOUND, "mimeType": "audio/pcm;rate=16000"}}}, "rate=16000"),
        ({"realtime_input": {"media_chunks": [{"data": SOUND, "mime_type": "audio/pcm"}]}}, "audio/pcm"),
    ],
)
def test_audio_in_json(message: dict[str, Any], channel: str) -> None:
    found = audio_in(json.dumps(message).encode(), is_binary=False)

    assert found
    assert found.data == b"sound"
    assert channel.encode() in found.channel


def test_audio_in_bytes() -> None:
    assert audio_in(b"\x00\x01", is_binary=True) == Audio(b"", b"\x00\x01")


@pytest.mark.parametrize(
    "message",
    [
        b'{"type":"response.create"}',
        b'"audio"',
        b'{"audio',
        b'{"type":"input_audio_buffer.append","audio":"no base64!"}',
        b'{"type":"input_audio_buffer.append"}',
        b'{"type":"input_audio_buffer.append","audio":5}',
        b'{"realtimeInput":{"audioStreamEnd":true}}',
        b'{"realtimeInput":{"audio":{"data":"AAAA"},"video":{}}}',
        b'{"audio_base_64":"AAAA","commit":true}',
        b'{"data":"AAAA"}',
    ],
)
def test_no_audio(message: bytes) -> None:
    assert audio_in(message, is_binary=False) is None
