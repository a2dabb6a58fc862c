"""A script for mitmdump, after one of ours: a lane that takes every request over HTTP/2, and answers none.

All that is asked over HTTP/2 is gathered then, and handed on: a test sees whether anybody can tell. With
`TAPEHEAD_TEST_LANE=streams` it takes none, so that each is handed on as it comes.
"""

import os

from mitmproxy import ctx
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers.http import HTTPMode

from tapehead.lane.lane_messages import Lane, LaneAnswer, LaneRequest
from tapehead.mitm.http_layer import PacedLayerAddon


class DecliningLane:
    """Knows no answer."""

    def __init__(self, *, gathers: bool) -> None:
        self._gathers = gathers

    def takes(self, head: LaneRequest) -> bool:
        return self._gathers

    def answer(self, request: LaneRequest) -> LaneAnswer | None:
        return None


def running() -> None:
    """Puts the lane in, once the addons are there."""
    pacing = ctx.master.addons.get(PacedLayerAddon.name)
    assert isinstance(pacing, PacedLayerAddon)

    def lane_for(context: Context, mode: HTTPMode) -> Lane:
        return DecliningLane(gathers=os.environ.get("TAPEHEAD_TEST_LANE") != "streams")

    pacing.lane_for = lane_for
