"""grpcio: a call of each kind, and what they come to: `by_grpcio.py client PORT CA`."""

import json
import sys
import threading
from collections.abc import Iterator
from typing import Any

import grpc

_, port, ca = sys.argv[1:]


def text(said: str) -> bytes:
    return b"\x0a" + bytes((len(said),)) + said.encode()


def said(message: bytes) -> str:
    return message[2:].decode()


def chat(channel: Any) -> list[str]:
    """Each message is sent when the one before it was answered."""
    answered = threading.Semaphore(1)

    def asks() -> Iterator[bytes]:
        for word in ("one", "two", "three"):
            answered.acquire(timeout=20)
            yield text(word)

    heard = []
    for message in channel.stream_stream("/loopback.Talk/Chat")(asks(), timeout=20):
        heard.append(said(message))
        answered.release()
    return heard


with open(ca, "rb") as authority:
    credentials = grpc.ssl_channel_credentials(authority.read())
channel: Any
with grpc.secure_channel(f"localhost:{port}", credentials) as channel:
    got: dict[str, Any] = {"unary": said(channel.unary_unary("/loopback.Talk/Unary")(text("hello"), timeout=20))}
    try:
        channel.unary_unary("/loopback.Talk/Fail")(text("x"), timeout=20)
    except grpc.RpcError as error:
        got["fail"] = [error.code().name, error.details()]
    got["gather"] = said(channel.stream_unary("/loopback.Talk/Gather")(iter(map(text, "abc")), timeout=20))
    got["count"] = [said(each) for each in channel.unary_stream("/loopback.Talk/Count")(text("n"), timeout=20)]
    got["chat"] = chat(channel)
print(json.dumps(got))
