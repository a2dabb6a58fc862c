"""What the front door answers a client's hello with: a TLS context for each host, with a certificate of the proxy's authority.

A context is kept, so that its clients come again with a ticket. The standard library reads certificates from a file alone:
it is one in memory where the system has those.
"""

import os
import ssl
import tempfile
from collections.abc import Callable, Sequence
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from mitmproxy import certs

_MOST = 200  # hosts


class LeafContexts:
    """Makes and keeps them."""

    def __init__(self, store: Callable[[], certs.CertStore]) -> None:
        """Takes where the certificates come from."""
        self._store = store
        self._contexts: dict[tuple[tuple[str, ...], str], ssl.SSLContext] = {}

    def context(self, names: Sequence[str], protocol: bytes) -> ssl.SSLContext:
        """Returns that of hosts or addresses, for a protocol of ALPN, or b"". ValueError for a name that no certificate has."""
        key = tuple(dict.fromkeys(names)), protocol.decode()
        found = self._contexts.get(key)
        if found is None:
            if len(self._contexts) >= _MOST:
                self._contexts.clear()
            found = self._contexts[key] = self._made(*key)
        return found

    def _made(self, names: tuple[str, ...], protocol: str) -> ssl.SSLContext:
        alternatives = [_general_name(each) for each in names]
        entry = self._store().get_cert(names[0], alternatives, None, None)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.num_tickets = 1
        if protocol:
            context.set_alpn_protocols([protocol])
        key = entry.privatekey.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        _load(context, b"".join([key, entry.cert.to_pem(), *(each.to_pem() for each in entry.chain_certs)]))
        return context


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name.encode("idna").decode())


def _load(context: ssl.SSLContext, pem: bytes) -> None:
    if hasattr(os, "memfd_create"):
        with os.fdopen(os.memfd_create("tapehead"), "wb") as file:
            file.write(pem)
            file.flush()
            context.load_cert_chain(f"/proc/self/fd/{file.fileno()}")
        return
    with tempfile.NamedTemporaryFile(prefix="tapehead-") as file:  # for this user alone
        file.write(pem)
        file.flush()
        context.load_cert_chain(file.name)
