"""A script for mitmdump, after one of ours: a lane that takes every request over HTTP/2, and answers none.

All that is asked over HTTP/2 is gathered then, and handed on: a test sees whether anybody can tell. With
`TAPEHEAD_TEST_LANE=streams` it takes none, so that each is handed on as it comes.
"""

import os

from mitmproxy import ctx
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers.http import HTTPMode

from tapehead.lane.lane_messages import Lane, LaneAnswer, LaneRequest
from tapehead.mitm.http_layer import set_lanes
from tapehead.wire.message_frames import is_duplex


class DecliningLane:
    """Knows no answer."""

    def __init__(self, *, gathers: bool) -> None:
        self._gathers = gathers

    def takes(self, head: LaneRequest) -> bool:
        types = [value.decode(errors="replace") for name, value in head.fields if name == b"content-type"]
        return self._gathers and not any(map(is_duplex, types))

    def answer(self, request: LaneRequest) -> LaneAnswer | None:
        return None


def running() -> None:
    """Puts the lane in, once the addons are there."""

    def lane_for(context: Context, mode: HTTPMode) -> Lane | None:
        gathers = os.environ.get("TAPEHEAD_TEST_LANE") != "streams"
        return DecliningLane(gathers=gathers) if context.client.alpn == b"h2" else None

    set_lanes(ctx.master, lane_for)
