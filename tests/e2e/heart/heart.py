"""A mitmproxy script that ticks every 5 ms in mitmdump's loop, and writes down each tick that came late.

Of each: when (time.monotonic), how late, and how much processor time our own process used meanwhile, all its threads
together; what is late without that was held up by others on this machine.
"""

import asyncio
import os
import time
from typing import TextIO

TICK = 0.005
LATE = 0.01

_tasks: list[asyncio.Task[None]] = []


def running() -> None:
    file = open(os.environ["HEART_FILE"], "a", buffering=1)  # noqa: SIM115  # as long as mitmdump runs
    _tasks.append(asyncio.get_running_loop().create_task(_beat(file)))


async def _beat(file: TextIO) -> None:
    with file:
        then, used = time.monotonic(), time.process_time()
        while True:
            await asyncio.sleep(TICK)
            now, used_now = time.monotonic(), time.process_time()
            late = now - then - TICK
            if late > LATE:
                file.write(f"{now} {late} {min(late, used_now - used)}\n")
            then, used = now, used_now
