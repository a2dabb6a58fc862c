"""The server: `python -m tests.support.realtime CERT KEY [PORT]` prints a port, then serves until its standard input ends.

Speaks the sequence that the query of the URL names, over TLS: says its lines when it has heard those before them. What is not
what the client is to say closes the session with 1008 and tells why; that the sequence is over, with 1000.
"""

import asyncio
import json
import ssl
import sys
import threading
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from tests.support.realtime.ids import Ids
from tests.support.realtime.sequences import SEQUENCES

_MAX = 16 * 1024 * 1024


async def _speak(socket: ServerConnection) -> None:
    assert socket.request
    query = parse_qs(urlsplit(socket.request.path).query)
    script = SEQUENCES[query["sequence"][0]]
    ids = Ids()
    try:
        for step in script.steps:
            if step.from_client:
                said = json.loads(await socket.recv())
                if not ids.fits(step.event, said):
                    await socket.close(1008, f"expected {step.event['type']}, heard {said.get('type')}")
                    return
            else:
                await asyncio.sleep(step.pause)
                await socket.send(json.dumps(ids.filled(step.event)))
    except ConnectionClosed:
        pass


async def _main(cert: str, key: str, port: int) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()

    def wait() -> None:
        sys.stdin.read()
        loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=wait, daemon=True).start()
    async with serve(_speak, "127.0.0.1", port, ssl=context, max_size=_MAX, compression=None) as server:
        print(next(iter(server.sockets)).getsockname()[1], flush=True)
        await ended.wait()


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 0))
