"""A realtime server's sessions, recorded and replayed without it: every message, in order, ids of the client's made anew."""

import asyncio
import os
import sys
from collections.abc import Iterator

import pytest

from tapehead.cassette.transcript import parse, protocol_of
from tests.support.harness import Certs, Mitmdump
from tests.support.harness.process import Child
from tests.support.realtime.client import KEY, converse
from tests.support.realtime.sequences import SEQUENCES
from tests.support.wires import Tape


@pytest.fixture
def port(certs: Certs) -> Iterator[int]:
    """Of a server that speaks the sequences."""
    env = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    child = Child([sys.executable, "-m", "tests.support.realtime", str(certs.cert), str(certs.key)], env=env)
    yield int(child.wait_for(r"^\d+$")[0][0])
    child.kill()


def go_through(proxy: Mitmdump, port: int, *names: str) -> None:
    """All of them, one after the other."""
    for name in names:
        asyncio.run(converse(port, name, proxy=proxy.port, context=proxy.client_context()))


@pytest.mark.parametrize("speed", ["0", "1"])
def test_every_sequence(tape: Tape, port: int, speed: str) -> None:
    """Text, tools, interruption, errors, 30 seconds of audio both ways: all is said again, and no key is on disk."""
    with tape.record() as proxy:
        go_through(proxy, port, *SEQUENCES)
        assert 0 == proxy.stop(), proxy.output
    assert "12 recorded, 0 replayed, 0 missed" in proxy.output
    recorded = tape.load().interactions
    assert {"websocket"} == {protocol_of(each.response.headers["Content-Type"][0]) for each in recorded}
    for each, script in zip(recorded, SEQUENCES.values(), strict=True):
        messages = [message for message in parse(each.response.body) if message.kind.value != "close"]
        assert [step.from_client for step in script.steps] == [message.kind.from_client for message in messages]
    assert KEY not in tape.path.read_text()
    assert sorted(path.name for path in tape.folder.glob("tape.yaml*")) == ["tape.yaml", "tape.yaml.timing.jsonl"]
    with tape.replay(cassette_speed=speed) as proxy:
        go_through(proxy, port, *SEQUENCES)
        assert 0 == proxy.stop(), proxy.output
    assert "0 recorded, 12 replayed, 0 missed" in proxy.output


def test_many_at_once(tape: Tape, port: int) -> None:
    """Sessions of one URL beside each other, each with its own ids."""

    async def go(proxy: Mitmdump) -> None:
        context = proxy.client_context()
        await asyncio.gather(*(converse(port, "text", proxy=proxy.port, context=context) for _ in range(20)))

    for start, count in ((tape.record, "20 recorded"), (tape.replay, "20 replayed, 0 missed")):
        with start() as proxy:
            asyncio.run(go(proxy))
            assert 0 == proxy.stop(), proxy.output
        assert count in proxy.output
