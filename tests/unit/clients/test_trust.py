"""The files of trust: what is in them, who may read them, when they are written."""

import os
import ssl
import stat
import subprocess
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import pkcs12

from tapehead.clients import trust as module
from tapehead.clients.ca_bundles import pem, read
from tapehead.clients.trust import PASSWORD, ensure_ca, make_trust
from tests.support.harness import make_certs


@pytest.fixture(scope="module")
def confdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("confdir")
    ensure_ca(folder)
    return folder


@pytest.fixture
def corporate(tmp_path: Path) -> Path:
    """A bundle of the user's."""
    return make_certs(tmp_path / "corporate").ca


def test_files(confdir: Path, corporate: Path, tmp_path: Path) -> None:
    """All hold the user's roots and the authority."""
    trust = make_trust(confdir, tmp_path / "deep" / "trust", {"SSL_CERT_FILE": str(corporate)})
    every = read(corporate) + read(confdir / "mitmproxy-ca-cert.pem")

    assert confdir / "mitmproxy-ca-cert.pem" == trust.ca
    assert "".join(map(pem, every)) == trust.bundle.read_text()
    assert len(every) == len(ssl.create_default_context(cafile=trust.bundle).get_ca_certs())
    assert len(every) == len(pkcs12.load_pkcs12(trust.truststore.read_bytes(), PASSWORD.encode()).additional_certs)
    assert f"ca_certificate = {trust.bundle}\n" == trust.wgetrc.read_text()
    assert [f'curl.cainfo = "{trust.bundle}"\nopenssl.cafile = "{trust.bundle}"\n'] == [
        path.read_text() for path in trust.php_ini.iterdir()
    ]
    assert 0o700 == stat.S_IMODE((tmp_path / "deep" / "trust").stat().st_mode)
    assert 0o600 == stat.S_IMODE(trust.wgetrc.stat().st_mode)


def test_again(confdir: Path, corporate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same inputs give the same files, unwritten; other inputs others, and the first stay."""
    ambient = {"SSL_CERT_FILE": str(corporate)}
    first = make_trust(confdir, tmp_path / "trust", ambient)
    other = make_trust(confdir, tmp_path / "trust", {})

    assert first.bundle != other.bundle
    assert first.bundle.exists()
    monkeypatch.setattr(module, "_write", None)
    assert first == make_trust(confdir, tmp_path / "trust", ambient)


def test_at_once(confdir: Path, corporate: Path, tmp_path: Path) -> None:
    """Runs that start at once share the files of whoever is first, and leave nothing else."""
    folder, ambient = tmp_path / "trust", {"SSL_CERT_FILE": str(corporate)}
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: make_trust(confdir, folder, ambient), range(4)))

    assert [made[0]] * 4 == made
    assert [made[0].bundle.parent] == list(folder.iterdir())


def test_lost_race(confdir: Path, corporate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who comes second uses what is there; any other failure is one."""
    ambient = {"SSL_CERT_FILE": str(corporate)}
    first = make_trust(confdir, tmp_path / "trust", ambient)
    write: Any = module._write
    write(first.bundle.parent, read(confdir / "mitmproxy-ca-cert.pem"), b"")
    assert 2 == len(read(first.bundle))

    def fails(self: Path, target: Path) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "rename", fails)
    with pytest.raises(PermissionError):
        make_trust(confdir, tmp_path / "other", ambient)


def test_wgetrc(confdir: Path, corporate: Path, tmp_path: Path) -> None:
    """What wget read before comes first: WGETRC, or the file at home; what is not there is not read."""
    (tmp_path / "mine").write_text("tries = 1")
    (tmp_path / ".wgetrc").write_text("tries = 2\n")

    def lines(**ambient: str) -> list[str]:
        made = make_trust(confdir, tmp_path / "trust", {"SSL_CERT_FILE": str(corporate), **ambient})
        return made.wgetrc.read_text().splitlines()[:-1]

    assert ["tries = 1"] == lines(WGETRC=str(tmp_path / "mine"), HOME=str(tmp_path))
    assert ["tries = 2"] == lines(HOME=str(tmp_path))
    assert [] == lines(HOME=str(tmp_path / "nowhere"))
    with pytest.raises(ValueError, match="WGETRC is set, but /no/such: No such file"):
        lines(WGETRC="/no/such")


# Of a public root with the serial number 0, when the test reads the store back.
@pytest.mark.filterwarnings("ignore:Parsed a serial number which wasn't positive")
def test_public_roots_in_java(confdir: Path, tmp_path: Path) -> None:
    """All roots, the odd ones as far as they can be read, and no warning of them."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        trust = make_trust(confdir, tmp_path / "trust", {})
    bundle = len(read(trust.bundle))

    assert bundle > 100
    store = pkcs12.load_pkcs12(trust.truststore.read_bytes(), PASSWORD.encode())
    assert bundle - 5 <= len(store.additional_certs) <= bundle


def test_root_that_cannot_be_read(confdir: Path, tmp_path: Path) -> None:
    """It stays in the bundle, as OpenSSL may read it; Java does without."""
    (tmp_path / "odd.pem").write_text(pem(b"\x30\x03odd"))

    trust = make_trust(confdir, tmp_path / "trust", {"SSL_CERT_FILE": str(tmp_path / "odd.pem")})

    assert 2 == len(read(trust.bundle))
    assert 1 == len(pkcs12.load_pkcs12(trust.truststore.read_bytes(), PASSWORD.encode()).additional_certs)


def test_no_authority(tmp_path: Path) -> None:
    """One line says what is missing."""
    with pytest.raises(
        ValueError, match=r"^the proxy's certificate authority: .*mitmproxy-ca-cert.pem: No such file.*$"
    ):
        make_trust(tmp_path, tmp_path / "trust", {})


def test_folder(confdir: Path, corporate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that is there is made private; a file, another user's folder, and one that cannot be made are refused."""
    ambient = {"SSL_CERT_FILE": str(corporate)}
    (tmp_path / "open").mkdir(mode=0o755)
    (tmp_path / "file").touch()

    make_trust(confdir, tmp_path / "open", ambient)
    assert 0o700 == stat.S_IMODE((tmp_path / "open").stat().st_mode)
    with pytest.raises(ValueError, match="found a file, expected a folder"):
        make_trust(confdir, tmp_path / "file", ambient)
    with pytest.raises(ValueError, match="cannot be made: Not a directory"):
        make_trust(confdir, tmp_path / "file" / "below", ambient)
    monkeypatch.setattr(os, "getuid", lambda: 4711)
    with pytest.raises(ValueError, match="belongs to another user"):
        make_trust(confdir, tmp_path / "open", ambient)


def test_keytool(confdir: Path, corporate: Path, tmp_path: Path) -> None:
    """Java finds the entries."""
    trust = make_trust(confdir, tmp_path / "trust", {"SSL_CERT_FILE": str(corporate)})
    try:
        done = subprocess.run(
            ["keytool", "-list", "-keystore", trust.truststore, "-storepass", PASSWORD],
            capture_output=True,
            text=True,
            check=False,
            env={"PATH": os.environ["PATH"]},
        )
    except FileNotFoundError:
        pytest.skip("no keytool on PATH")

    assert 2 == done.stdout.count("trustedCertEntry"), done.stdout
