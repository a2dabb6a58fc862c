"""Whether the proxy's certificate authority is one: its files, their rights, its dates, its key.

Reads a folder and is given the time; changes nothing. Knows mitmproxy's names for the files (`clients/ca.py`).
"""

import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from tapehead.cli.doctor.diagnosis import Diagnosis, note, ok, wrong
from tapehead.clients.ca import NAME

_SOON = timedelta(days=30)
_LEEWAY = timedelta(minutes=1)  # a file's time and the clock's may differ by rounding, and on a network's drive by more
_ANEW = "move the folder's mitmproxy-ca* files away: the next start makes new ones"
_CLOCK = "set this machine's clock"


def check_ca(confdir: Path, now: datetime) -> Iterator[Diagnosis]:
    """Yields what there is to say of the proxy's authority: one diagnosis at least."""
    secret, public = confdir / f"{NAME}-ca.pem", confdir / f"{NAME}-ca-cert.pem"
    if not secret.exists():
        yield note("CA", f"{secret}: there is none yet", "the first start of the proxy makes it")
        return
    try:
        data = secret.read_bytes()
        shared = public.read_bytes() if public.exists() else None
    except OSError as e:
        yield wrong("CA", f"{e.filename}: {(e.strerror or str(e)).lower()}", f"make it readable for you, or {_ANEW}")
        return
    try:
        ca, key = _read(data)
    except ValueError as e:
        yield wrong("CA", f"{secret}: {e}", _ANEW)
        return
    found = [*_rights(confdir, secret), *_pair(ca, key, shared, public), *_dates(ca, now), *_clock(secret, now)]
    yield from found
    if not found:
        yield ok("CA", f"{public}, valid until {ca.not_valid_after_utc:%Y-%m-%d}")


def must_be_usable(confdir: Path) -> None:
    """Raises ValueError when the proxy could not start with the authority that is there.

    Raises OSError when it cannot be read.
    """
    secret = confdir / f"{NAME}-ca.pem"
    try:
        ca, key = _read(secret.read_bytes())
        if not _belong(ca, key):
            raise ValueError("its key is another certificate's")
    except ValueError as e:
        raise ValueError(f"{secret}: {e}") from e


def _read(data: bytes) -> tuple[x509.Certificate, PrivateKeyTypes]:
    """Certificate and key of a PEM file. ValueError; not in OpenSSL's words, which may hold parts of what it read."""
    try:
        return x509.load_pem_x509_certificates(data)[0], serialization.load_pem_private_key(data, None)
    except TypeError:
        raise ValueError("its key needs a password") from None
    except ValueError:
        raise ValueError("holds no certificate and key in PEM") from None


def _rights(confdir: Path, secret: Path) -> Iterator[Diagnosis]:
    if others := stat.S_IMODE(secret.stat().st_mode) & 0o077:
        rights = stat.S_IMODE(secret.stat().st_mode)
        can = "change" if others & 0o022 else "read"
        yield wrong("CA", f"{secret}: others can {can} the key (mode {rights:04o})", f"chmod 600 {secret}")
    rights = stat.S_IMODE(confdir.stat().st_mode)
    if rights & 0o022:
        yield wrong("CA", f"{confdir}: others can put another CA there (mode {rights:04o})", f"chmod 700 {confdir}")
    elif rights & 0o077:
        yield note("CA", f"{confdir}: others can look into it (mode {rights:04o})", f"chmod 700 {confdir}")


def _pair(ca: x509.Certificate, key: PrivateKeyTypes, shared: bytes | None, public: Path) -> Iterator[Diagnosis]:
    if not _belong(ca, key):
        yield wrong("CA", "its key is another certificate's", _ANEW)
    if shared is None:
        return  # made at the next start
    try:
        same = x509.load_pem_x509_certificate(shared) == ca
    except ValueError:
        yield wrong("CA", f"{public}: no certificate in PEM", f"remove {public}: the next start makes it anew")
        return
    if not same:
        what = f"{public}: not the certificate that the proxy signs with, so that clients trust another"
        yield wrong("CA", what, f"remove {public}: the next start makes it anew")


def _belong(ca: x509.Certificate, key: PrivateKeyTypes) -> bool:
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return ca.public_key().public_bytes(*form) == key.public_key().public_bytes(*form)


def _dates(ca: x509.Certificate, now: datetime) -> Iterator[Diagnosis]:
    if now < ca.not_valid_before_utc:
        yield wrong("clock", f"it is {now:%Y-%m-%d %H:%M} UTC here, and the CA is valid from "
                             f"{ca.not_valid_before_utc:%Y-%m-%d}", f"{_CLOCK}, or {_ANEW}")  # fmt: skip
    elif now > ca.not_valid_after_utc:
        yield wrong("CA", f"expired on {ca.not_valid_after_utc:%Y-%m-%d}", _ANEW)
    elif now > ca.not_valid_after_utc - _SOON:
        yield note("CA", f"expires on {ca.not_valid_after_utc:%Y-%m-%d}", _ANEW)


def _clock(secret: Path, now: datetime) -> Iterator[Diagnosis]:
    written = datetime.fromtimestamp(secret.stat().st_mtime, UTC)
    if written > now + _LEEWAY:
        what = f"it is {now:%Y-%m-%d %H:%M} UTC here, but {secret} was written on {written:%Y-%m-%d %H:%M}"
        yield note("clock", what, f"{_CLOCK}: providers' certificates are refused when it is far off")
