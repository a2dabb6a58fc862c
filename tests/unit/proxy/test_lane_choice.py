"""lane_choice: who waits for flows."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from mitmproxy import master, options
from mitmproxy.addons import default_addons
from mitmproxy.addons.view import View
from mitmproxy.tools.dump import DumpMaster

from tapehead.proxy.lane_choice import who_waits


class Watching:
    """Another's addon, with a hook of flows."""

    def response(self, flow: Any) -> None:
        """Sees it."""


class Nested:
    """One that has others."""

    def __init__(self) -> None:
        self.addons = [Watching()]


class Indifferent:
    """One that sees connections alone."""

    def client_connected(self, client: Any) -> None:
        """Sees it."""


def asked(addons: Sequence[Any] = (), settings: Sequence[str] = ()) -> str | None:
    """What is said of a mitmdump with these."""

    async def ask() -> str | None:
        made = DumpMaster(options.Options(), with_termlog=False)
        made.options.set(*settings)
        made.addons.add(*addons)
        return who_waits(made)

    return asyncio.run(ask())


def test_nobody() -> None:
    """mitmdump itself does not, as long as it is not told to do something with flows."""
    assert asked() is None
    assert asked([Indifferent()]) is None
    assert asked(settings=["flow_detail=0"]) is None


@pytest.mark.parametrize(
    "setting",
    [
        "flow_detail=2",
        "anticache=true",
        "modify_headers=/~q/X-A/b",
        "map_remote=|https://a|https://b",
        "save_stream_file=+/dev/null",
        "proxyauth=any",
    ],
)
def test_options(setting: str) -> None:
    """mitmproxy's own addons do when an option makes them."""
    assert f"the option {setting.partition('=')[0]}" == asked(settings=[setting])


def test_addons() -> None:
    """Another's addon with such a hook does, and one that is within another's; and a list of flows."""
    assert "the addon Watching" == asked([Watching()])
    assert "the addon Watching" == asked([Nested()])
    assert "the list of flows" == asked([View()])


def test_every_option_is_there() -> None:
    """The options of the table are mitmproxy's: a name that it changed is not asked for in silence."""
    from tapehead.proxy import lane_choice

    async def missing() -> set[str]:
        made = DumpMaster(options.Options(), with_termlog=False)
        made.addons.add(View())
        return {name for name in lane_choice._OPTIONS if name not in made.options} - {"intercept"}

    assert set() == asyncio.run(missing())
    assert default_addons()
    assert issubclass(DumpMaster, master.Master)
