"""A mitmproxy script for tests: connections to one name, or to any, go to another address.

The dial itself is redirected, below mitmproxy: it shall see the server's own name everywhere, as with the real one.
(Changing `server_connect`'s address makes mitmproxy open a new connection for each request.)
"""

import asyncio
from typing import Any

from mitmproxy import ctx
from mitmproxy.addonmanager import Loader

_open_connection = asyncio.open_connection


class RedirectDial:
    """`redirect_dial=HOST:PORT=ADDRESS:PORT`, or `*=ADDRESS:PORT`."""

    def load(self, loader: Loader) -> None:
        loader.add_option("redirect_dial", str, "", "HOST:PORT=ADDRESS:PORT")
        asyncio.open_connection = self.open_connection  # type: ignore[assignment]  # only mitmproxy calls it

    async def open_connection(self, host: str, port: int, **more: Any) -> Any:
        name, _, address = ctx.options.redirect_dial.partition("=")
        if name not in ("*", f"{host}:{port}"):
            raise OSError(f"{host}:{port} is not {name}: this test does not leave the machine")
        to, _, number = address.rpartition(":")
        return await _open_connection(to, int(number), **more)

    def done(self) -> None:
        asyncio.open_connection = _open_connection


addons = [RedirectDial()]
