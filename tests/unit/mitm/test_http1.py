"""A head as a client wrote it, and as mitmproxy is given it."""

import pytest
from mitmproxy.net.http import http1 as net_http1

from tapehead.mitm import http1

http1.install()


@pytest.mark.parametrize(
    ("target", "host", "host_and_port"),
    [
        (b"http://::1:8000/x", b"[::1]:8000", ("::1", 8000)),
        (b"http://::1/x", b"[::1]", ("::1", 80)),
        (b"http://2001:db8::7/?q=1", b"[2001:db8::7]", ("2001:db8::7", 80)),
        (b"http://[::1]:8000/x", b"[::1]:8000", ("::1", 8000)),
        (b"http://a.test:8000/x", b"a.test:8000", ("a.test", 8000)),
    ],
)
def test_brackets_that_httpcore_leaves_out(target: bytes, host: bytes, host_and_port: tuple[str, int]) -> None:
    """They are taken from the Host header, whatever the port; what has them, or needs none, is left alone."""
    request = net_http1.read_request_head([b"GET " + target + b" HTTP/1.1", b"Host: " + host])
    assert host_and_port == (request.host, request.port)


@pytest.mark.parametrize("host", [b"[::2]:8000", b"a.test", b""])
def test_a_host_header_that_says_otherwise(host: bytes) -> None:
    """Nothing is guessed."""
    with pytest.raises(ValueError, match="request line"):
        net_http1.read_request_head([b"GET http://::1:8000/x HTTP/1.1", b"Host: " + host])
