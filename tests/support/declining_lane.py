"""A script for mitmdump, after one of ours: a lane that takes every request over HTTP/2, and answers none.

All that is asked over HTTP/2 is gathered then, and handed on: a test sees whether anybody can tell. With
`TAPEHEAD_TEST_LANE=streams` it takes none, so that each is handed on as it comes; with `answers` it has an answer for
all, in three chunks that are some time apart.
"""

import os

from mitmproxy import ctx
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers.http import HTTPMode

from tapehead.lane.lane_messages import Lane, LaneAnswer, LaneRequest, Pace
from tapehead.mitm.http_layer import set_lanes
from tapehead.wire.message_frames import is_duplex

_WHAT = os.environ.get("TAPEHEAD_TEST_LANE")
_PACED = LaneAnswer(
    status=200,
    fields=((b"content-type", b"text/event-stream"),),
    chunks=(b"data: 1\n\n", b"data: 2\n\n", b"data: 3\n\n"),
    pace=Pace(head_at=0.0, chunk_at=(0.0, 0.2, 0.4), end_at=0.5),
)


class DecliningLane:
    """Knows no answer, or one."""

    def takes(self, head: LaneRequest) -> bool:
        types = [value.decode(errors="replace") for name, value in head.fields if name == b"content-type"]
        return _WHAT != "streams" and not any(map(is_duplex, types))

    def answer(self, request: LaneRequest) -> LaneAnswer | None:
        return _PACED if _WHAT == "answers" else None


def running() -> None:
    """Puts the lane in, once the addons are there."""

    def lane_for(context: Context, mode: HTTPMode) -> Lane | None:
        return DecliningLane() if context.client.alpn == b"h2" else None

    set_lanes(ctx.master, lane_for)
