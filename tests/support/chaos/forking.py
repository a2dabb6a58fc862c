"""Recording proxies by the thousand: a process that has all imported, and forks one for each cassette it is told.

`python -m tests.support.chaos.forking CONFDIR TRUST`: for each line of its input, a mode and the path of a cassette, it prints
the process id and the port of a proxy that records there, and `ended CODE` when that has ended. Each is the command's own proxy,
with sockets and threads of its own; what it does not have is the second that importing takes.
"""

import asyncio
import contextlib
import ctypes
import gc
import os
import signal
import sys

from tapehead.modes import Mode
from tapehead.proxy.embedded import ProxyConfig, run_proxy

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def _serve(mode: str, cassette: str, confdir: str, trust: str) -> None:
    if _LIBC:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    settings = (f"cassette={cassette}", f"confdir={confdir}", f"ssl_verify_upstream_trusted_ca={trust}")

    async def serve() -> None:
        async with run_proxy(ProxyConfig(mode=Mode(mode), settings=settings)) as proxy:
            os.write(1, f"{os.getpid()} {proxy.port}\n".encode())
            await asyncio.sleep(60)  # whoever should have killed us is gone

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve())


def main(confdir: str, trust: str) -> None:
    """Forks until its input ends."""
    gc.freeze()
    while line := sys.stdin.readline():
        pid = os.fork()
        if pid == 0:
            try:
                mode, _, cassette = line.rstrip("\n").partition(" ")
                _serve(mode, cassette, confdir, trust)
            finally:
                os._exit(70)
        _, status = os.waitpid(pid, 0)
        os.write(1, f"ended {os.waitstatus_to_exitcode(status)}\n".encode())


if __name__ == "__main__":
    main(*sys.argv[1:])
