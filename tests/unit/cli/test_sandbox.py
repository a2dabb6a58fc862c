"""`--sandbox`: the command has the proxy and nothing else, what it tries is told, and the run has failed by it.

As the user who runs the tests, and as one without privileges, where a Python can be had that both may run.
"""

import functools
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.harness import Origin, make_certs
from tests.unit.cli.wrapped import ASK, PYTHON, Done, Wrapped
from tests.unit.sandbox.sandboxed import NOBODY, needs_sandbox

NOTHING_RECORDED = 3
QUICK = 5000  # milliseconds: what waits for an answer waits for minutes, what is refused does not wait

TRY = """
import asyncio, socket, time, urllib.request
started = time.perf_counter()
try:
    {attempt}
    print("worked")
except OSError as e:
    print(round((time.perf_counter() - started) * 1000), type(e).__name__)
"""
ATTEMPTS = {
    "socket.create_connection(('203.0.113.7', 443))": "203.0.113.7:443 directly (tcp)",
    "socket.getaddrinfo('api.openai.com', 443)": "looked up api.openai.com directly",
    "urllib.request.build_opener(urllib.request.ProxyHandler({})).open('https://api.x.ai')": "looked up api.x.ai directly",
    "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('203.0.113.7', 53))": "203.0.113.7:53 directly (udp)",
}

pytestmark = needs_sandbox


@pytest.mark.parametrize(("attempt", "said"), ATTEMPTS.items())
@pytest.mark.parametrize("word", ["replay", pytest.param("record", marks=pytest.mark.slow)])
def test_what_is_tried_past_the_proxy(tape: Wrapped, word: str, attempt: str, said: str) -> None:
    """It fails at once, is named, and the code is 3, while recording as well."""
    tape.record("--", "true", env={"HOME": str(tape.home)})
    tape.cassette.write_text("---\nversion: 2\ninteractions: []\n")
    done = tape.run(word, "--sandbox", "--report", "report.json", "--", *PYTHON, "-c", TRY.format(attempt=attempt))
    assert 3 == done.code
    assert "worked" not in done.output
    assert QUICK > int(done.output.split()[0])
    assert done.lines[0].startswith("tapehead: past the proxy: ")
    assert said in done.lines[0]
    assert 2 == len(done.lines)
    assert [done.lines[0].removeprefix("tapehead: past the proxy: ")] == json.loads(
        tape.folder.joinpath("report.json").read_text()
    )["past_the_proxy"]


def test_a_client_that_trusts_no_environment(tape: Wrapped) -> None:
    """`trust_env=False` fails at once, and waits for nothing."""
    tape.cassette.parent.mkdir()
    tape.cassette.write_text("---\nversion: 2\ninteractions: []\n")
    code = (
        "import httpx, time\nclient = httpx.Client(trust_env=False)\nstarted = time.perf_counter()\n"
        "try: client.get('https://api.openai.com/v1/models')\n"
        "except httpx.ConnectError: print(round((time.perf_counter() - started) * 1000))"
    )
    done = tape.run("replay", "--sandbox", "--", sys.executable, "-c", code)
    assert (3, True) == (done.code, QUICK > int(done.output)), done
    assert "looked up api.openai.com directly" in done.errors


def test_the_command_s_own_code_comes_first(tape: Wrapped) -> None:
    """As without the sandbox."""
    attempt = TRY.format(attempt="socket.create_connection(('203.0.113.7', 443))") + "\nraise SystemExit(7)"
    assert 7 == tape.run("record", "--sandbox", "--", *PYTHON, "-c", attempt).code


def test_what_goes_through_the_proxy_is_recorded_and_replayed(tape: Wrapped) -> None:
    """With nothing told of the sandbox."""
    recorded = tape.record("--sandbox", "--", *ASK, "one")
    assert (0, ["tapehead: 1 recorded · cassettes/recorded.yaml"]) == (recorded.code, recorded.lines)
    replayed = tape.run("replay", "--sandbox", "--", *ASK, "one")
    assert (0, recorded.output) == (replayed.code, replayed.output)


def test_servers_of_its_own(tape: Wrapped) -> None:
    """A program talks to itself on any port, the one that is taken outside too."""
    code = (
        "import socket, sys\nserver = socket.create_server(('127.0.0.1', int(sys.argv[1])))\n"
        "client = socket.create_connection(server.getsockname())\nserver.accept()[0].sendall(b'hi')\nprint(client.recv(2))"
    )
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = tape.run("record", "--sandbox", "--", *PYTHON, "-c", code, port)
    assert (NOTHING_RECORDED, "b'hi'\n") == (done.code, done.output), done.errors


def test_a_service_outside(tape: Wrapped, tmp_path: Path) -> None:
    """Without --allow-port it is out of reach, and the line says what would let it in."""
    code = "import sys, urllib.request; got = urllib.request.urlopen(sys.argv[1]); got.read(); print(got.status)"
    with Origin(make_certs(tmp_path / "certs")) as origin:
        words = ("--", *PYTHON, "-c", code, f"{origin.plain_url.replace('localhost', '127.0.0.1')}/empty")
        refused = tape.run("record", "--sandbox", *words)
        assert f"outside the sandbox: --allow-port {origin.plain_port}" in refused.errors
        assert 0 != refused.code
        allowed = tape.run("record", "--sandbox", "--allow-port", str(origin.plain_port), *words)
        assert (NOTHING_RECORDED, "200\n") == (allowed.code, allowed.output)


def test_a_model_server_of_this_machine(tape: Wrapped, tmp_path: Path) -> None:
    """`--reverse PORT=URL` records it with nothing set in the program; the recorded URL is the server's own."""
    code = "import urllib.request; print(urllib.request.urlopen('http://127.0.0.1:11434/ndjson?n=3').read().decode())"
    with Origin(make_certs(tmp_path / "certs")) as origin:
        url = origin.plain_url.replace("localhost", "127.0.0.1")
        words = ("--sandbox", "--reverse", f"11434={url}", "--", *PYTHON, "-c", code)
        recorded = tape.run("record", *words)
        assert 0 == recorded.code, recorded.errors
    assert [f"{url}/ndjson?n=3"] == [each.request.url for each in tape.load().interactions]
    replayed = tape.run("replay", *words)
    assert (0, recorded.output) == (replayed.code, replayed.output)


def test_where_there_can_be_no_sandbox(tape: Wrapped) -> None:
    """One line that says why and what to do, and 4; the command is not run."""
    # In a user namespace whose limit is 0 no further one can be made.
    forbid = 'echo 0 > /proc/sys/user/max_net_namespaces && echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"'
    command = ("unshare", "--user", "--map-root-user", "sh", "-c", forbid, "sh")
    probe = subprocess.run([*command, "true"], capture_output=True)
    if probe.returncode:
        pytest.skip("the limit cannot be set here")
    done = tape.run(
        str(Path(sys.executable).with_name("tapehead")), "record", "--sandbox", "--", "echo", "ran", command=command
    )
    assert (4, 1, "") == (done.code, len(done.lines), done.output)
    assert done.lines[0].startswith("tapehead: there can be no sandbox: ")


# Without privileges


@functools.cache
def _python_for_nobody() -> str:
    """A Python that user nobody may run and that finds what tapehead needs, or ""."""
    if os.geteuid():
        return ""
    try:
        subprocess.run(
            [sys.executable, "-c", "import mitmproxy"], check=True, capture_output=True, timeout=30, **_as_nobody()
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return sys.executable


def _as_nobody() -> dict[str, Any]:
    return {"user": NOBODY, "group": NOBODY, "extra_groups": [NOBODY]}


@pytest.fixture
def nobody_s(tape: Wrapped) -> Iterator[Wrapped]:
    """A folder and a home of nobody's."""
    if not _python_for_nobody():
        pytest.skip("no Python that user nobody could run")
    folder = Path(tempfile.mkdtemp(prefix="tapehead-nobody-"))
    os.chown(folder, NOBODY, NOBODY)
    yield Wrapped(folder=folder, home=folder, stand_in=tape.stand_in, started=tape.started)
    shutil.rmtree(folder)


def _run_as_nobody(tape: Wrapped, *words: str, env: Mapping[str, str] | None = None) -> Done:
    return tape.run(*words, env=env, **_as_nobody())


def test_without_privileges(nobody_s: Wrapped) -> None:
    """Records, replays, and names what is tried, all in the sandbox."""
    code = Path(ASK[-1]).read_text()
    bundle = nobody_s.folder / "ca.pem"
    shutil.copy(nobody_s.stand_in.ca, bundle)
    ask = (*PYTHON, "-c", code)
    online = {**nobody_s.online, "SSL_CERT_FILE": str(bundle)}
    recorded = _run_as_nobody(nobody_s, "record", "--sandbox", "--", *ask, "one", env=online)
    assert (0, "200") == (recorded.code, recorded.output[:3]), recorded.errors
    replayed = _run_as_nobody(nobody_s, "replay", "--sandbox", "--", *ask, "one")
    assert (0, recorded.output) == (replayed.code, replayed.output)
    attempt = TRY.format(attempt="socket.getaddrinfo('api.openai.com', 443)")
    tried = _run_as_nobody(nobody_s, "replay", "--sandbox", "--", *PYTHON, "-c", attempt)
    assert 3 == tried.code
    assert "looked up api.openai.com directly" in tried.errors
