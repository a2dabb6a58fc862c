"""The proxy's certificate authority: each way in which it can be none is found, and a good one is not blamed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tapehead.cli.doctor.ca_check import check_ca
from tapehead.cli.doctor.diagnosis import Level
from tapehead.clients.ca import LIFETIME, ensure_ca


@pytest.fixture
def confdir(tmp_path: Path) -> Path:
    """A folder with an authority, as it should be."""
    folder = tmp_path / "conf"
    folder.mkdir(mode=0o700)
    ensure_ca(folder)
    return folder


def told(confdir: Path, later: timedelta = timedelta()) -> list[tuple[str, str]]:
    """Level and text."""
    return [(each.level.value, f"{each.topic}: {each.what}") for each in check_ca(confdir, datetime.now(UTC) + later)]


def test_a_good_one(confdir: Path) -> None:
    """One line, which names the certificate and its end."""
    ((level, what),) = told(confdir)

    assert "ok" == level
    assert what.startswith(f"CA: {confdir}/mitmproxy-ca-cert.pem, valid until 20")


def test_none_is_no_fault(tmp_path: Path) -> None:
    """It is made at the first start."""
    assert [("note", f"CA: {tmp_path}/mitmproxy-ca.pem: there is none yet")] == told(tmp_path)


def _other_key(folder: Path) -> None:
    secret = folder / "mitmproxy-ca.pem"
    other = folder.parent / "other"
    ensure_ca(other)
    end = "-----END RSA PRIVATE KEY-----\n"
    key = (other / secret.name).read_text().partition(end)[0]
    secret.write_text(f"{key}{end}{secret.read_text().partition(end)[2]}")


def _other_certificate(folder: Path) -> None:
    ensure_ca(folder.parent / "other")
    name = "mitmproxy-ca-cert.pem"
    (folder / name).write_bytes((folder.parent / "other" / name).read_bytes())


FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "read by others": (lambda f: (f / "mitmproxy-ca.pem").chmod(0o640), "others can read the key (mode 0640)"),
    "written by others": (lambda f: (f / "mitmproxy-ca.pem").chmod(0o666), "others can change the key (mode 0666)"),
    "folder of all": (lambda f: f.chmod(0o777), "others can put another CA there (mode 0777)"),
    "no PEM": (lambda f: (f / "mitmproxy-ca.pem").write_text("secret words"), "holds no certificate and key in PEM"),
    "empty": (lambda f: (f / "mitmproxy-ca.pem").write_text(""), "holds no certificate and key in PEM"),
    "other key": (_other_key, "its key is another certificate's"),
    "other certificate": (_other_certificate, "not the certificate that the proxy signs with"),
    "no certificate": (lambda f: (f / "mitmproxy-ca-cert.pem").write_text("x"), "no certificate in PEM"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found(fault: str, confdir: Path) -> None:
    """It is wrong, said in one line with what to do; nothing of the file is repeated."""
    change, expected = FAULTS[fault]
    change(confdir)
    (found,) = check_ca(confdir, datetime.now(UTC))

    assert Level.WRONG is found.level
    assert expected in found.what
    assert found.remedy
    assert "secret words" not in found.row()


def test_a_folder_that_others_read_is_a_note(confdir: Path) -> None:
    """The key in it is safe by its own mode."""
    confdir.chmod(0o755)

    assert [("note", f"CA: {confdir}: others can look into it (mode 0755)")] == told(confdir)


@pytest.mark.parametrize(
    ("later", "level", "expected"),
    [
        (-timedelta(days=3), "wrong", "and the CA is valid from"),
        (LIFETIME, "wrong", "expired on"),
        (LIFETIME - timedelta(days=10), "note", "expires on"),
        (-timedelta(hours=1), "note", "was written on"),
    ],
)
def test_dates(confdir: Path, later: timedelta, level: str, expected: str) -> None:
    """A clock before the CA's time, one before its file's, and an end that has come or is near."""
    assert any(level == each and expected in what for each, what in told(confdir, later))
    assert "ok" not in dict(told(confdir, later))
