"""What becomes of a recorded response for a client: how it is framed is said once, whatever the cassette holds."""

import pytest
from mitmproxy import http

from tapehead.cassette.model import Response
from tapehead.exchange.flows import http_response

KEPT = {"Content-Length": ("3",), "Transfer-Encoding": ("chunked",), "Connection": ("close",), "X-Kept": ("1", "2")}


@pytest.mark.parametrize(
    ("version", "length", "expected"),
    [
        ("HTTP/1.1", 3, [(b"X-Kept", b"1"), (b"X-Kept", b"2"), (b"Content-Length", b"3")]),
        ("HTTP/1.1", -1, [(b"X-Kept", b"1"), (b"X-Kept", b"2"), (b"Transfer-Encoding", b"chunked")]),
        ("HTTP/2.0", 3, [(b"x-kept", b"1"), (b"x-kept", b"2"), (b"content-length", b"3")]),
        ("HTTP/2.0", -1, [(b"x-kept", b"1"), (b"x-kept", b"2")]),
    ],
)
def test_framing_is_said_once(version: str, length: int, expected: list[tuple[bytes, bytes]]) -> None:
    """go-vcr keeps Content-Length among the headers: a second one would make clients refuse the answer."""
    request = http.Request.make("GET", "https://a.test/")
    request.http_version = version
    recorded = Response(code=200, status="200 OK", body=b"abc", headers=KEPT, content_length=length)
    headers, _ = http_response(recorded, request)

    assert tuple(expected) == headers.fields
