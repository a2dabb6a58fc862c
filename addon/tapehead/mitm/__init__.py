"""All that subclasses, wraps or patches mitmproxy, h2, h11 or asyncio. Knows no cassette, no session and no option.

What it stands on is in a table (`patches`), which is held against what is installed before anything is put in.
"""

import importlib
import logging
from typing import TYPE_CHECKING

from tapehead.mitm import patch_checks
from tapehead.mitm.patches import PATCHES

if TYPE_CHECKING:
    from mitmproxy import master

logger = logging.getLogger(__name__)


def install(to: "master.Master") -> None:
    """Puts every patch of the table into a master, and into mitmproxy's classes. A second call does nothing.

    Warns in one line where a library's version is not a tested one. Raises PatchError when a name of the table is gone.
    """
    patch_checks.check()
    if line := patch_checks.warning():
        logger.warning("%s", line)
    off = patch_checks.left_out()
    for patch in PATCHES:
        if patch.install and patch.name not in off:
            module, _, function = patch.install.partition(":")
            installer = getattr(importlib.import_module(f"{__name__}.{module}"), function)
            installer(to) if patch.of_master else installer()
