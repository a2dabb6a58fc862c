"""TLS that is agreed on already, as mitmproxy's layers use it: pyOpenSSL's `Connection`, of the standard library's object.

Offers those of its methods that mitmproxy 12.2 calls for a client's connection, with pyOpenSSL's errors.
"""

import ssl
from collections.abc import Callable

from OpenSSL import SSL

from tapehead.door.handed_connection import OpenTls


class HandedTls:
    """One connection's."""

    def __init__(self, tls: OpenTls, plain: bytes, on_taken: Callable[[], None]) -> None:
        """Takes what stands, and what came in it that was not answered; `on_taken` is told when somebody has that."""
        self._hello = tls.hello
        self._tls = tls.connection
        self._incoming = tls.incoming
        self._outgoing = tls.outgoing
        self._plain = plain
        self._on_taken = on_taken
        self._is_ended = False

    @property
    def has_more(self) -> bool:
        """Whether something waits to be decrypted."""
        return bool(self._incoming.pending)

    def bio_write(self, data: bytes) -> int:
        """Takes what came. The hello that it all began with was taken before."""
        if data == self._hello:
            self._hello = b""
            return len(data)
        return self._incoming.write(data)

    def bio_read(self, size: int) -> bytes:
        """Returns what is to be sent. Raises WantReadError when there is nothing."""
        if not self._outgoing.pending:
            raise SSL.WantReadError
        return self._outgoing.read(size)

    def recv(self, size: int) -> bytes:
        """Returns what came. Raises WantReadError, ZeroReturnError and Error as pyOpenSSL does."""
        if self._plain:
            plain, self._plain = self._plain, b""
            self._on_taken()
            return plain
        try:
            data = self._tls.read(size)
        except ssl.SSLWantReadError as e:
            raise SSL.WantReadError from e
        except ssl.SSLZeroReturnError as e:
            self._is_ended = True
            raise SSL.ZeroReturnError from e
        except ssl.SSLError as e:
            raise SSL.Error([("SSL routines", "", e.reason or str(e))]) from e
        if not data:
            self._is_ended = True
            raise SSL.ZeroReturnError
        return data

    def sendall(self, data: bytes) -> int:
        """Takes what is to be encrypted. Raises SysCallError when the client has ended its side in a bad way."""
        try:
            return self._tls.write(data)
        except ssl.SSLError as e:
            raise SSL.SysCallError(-1, str(e)) from e

    def do_handshake(self) -> None:
        """Does nothing: it is done."""

    def get_peer_cert_chain(self) -> None:
        """Returns None: clients are not asked for a certificate."""

    def get_peer_certificate(self) -> None:
        """Returns None, likewise."""

    def get_alpn_proto_negotiated(self) -> bytes:
        """Returns the protocol that was agreed on, or b""."""
        return (self._tls.selected_alpn_protocol() or "").encode()

    def get_cipher_name(self) -> str | None:
        """Returns what it is encrypted with."""
        cipher = self._tls.cipher()
        return cipher[0] if cipher else None

    def get_protocol_version_name(self) -> str:
        """Returns which TLS it is."""
        return self._tls.version() or ""

    def get_shutdown(self) -> int:
        """Returns whether the client has said its farewell, as OpenSSL's flags."""
        return SSL.RECEIVED_SHUTDOWN if self._is_ended else 0

    def shutdown(self) -> bool:
        """Says a farewell; returns whether the client has said its own."""
        try:
            self._tls.unwrap()
        except ssl.SSLError:  # it has not
            return False
        return True
