"""OpenAI's SDK, sync and async: `by_openai.py wss://HOST:PORT/v1`."""

import asyncio
import sys
import uuid
from typing import Any

from openai import AsyncOpenAI, OpenAI

BASE = sys.argv[1].replace("wss:", "https:")
KEY = "sk-" + "no-key-" * 5


def item() -> Any:
    content = [{"type": "input_text", "text": "Hi"}]
    return {"id": f"item_{uuid.uuid4().hex[:12]}", "type": "message", "role": "user", "content": content}


with OpenAI(base_url=BASE, api_key=KEY).realtime.connect(model="gpt-realtime") as connection:
    print(connection.recv().type)
    connection.session.update(session={"type": "realtime", "instructions": "Be brief."})
    print(connection.recv().type)
    connection.conversation.item.create(item=item())
    print(connection.recv().type)
    connection.response.create()
    for event in connection:
        print(event.type, getattr(event, "delta", ""))
        if event.type == "response.done":
            break


async def main() -> None:
    async with AsyncOpenAI(base_url=BASE, api_key=KEY).realtime.connect(model="gpt-async") as connection:
        print((await connection.recv()).type)
        await connection.conversation.item.create(item=item())
        print((await connection.recv()).type)
        await connection.response.create()
        async for event in connection:
            print(event.type, getattr(event, "delta", ""))
            if event.type == "response.done":
                break


asyncio.run(main())
