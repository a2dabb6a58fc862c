"""`tapehead env`: the environment of a proxy elsewhere, read back by those it is for."""

import json
import os
import subprocess
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from click.testing import CliRunner, Result

from tapehead.cli.main import main


def _env(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["env", "--confdir", str(folder), *words])


def test_a_shell_takes_it(tmp_path: Path) -> None:
    """`eval "$(tapehead env)"`; it is the default form."""
    made = _env(tmp_path, "--proxy", "http://127.0.0.1:1234")
    assert 0 == made.exit_code, made.output
    assert made.output == _env(tmp_path, "--proxy", "http://127.0.0.1:1234", "--shell").output
    shell = subprocess.run(
        ["sh", "-c", f'{made.output}\necho "$HTTPS_PROXY $SSL_CERT_FILE"'], capture_output=True, text=True, check=True
    )
    proxy, bundle = shell.stdout.split()
    assert "http://127.0.0.1:1234" == proxy
    assert Path(bundle).is_relative_to(tmp_path)
    assert Path(bundle).exists()


@pytest.mark.parametrize("form", ["--json", "--dotenv", "--docker", "--github"])
def test_the_other_forms_say_the_same(tmp_path: Path, form: str) -> None:
    """Each names the proxy."""
    made = _env(tmp_path, form)
    assert 0 == made.exit_code, made.output
    assert "http://127.0.0.1:8080" in made.output
    if form == "--json":
        assert "http://127.0.0.1:8080" == json.loads(made.output)["HTTPS_PROXY"]


def test_the_old_name_of_the_sni_listener(tmp_path: Path) -> None:
    """It does the same, says the new one where a shell does not read it, and --help does not list it."""
    old, new = (_env(tmp_path, name, "127.0.0.1:1234") for name in ("--tls", "--sni-listener"))
    assert "127.0.0.1:1234" in new.stdout
    assert (0, new.stdout) == (old.exit_code, old.stdout)
    assert "tapehead: --tls has a new name: --sni-listener\n" == old.stderr
    assert "--tls" not in _env(tmp_path, "--help").output


def test_a_session_is_the_proxy_s_user(tmp_path: Path) -> None:
    """Its slashes too."""
    made = json.loads(_env(tmp_path, "--json", "--session", "checkout/happy").output)
    parts = urlsplit(made["HTTPS_PROXY"])
    assert ("checkout/happy", "tapehead") == (unquote(parts.username or ""), parts.password)
    assert "checkout/happy" == made["TAPEHEAD_SESSION"]


@pytest.mark.parametrize("proxy", ["127.0.0.1:8080", "https://127.0.0.1:8080", "http://127.0.0.1", "http://[::1", "x"])
def test_a_proxy_that_is_none(tmp_path: Path, proxy: str) -> None:
    """One line, 1."""
    made = _env(tmp_path, "--proxy", proxy)
    assert (1, 1) == (made.exit_code, len(made.output.splitlines())), made.output
    assert made.output.startswith("Error: ")


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """One line, 1."""
    tmp_path.joinpath("file").touch()
    made = _env(tmp_path / "file" / "below")
    assert (1, 1) == (made.exit_code, len(made.output.splitlines())), made.output
    assert os.listdir(tmp_path) == ["file"]
