"""What servers and systems say when there is no answer, and what kind of failure it is."""

import pytest

from tapehead.cassette.failures import FailureKind
from tapehead.recording.failure_kinds import kind_before_the_head

# As mitmproxy 12.2 and asyncio have them on Linux, macOS, Alpine and Windows.
NOT_CONNECTED = [
    ("[Errno 111] Connect call failed ('127.0.0.1', 1)", FailureKind.REFUSED),
    ("[Errno 61] Connect call failed ('127.0.0.1', 1)", FailureKind.REFUSED),
    ("[WinError 1225] The remote computer refused the network connection", FailureKind.REFUSED),
    (
        "Multiple exceptions: [Errno 111] Connect call failed ('::1', 1, 0, 0), [Errno 111] Connect call failed",
        FailureKind.REFUSED,
    ),
    ("[Errno -2] Name or service not known", FailureKind.NAME_NOT_FOUND),
    ("[Errno -3] Temporary failure in name resolution", FailureKind.NAME_NOT_FOUND),
    ("[Errno -5] No address associated with hostname", FailureKind.NAME_NOT_FOUND),
    ("[Errno 8] nodename nor servname provided, or not known", FailureKind.NAME_NOT_FOUND),
    ("[Errno 11001] getaddrinfo failed", FailureKind.NAME_NOT_FOUND),
    ("[Errno -2] Name does not resolve", FailureKind.NAME_NOT_FOUND),
    ("[Errno 101] Network is unreachable", FailureKind.UNREACHABLE),
    ("[Errno 113] Connect call failed ('10.0.0.1', 1)", FailureKind.UNREACHABLE),
    ("[Errno 110] Connection timed out", FailureKind.TIMEOUT),
    ("Certificate verify failed: self-signed certificate", FailureKind.TLS),
    ("The remote server does not speak TLS.", FailureKind.TLS),
    ("TLS handshake failed", FailureKind.TLS),
    ("something else", FailureKind.OTHER),
]


@pytest.mark.parametrize(("reason", "kind"), NOT_CONNECTED)
def test_no_connection(reason: str, kind: FailureKind) -> None:
    """The words tell why there was none."""
    assert kind is kind_before_the_head(reason, "CONNECT_FAILED")


def test_no_head() -> None:
    """Who was connected and answers nothing has ended it, whatever the words."""
    assert FailureKind.RESET is kind_before_the_head("server closed connection", "GENERIC_SERVER_ERROR")
    assert FailureKind.RESET is kind_before_the_head("stream reset, certificate", "CANCEL")
