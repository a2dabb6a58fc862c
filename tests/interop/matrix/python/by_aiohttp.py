import asyncio
import os
import sys

import aiohttp


async def main(mode):
    call = {
        "model": "gpt-4o-mini",
        "messages": [{"role": "user", "content": "Say hi in Portuguese"}],
        "stream": mode == "stream",
    }
    headers = {"Authorization": f"Bearer {os.environ['OPENAI_API_KEY']}"}
    async with (
        aiohttp.ClientSession(raise_for_status=True, headers=headers) as session,
        session.post("https://api.openai.com/v1/chat/completions", json=call) as response,
    ):
        async for line in response.content:
            print(line.decode(), end="")


asyncio.run(main(sys.argv[1]))
