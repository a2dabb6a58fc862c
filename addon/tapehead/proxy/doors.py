"""Front doors before a master's listeners: each client's connection comes by one, and most need nothing of mitmproxy."""

from collections.abc import Callable
from functools import partial
from typing import Any

from mitmproxy import master
from mitmproxy.proxy.mode_servers import ServerInstance
from mitmproxy.proxy.mode_specs import ProxyMode

from tapehead.door.front_door import FrontDoor
from tapehead.mitm.door_listener import HandedConnections, put_before
from tapehead.mitm.http_layer import set_begun
from tapehead.mitm.leaf_contexts import LeafContexts
from tapehead.mitm.patch_checks import left_out
from tapehead.proxy.addon import Tapehead


async def open_doors(
    of: master.Master,
    tapehead: Tapehead,
    proxy: ProxyMode,
    sni: ProxyMode | None = None,
    *,
    is_ours: Callable[[str, int], bool] = lambda _host, _port: False,
) -> None:
    """Opens them, before the listener of a proxy, and of those that name their host in TLS.

    `is_ours`: whether a host and port that a client wants stand for something else.
    """
    if "front-door" in left_out():
        return
    handed = HandedConnections()
    of.addons.add(handed)
    set_begun(of, handed.begun_http2)
    contexts = LeafContexts(lambda: of.addons.get("tlsconfig").certstore)
    for mode, has_tunnel in ((proxy, True), (sni, False)):

        def door(instance: ServerInstance[Any], *, has_tunnel: bool = has_tunnel) -> FrontDoor:
            keeper = tapehead.doorkeeper(contexts, is_ours=is_ours, hand_on=partial(handed.hand_on, instance))
            return FrontDoor(keeper, has_tunnel=has_tunnel)

        if mode is not None:
            await put_before(of, mode, door)
