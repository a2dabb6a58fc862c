"""The authority that we make is mitmproxy's in all that counts."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography import x509
from mitmproxy.certs import CertStore

from tapehead.clients.ca import ensure_ca


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which `ensure_ca` made all."""
    folder = tmp_path_factory.mktemp("made") / "new" / "folder"
    assert folder / "mitmproxy-ca-cert.pem" == ensure_ca(folder)
    return folder


def test_same_as_mitmproxys(made: Path, tmp_path: Path) -> None:
    """The same files with the same rights and the same extensions, and mitmproxy takes it for its own."""
    CertStore.create_store(tmp_path, "mitmproxy", 2048)
    ours, theirs = (
        x509.load_pem_x509_certificate((folder / "mitmproxy-ca-cert.pem").read_bytes()) for folder in (made, tmp_path)
    )

    assert {path.name for path in tmp_path.iterdir()} - {path.name for path in made.iterdir()} == {
        "mitmproxy-dhparam.pem"  # made when mitmproxy starts
    }
    assert all(
        stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE((tmp_path / path.name).stat().st_mode)
        for path in made.iterdir()
    )
    assert ours.subject == theirs.subject
    assert [(each.oid, each.critical) for each in ours.extensions] == [
        (each.oid, each.critical) for each in theirs.extensions
    ]
    assert ours.fingerprint(ours.signature_hash_algorithm) == bytes.fromhex(  # type: ignore[arg-type]
        CertStore.from_store(made, "mitmproxy", 2048).default_ca.fingerprint().hex()
    )


def test_second_time(made: Path) -> None:
    """What is there is not touched."""
    before = {path.name: path.read_bytes() for path in made.iterdir()}

    ensure_ca(made)

    assert before == {path.name: path.read_bytes() for path in made.iterdir()}


def test_certificate_missing(made: Path, tmp_path: Path) -> None:
    """The certificate is taken out of the file with the key."""
    (tmp_path / "mitmproxy-ca.pem").write_bytes((made / "mitmproxy-ca.pem").read_bytes())

    assert (made / "mitmproxy-ca-cert.pem").read_bytes() == ensure_ca(tmp_path).read_bytes()


def test_at_once(tmp_path: Path) -> None:
    """Many that start at once agree on one."""
    with ThreadPoolExecutor(4) as pool:
        paths = list(pool.map(ensure_ca, [tmp_path] * 4))

    secret = x509.load_pem_x509_certificates((tmp_path / "mitmproxy-ca.pem").read_bytes())
    assert [secret] * 4 == [x509.load_pem_x509_certificates(path.read_bytes()) for path in paths]
    assert [] == [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_garbled(tmp_path: Path) -> None:
    """A file without a certificate is named."""
    (tmp_path / "mitmproxy-ca.pem").write_text("nothing")

    with pytest.raises(ValueError, match=r"mitmproxy-ca.pem: no certificate in it"):
        ensure_ca(tmp_path)
