"""What a user's programs trust, from files as they are found."""

from pathlib import Path

import certifi
import pytest

from tapehead.clients.ca_bundles import SYSTEM, certificates, pem, read, roots
from tests.support.harness import make_certs

ONE, TWO, THREE = b"\x30\x01one", b"\x30\x01two" * 30, b"\x30three"
MOZILLA = read(Path(certifi.where()))


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """Bundles by name."""
    for name, content in {"one": [ONE], "two": [TWO, ONE], "three": [THREE]}.items():
        (tmp_path / name).write_text("# a comment\n" + "\n".join(map(pem, content)))
    return {name: str(tmp_path / name) for name in ("one", "two", "three")}


def test_pem(tmp_path: Path) -> None:
    """Written and read; a real one too, with DOS line ends as well."""
    real = make_certs(tmp_path).ca.read_bytes()

    assert [ONE, TWO] == list(certificates((pem(ONE) + pem(TWO)).encode()))
    assert real.decode() == "".join(map(pem, certificates(real)))
    assert list(certificates(real)) == list(certificates(real.replace(b"\n", b"\r\n")))


def test_nothing_set(files: dict[str, str]) -> None:
    """The first file that the system has, and Mozilla's, each once."""
    assert list(dict.fromkeys([TWO, ONE, *MOZILLA])) == roots({}, ["/no/such", files["two"], files["three"]])
    assert MOZILLA == roots({}, [])
    assert set(MOZILLA) <= set(roots({}, SYSTEM))


def test_set(files: dict[str, str]) -> None:
    """What is named replaces the public ones, all that is named together."""
    assert [TWO, ONE, THREE] == roots(
        {"SSL_CERT_FILE": files["two"], "AWS_CA_BUNDLE": files["three"], "CURL_CA_BUNDLE": ""}
    )
    assert [ONE, THREE] == roots({"SSL_CERT_FILE": files["one"], "NODE_EXTRA_CA_CERTS": files["three"]})


def test_added(files: dict[str, str]) -> None:
    """What Node and Deno add is added."""
    assert [TWO, ONE, *MOZILLA, THREE] == roots({"NODE_EXTRA_CA_CERTS": files["three"]}, [files["two"]])


def test_folder(files: dict[str, str]) -> None:
    """A folder of certificates, which requests takes too."""
    assert {ONE, TWO, THREE} == set(roots({"REQUESTS_CA_BUNDLE": str(Path(files["one"]).parent)}))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "SSL_CERT_FILE is set, but .*bundle: No such file"),
        ("", "SSL_CERT_FILE is set, but .*bundle: no certificate in it"),
        ("-----BEGIN CERTIFICATE-----\nMII", "bundle: a certificate without its end"),
        ("-----BEGIN CERTIFICATE-----\nM$I\n-----END CERTIFICATE-----", "bundle: a certificate that is no base64"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "bundle: a certificate that is no DER"),
    ],
)
def test_broken(tmp_path: Path, content: str | None, message: str) -> None:
    """Variable, file and fault in one line."""
    bundle = tmp_path / "bundle"
    if content is not None:
        bundle.write_text(content)

    with pytest.raises(ValueError, match=message) as caught:
        roots({"SSL_CERT_FILE": str(bundle)})

    assert "\n" not in str(caught.value)
