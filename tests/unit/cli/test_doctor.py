"""`tapehead doctor`, installed and in a process of its own: its lines, its JSON, its exit code, and no traceback ever."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from tapehead.clients.ca import ensure_ca
from tapehead.clients.unsupported import UNSUPPORTED
from tapehead.sandbox.command import unavailable
from tests.unit.cli.terminal import read_terminal
from tests.unit.cli.test_probe_runner import has_ended

TAPEHEAD = Path(sys.executable).with_name("tapehead")
SECRET = "sup3r-s3cret-w0rd"


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """Somebody with a home, an authority in it, and a Python alone on the PATH."""
    home, programs = tmp_path / "home", tmp_path / "bin"
    (home / ".mitmproxy").mkdir(mode=0o700, parents=True)
    programs.mkdir()
    (programs / "python").symlink_to(sys.executable)
    ensure_ca(home / ".mitmproxy")
    return {"HOME": str(home), "PATH": str(programs)}


def doctor(env: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(TAPEHEAD), "doctor", *arguments]
    result = subprocess.run(command, env=env, cwd=env["HOME"], capture_output=True, text=True, timeout=120, check=False)
    assert "Traceback" not in result.stderr + result.stdout, result.stderr
    return result


def test_nothing_is_wrong(env: dict[str, str]) -> None:
    """A line for each check, exit code 0; piped, it is plain."""
    result = doctor(env)
    lines = result.stdout.splitlines()

    assert (0, "") == (result.returncode, result.stderr), result.stdout
    assert {"ok", "note"} == {line.split()[0] for line in lines}
    assert f"ok     CA: {env['HOME']}/.mitmproxy/mitmproxy-ca-cert.pem, valid until " in result.stdout
    assert "ok     port: one can be opened on 127.0.0.1" in lines
    assert any(
        line.startswith("ok     Python urllib (") and line.endswith("caught, and trusts the CA") for line in lines
    )
    assert lines[-1].startswith("note   not tried: not installed here: ")
    assert "\x1b" not in result.stdout


def test_much_is_wrong(env: dict[str, str]) -> None:
    """Each thing has its line, all of them are said at once, no password is; exit code 1."""
    (Path(env["HOME"]) / ".mitmproxy" / "mitmproxy-ca.pem").chmod(0o644)
    result = doctor(
        {
            **env,
            "HTTPS_PROXY": f"socks5://user:{SECRET}@proxy.test:1080",
            "ALL_PROXY": f"http://user:{SECRET}@proxy.test:port",
            "NO_PROXY": "*",
            "REQUESTS_CA_BUNDLE": "/nowhere.pem",
        }
    )

    assert (1, "") == (result.returncode, result.stderr)
    for expected in (
        "wrong  CA: ", "wrong  proxy variables: HTTPS_PROXY is a socks proxy", "note   NO_PROXY: * would hide",
        "wrong  REQUESTS_CA_BUNDLE: /nowhere.pem", "wrong  proxy: cannot start, so nothing was tried: REQUESTS_CA_BUNDLE",
    ):  # fmt: skip
        assert expected in result.stdout
    assert SECRET not in result.stdout


def test_credentials_are_masked_whatever_a_program_says(env: dict[str, str]) -> None:
    """A client that fails with the proxy's password in its message."""
    python = Path(env["PATH"]) / "python"
    python.unlink()
    python.write_text(
        '#!/bin/sh\necho "error: cannot use http://user:$WORD@proxy.test and key $OPENAI_API_KEY" >&2\nexit 1\n'
    )
    python.chmod(0o755)
    key = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789"
    result = doctor({**env, "WORD": SECRET, "HTTPS_PROXY": f"http://user:{SECRET}@proxy.test", "OPENAI_API_KEY": key})

    assert 1 == result.returncode
    assert "wrong  Python: " in result.stdout
    assert SECRET not in result.stdout
    assert key not in result.stdout


def test_json(env: dict[str, str]) -> None:
    """The same for programs, one document."""
    told = json.loads(doctor(env, "--json").stdout)

    assert 0 == told["wrong"]
    assert told["notes"] == sum(each["level"] == "note" for each in told["checks"])
    assert {"level", "topic", "what", "remedy"} == set(told["checks"][0])


def test_a_machine_without_anything(tmp_path: Path) -> None:
    """No authority yet, no client: no fault. The authority is made, as the first recording would."""
    result = doctor({"HOME": str(tmp_path), "PATH": str(tmp_path)})

    assert (0, "") == (result.returncode, result.stderr), result.stdout
    assert "there is none yet; the first start of the proxy makes it" in result.stdout
    assert (tmp_path / ".mitmproxy" / "mitmproxy-ca.pem").exists()


@pytest.mark.parametrize("arguments", [(), ("--", "python", "-c", "")])
def test_a_folder_that_cannot_be(env: dict[str, str], arguments: tuple[str, ...]) -> None:
    """A file in the authority's place."""
    result = doctor(env, "--confdir", "/dev/null", *arguments)

    assert (1, "") == (result.returncode, result.stderr)
    assert "wrong  proxy: cannot start, so nothing was tried: /dev/null" in result.stdout


def test_a_key_of_another_authority(env: dict[str, str], tmp_path: Path) -> None:
    """The proxy cannot sign with it: nothing is tried."""
    secret = Path(env["HOME"]) / ".mitmproxy" / "mitmproxy-ca.pem"
    ensure_ca(tmp_path / "other")
    end = "-----END RSA PRIVATE KEY-----\n"
    key = (tmp_path / "other" / secret.name).read_text().partition(end)[0]
    secret.write_text(f"{key}{end}{secret.read_text().partition(end)[2]}")
    result = doctor(env)

    assert (1, "") == (result.returncode, result.stderr)
    assert "wrong  CA: its key is another certificate's" in result.stdout
    assert f"wrong  proxy: cannot start, so nothing was tried: {secret}: its key is" in result.stdout


def test_an_authority_that_is_none(env: dict[str, str]) -> None:
    """Nothing can be tried with it."""
    (Path(env["HOME"]) / ".mitmproxy" / "mitmproxy-ca.pem").write_text("garbage")
    result = doctor(env)

    assert (1, "") == (result.returncode, result.stderr)
    assert "wrong  CA: " in result.stdout
    assert "wrong  proxy: " in result.stdout


def test_a_command(env: dict[str, str]) -> None:
    """What it asks is named; what it prints goes to standard error, so that the report stays one."""
    code = (
        "import urllib.request\nprint('hello')\n"
        "try: urllib.request.urlopen('https://api.openai.com/v1/models')\nexcept OSError as error: print(error)"
    )
    result = doctor(env, "--json", "--", "python", "-c", code)
    told = json.loads(result.stdout)

    assert 0 == result.returncode, result.stdout
    assert "hello\nHTTP Error 404: Not Found\n" in result.stderr
    assert {"level": "ok", "topic": "through the proxy", "what": "api.openai.com, 1 request", "remedy": ""} in told[
        "checks"
    ]


def test_a_command_that_gets_past(env: dict[str, str]) -> None:
    """Exit code 1, and which program tried what."""
    if reason := unavailable():
        pytest.skip(reason)
    code = (
        "import urllib.request as u\n"
        "try: u.build_opener(u.ProxyHandler({})).open('https://api.openai.com/v1/models')\nexcept OSError: pass"
    )
    result = doctor(env, "--", "python", "-c", code)

    assert 1 == result.returncode
    assert "looked up api.openai.com directly; no trust_env=False" in result.stdout


def test_it_can_be_ended(env: dict[str, str], tmp_path: Path) -> None:
    """By a signal while it tries clients: nothing that it started is left, no traceback."""
    pid = tmp_path / "pid"
    curl = Path(env["PATH"]) / "curl"
    curl.write_text(f"#!/bin/sh\necho $$ > {pid}.new\n/bin/mv {pid}.new {pid}\nexec /bin/sleep 600\n")
    curl.chmod(0o755)
    command = [str(TAPEHEAD), "doctor", "--timeout", "600"]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        for _ in range(3000):
            if pid.exists():
                break
            time.sleep(0.02)
        child.send_signal(signal.SIGINT)
        _, errors = child.communicate(timeout=60)

    assert (130, "") == (child.returncode, errors)
    assert has_ended(int(pid.read_text()))


def test_no_home(env: dict[str, str]) -> None:
    """A folder can be named."""
    result = doctor({**env, "HOME": env["HOME"]}, "--confdir", "~nobody-of-that-name/x")

    assert (1, "") == (result.returncode, result.stdout)
    assert "no home folder; --confdir DIR names another" in result.stderr


def test_no_such_command(env: dict[str, str]) -> None:
    """One line."""
    result = doctor(env, "--", "no-such-command")

    assert (1, "") == (result.returncode, result.stderr)
    assert "wrong  command: no-such-command: command not found" == result.stdout.splitlines()[-1]


def test_gaps(env: dict[str, str]) -> None:
    """What no variable reaches, each with its reason and what to do."""
    result = doctor(env, "--unsupported")

    assert 0 == result.returncode
    assert len(UNSUPPORTED) == len(result.stdout.splitlines())
    assert all(gap.what in result.stdout and gap.remedy in result.stdout for gap in UNSUPPORTED)
    assert len(UNSUPPORTED) == len(json.loads(doctor(env, "--unsupported", "--json").stdout)["checks"])


def test_the_old_name_of_unsupported(env: dict[str, str]) -> None:
    """It does the same, says the new one, and --help does not list it."""
    result = doctor(env, "--gaps")

    assert doctor(env, "--unsupported").stdout == result.stdout
    assert (0, "tapehead: --gaps has a new name: --unsupported\n") == (result.returncode, result.stderr)
    assert "--gaps" not in doctor(env, "--help").stdout


@pytest.mark.parametrize(("more", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_colour_on_a_terminal(env: dict[str, str], more: dict[str, str], coloured: bool) -> None:
    """Unless it is not wanted."""
    ours, theirs = pty.openpty()
    command = [str(TAPEHEAD), "doctor", "--", "true"]
    path = f"{env['PATH']}{os.pathsep}{os.defpath}"
    with subprocess.Popen(command, env={**env, "PATH": path, **more}, stdout=theirs, stderr=theirs) as child:
        os.close(theirs)
        output = read_terminal(ours)
        assert 0 == child.wait(timeout=60), output.decode()
    os.close(ours)

    assert coloured == (b"\x1b[32m" in output)
