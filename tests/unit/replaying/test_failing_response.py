"""How a failure is given to a client: when it is cut off, and what it is told before."""

from dataclasses import replace

import pytest
from mitmproxy import http
from mitmproxy.test import tutils

from tapehead.cassette.failures import Cause, Failure, FailureKind
from tapehead.cassette.timing import Timing, digest
from tapehead.mitm.paced_response import PacedResponse
from tapehead.replaying.failing_response import LEFT_ALONE, failing_response
from tests.unit.cassette.test_failures import CUT, REFUSED

BY_SERVER = replace(CUT, cause=Cause(kind=FailureKind.CUT_BY_SERVER, reason="reset", error="CANCEL"))


def _given(failure: Failure, speed: float = 0, version: bytes = b"HTTP/1.1") -> PacedResponse:
    request: http.Request = tutils.treq(http_version=version)
    return failing_response(failure, request, speed, 7.0)


@pytest.mark.parametrize(("speed", "due"), [(0, (0, 0)), (1, (0.0020, 0.0035)), (2, (0.0010, 0.00175))])
def test_what_a_client_left(speed: float, due: tuple[float, float]) -> None:
    """The chunks by the speed; then it has the time that it stayed, at no other speed than its own, and more."""
    response = _given(CUT, speed)

    assert due == pytest.approx(response.schedule.chunk_at)
    assert due[1] + (9.0 - 3.5) / 1000 + LEFT_ALONE == pytest.approx(response.schedule.end_at)
    assert response.abort
    assert (True, "CANCEL") == (response.abort.has_head, response.abort.error)


@pytest.mark.parametrize("speed", [0, 1])
def test_what_a_server_broke_off(speed: float) -> None:
    """A moment after the last chunk, or when it was, if that is later: with mitmproxy's own error."""
    response = _given(BY_SERVER, speed)

    assert b"".join(response.schedule.chunks) == CUT.response.body
    assert max(0.009 * speed, 0.0035 * speed + 0.05) == pytest.approx(response.schedule.end_at)
    assert response.abort
    assert ("reset", "CANCEL") == (response.abort.reason, response.abort.error)


def test_what_had_no_head() -> None:
    """Nothing is sent before: a refusal comes when it came; who would not wait waits as long again."""
    refused = _given(REFUSED, 1)
    impatient = replace(
        REFUSED,
        cause=Cause(kind=FailureKind.CUT_BY_CLIENT, reason="gone"),
        timing=Timing(id=0, sha256=digest(b""), start=5.0, headers=2000.0, end=2000.0, chunks=()),
    )

    assert refused.abort
    assert (502, False) == (refused.status_code, refused.abort.has_head)
    assert not refused.schedule.chunks
    assert 0.0015 == pytest.approx(refused.schedule.headers_at)
    assert 2.0 + LEFT_ALONE == pytest.approx(_given(impatient).schedule.end_at)


@pytest.mark.parametrize(("version", "name"), [(b"HTTP/1.1", b"Content-Length"), (b"HTTP/2.0", b"content-length")])
def test_the_length_that_was_announced(version: bytes, name: bytes) -> None:
    """It is announced again, so that a client knows what it lacks; what had none has no end."""
    fields = dict(_given(BY_SERVER, version=version).headers.fields)

    assert b"100" == fields[name]
    assert b"Transfer-Encoding" not in fields
    without = replace(BY_SERVER, response=replace(CUT.response, content_length=-1))
    assert (b"Transfer-Encoding" in dict(_given(without, version=version).headers.fields)) == (version == b"HTTP/1.1")
