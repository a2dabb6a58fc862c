"""A script for mitmdump, after one of ours: the front door of the `tapehead` command before mitmdump's own listener.

With `TAPEHEAD_TEST_DOOR=command` each test's connections come by it, and what it does not answer is handed on to mitmdump.
"""

from mitmproxy import ctx
from mitmproxy.addonmanager import traverse
from mitmproxy.proxy.mode_specs import RegularMode

from tapehead.proxy.addon import Tapehead
from tapehead.proxy.doors import open_doors


async def running() -> None:
    """Opens it, once the listeners are there."""
    (tapehead,) = (each for each in traverse(ctx.master.addons.chain) if isinstance(each, Tapehead))
    for instance in ctx.master.addons.get("proxyserver").servers:
        if isinstance(instance.mode, RegularMode):
            await open_doors(ctx.master, tapehead, instance.mode)
