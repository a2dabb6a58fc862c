"""What becomes of a recorded response for a client: how it is framed is said once, whatever the cassette holds."""

import pytest
from mitmproxy import http
from mitmproxy.test import tflow

from tapehead.cassette.model import Response
from tapehead.exchange.flows import connect_url, http_response, method_of, url_of

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


@pytest.mark.parametrize(
    ("host", "port", "url"),
    [
        ("::1", 443, "https://[::1]/path"),
        ("2001:db8::7", 8443, "https://[2001:db8::7]:8443/path"),
        ("b\u00fccher.test", 443, "https://xn--bcher-kva.test/path"),
        ("\u00fc" * 70, 443, "https://" + "\u00fc" * 70 + "/path"),
        ("a.test", 8443, "https://a.test:8443/path"),
    ],
)
def test_hosts_are_as_they_were_sent(host: str, port: int, url: str) -> None:
    """An IPv6 address has its brackets, a name its punycode; what can be no name of DNS stays."""
    flow = tflow.tflow()
    flow.request.scheme, flow.request.data.host, flow.request.port = "https", host, port
    assert url == url_of(flow)
    assert url.removesuffix("/path") == connect_url(flow)


def test_a_method_keeps_its_case() -> None:
    """As RFC 9110 has it, `patch` is not PATCH."""
    flow = tflow.tflow()
    flow.request.data.method = b"patch"
    assert "patch" == method_of(flow)
