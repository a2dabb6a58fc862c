"""aiohttp: `by_aiohttp.py wss://HOST:PORT/v1`."""

import asyncio
import sys
import uuid

import aiohttp


async def main() -> None:
    async with aiohttp.ClientSession(trust_env=True) as session:
        async with session.ws_connect(
            f"{sys.argv[1]}/realtime?model=aiohttp", protocols=["realtime"], compress=15
        ) as ws:
            print(ws.protocol, (await ws.receive_json())["type"])
            await ws.send_json({"type": "conversation.item.create", "item": {"id": f"item_{uuid.uuid4().hex}"}})
            print((await ws.receive_json())["type"])
            await ws.send_json({"type": "response.create"})
            event = {"type": ""}
            while event["type"] != "response.done":
                event = await ws.receive_json()
                print(event["type"], event.get("delta", ""))


asyncio.run(main())
