"""What kind of failure it was, by what mitmproxy says of it: a table of its words and the system's.

Knows no flow.
"""

import re

from tapehead.cassette.failures import FailureKind

_ROWS = (
    # getaddrinfo's words: glibc, musl, macOS, Windows
    (
        r"name or service not known|name does not resolve|nodename nor servname|name resolution|getaddrinfo"
        r"|no address associated|host not found|errno -\d",
        FailureKind.NAME_NOT_FOUND,
    ),
    # mitmproxy proxy/layers/tls.py and OpenSSL
    (r"certificate|\btls\b|\bssl\b|handshake", FailureKind.TLS),
    (r"timed? ?out", FailureKind.TIMEOUT),
    (r"unreachable|no route|errno 101\b|errno 113\b", FailureKind.UNREACHABLE),
    # asyncio's words of a connection that was refused
    (r"connect call failed|refused", FailureKind.REFUSED),
)
_KINDS = tuple((re.compile(pattern, re.IGNORECASE), kind) for pattern, kind in _ROWS)
_NOT_CONNECTED = "CONNECT_FAILED"


def kind_before_the_head(reason: str, error: str) -> FailureKind:
    """Returns what a server did that gave no answer, by mitmproxy's reason and its name of the error."""
    if error != _NOT_CONNECTED:
        return FailureKind.RESET
    return next((kind for pattern, kind in _KINDS if pattern.search(reason)), FailureKind.OTHER)
