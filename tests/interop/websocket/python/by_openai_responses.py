"""The Responses API over a WebSocket, by OpenAI's SDK, sync and async: `by_openai_responses.py wss://HOST:PORT/v1`."""

import asyncio
import sys
from typing import Any

from openai import AsyncOpenAI, OpenAI

BASE = sys.argv[1].replace("wss:", "https:")
KEY = "sk-" + "no-key-" * 5


def told(event: Any) -> str | None:
    """What an event adds to what is printed; the response's id once it is complete."""
    print(event.type, getattr(event, "delta", ""))
    return event.response.id if event.type == "response.completed" else None


with OpenAI(base_url=BASE, api_key=KEY).responses.connect() as connection:
    before: Any = None
    for text in ("Hello", "Again"):
        more: Any = {"previous_response_id": before} if before else {}
        connection.response.create(model="gpt-5", input=text, **more)
        for event in connection:
            if before := told(event):
                break


async def main() -> None:
    async with AsyncOpenAI(base_url=BASE, api_key=KEY).responses.connect() as connection:
        await connection.response.create(model="gpt-5-async", input="Hello")
        async for event in connection:
            if told(event):
                break


asyncio.run(main())
