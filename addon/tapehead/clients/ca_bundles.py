"""The certificates that the user's programs trust today: those of the environment, else the public ones.

Knows PEM and where systems keep their roots. Does not know the proxy's authority, nor X.509: a certificate is the bytes
between two lines.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

REPLACING = (
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "AWS_CA_BUNDLE",
    "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
    "NIX_SSL_CERT_FILE",
    "PIP_CERT",
    "GIT_SSL_CAINFO",
    "HTTPLIB2_CA_CERTS",
    "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE",
)
"""Variables whose file some client trusts instead of the public roots."""

ADDING = ("NODE_EXTRA_CA_CERTS", "DENO_CERT")
"""Variables whose file some client trusts beside them."""

# Go's crypto/x509/root_linux.go and root_bsd.go, certFiles
SYSTEM = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/usr/local/etc/ssl/cert.pem",
)

MOST_BYTES = 16 * 1024 * 1024

_PEM = re.compile(rb"-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----([^-]*)-----END (?:TRUSTED |X509 )?CERTIFICATE-----")


def roots(ambient: Mapping[str, str], system: Iterable[str] = SYSTEM) -> list[bytes]:
    """Returns the certificates, DER, each once. Raises ValueError for a named file that is not there or holds none."""
    named = [(name, ambient[name]) for name in REPLACING if ambient.get(name)]
    adding = [(name, ambient[name]) for name in ADDING if ambient.get(name)]
    found: dict[bytes, None] = {}
    for name, path in (*named, *adding):
        found.update(dict.fromkeys(_named(name, Path(path))))
    if not named:
        found = dict.fromkeys([*_public(system), *found])
    return list(found)


def certificates(data: bytes) -> Iterator[bytes]:
    """Yields the certificates of a PEM file, DER. Raises ValueError when one is cut or garbled."""
    if data.count(b"-----BEGIN ") != data.count(b"-----END "):
        raise ValueError("a certificate without its end")
    for match in _PEM.finditer(data):
        try:
            der = base64.b64decode(b"".join(match[1].split()), validate=True)
        except binascii.Error as e:
            raise ValueError("a certificate that is no base64") from e
        if not der.startswith(b"\x30"):
            raise ValueError("a certificate that is no DER")
        yield der


def pem(certificate: bytes) -> str:
    """Returns one certificate, DER, as PEM."""
    body = base64.b64encode(certificate).decode()
    lines = (body[start : start + 64] for start in range(0, len(body), 64))
    return "\n".join(("-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""))


def read(path: Path) -> list[bytes]:
    """Returns the certificates of a file; of all files of a folder, as requests and OpenSSL take one.

    Raises ValueError if there is none, or a file cannot be read.
    """
    files = sorted(child for child in path.iterdir() if child.is_file()) if path.is_dir() else [path]
    found: list[bytes] = []
    for file in files:
        try:
            with file.open("rb") as opened:
                found += certificates(opened.read(MOST_BYTES))
        except OSError as e:
            raise ValueError(f"{file}: {e.strerror}") from e
        except ValueError as e:
            raise ValueError(f"{file}: {e}") from e
    if not found:
        raise ValueError(f"{path}: no certificate in it")
    return found


def _named(name: str, path: Path) -> list[bytes]:
    try:
        return read(path)
    except ValueError as e:
        raise ValueError(f"{name} is set, but {e}") from e


def _public(system: Iterable[str]) -> list[bytes]:
    """The system's, where a person may have added some, and Mozilla's as certifi ships them."""
    import certifi

    files = [Path(path) for path in system if Path(path).is_file()]
    found = [certificate for path in files[:1] for certificate in read(path)]
    return [*found, *read(Path(certifi.where()))]
