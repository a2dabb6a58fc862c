"""Google's SDK: `by_genai.py wss://HOST:PORT/v1`."""

import asyncio
import sys

from google import genai
from google.genai import types

BASE = sys.argv[1].replace("wss:", "https:").removesuffix("/v1")


async def main() -> None:
    client = genai.Client(api_key="no-key-" * 5, http_options=types.HttpOptions(base_url=BASE))
    async with client.aio.live.connect(
        model="gemini-live", config=types.LiveConnectConfig(response_modalities=[types.Modality.TEXT])
    ) as session:
        for text in ("Hello", "Again"):
            await session.send_client_content(turns={"role": "user", "parts": [{"text": text}]})
            async for message in session.receive():
                if message.text:
                    print(message.text)
        await session.send_realtime_input(
            audio=types.Blob(data=bytes(range(256)) * 10, mime_type="audio/pcm;rate=16000")
        )
        await session.send_realtime_input(audio_stream_end=True)
        async for message in session.receive():
            if message.text:
                print(message.text)


asyncio.run(main())
