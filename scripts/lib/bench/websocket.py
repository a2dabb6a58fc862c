"""The benchmark of WebSockets: messages per CPU second of a mitmdump that records them, and of one without us."""

import asyncio
import json
import logging

from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

from scripts.lib.bench.figures import AT_LEAST, Figure
from scripts.lib.bench.lab import Lab, Proxy, cpu_of
from scripts.lib.bench.traffic import Effort, paired, per_second

_PER_REQUEST = 10  # messages measured for each request of the other benchmarks
_ID = "Bx8Zk2Lw9QaPcRtYvUe"
_TEXT = "A word comes after another , and some are long er than what a mod el takes for one tok en ."
_DELTAS = [
    json.dumps(
        {
            "type": "response.output_text.delta",
            "event_id": f"event_{_ID}{number:02}",
            "response_id": f"resp_{_ID}",
            "item_id": f"item_{_ID}",
            "output_index": 0,
            "content_index": 0,
            "delta": word if len(word) < 3 else f" {word}",
        }
    )
    for number, word in enumerate(_TEXT.split())
]
"""Each with another text: nothing goes on in what is always the same, and looking for it would cost nothing."""
_SETTLING = 0.2  # seconds


async def _speak(socket: ServerConnection) -> None:
    """As many messages as it is asked for, those of a realtime model."""
    for number in range(int(await socket.recv())):
        await socket.send(_DELTAS[number % len(_DELTAS)])
    await socket.close()


async def _cpu_per_message(proxy: Proxy, port: int, count: int) -> float:
    before = cpu_of(proxy.pid)
    heard = 0
    async with (
        asyncio.timeout(300),
        connect(
            f"wss://127.0.0.1:{port}/v1/realtime",
            proxy=f"http://127.0.0.1:{proxy.port}",
            ssl=proxy.context,
            compression=None,
            ping_interval=None,
        ) as socket,
    ):
        await socket.send(str(count))
        async for _ in socket:
            heard += 1
    assert heard == count, heard
    await asyncio.sleep(_SETTLING)
    return (cpu_of(proxy.pid) - before) / count


async def relay(lab: Lab, effort: Effort) -> list[Figure]:
    """Messages per CPU second while recording, and of mitmdump without us; what is written at the close is in it."""
    logging.getLogger("websockets").setLevel(logging.ERROR)
    proxies = {"record": lab.recorder(), "bare": lab.proxy(flow_detail="0")}
    count = effort.requests * _PER_REQUEST
    async with serve(_speak, "127.0.0.1", 0, ssl=lab.server_context(), compression=None, ping_interval=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        cpu = await paired(proxies, lambda proxy: _cpu_per_message(proxy, port, count), effort.rounds)
    for proxy in proxies.values():
        proxy.finish()
    return [
        Figure(
            benchmark="websocket",
            what=f"a session of {count} messages / bare mitmdump",
            unit="msg/CPU s",
            pairs=per_second(cpu["record"], cpu["bare"]),
            goal=(AT_LEAST, 0.9),
        )
    ]
