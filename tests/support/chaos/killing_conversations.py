"""kill -9 of a recording proxy amid WebSockets and calls of gRPC.

What either side has been given is in the cassette, or in its journal. Each message is told by the conversation's number and
its own, so that what is missing is known by name.
"""

import asyncio
import contextlib
import os
import random
import signal
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import WebSocketException

from tapehead.cassette import CassetteError, load
from tapehead.cassette.journal_recovery import recover_conversations
from tapehead.cassette.side_files import open_path
from tapehead.cassette.transcript import MessageKind, parse
from tests.support.chaos.killing import LATEST, Forks, Tally
from tests.support.chaos.killing_calls import Calls
from tests.support.harness import Certs

_CLIENTS = 5
_TURNS = 6  # at most, of a conversation
_ANSWERS = 3  # messages to each of the client's
_UPGRADED = 101


class Said:
    """What has come to its receiver, by conversation."""

    def __init__(self) -> None:
        """Begins with nothing."""
        self.to_client: defaultdict[int, list[bytes]] = defaultdict(list)
        self.to_server: defaultdict[int, list[bytes]] = defaultdict(list)
        self.ended: set[int] = set()
        """Those whose client has seen the close."""


async def _answer(said: Said, socket: ServerConnection) -> None:
    assert socket.request
    number = int(parse_qs(urlsplit(socket.request.path).query)["number"][0])
    with contextlib.suppress(WebSocketException):
        async for message in socket:
            data = message.encode() if isinstance(message, str) else message
            said.to_server[number].append(data)
            for each in range(_ANSWERS):
                answer = b"%b answered %d" % (data, each)
                await socket.send(answer if number % 2 else answer.decode())
            if data.endswith(b" last"):
                await socket.close(1000, "all said")


async def _talk(port: int, server: int, numbers: Iterator[int], said: Said, choose: random.Random) -> None:
    """One conversation after the other, until the proxy is gone."""
    for number in numbers:
        url = f"ws://127.0.0.1:{server}/talk?number={number}"
        async with connect(url, proxy=f"http://127.0.0.1:{port}", compression=None) as socket:
            turns = choose.randint(1, _TURNS)
            for turn in range(turns):
                await socket.send(f"{number}.{turn}{' last' if turn == turns - 1 else ''}")
                for _ in range(_ANSWERS):
                    message = await socket.recv()
                    said.to_client[number].append(message.encode() if isinstance(message, str) else message)
            await socket.wait_closed()
            if socket.close_code == 1000:
                said.ended.add(number)


async def kill(forks: Forks, path: Path, seed: int, tally: Tally, calls: Calls) -> None:
    """One proxy, killed amid conversations. AssertionError for what is missing."""
    choose, said = random.Random(seed), Said()
    calls.begin()
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)  # of clients whose proxy is gone

    async def answer(socket: ServerConnection) -> None:
        await _answer(said, socket)

    async with serve(answer, "127.0.0.1", 0, compression=None) as server:
        origin = next(iter(server.sockets)).getsockname()[1]
        pid, port = await forks.proxy(path)
        numbers = iter(range(10_000))
        clients = [asyncio.create_task(_talk(port, origin, numbers, said, choose)) for _ in range(_CLIENTS)]
        calling = asyncio.create_task(asyncio.to_thread(calls.talk, port, seed))
        await asyncio.sleep(LATEST * choose.random())
        os.kill(pid, signal.SIGKILL)
        assert -9 == await forks.ended()
        for each in await asyncio.wait_for(asyncio.gather(*clients, return_exceptions=True), 30):
            if each is not None and not isinstance(each, OSError | EOFError | WebSocketException):
                raise each
        await asyncio.wait_for(calling, 40)
    tally.kills += 1
    tally.finished += len(said.ended) + len(calls.ended)
    check(path, said, tally, calls)


def check(path: Path, said: Said, tally: Tally, calls: Calls) -> None:
    """All that came to either side is there, in order, once the journal has become interactions. AssertionError."""
    try:
        recover_conversations(path)
        interactions = load(path).interactions if path.exists() else ()
    except CassetteError:
        tally.unreadable += 1
        raise
    assert not open_path(path).exists()
    calls.check((each for each in interactions if each.response.code != _UPGRADED), tally)
    sockets = [each for each in interactions if each.response.code == _UPGRADED]
    there = {int(each.request.url.rpartition("=")[2]): parse(each.response.body) for each in sockets}
    assert len(there) == len(sockets), "a conversation is there twice"
    for number in said.ended:
        if number not in there or there[number][-1].kind is not MessageKind.CLOSE:
            tally.lost["conversation"] += 1
            raise AssertionError(f"conversation {number} had ended, and its end is not there")
    for side, told in (("client", said.to_client), ("server", said.to_server)):
        for number, messages in told.items():
            wanted = [each.data for each in there.get(number, ()) if each.kind.from_server == (side == "client")]
            if wanted[: len(messages)] != messages:
                tally.lost["message"] += 1
                raise AssertionError(f"conversation {number}: the {side} had {messages}, there is {wanted}")


async def run(folder: Path, forks: Forks, count: int, seed: int, tally: Tally, certs: Certs) -> None:
    """So many kills; `folder` is where the proxies have their authority. What fails is in the tally, with its seed."""
    with Calls(certs, folder) as calls:
        await _run(folder, forks, range(seed, seed + count), tally, calls)


async def _run(folder: Path, forks: Forks, seeds: Iterable[int], tally: Tally, calls: Calls) -> None:
    for each in seeds:
        with tempfile.TemporaryDirectory(dir=folder) as inner:
            try:
                await kill(forks, Path(inner) / "c.yaml", each, tally, calls)
            except (AssertionError, CassetteError) as e:
                tally.failures.append(f"conversations --seed {each} --count 1: {e}")
