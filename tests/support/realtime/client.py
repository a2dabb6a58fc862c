"""The client of a sequence: says its lines through a proxy, and wants to hear the server's, in order."""

import asyncio
import json
import ssl
import time

from websockets.asyncio.client import connect

from tests.support.realtime.ids import Ids
from tests.support.realtime.sequences import SEQUENCES

KEY = "sk-proj-" + "Realtime0" * 5
"""Of no account."""
_WITHIN = 120.0  # seconds
_MAX = 16 * 1024 * 1024


async def converse(port: int, sequence: str, *, proxy: int | None, context: ssl.SSLContext) -> list[float]:
    """Goes through a sequence; returns when each message was sent or heard, in seconds after the session was open.

    Raises AssertionError for a message that is another than the script's, websockets' errors when the session breaks.
    """
    url = f"wss://127.0.0.1:{port}/v1/realtime?model=gpt-realtime&sequence={sequence}"
    times: list[float] = []
    ids = Ids()
    async with (
        asyncio.timeout(_WITHIN),
        connect(
            url,
            proxy=None if proxy is None else f"http://127.0.0.1:{proxy}",
            ssl=context,
            additional_headers={"Authorization": f"Bearer {KEY}"},
            max_size=_MAX,
            compression=None,
        ) as socket,
    ):
        start = time.monotonic()
        for step in SEQUENCES[sequence].steps:
            if step.from_client:
                await asyncio.sleep(step.pause)
                await socket.send(json.dumps(ids.made(step.event)))
            else:
                heard = json.loads(await socket.recv())
                assert ids.filled(step.event) == heard, heard
            times.append(time.monotonic() - start)
    return times
