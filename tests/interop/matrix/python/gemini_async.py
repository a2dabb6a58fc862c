import asyncio
import json
import sys

from google import genai


async def main(mode):
    client = genai.Client()
    call = {"model": "gemini-2.5-flash", "contents": "Say hi in Portuguese"}
    if mode == "plain":
        return {"text": (await client.aio.models.generate_content(**call)).text}
    chunks = [event.text async for event in await client.aio.models.generate_content_stream(**call)]
    return {"text": "".join(chunks), "chunks": chunks}


print(json.dumps(asyncio.run(main(sys.argv[1]))))
