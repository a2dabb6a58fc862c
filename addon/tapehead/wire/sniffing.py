"""What the first bytes of a connection are the beginning of: TLS, HTTP, something else, or too few to tell.

Pure, and asked again whenever more has come. Knows no connection and no clock: how long to wait is the caller's matter.
"""

import enum
import re

_TLS_RECORD = (range(0x16, 0x17), range(3, 4), range(4))
"""The first three bytes of a handshake record: RFC 8446, 5.1; TLS 1.3 says 1.0 or 1.2."""
_METHOD = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}")
"""RFC 9110, 5.6.2 and 9.1: a token. Of any known method none is longer than 17."""
_SPEAKS_FIRST = (b"SSH-",)
"""What looks like a method so far, and is the greeting of another protocol."""
_SOCKS = ((b"\x04", "SOCKS 4"), (b"\x05", "SOCKS 5"))


class Protocol(enum.Enum):
    """What a connection speaks."""

    TLS = "TLS"
    HTTP = "HTTP"
    UNDECIDED = "undecided"
    """There is not enough to tell."""
    OTHER = "another protocol"


def sniff(data: bytes) -> Protocol:
    """Returns what `data`, all that a client has sent so far, begins."""
    if all(byte in allowed for byte, allowed in zip(data, _TLS_RECORD, strict=False)):
        return Protocol.TLS if len(data) >= len(_TLS_RECORD) else Protocol.UNDECIDED
    start = data.lstrip(b"\r\n")  # RFC 9112, 2.2: a server ignores empty lines before a request line
    if not start or any(start.startswith(each[: len(start)]) for each in _SPEAKS_FIRST if len(start) < len(each)):
        return Protocol.UNDECIDED
    method = _METHOD.match(start)
    if method is None or start.startswith(_SPEAKS_FIRST):
        return Protocol.OTHER
    if method.end() == len(start):
        return Protocol.UNDECIDED
    return Protocol.HTTP if start[method.end() : method.end() + 1] == b" " else Protocol.OTHER


def describe(data: bytes) -> str:
    """Returns a few words about bytes that are neither TLS nor HTTP, none of them taken from the bytes but SSH's name."""
    for start, name in _SOCKS:
        if data.startswith(start):
            return f"{name}, which this proxy does not speak"
    if data.startswith(_SPEAKS_FIRST):
        return "SSH"
    return f"neither TLS nor HTTP ({len(data)} byte{'' if len(data) == 1 else 's'})"
