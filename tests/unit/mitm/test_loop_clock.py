"""loop_clock: what may have come together came at the same time."""

import asyncio
import socket
import time

from mitmproxy.test import tflow

from tapehead.mitm.loop_clock import LoopClock, arrival_time, set_arrival


def test_one_time_for_a_round() -> None:
    """All who ask in one round of the loop get one time; the next round has a later one, another loop its own."""
    rounds = LoopClock()

    async def ask() -> list[float]:
        first = rounds.iteration_started()
        time.sleep(0.01)  # noqa: ASYNC251 - the loop is to be held up
        again = rounds.iteration_started()
        await asyncio.sleep(0)
        return [first, again, rounds.iteration_started()]

    first, again, later = asyncio.run(ask())
    elsewhere, *_ = asyncio.run(ask())

    assert first == again
    assert first + 0.01 <= later < elsewhere


def test_what_came_while_the_loop_was_busy() -> None:
    """It may have come at any time since the loop looked last; what the loop waited for came when it woke up."""
    rounds = LoopClock()

    async def ask() -> tuple[float, ...]:
        here, there = socket.socketpair()
        reader, writer = await asyncio.open_connection(sock=here)
        rounds.iteration_started()
        await asyncio.sleep(0.05)
        busy = time.monotonic()
        there.send(b"x")
        time.sleep(0.05)  # noqa: ASYNC251 - likewise
        await reader.read(1)
        while_busy = rounds.earliest_arrival()
        asyncio.get_running_loop().call_later(0.05, there.send, b"x")
        asked = time.monotonic()
        await reader.read(1)
        waited_for = rounds.earliest_arrival()
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
    assert before <= arrival_time(flow) <= time.monotonic()
    set_arrival(flow, 1.5)
    assert 1.5 == arrival_time(flow)
    assert before <= arrival_time(flow.copy())
