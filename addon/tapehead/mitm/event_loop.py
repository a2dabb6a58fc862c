"""The event loop as mitmproxy's own `Master.run` has it, for a master that runs in a loop that is there already."""

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mitmproxy.utils import asyncio_utils

if TYPE_CHECKING:
    from mitmproxy import master  # brings all addons of mitmproxy's along


@contextlib.contextmanager
def as_mitmproxy_runs(of: "master.Master") -> Iterator[None]:
    """Begins tasks at once, and has mitmproxy tell what goes wrong in one, while the block lasts."""
    with (
        asyncio_utils.install_exception_handler(of._asyncio_exception_handler),
        asyncio_utils.set_eager_task_factory(),
    ):
        yield


def is_taken(lock: Any) -> bool:
    """Returns whether somebody has a lock of asyncio's, or is about to get it: he may have data that came before."""
    return bool(lock._locked or lock._waiters)
