"""A proxy without a command: serves until Ctrl-C, or for another program until that closes our standard input.

Says what a client needs. Knows nothing of how the proxy works.
"""

import asyncio
import json
import os
import shlex
import signal
import sys
from collections.abc import Mapping

from tapehead.cli import log
from tapehead.clients.environment import Endpoint
from tapehead.clients.trust import Trust

_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


async def until_stopped(endpoint: Endpoint, environment: Mapping[str, str], trust: Trust, *, announce: bool) -> int:
    """The exit code: 0. With `announce` a line of JSON on standard output tells the environment."""
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    for number in _STOPS:
        loop.add_signal_handler(number, stopped.set)
    if announce:
        about = {"proxy": endpoint.proxy, "control": endpoint.control, "token": endpoint.token, "ca": str(trust.ca)}
        print(json.dumps({**about, "environment": dict(environment)}), flush=True)
        loop.add_reader(sys.stdin.fileno(), _read, stopped)
    else:
        command = ["tapehead", "env", "--proxy", endpoint.proxy, "--tls", endpoint.tls]
        log.say(f'listening at {endpoint.proxy}; elsewhere: eval "$({shlex.join(command)})"')
    await stopped.wait()
    for number in _STOPS:
        signal.signal(number, signal.SIG_IGN)  # the files are being finished
    return 0


def _read(stopped: asyncio.Event) -> None:
    if not os.read(sys.stdin.fileno(), 1024):
        asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        stopped.set()
