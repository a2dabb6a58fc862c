"""All that subclasses, wraps or patches mitmproxy, h2, h11 or asyncio. Knows no cassette, no session and no option."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mitmproxy import master


def install(to: "master.Master") -> None:
    """Puts everything that a proxy needs into a master, and into mitmproxy's classes. A second call does nothing."""
    # Imported here, as `lazy_addons` has to be before anything that imports mitmproxy's addons.
    from tapehead.mitm import hook_dispatch, http1, http2, origin_form, protocol_detection, type_check_cache
    from tapehead.mitm.http_layer import PacedLayerAddon
    from tapehead.mitm.protocol_detection import Deadlines

    http1.install()
    http2.install()
    type_check_cache.install()
    protocol_detection.install()
    origin_form.install()
    begin = hook_dispatch.install(to.addons)
    if to.addons.get(PacedLayerAddon.name) is None:
        to.addons.add(PacedLayerAddon(begin), Deadlines())
