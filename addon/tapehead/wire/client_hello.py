"""What a TLS client asks for before anything is agreed on: the name of its server, and the protocols that it offers.

Reads the first message of a connection (RFC 8446, 4.1.2; RFC 6066, 3; RFC 7301, 3.1), of any version. Knows no more of TLS.
"""

from dataclasses import dataclass

MOST = 64 * 1024
"""Bytes that a hello may have, with its records."""
_HANDSHAKE, _CLIENT_HELLO = 22, b"\x01"
_SERVER_NAME, _ALPN = 0, 16
_HOST_NAME = 0
_RECORD_HEAD, _MESSAGE_HEAD = 5, 4
_VERSION_AND_RANDOM = 34


@dataclass(frozen=True, slots=True)
class ClientHello:
    """What it asks for."""

    server_name: str = ""
    """As it is written, of ASCII; "" without one."""
    protocols: tuple[bytes, ...] = ()
    """The protocols of ALPN, the client's favourite first."""


def client_hello(data: bytes | bytearray) -> ClientHello | None:
    """Returns what a connection's first bytes ask for, None while they are not all there. ValueError if they are no hello."""
    message = _message(data)
    if message is None:
        return None
    reader = _Fields(message)
    reader.skip(_VERSION_AND_RANDOM)
    reader.sized(1)  # a session
    reader.sized(2)  # ciphers
    reader.sized(1)  # compressions
    if reader.is_empty:  # of TLS 1.2 and earlier: no extensions
        return ClientHello()
    extensions = _Fields(reader.sized(2))
    name = ""
    protocols: tuple[bytes, ...] = ()
    while not extensions.is_empty:
        kind, value = extensions.number(2), _Fields(extensions.sized(2))
        if kind == _SERVER_NAME:
            name = _server_name(_Fields(value.sized(2)))
        elif kind == _ALPN:
            protocols = tuple(_all_sized(_Fields(value.sized(2))))
    return ClientHello(name, protocols)


def _message(data: bytes | bytearray) -> bytes | None:
    """The body of the first handshake message, out of its records; None while some of it is to come."""
    gathered = b""
    start = 0
    while True:
        head = data[start : start + _RECORD_HEAD]
        if head and head[0] != _HANDSHAKE:
            raise ValueError("no TLS handshake")
        if len(head) < _RECORD_HEAD:
            return None
        size = int.from_bytes(head[3:5])
        if not size:
            raise ValueError("an empty TLS record")
        start += _RECORD_HEAD
        gathered += data[start : start + size]
        if gathered[:1] not in (b"", _CLIENT_HELLO):
            raise ValueError("no TLS hello")
        start += size
        end = _MESSAGE_HEAD + int.from_bytes(gathered[1:_MESSAGE_HEAD])
        if len(gathered) >= _MESSAGE_HEAD and len(gathered) >= end:
            return gathered[_MESSAGE_HEAD:end]
        if start > MOST:
            raise ValueError("a TLS hello that has no end")
        if len(data) < start:
            return None


def _server_name(names: "_Fields") -> str:
    while not names.is_empty:
        kind, name = names.number(1), names.sized(2)
        if kind == _HOST_NAME:
            return name.decode("ascii")
    return ""


def _all_sized(reader: "_Fields") -> list[bytes]:
    values = []
    while not reader.is_empty:
        values.append(reader.sized(1))
    return values


class _Fields:
    """Reads what TLS's notation has: numbers, and values behind their sizes. ValueError where they do not fit."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def is_empty(self) -> bool:
        return self._at == len(self._data)

    def skip(self, size: int) -> bytes:
        end = self._at + size
        if end > len(self._data):
            raise ValueError("a TLS hello with a size that does not fit")
        value = self._data[self._at : end]
        self._at = end
        return value

    def number(self, size: int) -> int:
        return int.from_bytes(self.skip(size))

    def sized(self, size: int) -> bytes:
        return self.skip(self.number(size))
