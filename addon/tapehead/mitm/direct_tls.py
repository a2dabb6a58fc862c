"""TLS undone and done past mitmproxy's layers, with mitmproxy's own TLS object: what comes is decrypted, what goes encrypted.

Knows one connection's object, and nothing of what is said by it. What only a TLS layer can tell, an end or an error, is
left to that.
"""

from collections.abc import Callable
from typing import Any

from OpenSSL import SSL
from OpenSSL._util import ffi, lib

from tapehead.mitm.handed_tls import HandedTls

_RECORD = 16 * 1024  # bytes that one record holds at most: RFC 8446, 5.1
_ANYWHERE = ffi.new("char **")
_MORE_THAN_SENT = 4096  # bytes by which TLS is longer than what it holds, at first


class DirectTls:
    """One connection's; of one without TLS everything is as it is."""

    def __init__(self, tls: Any) -> None:
        """Takes pyOpenSSL's connection, or one that was handed on, or None."""
        self._tls = tls
        self._has_more = _asked_of(tls)

    def decrypt(self, data: bytes) -> tuple[bytes, bytes, bool]:
        """Takes what came; returns what it says, what is to be sent for it, and whether that is all there is to know."""
        tls = self._tls
        if tls is None:
            return data, b"", True
        tls.bio_write(data)
        plain: list[bytes] = []
        try:
            plain.append(tls.recv(_RECORD))
            while self._has_more():  # asking costs less than an exception that says no
                plain.append(tls.recv(_RECORD))
        except SSL.WantReadError:  # a record that is not whole, or that holds nothing for us
            return b"".join(plain), self._written(_MORE_THAN_SENT), True
        except SSL.Error:
            return b"".join(plain), b"", False
        return plain[0] if len(plain) == 1 else b"".join(plain), b"", True

    def encrypt(self, plain: bytes) -> bytes:
        """Returns what is to be sent; nothing where the other side takes nothing any more, as mitmproxy has it."""
        if self._tls is None:
            return plain
        try:
            self._tls.sendall(plain)
        except (SSL.ZeroReturnError, SSL.SysCallError):
            return b""
        return self._written(len(plain) + _MORE_THAN_SENT)

    def _written(self, size: int) -> bytes:
        pieces: list[bytes] = []
        try:
            while True:
                pieces.append(self._tls.bio_read(size))
                if len(pieces[-1]) < size:
                    break
        except SSL.WantReadError:
            pass
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _asked_of(tls: Any) -> Callable[[], object]:
    """What says whether something waits to be decrypted."""
    if isinstance(tls, HandedTls):
        return lambda: tls.has_more
    return lambda: lib.BIO_get_mem_data(tls._into_ssl, _ANYWHERE)
