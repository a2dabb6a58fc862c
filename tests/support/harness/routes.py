"""The origin's routes: a table of path to handler, each a pure function of the request.

Knows content codings, AWS frames and odd responses; the providers' streams are in `providers`. Knows no server.
"""

import base64
import gzip
import json
import random
import struct
import zlib
from collections.abc import Callable

import brotli
import zstandard

from tests.support.harness import providers
from tests.support.harness.answers import JSON, Answer, Asked, Chunk, cut, spaced

type Handler = Callable[[Asked], Answer]

NO_BODY = frozenset({204, 205, 304})


CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda data: gzip.compress(data, mtime=0),
    "br": lambda data: bytes(brotli.compress(data)),
    "zstd": lambda data: zstandard.ZstdCompressor().compress(data),
    "deflate": lambda data: zlib.compress(data),
}


def document(items: int) -> bytes:
    """The JSON that the coding routes answer, of `items` entries."""
    return json.dumps({"object": "list", "data": [{"id": f"model-{n}"} for n in range(items)]}).encode()


def _coded(coding: str) -> Handler:
    def handler(asked: Asked) -> Answer:
        """GET /gzip?items=20&chunks=1&ms=0, likewise /br, /zstd and /deflate."""
        body = CODINGS[coding](document(asked.number("items", 20)))
        pause = asked.number("ms", 0) / 1000
        pieces = [Chunk(data=part, pause=pause) for part in cut(body, asked.number("chunks", 1))]
        return Answer(headers=(*JSON, ("content-encoding", coding)), chunks=tuple(pieces))

    return handler


def _echo(asked: Asked) -> Answer:
    """/echo: the request as JSON; /echo?raw=1: its body and Content-Type, as they came."""
    if asked.query.get("raw"):
        kind = dict(asked.headers).get("content-type", "application/octet-stream")
        return Answer.of(asked.body, headers=(("content-type", kind),))
    return Answer.of_json(
        {
            "method": asked.method,
            "path": asked.path,
            "query": dict(asked.query),
            "http_version": asked.http_version,
            "headers": [list(item) for item in asked.headers],
            "body": base64.b64encode(asked.body).decode(),
        }
    )


def _status(asked: Asked) -> Answer:
    """/status/NNN: that status; a small JSON body where the status may have one."""
    status = int(asked.path.rpartition("/")[2])
    if status in NO_BODY:
        return Answer(status=status)
    return Answer.of_json({"status": status}, status=status)


def _redirect(asked: Asked) -> Answer:
    """/redirect?to=/echo&code=302."""
    headers = (("location", asked.query.get("to", "/echo")), ("content-length", "0"))
    return Answer(status=asked.number("code", 302), headers=headers)


def _empty(asked: Asked) -> Answer:
    """/empty: 200 with nothing in it."""
    return Answer(headers=(("content-type", "text/plain"), ("content-length", "0")))


def filler(size: int) -> bytes:
    """`size` bytes of every value, the same in every run."""
    return random.Random(size).randbytes(size)


def _bytes(asked: Asked) -> Answer:
    """/bytes?n=1024&chunks=1&ms=0: binary, with its length if it comes in one chunk."""
    body = filler(asked.number("n", 1024))
    kind = (("content-type", "application/octet-stream"),)
    if asked.number("chunks", 1) == 1:
        return Answer.of(body, headers=kind)
    pause = asked.number("ms", 0) / 1000
    return Answer(
        headers=kind,
        chunks=tuple(Chunk(data=part, pause=pause) for part in cut(body, asked.number("chunks", 1))),
    )


def frame(headers: dict[str, str], payload: bytes) -> bytes:
    """One AWS event-stream message: prelude, its CRC, string headers (type 7), payload, CRC of it all."""
    block = b"".join(
        struct.pack("!B", len(name)) + name.encode() + struct.pack("!BH", 7, len(value)) + value.encode()
        for name, value in headers.items()
    )
    prelude = struct.pack("!II", 16 + len(block) + len(payload), len(block))
    message = prelude + struct.pack("!I", zlib.crc32(prelude)) + block + payload
    return message + struct.pack("!I", zlib.crc32(message))


def _eventstream(asked: Asked) -> Answer:
    """/eventstream?n=5&ms=20: Bedrock's ConverseStream events, `n` of them text."""

    def event(kind: str, payload: object) -> bytes:
        headers = {":event-type": kind, ":content-type": "application/json", ":message-type": "event"}
        return frame(headers, json.dumps(payload).encode())

    texts = [{"contentBlockIndex": 0, "delta": {"text": f"word {n} "}} for n in range(asked.number("n", 5))]
    frames = [
        event("messageStart", {"role": "assistant"}),
        *(event("contentBlockDelta", text) for text in texts),
        event("contentBlockStop", {"contentBlockIndex": 0}),
        event("messageStop", {"stopReason": "end_turn"}),
        event("metadata", {"usage": {"inputTokens": 1, "outputTokens": 5, "totalTokens": 6}}),
    ]
    pause = asked.number("ms", 20) / 1000
    kind = (("content-type", "application/vnd.amazon.eventstream"),)
    return Answer(headers=kind, chunks=spaced(frames, pauses=[pause] * len(frames)))


def _trailers(asked: Asked) -> Answer:
    """/trailers: two chunks, then trailers (HTTP/2 only, see `Answer`)."""
    return Answer(
        headers=(("content-type", "text/plain"), ("trailer", "x-checksum")),
        chunks=(Chunk(data=b"one "), Chunk(data=b"two", pause=0.01)),
        trailers=(("x-checksum", "c0ffee"),),
    )


def _abort(asked: Asked) -> Answer:
    """/abort?n=3&ms=20: an SSE stream that breaks off after `n` events."""
    answer = providers.events(asked)
    return Answer(headers=answer.headers, chunks=answer.chunks, abort=True)


def _slow(asked: Asked) -> Answer:
    """/slow?ms=100: the head comes after `ms` milliseconds."""
    answer = Answer.of_json({"slow": True})
    return Answer(headers=answer.headers, chunks=answer.chunks, wait=asked.number("ms", 100) / 1000)


ROUTES: dict[str, Handler] = {
    "/v1/chat/completions": providers.chat,
    "/v1/messages": providers.messages,
    "/sse": providers.events,
    "/ndjson": providers.lines,
    "/eventstream": _eventstream,
    **{f"/{coding}": _coded(coding) for coding in CODINGS},
    "/echo": _echo,
    "/redirect": _redirect,
    "/empty": _empty,
    "/bytes": _bytes,
    "/trailers": _trailers,
    "/abort": _abort,
    "/slow": _slow,
}


def answer(asked: Asked) -> Answer:
    """What `ROUTES` has for the path; 404 as JSON otherwise."""
    handler = _status if asked.path.startswith("/status/") else ROUTES.get(asked.path)
    if handler is None:
        return Answer.of_json({"error": {"message": f"no route {asked.path}"}}, status=404)
    return handler(asked)
