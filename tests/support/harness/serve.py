"""The origin's process: the routes as an ASGI application on hypercorn, over TLS (HTTP/1.1, HTTP/2) and without.

Run as `python -m harness.serve CERT KEY`. Prints one JSON line with its two ports, then serves until its
standard input ends: whoever started it need not live to end it.
Control, on either port: GET /_log, POST /_reset, PUT /_answers?path=P (a list of scripted answers for P,
served in turn, the last one for good).
"""

import asyncio
import dataclasses
import hashlib
import json
import logging
import os
import socket
import sys
import threading
import time
import urllib.parse
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from h2.connection import H2Connection
from h2.errors import ErrorCodes
from hypercorn.asyncio import serve
from hypercorn.config import Config
from hypercorn.protocol.h2 import H2Protocol
from hypercorn.protocol.http_stream import HTTPStream

from tests.support.harness import providers, routes
from tests.support.harness.answers import Answer, Arrival, Asked

type Receive = Callable[[], Awaitable[Any]]
type Send = Callable[[Any], Awaitable[None]]


def _finish_after_goaway() -> None:
    """A client that will open no new streams still gets its answers, as from real servers; hyper-h2 would drop them."""
    receive = H2Connection._receive_goaway_frame

    def received(self: H2Connection, frame: Any) -> Any:
        return ([], []) if frame.error_code == ErrorCodes.NO_ERROR else receive(self, frame)

    H2Connection._receive_goaway_frame = received  # type: ignore[method-assign]


class OriginAbortError(Exception):
    """Raised inside the application: hypercorn then breaks the exchange off without ending it."""


class Origin:
    """The application and all its state: the log, scripted answers, models already turned away once."""

    def __init__(self, answer: routes.Handler = routes.answer) -> None:
        self.answer = answer
        self.log: list[Arrival] = []
        self.scripted: dict[str, deque[Answer]] = {}
        self.turned_away: set[str] = set()

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await _lifespan(receive, send)
            return
        asked = await _read(scope, receive)
        control = self._control(asked)
        if control is not None:
            await _send(control, asked, send, asyncio.Event(), None)
            return
        answer = self._choose(asked)
        arrival = Arrival(
            method=asked.method,
            path=asked.path,
            query=asked.query,
            http_version=asked.http_version,
            headers=asked.headers,
            body_bytes=len(asked.body),
            body_sha256=hashlib.sha256(asked.body).hexdigest(),
            at=time.monotonic(),
            status=answer.status,
        )
        self.log.append(arrival)
        gone = asyncio.Event()
        watcher = asyncio.create_task(_watch(receive, gone))
        try:
            await _send(answer, asked, send, gone, arrival)
        finally:
            watcher.cancel()

    def _choose(self, asked: Asked) -> Answer:
        scripted = self.scripted.get(asked.path)
        if scripted:
            return scripted.popleft() if len(scripted) > 1 else scripted[0]
        model = str(asked.json().get("model", "")) if asked.path.startswith("/v1/") else ""
        if model.endswith(providers.BUSY_SUFFIX) and model not in self.turned_away:
            self.turned_away.add(model)
            return providers.busy()
        try:
            return self.answer(asked)
        except ValueError as error:  # a number in the query or the path that is none
            return Answer.of_json({"error": {"message": str(error)}}, status=400)

    def _control(self, asked: Asked) -> Answer | None:
        match asked.method, asked.path:
            case "GET", "/_log":
                return Answer.of_json([dataclasses.asdict(arrival) for arrival in self.log])
            case "POST", "/_reset":
                self.log.clear()
                self.scripted.clear()
                self.turned_away.clear()
                return Answer.of_json({})
            case "PUT", "/_answers":
                answers = (Answer.from_json(value) for value in json.loads(asked.body))
                self.scripted[asked.query["path"]] = deque(answers)
                return Answer.of_json({})
            case _:
                return None


async def _read(scope: Any, receive: Receive) -> Asked:
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        body += message.get("body", b"")
        more = message.get("more_body", False)
    query = urllib.parse.parse_qsl(scope["query_string"].decode(), keep_blank_values=True)
    return Asked(
        method=scope["method"],
        path=scope["path"],
        query=dict(query),
        headers=tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]),
        body=bytes(body),
        http_version=scope["http_version"],
    )


async def _watch(receive: Receive, gone: asyncio.Event) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    gone.set()


async def _send(answer: Answer, asked: Asked, send: Send, gone: asyncio.Event, arrival: Arrival | None) -> None:
    clock = asyncio.get_running_loop().time
    due = clock() + answer.wait
    if answer.wait and await _gone_before(gone, due):
        _note(arrival, "disconnected")
        return
    trailers = bool(answer.trailers) and asked.http_version == "2" and ("te", "trailers") in asked.headers
    head = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": head, "trailers": trailers})
    if not answer.chunks and answer.abort:  # the head leaves with the first body message
        await send({"type": "http.response.body", "body": b"", "more_body": True})
    for chunk in answer.chunks:
        due += chunk.pause  # an absolute schedule: pauses do not add up their own delays
        if (chunk.pause and await _gone_before(gone, due)) or gone.is_set():
            _note(arrival, "disconnected")
            return
        await send({"type": "http.response.body", "body": chunk.data, "more_body": True})
        if arrival is not None:
            arrival.chunks += 1
    if answer.abort:
        _note(arrival, "aborted")
        await _reset(send)
        raise OriginAbortError
    await send({"type": "http.response.body", "body": b"", "more_body": False})
    if trailers:
        last = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.trailers]
        await send({"type": "http.response.trailers", "headers": last, "more_trailers": False})
    _note(arrival, "finished")


async def _reset(send: Send) -> None:
    """Reset the stream if it is one of HTTP/2: hypercorn itself would leave it open for ever."""
    stream: HTTPStream = send.__self__  # type: ignore[attr-defined]
    protocol = stream.send.__self__  # type: ignore[attr-defined]
    if isinstance(protocol, H2Protocol):
        await protocol.stream_buffers[stream.stream_id].drain()
        protocol.connection.reset_stream(stream.stream_id, ErrorCodes.INTERNAL_ERROR)
        await protocol._flush()


async def _gone_before(gone: asyncio.Event, due: float) -> bool:
    try:
        async with asyncio.timeout_at(due):
            await gone.wait()
    except TimeoutError:
        return False
    return True


def _note(arrival: Arrival | None, outcome: str) -> None:
    if arrival is not None:
        arrival.outcome = outcome


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})
        if kind == "lifespan.shutdown":
            return


def _listen() -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.bind(("127.0.0.1", 0))
    # Listening before the ports are told: who reads them may connect at once.
    listener.listen(256)
    return listener


def main(cert: str, key: str, *, answer: routes.Handler = routes.answer) -> None:
    """Serve until standard input ends."""
    # Aborts are asked for: their tracebacks would only hide real ones.
    logging.getLogger("hypercorn.error").addFilter(
        lambda record: record.exc_info is None or record.exc_info[0] is not OriginAbortError
    )
    _finish_after_goaway()
    secure, plain = _listen(), _listen()
    config = Config()
    config.bind, config.insecure_bind = [f"fd://{secure.fileno()}"], [f"fd://{plain.fileno()}"]
    config.certfile, config.keyfile = cert, key
    config.alpn_protocols = ["h2", "http/1.1"]
    config.errorlog, config.loglevel = "-", "WARNING"
    config.keep_alive_timeout = 120
    config.h2_max_concurrent_streams = 1000
    config.include_date_header = config.include_server_header = True
    # At once: a test that ends must not wait for streams that nobody reads.
    threading.Thread(target=lambda: (sys.stdin.buffer.read(), os._exit(0)), daemon=True).start()
    ports = {"port": secure.getsockname()[1], "plain_port": plain.getsockname()[1]}
    print(json.dumps(ports), flush=True)
    asyncio.run(serve(Origin(answer), config))


if __name__ == "__main__":
    main(*sys.argv[1:])
