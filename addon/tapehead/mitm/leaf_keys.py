"""Certificates of hosts have a key of their own, of P-256: each connection signs with it, at a twentieth of what RSA costs.

mitmproxy 12.2 gives all of them its authority's key, of RSA. What the user has given a certificate for stays as it is.
Every client of TLS 1.2 and later knows the curve: RFC 8422 and RFC 8446 make it mandatory.
"""

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import replace as replaced
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from mitmproxy import certs

from tapehead.mitm.patches import replace

_MARK = "_tapehead_wrapped"
_MOST = 200  # hosts; mitmproxy keeps a hundred


@dataclass(frozen=True, slots=True)
class _Issuer:
    """What a certificate is made by: an authority, with the key that the certificate is to be for."""

    authority: x509.Certificate
    key: ec.EllipticCurvePublicKey

    @property
    def subject(self) -> x509.Name:
        return self.authority.subject

    @property
    def extensions(self) -> x509.Extensions:
        return self.authority.extensions

    def public_key(self) -> ec.EllipticCurvePublicKey:
        return self.key


def install() -> None:
    """Wraps mitmproxy's store of certificates. A second call does nothing."""
    kept: Any = certs.CertStore
    if not hasattr(kept, _MARK):
        setattr(kept, _MARK, True)
        replace(kept, "get_cert", _with_own_key(kept.get_cert))


def _with_own_key(get: Callable[..., Any]) -> Callable[..., Any]:
    def got(self: Any, commonname: Any, sans: Any, organization: Any = None, crl_url: Any = None) -> Any:
        entry = get(self, commonname, sans, organization, crl_url)
        is_made = entry.privatekey is self.default_privatekey and entry.cert is not self.default_ca
        if not is_made or not _names_its_key(self.default_ca):
            return entry
        known = _entries_of(self).get(id(entry))
        if known is None:
            key = _key_of(self)
            issuer: Any = _Issuer(self.default_ca._cert, key.public_key())
            made = certs.dummy_cert(self.default_privatekey, issuer, commonname, sans, organization, crl_url)
            known = entry, replaced(entry, cert=made, privatekey=key)
            _entries_of(self)[id(entry)] = known
        return known[1]

    return got


def _entries_of(store: Any) -> dict[int, tuple[Any, Any]]:
    """Those of mitmproxy's, by what they are called in memory, and ours of each."""
    entries: dict[int, tuple[Any, Any]] = store.__dict__.setdefault("tapehead_entries", {})
    if len(entries) > _MOST:
        entries.clear()
    return entries


def _names_its_key(authority: certs.Cert) -> bool:
    """Whether an authority says which key it has; else a certificate would have to say whose it is by ours."""
    try:
        authority._cert.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    except x509.ExtensionNotFound:
        return False
    return True


def _key_of(store: Any) -> ec.EllipticCurvePrivateKey:
    """The one of this process."""
    if "tapehead_key" not in store.__dict__:
        store.tapehead_key = ec.generate_private_key(ec.SECP256R1())
    key: ec.EllipticCurvePrivateKey = store.tapehead_key
    return key
