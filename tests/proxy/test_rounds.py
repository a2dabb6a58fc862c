"""rounds: what may have come together came at the same time."""

import asyncio
import socket
import time

from mitmproxy.test import tflow

from tapehead.proxy.rounds import Rounds, came, note


def test_one_time_for_a_round() -> None:
    """All who ask in one round of the loop get one time; the next round has a later one, another loop its own."""
    rounds = Rounds()

    async def ask() -> list[float]:
        first = rounds.start()
        time.sleep(0.01)  # noqa: ASYNC251 - the loop is to be held up
        again = rounds.start()
        await asyncio.sleep(0)
        return [first, again, rounds.start()]

    first, again, later = asyncio.run(ask())
    elsewhere, *_ = asyncio.run(ask())

    assert first == again
    assert first + 0.01 <= later < elsewhere


def test_what_came_while_the_loop_was_busy() -> None:
    """It may have come at any time since the loop looked last; what the loop waited for came when it woke up."""
    rounds = Rounds()

    async def ask() -> tuple[float, ...]:
        here, there = socket.socketpair()
        reader, writer = await asyncio.open_connection(sock=here)
        rounds.start()
        await asyncio.sleep(0.05)
        busy = time.monotonic()
        there.send(b"x")
        time.sleep(0.05)  # noqa: ASYNC251 - likewise
        await reader.read(1)
        while_busy = rounds.earliest()
        asyncio.get_running_loop().call_later(0.05, there.send, b"x")
        asked = time.monotonic()
        await reader.read(1)
        waited_for = rounds.earliest()
        writer.close()
        there.close()
        return busy, while_busy, asked, waited_for

    busy, while_busy, asked, waited_for = asyncio.run(ask())

    assert busy - 0.02 < while_busy <= busy
    assert asked + 0.045 < waited_for


def test_a_flow_of_a_file() -> None:
    """The time is the request's own, and does not go with a copy of its flow: nobody noted when that came."""
    flow = tflow.tflow()
    before = time.monotonic()
    assert before <= came(flow) <= time.monotonic()
    note(flow, 1.5)
    assert 1.5 == came(flow)
    assert before <= came(flow.copy())
