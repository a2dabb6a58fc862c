"""The files that make a client trust the proxy's authority, each in the form that some client reads.

They lie in a folder named by their inputs' digest: what is there is right, and two runs with other inputs do not
meet. Does not know which variable leads a client to them; that is the table of `env_table`.
"""

import hashlib
import os
import shutil
import stat
import tempfile
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tapehead.clients.ca import ensure_ca
from tapehead.clients.ca_bundles import SYSTEM, pem, read, roots

__all__ = ["PASSWORD", "Trust", "ensure_ca", "make_trust"]

PASSWORD = "changeit"  # noqa: S105  Java's own default; a trust store holds no secret
_LAYOUT = b"1"  # part of the digest: another number when the files are written differently


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Paths of the files."""

    ca: Path
    """The authority's certificate alone, PEM: for variables that add to the roots."""
    bundle: Path
    """What the user trusts today and the authority, PEM: for variables that replace the roots."""
    truststore: Path
    """The same as PKCS#12 for Java, its password `changeit`."""
    wgetrc: Path
    """The user's wgetrc, and the bundle."""
    php_ini: Path
    """A folder with an ini file that names the bundle."""


def make_trust(confdir: Path, folder: Path, ambient: Mapping[str, str], *, system: Iterable[str] = SYSTEM) -> Trust:
    """Writes what is not there yet into `folder`, which is made private (0700), and returns where it is.

    Reads the authority from `confdir`, and what the environment `ambient` names: bundles, WGETRC, HOME. Raises
    ValueError with one line when one of these is missing or malformed, or the folder is another user's.
    """
    ca = confdir / "mitmproxy-ca-cert.pem"
    try:
        authority = read(ca)
    except ValueError as e:
        raise ValueError(f"the proxy's certificate authority: {e}") from e
    every = list(dict.fromkeys([*roots(ambient, system), *authority]))
    wgetrc = _wgetrc(ambient)
    digest = hashlib.sha256(_LAYOUT)
    for part in (*every, wgetrc, os.fsencode(folder)):
        digest.update(len(part).to_bytes(8))
        digest.update(part)
    _private(folder)
    place = folder / digest.hexdigest()[:16]
    if not place.exists():
        _write(place, every, wgetrc)
    return _trust(ca, place)


def _trust(ca: Path, place: Path) -> Trust:
    return Trust(
        ca=ca,
        bundle=place / "ca-bundle.pem",
        truststore=place / "truststore.p12",
        wgetrc=place / "wgetrc",
        php_ini=place / "php",
    )


def _private(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileExistsError as e:
        raise ValueError(f"{folder}: found a file, expected a folder of your own") from e
    except OSError as e:
        raise ValueError(f"{folder}: cannot be made: {e.strerror}") from e
    found = folder.stat()
    if hasattr(os, "getuid") and found.st_uid != os.getuid():
        raise ValueError(f"{folder}: belongs to another user, who could change what your programs trust")
    if stat.S_IMODE(found.st_mode) != 0o700:
        folder.chmod(0o700)


def _write(place: Path, every: list[bytes], wgetrc: bytes) -> None:
    """All of it or nothing, and whoever is first: two runs may start at once."""
    temporary = Path(tempfile.mkdtemp(dir=place.parent, prefix=".new-"))
    try:
        written, final = _trust(place, temporary), _trust(place, place)
        written.bundle.write_text("".join(map(pem, every)), encoding="ascii")
        written.truststore.write_bytes(_truststore(every))
        written.wgetrc.touch(mode=0o600)  # may hold the user's passwords
        written.wgetrc.write_bytes(b"%sca_certificate = %s\n" % (wgetrc, os.fsencode(final.bundle)))
        written.php_ini.mkdir()
        ini = "".join(f'{name} = "{final.bundle}"\n' for name in ("curl.cainfo", "openssl.cafile"))
        (written.php_ini / "tapehead.ini").write_text(ini)
        try:
            temporary.rename(place)
        except OSError:
            if not place.exists():
                raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _truststore(every: list[bytes]) -> bytes:
    """PKCS#12 with Java's mark on each entry; without it, or without a password, Java finds an empty store."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import PrivateFormat, pkcs12

    entries = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of roots that break RFC 5280 in a detail
        for number, der in enumerate(every):
            try:
                certificate = x509.load_der_x509_certificate(der)
            except ValueError:
                continue  # OpenSSL, who reads the bundle, is less strict
            entries.append(pkcs12.PKCS12Certificate(certificate, b"tapehead-%d" % number))
    encryption = (  # what a Java 8 of any age reads
        PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(2048)
        .key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
        .hmac_hash(hashes.SHA1())  # noqa: S303
        .build(PASSWORD.encode())
    )
    return pkcs12.serialize_java_truststore(entries, encryption)


def _wgetrc(ambient: Mapping[str, str]) -> bytes:
    """What wget reads today: WGETRC instead of ~/.wgetrc. wget manual, Wgetrc Location."""
    named = ambient.get("WGETRC")
    if named:
        try:
            content = Path(named).read_bytes()
        except OSError as e:
            raise ValueError(f"WGETRC is set, but {named}: {e.strerror}") from e
    else:
        home = ambient.get("HOME")
        try:
            content = (Path(home) / ".wgetrc").read_bytes() if home else b""
        except OSError:
            content = b""
    return content if content.endswith(b"\n") or not content else content + b"\n"
