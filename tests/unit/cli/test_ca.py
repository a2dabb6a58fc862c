"""`tapehead ca`: the authority is told, and systems trust it only when asked; here they are told by stand-ins of their tools."""

import hashlib
import ssl
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tapehead.cli.commands import ca
from tapehead.cli.commands.ca import System
from tapehead.cli.main import main


def _ca(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["ca", "--confdir", str(folder / "conf"), *words])


def test_who_it_is(tmp_path: Path) -> None:
    """Its path, its fingerprint as openssl shows it, its end; it is made if it is not there."""
    told = _ca(tmp_path)
    assert 0 == told.exit_code, told.output
    file = tmp_path / "conf" / "mitmproxy-ca-cert.pem"
    der = ssl.PEM_cert_to_DER_cert(file.read_text())
    assert hashlib.sha256(der).hexdigest().upper() in told.output.replace(":", "")
    assert str(file) in told.output
    assert f"{file}\n" == _ca(tmp_path, "path").output


def _system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> Path:
    tool = tmp_path / "bin" / "update-trust"
    tool.parent.mkdir()
    tool.write_text(f"#!/bin/sh\n{script}\n")
    tool.chmod(0o755)
    place = tmp_path / "anchors.crt"
    system = System(
        tool="update-trust", place=str(place), add=("update-trust", "add {ca}"), remove=("update-trust", "rm")
    )
    monkeypatch.setattr(ca, "_SYSTEMS", (System(tool="no-such-tool", add=(), remove=()), system))
    monkeypatch.setenv("PATH", str(tool.parent), prepend=":")
    return place


def test_a_system_is_told_and_told_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The certificate, never its key, is put where the system looks; removing takes it away."""
    place = _system(tmp_path, monkeypatch, f'echo "$1" >> {tmp_path}/called')
    assert 0 == _ca(tmp_path, "install").exit_code
    assert "PRIVATE" not in place.read_text()
    assert place.read_bytes() == (tmp_path / "conf" / "mitmproxy-ca-cert.pem").read_bytes()
    assert 0 == _ca(tmp_path, "remove").exit_code
    assert not place.exists()
    assert 0 == _ca(tmp_path, "remove").exit_code
    assert [f"add {tmp_path}/conf/mitmproxy-ca-cert.pem", "rm", "rm"] == (tmp_path / "called").read_text().splitlines()


def test_a_tool_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its last line is shown, without what a terminal would obey."""
    _system(tmp_path, monkeypatch, 'printf "first\\nno \\033[31mway" >&2; exit 3')
    told = _ca(tmp_path, "install")
    assert 1 == told.exit_code
    assert told.output.endswith(": no \\x1b[31mway\n")
    assert 1 == len(told.output.splitlines())


def test_a_system_that_is_not_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Says what was looked for."""
    monkeypatch.setattr(ca, "_SYSTEMS", (System(tool="no-such-tool", add=(), remove=()),))
    told = _ca(tmp_path, "install")
    assert (1, True) == (told.exit_code, "looked for no-such-tool" in told.output)


def test_a_key_file_that_is_none(tmp_path: Path) -> None:
    """One line that names the file."""
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "mitmproxy-ca.pem").write_text("words")
    told = _ca(tmp_path)
    assert (1, 1) == (told.exit_code, len(told.output.splitlines()))
    assert "mitmproxy-ca.pem" in told.output
