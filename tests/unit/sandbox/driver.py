"""Runs one command in a sandbox, as the command line does, for the tests of it: `python driver.py ADDON ORDER RESULT`.

ORDER is JSON: `command`, `port_map`, and `signals`, which are sent one by one when a line comes in on `go`. What came of it
is written to the descriptor RESULT. A program of its own, so that it can be another user's, and be killed.
"""

import asyncio
import importlib.util
import json
import os
import signal
import sys
import time
from typing import Any

sys.path.insert(0, sys.argv[1])

from tapehead.sandbox import command as sandbox_command
from tapehead.sandbox.command import Ports, Sandbox, SandboxError

# The supervisor has no site-packages, by which coverage would begin in it, and its child is lost when it becomes the
# command. So where the tests are measured, coverage is begun and saved here.
MEASURED = """
import sys; sys.path.append({packages!r})
import coverage, os
measured, execve = coverage.process_startup(), os.execve
def save_and_execve(*arguments):
    if measured: measured.save()
    execve(*arguments)
os.execve = save_and_execve
sys.path.pop()
"""
found = importlib.util.find_spec("coverage") if "COVERAGE_PROCESS_CONFIG" in os.environ else None
if found and found.origin:
    packages = os.path.dirname(os.path.dirname(found.origin))
    sandbox_command._SUPERVISOR = MEASURED.format(packages=packages) + sandbox_command._SUPERVISOR


async def outcome(order: dict[str, Any]) -> dict[str, Any]:
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, lambda: None)  # the terminal's: the command's matter
    async with Sandbox() as sandbox:
        ways = {int(inside): outside for inside, outside in order["ways"].items()}
        started = time.perf_counter()
        try:
            command = await sandbox.start(order["command"], order.get("env", dict(os.environ)), Ports(port_map=ways))
        except SandboxError as e:
            return {"refused": str(e)}
        except OSError as e:
            return {"error": type(e).__name__, "file": e.filename}
        took = time.perf_counter() - started
        for number in order.get("signals", []):
            await asyncio.to_thread(os.read, order["go"], 1)
            command.send_signal(number)
        status = await command.wait()
        assert status == command.returncode
        return {
            "status": status,
            "attempts": [[a.kind, a.host, a.port, a.program] for a in sandbox.attempts],
            "said": [str(a) for a in sandbox.attempts],
            "blind": sandbox.unmonitored_because,
            "took": took,
        }


result = asyncio.run(outcome(json.loads(sys.argv[2])))
os.write(int(sys.argv[3]), json.dumps(result).encode())
