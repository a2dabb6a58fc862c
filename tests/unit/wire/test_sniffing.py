"""What the first bytes begin: whole, byte by byte, and with what follows."""

import pytest

from tapehead.wire.sniffing import Protocol, describe, sniff

HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
STARTS = [
    (HELLO, 3, Protocol.TLS),
    (b"\x16\x03\x03\x00\x05", 3, Protocol.TLS),
    (b"POST /v1 HTTP/1.1\r\n", 5, Protocol.HTTP),
    (b"M-SEARCH * HTTP/1.1\r\n", 9, Protocol.HTTP),
    (b"\r\n\r\nGET / HTTP/1.1\r\n", 8, Protocol.HTTP),
    (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 4, Protocol.HTTP),
    (b"EHLO mail.test\r\n", 5, Protocol.HTTP),
    (b"S / HTTP/1.1", 2, Protocol.HTTP),
    (b"SSH-2.0-OpenSSH_9.2\r\n", 4, Protocol.OTHER),
    (b"QUIT\r\n", 5, Protocol.OTHER),
    (b"\x05\x01\x00", 1, Protocol.OTHER),
    (b"\x16\x02\x00", 2, Protocol.OTHER),
    (b"\x16\x03\x04", 3, Protocol.OTHER),
    (b"\x00\x00\x00\x08\x04\xd2\x16\x2f", 1, Protocol.OTHER),
    (b"A" * 70, 65, Protocol.OTHER),
    (b"GET\t/ HTTP/1.1\r\n", 4, Protocol.OTHER),
]


@pytest.mark.parametrize(("data", "enough", "protocol"), STARTS)
def test_as_soon_as_there_is_enough(data: bytes, enough: int, protocol: Protocol) -> None:
    """Undecided until then, and the same ever after."""
    decided = [sniff(data[:size]) for size in range(len(data) + 1)]
    assert [Protocol.UNDECIDED] * enough + [protocol] * (len(data) + 1 - enough) == decided


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x04\x01", "SOCKS 4, which this proxy does not speak"),
        (b"\x05", "SOCKS 5, which this proxy does not speak"),
        (b"SSH-2.0-secret", "SSH"),
        (b"\x00", "neither TLS nor HTTP (1 byte)"),
        (b"secret\r\n", "neither TLS nor HTTP (8 bytes)"),
    ],
)
def test_the_words_hold_nothing_of_the_bytes(data: bytes, words: str) -> None:
    """They go into a log."""
    assert words == describe(data)
