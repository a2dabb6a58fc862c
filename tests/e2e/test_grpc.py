"""gRPC through a recorder, and from replay without any server: each kind of call comes to the same."""

from collections.abc import Iterator

import pytest

from tests.support.grpc_peers import CALLS, GrpcServer, through
from tests.support.harness import Certs
from tests.support.wires import Tape


@pytest.fixture(scope="module")
def server(certs: Certs) -> Iterator[GrpcServer]:
    with GrpcServer(certs) as server:
        yield server


def asked(tape: Tape, port: int, call: str, *, replays: bool) -> object:
    """What a call comes to through a proxy of its own."""
    with tape.replay() if replays else tape.record() as proxy:
        with through(proxy.port, port, proxy.ca.read_bytes()) as channel:
            got = CALLS[call](channel)
        proxy.stop()
        assert ("replayed" if replays else "recorded") in proxy.output
    return got


@pytest.mark.parametrize("call", CALLS)
def test_a_call_comes_to_the_same(call: str, tape: Tape, server: GrpcServer, certs: Certs) -> None:
    """Directly, recorded and replayed: messages, status, details and trailers."""
    with through(None, server.port, certs.ca.read_bytes()) as channel:
        direct = CALLS[call](channel)
    assert direct == asked(tape, server.port, call, replays=False)
    assert direct == asked(tape, server.port, call, replays=True)
