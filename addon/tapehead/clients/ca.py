"""The proxy's certificate authority, as files that mitmproxy reads and would have made itself.

Knows mitmproxy's names and contents for them (mitmproxy 12.2 certs.py, create_ca and create_store). Does not know who
trusts the authority, nor its leaf certificates.
"""

import datetime
import os
import tempfile
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NAME = "mitmproxy"
LIFETIME = datetime.timedelta(days=10 * 365)
BACKDATED = datetime.timedelta(days=2)


def ensure_ca(confdir: Path) -> Path:
    """Returns the path of the authority's certificate, PEM; makes authority and files if they are not there.

    Two that start at once agree on one authority: the file with the key is put in place whole, by whoever is first.
    Raises ValueError when the file with the key holds no certificate, OSError when the folder cannot be written.
    """
    secret, public = confdir / f"{NAME}-ca.pem", confdir / f"{NAME}-ca-cert.pem"
    if not secret.exists():
        confdir.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make(secret)
    if not public.exists():
        try:
            ca = x509.load_pem_x509_certificates(secret.read_bytes())[0]
        except ValueError as e:
            raise ValueError(f"{secret}: no certificate in it, expected the proxy's certificate authority") from e
        _publish(ca, confdir)
    return public


def _make(secret: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    ca = _certificate(key)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    with tempfile.TemporaryDirectory(dir=secret.parent, prefix=f".{NAME}-") as name:  # 0700
        whole = Path(name) / secret.name
        whole.touch(mode=0o600)
        whole.write_bytes(pem + ca.public_bytes(serialization.Encoding.PEM))
        p12 = Path(name) / f"{NAME}-ca.p12"
        p12.touch(mode=0o600)
        p12.write_bytes(
            pkcs12.serialize_key_and_certificates(NAME.encode(), key, ca, None, serialization.NoEncryption())
        )
        try:
            os.link(whole, secret)
        except FileExistsError:
            return
        p12.replace(secret.with_suffix(".p12"))


def _publish(ca: x509.Certificate, confdir: Path) -> None:
    """The files for those who are to trust it. The one that is looked for comes last."""
    pem = ca.public_bytes(serialization.Encoding.PEM)
    p12 = pkcs12.serialize_java_truststore([pkcs12.PKCS12Certificate(ca, None)], serialization.NoEncryption())
    for suffix, content in ((".p12", p12), (".cer", pem), (".pem", pem)):
        with tempfile.NamedTemporaryFile(dir=confdir, prefix=f".{NAME}-", delete=False) as file:
            file.write(content)
        Path(file.name).chmod(0o644)
        Path(file.name).replace(confdir / f"{NAME}-ca-cert{suffix}")


def _certificate(key: rsa.RSAPrivateKey) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    name = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, NAME), x509.NameAttribute(NameOID.ORGANIZATION_NAME, NAME)]
    )
    usage = x509.KeyUsage(
        key_cert_sign=True,
        crl_sign=True,
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        x509.CertificateBuilder()
        .serial_number(x509.random_serial_number())
        .subject_name(name)
        .issuer_name(name)
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now - BACKDATED + LIFETIME)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
