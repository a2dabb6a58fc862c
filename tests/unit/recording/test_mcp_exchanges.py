"""mcp_exchanges: which streams have no end of their own."""

import pytest
from mitmproxy.test import tflow as tutils

from tapehead.recording.mcp_exchanges import SessionTap, speaks_rpc, tap_of
from tapehead.recording.response_tap import ResponseTap


@pytest.mark.parametrize(
    ("method", "accept", "tap"),
    [
        ("GET", b"text/event-stream", SessionTap),
        ("GET", b"*/*", ResponseTap),
        ("POST", b"text/event-stream", ResponseTap),
    ],
)
def test_which_tap(method: str, accept: bytes, tap: type[ResponseTap]) -> None:
    """A GET of events may begin a session of version 2024-11-05."""
    flow = tutils.tflow()
    flow.request.method = method
    flow.request.headers["accept"] = accept.decode()
    assert tap is tap_of(flow)
    assert speaks_rpc(flow) is (tap is SessionTap)


@pytest.mark.parametrize(
    ("first", "is_open_ended"),
    [(b"event: endpoint\ndata: /messages\n\n", True), (b"event: message\ndata: {}\n\n", False)],
)
def test_a_session_begins(first: bytes, is_open_ended: bool) -> None:
    """Its first event says so, and all of it goes on."""
    tap = SessionTap(tutils.tflow(), 0.0, 0)
    assert list(tap(first)) == [first]
    assert list(tap(b"event: endpoint\ndata: /later\n\n")) != []
    assert tap.is_open_ended is is_open_ended
