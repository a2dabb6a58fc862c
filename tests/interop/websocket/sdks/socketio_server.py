"""A server of socket.io, as agents are served: `socketio_server.py PORT CERTIFICATE KEY`."""

import asyncio
import ssl
import sys

import socketio
from aiohttp import web

server = socketio.AsyncServer(async_mode="aiohttp", cors_allowed_origins="*", ping_interval=1)
app = web.Application()
server.attach(app)


@server.event
async def ask(sid: str, data: dict[str, str]) -> dict[str, str]:
    server.start_background_task(answer, sid, data["text"])
    return {"status": "taken"}


async def answer(sid: str, text: str) -> None:
    words = text.split()
    for word in words:
        await asyncio.sleep(0.4)
        await server.emit("token", {"text": word}, to=sid)
    await server.emit("done", {"count": len(words)}, to=sid)


@server.event
async def sound(_: str, data: bytes) -> int:
    return len(data)


context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain(sys.argv[2], sys.argv[3])
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), ssl_context=context, print=None)
