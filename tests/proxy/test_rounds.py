"""rounds: what came together came at the same time."""

import asyncio
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


def test_a_flow_of_a_file() -> None:
    """The time is the request's own, and does not go with a copy of its flow: nobody noted when that came."""
    flow = tflow.tflow()
    before = time.monotonic()
    assert before <= came(flow) <= time.monotonic()
    note(flow, 1.5)
    assert 1.5 == came(flow)
    assert before <= came(flow.copy())
