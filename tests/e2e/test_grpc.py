"""gRPC through a recorder, and from replay without any server: each kind of call comes to the same."""

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, cast

import grpc
import pytest

from tapehead.cassette.frame_order import ORDER_HEADER
from tapehead.cassette.journal_recovery import recover_conversations
from tapehead.cassette.side_files import errors_path, misses_path, open_path
from tapehead.wire.message_frames import PrefixedSplitter
from tests.support.grpc_peers import (
    CALLS,
    SERVICE,
    GrpcServer,
    count,
    never_ending,
    ping_pong,
    said,
    text,
    through,
    unary,
)
from tests.support.harness import Certs
from tests.support.wires import Tape

SECRET = "sk-ant-api03-" + "Zz9Yy8Xx7Ww6" * 3


@pytest.fixture(scope="module")
def server(certs: Certs) -> Iterator[GrpcServer]:
    with GrpcServer(certs) as server:
        yield server


def recorded(tape: Tape, port: int, *calls: Callable[[Any], Any], **options: str) -> tuple[list[Any], str]:
    """What calls come to through one recorder, and its output."""
    return _through(tape.record(**options), port, calls)


def replayed(tape: Tape, port: int, *calls: Callable[[Any], Any], **options: str) -> tuple[list[Any], str]:
    """Likewise through one replay."""
    return _through(tape.replay(**options), port, calls)


def _through(proxy: Any, port: int, calls: Any) -> tuple[list[Any], str]:
    with proxy, through(proxy.port, port, proxy.ca.read_bytes()) as channel:
        got = [call(channel) for call in calls]
        channel.close()
        proxy.stop()
    return got, proxy.output


def test_calls_come_to_the_same(tape: Tape, server: GrpcServer, certs: Certs) -> None:
    """Directly, recorded and replayed: messages, status, details and trailers, of each kind of call."""
    with through(None, server.port, certs.ca.read_bytes()) as channel:
        direct = {name: call(channel) for name, call in CALLS.items()}
    got, output = recorded(tape, server.port, *CALLS.values())
    assert direct == dict(zip(CALLS, got, strict=True))
    assert f"{len(CALLS)} recorded, 0 replayed, 0 missed" in output
    assert "unfinished" not in output
    for speed in ("0", "1"):
        got, output = replayed(tape, server.port, *CALLS.values(), cassette_speed=speed)
        assert direct == dict(zip(CALLS, got, strict=True))
        assert f"0 recorded, {len(CALLS)} replayed, 0 missed" in output
        assert "unfinished" not in output
        assert ", 0 not used" in output


def test_the_order_of_a_conversation_is_in_one_header(tape: Tape, server: GrpcServer) -> None:
    """And nowhere else: bodies are as ever, and an answer that followed its whole request needs none."""
    recorded(tape, server.port, ping_pong, count)
    conversation, plain = tape.load().interactions
    assert ("c1s1c1s1c1es2",) == conversation.response.headers[ORDER_HEADER]
    assert ORDER_HEADER not in plain.response.headers


def test_a_conversation_keeps_its_pace(tape: Tape, server: GrpcServer) -> None:
    """A server's message comes as long after the client's as it did, and a slow client is waited for."""
    started = time.monotonic()
    recorded(tape, server.port, ping_pong)
    took = time.monotonic() - started
    assert took > 0.15
    with tape.replay(cassette_speed="1") as proxy, through(proxy.port, server.port, proxy.ca.read_bytes()) as channel:
        unary(channel)  # a miss: that the connection is there
        started = time.monotonic()
        ping_pong(channel)
        assert time.monotonic() - started > 0.15


def test_another_message_is_a_miss(tape: Tape, server: GrpcServer) -> None:
    """It ends the conversation with a status that says which differs; log and file of misses say so too."""
    recorded(tape, server.port, ping_pong)
    (got,), output = replayed(
        tape, server.port, lambda channel: ping_pong(channel, "one", "zwei", "three"), cassette_miss_report="true"
    )
    messages, (status, details, _) = got
    assert (["pong one"], "NOT_FOUND") == (messages, status)
    for told in (details, output):
        assert "message 2 of the client is another than the recorded one" in told
        assert '"zwei", recorded "two"' in told
    assert "0 replayed, 1 missed" in output
    (miss,) = map(json.loads, misses_path(tape.path).read_text().splitlines())
    assert "zwei" in miss["headline"]


def test_conversations_that_begin_alike_are_told_apart_later(tape: Tape, server: GrpcServer) -> None:
    """In any order: the one that was taken first gives way when the client says what only another has."""
    calls = (lambda channel: ping_pong(channel, "hi", "a", "b"), lambda channel: ping_pong(channel, "hi", "c", "d"))
    got, _ = recorded(tape, server.port, *calls)
    again, output = replayed(tape, server.port, *reversed(calls))
    assert got == again[::-1]
    assert "2 replayed, 0 missed" in output
    assert ", 0 not used" in output


def test_an_unknown_request_is_a_miss_at_its_first_message(tape: Tape, server: GrpcServer) -> None:
    """However long the client would go on: it hears of it at once, and by a status that gRPC knows."""
    recorded(tape, server.port, ping_pong, unary)
    calls = (lambda channel: ping_pong(channel, "eins"), lambda channel: unary(channel, "other"))
    (conversation, call), output = replayed(tape, server.port, *calls)
    assert ("NOT_FOUND", "NOT_FOUND") == (conversation[1][0], call[0])
    assert '"eins", recorded "one"' in conversation[1][1]
    assert "0 replayed, 2 missed" in output


def test_a_request_that_never_ends_is_told(tape: Tape, server: GrpcServer) -> None:
    """It is recorded as far as it came, and comes to the same on replay; where it was not recorded it is a miss."""
    calls = (never_ending, lambda channel: never_ending(channel, "Gather"))
    got, output = recorded(tape, server.port, *calls, unary)
    assert [[["pong only"], "DEADLINE_EXCEEDED"], [[], "DEADLINE_EXCEEDED"]] == got[:2]
    assert "1 recorded, 0 replayed, 0 missed, 2 cut" in output
    again, output = replayed(tape, server.port, *calls, unary)
    assert got == again
    assert "1 replayed, 0 missed, 2 cut" in output
    errors_path(tape.path).unlink()
    _, output = replayed(tape, server.port, calls[1])
    assert "0 replayed, 1 missed" in output


def test_a_kill_leaves_what_was_said(tape: Tape, server: GrpcServer) -> None:
    """Of both sides, with its order, and without its credentials; it becomes a conversation that ends there."""
    first, over = f"one {SECRET[:-10]}", threading.Event()

    def asks() -> Iterator[bytes]:
        yield text(first)
        over.wait(10)

    with tape.record() as proxy, through(proxy.port, server.port, proxy.ca.read_bytes()) as channel:
        call: Any = channel.stream_stream(f"/{SERVICE}/Chat")(cast("Any", asks()), timeout=10)
        assert f"pong {first}" == said(next(call))
        proxy.kill()
        over.set()
    assert not tape.path.exists()
    assert SECRET[:-10].encode() not in open_path(tape.path).read_bytes()
    assert 1 == recover_conversations(tape.path)
    (interaction,) = tape.load().interactions
    assert ("c1s1",) == interaction.response.headers[ORDER_HEADER]
    assert b"[REDACTED:anthropic-key]" in interaction.request.body
    with tape.replay() as proxy, through(proxy.port, server.port, proxy.ca.read_bytes()) as channel:
        over.clear()
        call = channel.stream_stream(f"/{SERVICE}/Chat")(cast("Any", asks()), timeout=10)
        assert "pong one [REDACTED:anthropic-key]" == said(next(call))
        with pytest.raises(grpc.RpcError):
            next(call)  # it ends there, without a status
        over.set()


def test_a_credential_that_is_spread_over_messages(tape: Tape, server: GrpcServer) -> None:
    """No more of it than may be any text stands in the journal after any message; lengths stay right."""
    pieces = ["it is ", *(SECRET[start : start + 5] for start in range(0, len(SECRET), 5)), " then"]
    said_so_far, over = threading.Semaphore(0), threading.Event()

    def asks() -> Iterator[bytes]:
        for piece in pieces:
            yield text(piece)
            said_so_far.acquire(timeout=10)
        over.wait(10)

    with tape.record() as proxy, through(proxy.port, server.port, proxy.ca.read_bytes()) as channel:
        call: Any = channel.stream_stream(f"/{SERVICE}/Chat")(cast("Any", asks()), timeout=20)
        for piece in pieces:
            assert f"pong {piece}" == said(next(call))
            lines = map(json.loads, open_path(tape.path).read_bytes().splitlines())
            there = b"".join(base64.b64decode(line["data"])[2:] for line in lines if line.get("by") == "c").decode()
            assert all(SECRET[:n] not in there for n in range(5, len(SECRET)))
            said_so_far.release()
        proxy.kill()
        over.set()
    assert 1 == recover_conversations(tape.path)
    (interaction,) = tape.load().interactions
    messages = PrefixedSplitter().feed(interaction.request.body)
    assert "it is [REDACTED:anthropic-key] then" == "".join(said(each[5:]) for each in messages)


def test_new_episodes_are_recorded_beside_old_ones(tape: Tape, server: GrpcServer) -> None:
    """What is recorded answers, also before its request ends; what is not goes upstream as it comes."""
    recorded(tape, server.port, ping_pong)
    calls = (ping_pong, lambda channel: ping_pong(channel, "new", "ones"), unary)
    got, output = recorded(tape, server.port, *calls, cassette_mode="replay_with_new_episodes")
    assert [["pong one", "pong two", "pong three", "bye"], ["pong new", "pong ones", "bye"]] == got[:2]
    assert "2 recorded, 1 replayed, 0 missed" in output


def test_no_credential_of_a_call_is_written(tape: Tape, server: GrpcServer) -> None:
    """Not of metadata of either side, nor of messages, whoever said it; and the replay finds its interactions."""
    metadata = (("authorization", f"Bearer {SECRET}"), ("x-echo-key", SECRET), ("x-echo-bin", SECRET.encode()))

    def asks(channel: Any) -> Any:
        credential = f"my key is {SECRET}"
        return [unary(channel, credential, metadata=metadata), ping_pong(channel, credential, "two", metadata=metadata)]

    (got,), output = recorded(tape, server.port, asks)
    assert SECRET in got[0][0]
    assert SECRET in got[1][0]
    files = b"".join(path.read_bytes() for path in tape.folder.iterdir() if path.is_file()) + output.encode()
    assert b"[REDACTED:anthropic-key]" in files
    for form in (SECRET.encode(), base64.b64encode(SECRET.encode()).rstrip(b"="), SECRET.encode().hex().encode()):
        assert form not in files
    (got,), output = replayed(tape, server.port, asks)
    assert "my key is [REDACTED:anthropic-key]" in got[0][0]
    assert "2 replayed, 0 missed" in output
