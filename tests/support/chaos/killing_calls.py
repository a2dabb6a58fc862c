"""Calls of gRPC whose sides speak by turns, amid which a recording proxy is killed: what either side was given is there.

From the head of an answer on: what came before it is of a call that nobody has answered. Each message is told by the call's
number and its own.
"""

import random
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Self

import grpc

from tapehead.cassette import Interaction
from tapehead.wire.message_frames import PREFIX, split_messages
from tests.support.chaos.killing import Tally
from tests.support.grpc_peers import through
from tests.support.harness import Certs

_PATH = "chaos.Talk/Chat"
_TURNS = 6  # at most, of a call
_ANSWERS = 3  # messages to each of the client's
_CLIENTS = 2


class Calls:
    """A server, and the clients of one proxy after the other. What came to its receiver is by number."""

    def __init__(self, certs: Certs, confdir: Path) -> None:
        """Takes where the proxies have their authority."""
        self._ca = confdir / "mitmproxy-ca-cert.pem"
        credentials = grpc.ssl_server_credentials([(certs.key.read_bytes(), certs.cert.read_bytes())])
        self._server = grpc.server(ThreadPoolExecutor(_CLIENTS * 4))
        service, _, method = _PATH.partition("/")
        handlers: dict[str, Any] = {method: grpc.stream_stream_rpc_method_handler(self._answer)}
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, handlers),))
        self.port = self._server.add_secure_port("127.0.0.1:0", credentials)
        self.begin()

    def begin(self) -> None:
        """Forgets what was said."""
        self.to_client: defaultdict[int, list[bytes]] = defaultdict(list)
        self.to_server: defaultdict[int, list[bytes]] = defaultdict(list)
        self.ended: set[int] = set()

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop(None).wait(10)

    def _answer(self, requests: Iterator[bytes], _: grpc.ServicerContext) -> Iterator[bytes]:
        for request in requests:
            self.to_server[_number(request)].append(request)
            for each in range(_ANSWERS):
                yield b"%b answered %d" % (request, each)

    def talk(self, proxy: int, seed: int) -> None:
        """Has clients make one call after the other, until the proxy is gone."""
        numbers = iter(range(10_000))
        clients = [
            threading.Thread(target=self._talk, args=(proxy, numbers, random.Random(f"{seed} {each}")))
            for each in range(_CLIENTS)
        ]
        for each in clients:
            each.start()
        for each in clients:
            each.join(30)

    def _talk(self, proxy: int, numbers: Iterator[int], choose: random.Random) -> None:
        with through(proxy, self.port, self._ca.read_bytes()) as channel:
            try:
                for number in numbers:
                    self._call(channel, number, choose.randint(1, _TURNS))
            except grpc.RpcError:
                pass  # the proxy is gone

    def _call(self, channel: Any, number: int, turns: int) -> None:
        asks: SimpleQueue[bytes | None] = SimpleQueue()
        call = channel.stream_stream(f"/{_PATH}")(iter(asks.get, None), timeout=20)
        try:
            for turn in range(turns):
                asks.put(b"%d.%d" % (number, turn))
                for _ in range(_ANSWERS):
                    self.to_client[number].append(next(call))
            asks.put(None)
            assert [] == list(call)
            self.ended.add(number)
        finally:
            asks.put(None)

    def check(self, interactions: Iterable[Interaction], tally: Tally) -> None:
        """All that was said is there, in order. AssertionError for what is missing."""
        there: dict[int, tuple[list[bytes], list[bytes], bool]] = {}
        for each in interactions:
            asked, answered = (_messages(body) for body in (each.request.body, each.response.body))
            if not asked:
                continue
            number = _number(asked[0])
            assert number not in there, "a call is there twice"
            there[number] = asked, answered, bool(each.response.trailer)
        for number in self.ended:
            if number not in there or not there[number][2]:
                tally.lost["call"] += 1
                raise AssertionError(f"call {number} had ended, and its end is not there")
        for number, heard in self.to_client.items():
            if heard and there.get(number, ([], [], False))[1][: len(heard)] != heard:
                tally.lost["message"] += 1
                raise AssertionError(f"call {number}: the client had {heard}, there is {there.get(number)}")
        for number, heard in self.to_server.items():
            if number in there and there[number][0][: len(heard)] != heard:
                tally.lost["message"] += 1
                raise AssertionError(f"call {number}: the server had {heard}, there is {there[number]}")


def _number(message: bytes) -> int:
    return int(message.partition(b".")[0])


def _messages(body: bytes) -> list[bytes]:
    return [each[PREFIX:] for each in split_messages("application/grpc", body)]
