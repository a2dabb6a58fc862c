"""A mitmproxy script that says when start-up is over: the last to run, it speaks when nothing can refuse any more.

The port is open before the scripts are loaded, so that "listening" says nothing about them.
"""

import asyncio

READY = "harness: start-up is over"


def running() -> None:
    """After this hook mitmproxy checks for errors and exits; the timer's turn comes only if it did not."""
    asyncio.get_running_loop().call_later(0.01, print, READY)
