"""What failed or was cut while recording, given to a client as it was then: what had come, paced, and then no end.

A 502 with the reason, a reset or a closed connection: mitmproxy makes that of the same error as while recording. How long
a client is left alone with what it has, before that, is told here.
"""

from dataclasses import replace

from mitmproxy import http

from tapehead.cassette.failures import Failure, FailureKind
from tapehead.exchange.flows import cut_response
from tapehead.mitm.paced_response import Abort, PacedResponse, Schedule
from tapehead.replaying.schedules import build_schedule

LEFT_ALONE = 1.0
"""Seconds for which a client that left by itself may do so again, before it is cut off."""
_READ_FIRST = 0.05  # seconds: some clients throw away what they have not read yet when a connection breaks
_NOTHING_MORE = "CANCEL"  # mitmproxy's error for which it has no answer but the end


def failing_response(failure: Failure, request: http.Request, speed: float, start: float) -> PacedResponse:
    """Returns what a client is given. `start` is a time of `time.monotonic`."""
    headers, reason = cut_response(failure.response, request)
    response = PacedResponse(
        http_version=b"HTTP/1.1",
        status_code=failure.response.code or 502,
        reason=reason,
        headers=headers,
        content=None,
        trailers=None,
        timestamp_start=0.0,
        timestamp_end=None,
    )
    cause = failure.cause
    by_client = cause.kind is FailureKind.CUT_BY_CLIENT
    response.schedule = _schedule(failure, speed, start, by_client=by_client)
    error = _NOTHING_MORE if by_client else cause.error
    response.abort = Abort(reason=cause.reason, error=error, has_head=failure.has_head)
    return response


def _schedule(failure: Failure, speed: float, start: float, *, by_client: bool) -> Schedule:
    planned, _ = build_schedule(failure.as_interaction(0), failure.timing, speed, start)
    when = failure.timing
    last = planned.chunk_at[-1] if planned.chunk_at else planned.headers_at if failure.has_head else 0.0
    if by_client:
        # At every speed: it may have been its own time that was up, and that passes as it did.
        last_came = when.chunks[-1][0] if when.chunks else when.headers if failure.has_head else 0.0
        end = last + (when.end - last_came) / 1000 + LEFT_ALONE
    else:
        end = max(planned.end_at, last + _READ_FIRST) if failure.has_head else planned.end_at
    return replace(planned, end_at=end) if failure.has_head else replace(planned, headers_at=end, end_at=end)
