"""The proxy listens on 127.0.0.1 unless the user says otherwise; mitmproxy's own default is every interface.

By the time that mitmproxy loads a script, it has read the address to listen on, but has not bound it: the start of its
servers is called off and made anew. Knows mitmproxy's start-up, and nothing of ours.
"""

import asyncio
import logging
import sys

from mitmproxy import ctx
from mitmproxy.proxy.mode_specs import ProxyMode

HOST = "127.0.0.1"
_SETUP_TASK = "setup_servers"  # mitmproxy/master.py, Master.run

servers_logger = logging.getLogger("mitmproxy.addons.proxyserver")

_tasks: set[asyncio.Task[None]] = set()  # the loop itself keeps no reference


def default_to_loopback() -> None:
    """Sets `listen_host`, if the user has not, also for servers that are about to start."""
    if ctx.options.has_changed("listen_host"):
        return
    ctx.options.update(listen_host=HOST)
    for task in asyncio.all_tasks():
        if task.get_name().partition(" ")[0] == _SETUP_TASK:  # under pytest mitmproxy adds the test's name
            again = asyncio.get_running_loop().create_task(_restart_servers(task))
            _tasks.add(again)
            again.add_done_callback(_tasks.discard)


async def _restart_servers(setup: asyncio.Task[bool]) -> None:
    servers = ctx.master.addons.get("proxyserver").servers
    # Stopping what has not started yet is an error to mitmproxy, one without a word.
    servers_logger.addFilter(_has_message)
    setup.cancel()
    await asyncio.wait([setup])
    await servers.update([])
    servers_logger.removeFilter(_has_message)
    if not await servers.update(map(ProxyMode.parse, ctx.options.mode)):
        sys.exit(1)  # mitmproxy has said why


def _has_message(record: logging.LogRecord) -> bool:
    return bool(record.getMessage())
