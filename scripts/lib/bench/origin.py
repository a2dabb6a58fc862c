"""The benchmarks' origin: a process of few instructions that says one thing on each of its ports, over TLS.

Speaks HTTP/1.1 and HTTP/2 with hand-made frames and does not look at what it is asked, so that the proxy between is
the bottleneck. Run as `python -m scripts.lib.bench.origin CERT KEY`: prints a JSON object of answer names and ports, then
serves until its standard input ends.
"""

import asyncio
import json
import os
import ssl
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass

from scripts.lib.bench.wire import (
    ACK,
    DATA,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HEADERS,
    HUGE_WINDOW,
    PING,
    SETTINGS,
    frame,
    literal,
    read_frame,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A response: chunks `pause` seconds apart, the first one `pause` after the request; 0: all in one piece."""

    chunks: tuple[bytes, ...]
    content_type: str = "text/event-stream"
    pause: float = 0.0

    @property
    def body(self) -> bytes:
        return b"".join(self.chunks)


def _events(count: int, text: str) -> tuple[bytes, ...]:
    values = (
        {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "choices": [{"index": 0, "delta": {"content": f"{text}{n}"}}],
        }
        for n in range(count)
    )
    return (*(b"data: %s\n\n" % json.dumps(value, separators=(",", ":")).encode() for value in values), _DONE)


_DONE = b"data: [DONE]\n\n"
_WORDS = "The quick brown fox jumps over the lazy dog. "

ANSWERS = {
    "json": Answer(
        chunks=(json.dumps({"id": "chatcmpl-1", "choices": [{"message": {"content": _WORDS * 42}}]}).encode(),),
        content_type="application/json",
    ),
    "sse": Answer(chunks=_events(19, _WORDS), pause=0.002),
    "sse-burst": Answer(chunks=_events(19, _WORDS)),
    "long": Answer(chunks=_events(1500, " dog"), pause=0.001),
    "long-burst": Answer(chunks=_events(1500, " dog")),
    "pace": Answer(chunks=_events(49, _WORDS), pause=0.020),
}


async def _send(answer: Answer, write: Callable[[bytes], None], head: bytes, pieces: list[bytes]) -> None:
    if not answer.pause:
        write(head + b"".join(pieces))
        return
    loop = asyncio.get_running_loop()
    due = loop.time()
    for number, piece in enumerate(pieces):
        if number < len(answer.chunks):
            due += answer.pause
            await asyncio.sleep(due - loop.time())
        write(piece if number else head + piece)


async def _http1(answer: Answer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: %s\r\n" % answer.content_type.encode()
    if len(answer.chunks) > 1:
        head += b"transfer-encoding: chunked\r\n\r\n"
        pieces = [b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in answer.chunks]
        pieces.append(b"0\r\n\r\n")
    else:
        head += b"content-length: %d\r\n\r\n" % len(answer.body)
        pieces = [answer.body]
    while True:
        request = await reader.readuntil(b"\r\n\r\n")
        length = request.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        await reader.readexactly(int(length or 0))
        await _send(answer, writer.write, head, pieces)


async def _http2(answer: Answer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    fields = [(b":status", b"200"), (b"content-type", answer.content_type.encode())]
    if len(answer.chunks) == 1:
        fields.append((b"content-length", b"%d" % len(answer.body)))
    block = b"".join(literal(name, value) for name, value in fields)
    await reader.readexactly(24)  # the preface
    writer.write(HUGE_WINDOW)
    tasks = set()
    while True:
        kind, flags, stream, payload = await read_frame(reader)
        if kind in (SETTINGS, PING) and not flags & ACK:
            writer.write(frame(kind, ACK, 0, payload if kind == PING else b""))
        elif kind in (HEADERS, DATA) and flags & END_STREAM:
            pieces = [frame(DATA, 0, stream, chunk) for chunk in answer.chunks]
            if answer.pause:
                pieces.append(frame(DATA, END_STREAM, stream, b""))
            else:
                pieces[-1] = frame(DATA, END_STREAM, stream, answer.chunks[-1])
            head = frame(HEADERS, END_HEADERS, stream, block)
            task = asyncio.create_task(_send(answer, writer.write, head, pieces))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        elif kind == GOAWAY:
            return


async def _serve(cert: str, key: str) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    context.set_alpn_protocols(["h2", "http/1.1"])
    ports = {}
    for name, answer in ANSWERS.items():

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: Answer = answer) -> None:
            http2 = writer.get_extra_info("ssl_object").selected_alpn_protocol() == "h2"
            try:
                await (_http2 if http2 else _http1)(answer, reader, writer)
            except (asyncio.IncompleteReadError, OSError):
                pass  # it hung up
            finally:
                writer.close()

        server = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=context)
        ports[name] = server.sockets[0].getsockname()[1]
    print(json.dumps(ports), flush=True)
    threading.Thread(target=lambda: (sys.stdin.buffer.read(), os._exit(0)), daemon=True).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(*sys.argv[1:]))
