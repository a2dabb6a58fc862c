"""A proxy without a command: serves until Ctrl-C, or for another program until that closes our standard input.

Says what a client needs. Knows nothing of how the proxy works.
"""

import asyncio
import json
import os
import shlex
from collections.abc import Mapping

from tapehead.cli.run import log
from tapehead.cli.run.signals import Signals
from tapehead.clients.environment import Endpoint
from tapehead.clients.trust import Trust

_INPUT = 0  # sys.stdin is None where it was closed


async def serve_until_stopped(
    endpoint: Endpoint, environment: Mapping[str, str], trust: Trust, signals: Signals, *, ready_json: bool
) -> int:
    """Serves until it is stopped, and returns the exit code: 0.

    With `ready_json` a line of JSON on standard output tells the environment.
    """
    stopped = asyncio.Event()
    signals.then(lambda _: stopped.set())
    if ready_json:
        about = {"proxy": endpoint.proxy, "control": endpoint.control, "token": endpoint.token, "ca": str(trust.ca)}
        print(json.dumps({**about, "environment": dict(environment)}), flush=True)
        asyncio.get_running_loop().add_reader(_INPUT, _read, stopped)
    else:
        command = ["tapehead", "env", "--proxy", endpoint.proxy, "--sni-listener", endpoint.tls]
        log.say(f'listening at {endpoint.proxy}; elsewhere: eval "$({shlex.join(command)})"')
    await stopped.wait()
    return 0


def _read(stopped: asyncio.Event) -> None:
    if not os.read(_INPUT, 1024):
        asyncio.get_running_loop().remove_reader(_INPUT)
        stopped.set()
