"""http2_control: the connection's own frames, and what a client may not do. The cases of h2spec are in the interop tests."""

import pytest

from tapehead.lane import http2_frames as frames
from tapehead.lane.http2_control import code_name
from tapehead.lane.http2_frames import (
    ACK,
    CONTINUATION,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HAS_PRIORITY,
    HEADERS,
    PADDED,
    PING,
    PREFACE,
    PRIORITY,
    PUSH_PROMISE,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    Http2Code,
    Setting,
)
from tapehead.lane.http2_limits import Http2Limits
from tapehead.lane.lane_http2 import LaneHttp2
from tests.unit.lane.http2_wire import Frame, TellingLane, Wire, goaway_of, parse, resets_of

PROTOCOL, SIZE, CALM = Http2Code.PROTOCOL_ERROR, Http2Code.FRAME_SIZE_ERROR, Http2Code.ENHANCE_YOUR_CALM


def test_what_it_begins_with() -> None:
    """Settings as mitmproxy sends them, and the connection's window as large; then the client's are acknowledged."""
    settings, window, ack = Wire().opening
    assert [(3, 100), (4, 2**31 - 1), (5, 2**17), (6, 2**16)] == frames.settings_in(settings.payload)
    assert (WINDOW_UPDATE, 0, 2**31 - 1 - 65535) == (window.kind, window.stream, frames.word(window.payload))
    assert (SETTINGS, ACK, 0, b"") == ack


def test_small_windows() -> None:
    """No window is opened that is as HTTP/2 has it; what is taken opens it again."""
    wire = Wire(limits=Http2Limits(window=100))
    assert [SETTINGS, SETTINGS] == [each.kind for each in wire.opening]
    wire.send(wire.head(1))
    said = wire.send(frames.frame(0, 0, 1, b"a" * 51))
    assert [(WINDOW_UPDATE, 0, 51), (WINDOW_UPDATE, 1, 51)] == [
        (each.kind, each.stream, frames.word(each.payload)) for each in said
    ]
    assert [] == wire.send(frames.frame(0, 0, 1, b"a" * 50))


@pytest.mark.parametrize("step", [1, 2, 10, 23, 100])
def test_pieces(step: int) -> None:
    """What comes in pieces is what comes at once."""
    wire = Wire()
    data = PREFACE + frames.settings({}) + wire.head(1) + frames.frame(0, END_STREAM, 1, b"a" * 300)
    whole, cut = (LaneHttp2(TellingLane()) for _ in range(2))
    said = b"".join(cut.receive(data[at : at + step], 0.0) for at in range(0, len(data), step))
    assert whole.receive(data, 0.0) == said


@pytest.mark.parametrize("data", [b"GET / HTTP/1.1\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\r"])
def test_no_preface(data: bytes) -> None:
    """It is the end."""
    http2 = LaneHttp2(TellingLane())
    assert PROTOCOL == goaway_of(parse(http2.receive(data, 0.0)))
    assert (True, b"") == (http2.closing, http2.receive(PREFACE, 0.0))
    assert "it does not begin as HTTP/2 does" == http2.error


REFUSED = {
    "a frame that is too large": (b"\x02\0\1\0\0\0\0\0\1", SIZE),
    "fields of no stream": (frames.frame(HEADERS, END_HEADERS, 0), PROTOCOL),
    "a priority that is broken off": (frames.frame(HEADERS, END_HEADERS | HAS_PRIORITY, 1, b"\0\0"), SIZE),
    "padding that is too long": (frames.frame(HEADERS, END_HEADERS | PADDED, 1, b"\5a"), PROTOCOL),
    "a block that goes on from nothing": (frames.frame(CONTINUATION, END_HEADERS, 1), PROTOCOL),
    "a block that is broken off": (frames.frame(HEADERS, 0, 1) + frames.frame(PING, 0, 0, bytes(8)), PROTOCOL),
    "another's block": (frames.frame(HEADERS, 0, 1) + frames.frame(CONTINUATION, END_HEADERS, 3), PROTOCOL),
    "no block": (frames.frame(HEADERS, END_HEADERS, 1, b"\x80"), Http2Code.COMPRESSION_ERROR),
    "settings of a stream": (frames.frame(SETTINGS, 0, 1), PROTOCOL),
    "half a setting": (frames.frame(SETTINGS, 0, 0, b"\0\4\0"), SIZE),
    "settings that acknowledge": (frames.frame(SETTINGS, ACK, 0, bytes(6)), SIZE),
    "a push that is neither": (frames.settings({Setting.ENABLE_PUSH: 2}), PROTOCOL),
    "frames that are too small": (frames.settings({Setting.MAX_FRAME_SIZE: 2**14 - 1}), PROTOCOL),
    "a ping of a stream": (frames.frame(PING, 0, 1, bytes(8)), PROTOCOL),
    "a short ping": (frames.frame(PING, 0, 0, bytes(7)), SIZE),
    "a goaway of a stream": (frames.frame(GOAWAY, 0, 1, bytes(8)), PROTOCOL),
    "a short goaway": (frames.frame(GOAWAY, 0, 0, bytes(7)), SIZE),
    "a short reset": (frames.frame(RST_STREAM, 0, 1, bytes(3)), SIZE),
    "a reset of the connection": (frames.reset(0, 8), PROTOCOL),
    "a reset of what has not begun": (frames.reset(1, 8), PROTOCOL),
    "a short window": (frames.frame(WINDOW_UPDATE, 0, 0, bytes(3)), SIZE),
    "a window of what has not begun": (frames.window_update(1, 1), PROTOCOL),
    "a priority of the connection": (frames.frame(PRIORITY, 0, 0, bytes(5)), PROTOCOL),
    "a push": (frames.frame(PUSH_PROMISE, END_HEADERS, 1, bytes(4)), PROTOCOL),
}


@pytest.mark.parametrize(("data", "code"), REFUSED.values(), ids=REFUSED)
def test_what_ends_a_connection(data: bytes, code: Http2Code) -> None:
    """With the code that RFC 9113 has for it, and a reason."""
    wire = Wire()
    said = wire.send(data)
    assert code == goaway_of(said)
    assert wire.http2.error.encode() == said[-1].payload[8:] != b""
    assert wire.http2.closing


def test_priorities() -> None:
    """They are ignored, but a stream that depends on itself is refused."""
    wire = Wire()
    fields = wire.block()
    assert [HEADERS] == [each.kind for each in wire.send(frames.frame(1, 0x25, 1, bytes(5) + fields))][:1]
    assert [] == wire.send(frames.frame(PRIORITY, 0, 3, bytes(5)))
    assert [(3, PROTOCOL)] == resets_of(wire.send(frames.frame(PRIORITY, 0, 3, b"\0\0\0\3\0")))
    assert [(5, SIZE)] == resets_of(wire.send(frames.frame(PRIORITY, 0, 5, bytes(4))))
    assert [(7, PROTOCOL)] == resets_of(wire.send(frames.frame(1, 0x25, 7, b"\0\0\0\7\0" + wire.block())))
    assert not wire.http2.closing


def test_padded_fields() -> None:
    """The padding is taken off."""
    wire = Wire()
    assert HEADERS == wire.send(frames.frame(1, 0x0D, 1, b"\2" + wire.block() + b"\0\0"))[0].kind


def test_a_block_in_pieces() -> None:
    """It is put together."""
    wire = Wire()
    block = wire.block()
    wire.send(frames.frame(1, END_STREAM, 1, block[:3]) + frames.frame(9, 0, 1, block[3:5]))
    assert HEADERS == wire.send(frames.frame(9, END_HEADERS, 1, block[5:]))[0].kind


@pytest.mark.parametrize("piece", [b"", b"a" * 2**16])
def test_a_block_without_an_end(piece: bytes) -> None:
    """It is the connection's, by its frames or by its bytes."""
    wire = Wire()
    assert CALM == goaway_of(wire.send(frames.frame(1, 0, 1) + frames.frame(9, 0, 1, piece) * 70))


FLOODS = {
    "ping": frames.frame(PING, 0, 0, bytes(8)),
    "pong": frames.frame(PING, ACK, 0, bytes(8)),
    "settings": frames.settings({}),
    "priority": frames.frame(PRIORITY, 0, 3, bytes(5)),
    "data": frames.frame(0, 0, 1),
    "unknown": frames.frame(77, 0, 0, b"odd"),
    "late reset": frames.reset(3, 8),
    "late data": frames.frame(0, 0, 3, b"a"),
}


@pytest.mark.parametrize("data", FLOODS.values(), ids=FLOODS)
def test_floods(data: bytes) -> None:
    """What only costs is taken so often and no more, in a time."""
    wire = Wire(limits=Http2Limits(control=10, control_per_second=1))
    wire.lane.takes_it = False
    wire.send(wire.head(1) + wire.head(3))
    wire.http2.reset(3, 8)
    assert not [each for each in wire.send(data * 9) if each.kind == GOAWAY]
    wire.now = 5.0
    assert not [each for each in wire.send(data * 5) if each.kind == GOAWAY]
    assert CALM == goaway_of(wire.send(data * 5))


def test_a_rapid_reset() -> None:
    """Streams that end early are taken so often and no more; those with errors likewise."""
    for after in (frames.reset(0, 8)[9:], None):
        wire = Wire(limits=Http2Limits(resets=3, resets_per_second=0))
        wire.lane.takes_it = False
        said: list[Frame] = []
        for number in (1, 3, 5, 7):
            broken = frames.window_update(number, 0) if after is None else frames.frame(RST_STREAM, 0, number, after)
            assert goaway_of(said) is None
            said = wire.send(wire.head(number) + broken)
        assert CALM == goaway_of(said)


def test_a_ping() -> None:
    """It is answered; an answer is not."""
    wire = Wire()
    assert [(PING, ACK, 0, b"12345678")] == wire.send(frames.frame(PING, 0, 0, b"12345678"))
    assert [] == wire.send(frames.frame(PING, ACK, 0, b"12345678"))


def test_settings() -> None:
    """Those of which we make nothing are acknowledged; acknowledgements are not."""
    wire = Wire()
    assert [(SETTINGS, ACK, 0, b"")] == wire.send(frames.frame(SETTINGS, 0, 0, b"\0\x63\0\0\0\1\0\2\0\0\0\0"))
    assert [] == wire.send(frames.frame(SETTINGS, ACK, 0))


def test_a_client_that_says_goodbye() -> None:
    """It gets what it asked for, and may ask on; one that says why is gone."""
    wire = Wire()
    assert [] == wire.send(frames.goaway(0, 0))
    assert wire.ask()
    assert [] == wire.send(frames.goaway(0, 1, b"why") + frames.frame(PING, 0, 0, bytes(8)))
    assert (True, "") == (wire.http2.closing, wire.http2.error)


def test_names_of_codes() -> None:
    """A number, where they have none."""
    assert ["CANCEL", "77"] == [code_name(8), code_name(77)]
