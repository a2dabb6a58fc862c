"""leaf_keys: which certificates have a key of their own."""

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from mitmproxy import certs

from tapehead.mitm import leaf_keys

NAMES = [x509.DNSName("api.test")]


@pytest.fixture
def store(tmp_path: Path) -> certs.CertStore:
    """One with an authority of its own, that makes certificates as we have it."""
    leaf_keys.install()
    leaf_keys.install()
    return certs.CertStore.from_store(tmp_path, "mitmproxy", 2048)


def test_a_host(store: certs.CertStore) -> None:
    """Its certificate is for a key of P-256, made by the authority, and made once; another's has the same key."""
    entry = store.get_cert("api.test", NAMES)
    assert isinstance(entry.privatekey, ec.EllipticCurvePrivateKey)
    assert isinstance(store.default_privatekey, rsa.RSAPrivateKey)
    made = entry.cert.to_cryptography()
    made.verify_directly_issued_by(store.default_ca.to_cryptography())
    assert made.public_key() == entry.privatekey.public_key()
    assert ["api.test"] == [each.value for each in entry.cert.altnames]
    assert entry is store.get_cert("api.test", NAMES)
    assert entry.privatekey is store.get_cert("other.test", [x509.DNSName("other.test")]).privatekey


def test_many_hosts(store: certs.CertStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that are kept are bounded."""
    monkeypatch.setattr(leaf_keys, "_MOST", 2)
    for number in range(5):
        name = f"host-{number}.test"
        assert name == store.get_cert(name, [x509.DNSName(name)]).cert.cn
    assert len(leaf_keys._entries_of(store)) <= 3


def test_what_the_user_gave(store: certs.CertStore, tmp_path: Path) -> None:
    """A certificate for a host that was given has its own key, and an authority that does not name its key is asked for none."""
    other = certs.CertStore.from_store(tmp_path / "other", "mitmproxy", 2048)
    given = certs.CertStoreEntry(other.default_ca, other.default_privatekey, None, [])
    store.add_cert(given, "api.test")
    assert given is store.get_cert("api.test", NAMES)


def test_an_authority_that_does_not_name_its_key(store: certs.CertStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its certificates are mitmproxy's."""
    monkeypatch.setattr(leaf_keys, "_names_its_key", lambda _: False)
    assert isinstance(store.get_cert("api.test", NAMES).privatekey, rsa.RSAPrivateKey)
