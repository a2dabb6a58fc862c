"""Ways to be unseen: traffic that reaches the proxy, or should, and is in no cassette. Said, and never exit code 0."""

import shlex
import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.cli.wrapped import PYTHON, Wrapped

CLIENT = (*PYTHON, str(Path(__file__).with_name("unseen.py")))
HOST = "api.openai.com"
NOTHING = "tapehead: nothing reached the proxy: tapehead doctor -- COMMAND says why"
IN_PIECES = ("hello-in-pieces", "request-line-in-pieces", "head-in-pieces")
UNREAD = {
    "raw-tcp": (
        80,
        "1 not understood",
        "not understood: a connection to api.openai.com:80: neither TLS nor HTTP (8 bytes)",
    ),
    "socks": (80, "1 not understood", "a connection to the proxy itself: SOCKS 5, which this proxy does not speak"),
    "half-a-body": (80, "1 unfinished", "unfinished: a request to api.openai.com:80: "),
    "half-a-head": (80, "1 unfinished", "unfinished: a request to api.openai.com:80: its head did not end"),
    "distrust-with-alert": (443, "", "a client did not trust the proxy's CA for api.openai.com (once)"),
    "distrust-without-alert": (443, "", "a client did not trust the proxy's CA for api.openai.com (once)"),
}


class _Resetting(socketserver.BaseRequestHandler):
    """Reads a request and resets the connection."""

    def handle(self) -> None:
        self.request.recv(65536)
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.request.close()


@pytest.fixture
def resetting() -> Iterator[int]:
    """The port of a server that resets each connection after its request."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Resetting) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture
def refused() -> Iterator[int]:
    """A port at which nobody listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


@pytest.mark.parametrize("way", IN_PIECES)
def test_what_comes_in_pieces_is_recorded_and_replayed(tape: Wrapped, way: str) -> None:
    """However small they are: there is a wait until it is enough to tell TLS and HTTP."""
    recorded = tape.run("auto", "--", *CLIENT, way, f"{HOST}:443", env=tape.online)
    assert (0, "HTTP/1.1 200\n") == (recorded.code, recorded.output), recorded.errors
    assert ["tapehead: 1 recorded · cassettes/recorded.yaml"] == recorded.lines
    for verb in ("replay", "auto"):
        replayed = tape.run(verb, "--", *CLIENT, way, f"{HOST}:443")
        assert (0, "HTTP/1.1 200\n") == (replayed.code, replayed.output)
        assert ["tapehead: 1 replayed, 0 missed, 0 not used · cassettes/recorded.yaml"] == replayed.lines


def test_a_plain_request_in_pieces(tape: Wrapped) -> None:
    """In a tunnel too."""
    recorded = tape.record("--", *CLIENT, "plain-in-pieces", f"{HOST}:80")
    assert (0, ["tapehead: 1 recorded · cassettes/recorded.yaml"]) == (recorded.code, recorded.lines)


@pytest.mark.parametrize("verb", ["record", "replay", "auto"])
@pytest.mark.parametrize(("way", "port", "counted", "named"), [(way, *row) for way, row in UNREAD.items()])
def test_what_could_not_be_read(tape: Wrapped, verb: str, way: str, port: int, counted: str, named: str) -> None:
    """It is named in the log with where it was to go, counted in the verdict, and the run has failed."""
    if verb == "replay":
        tape.record("--", *CLIENT, "tls", f"{HOST}:443")
    done = tape.run(verb, "--", *CLIENT, way, f"{HOST}:{port}", env={} if verb == "replay" else tape.online)
    assert 3 == done.code, done.errors
    assert any(named in line for line in done.lines), done.errors
    assert counted in done.lines[-1]
    assert NOTHING not in done.lines
    assert "HTTP/1.1 200\n" != done.output


@pytest.mark.parametrize("verb", ["record", "auto"])
def test_servers_that_cannot_be_reached(tape: Wrapped, verb: str, refused: int) -> None:
    """No name, nobody listening, no tunnel at the next proxy, a certificate that is not trusted."""
    untrusted = {"HTTPS_PROXY": tape.stand_in.corporate.url}
    for words, way, authority, env in (
        ([], "tls", "no-such-host.invalid:443", {}),
        (["--include-loopback"], "tls", f"127.0.0.1:{refused}", {}),
        ([], "tls", f"{HOST}:9", tape.online),
        ([], "tls", f"{HOST}:443", untrusted),
    ):
        done = tape.run(verb, *words, "--", *CLIENT, way, authority, env=env)
        assert 3 == done.code, (authority, done.errors)
        host = authority.partition(":")[0]
        assert any(host in line and ("not reached: " in line or "failed (" in line) for line in done.lines[:-1])
        assert "1 not reached" in done.lines[-1] or "1 failed" in done.lines[-1], done.errors
        assert not tape.cassette.exists() or not tape.load().interactions


@pytest.mark.parametrize("verb", ["record", "auto"])
def test_a_connection_that_is_reset_before_the_answer(tape: Wrapped, verb: str, resetting: int) -> None:
    """The request was made; failures alone are nothing to replay."""
    done = tape.run(verb, "--include-loopback", "--", *CLIENT, "plain", f"127.0.0.1:{resetting}")
    assert (3, "HTTP/1.1 502\n") == (done.code, done.output)
    assert "tapehead: 0 recorded, 1 failed · cassettes/recorded.yaml" == done.lines[-1]
    named = f"failed (reset): POST http://127.0.0.1:{resetting}/v1/chat/completions: "
    assert any(named in line for line in done.lines)


@pytest.mark.parametrize(("verb", "code"), [("record", 3), ("auto", 3), ("replay", 0)])
def test_nothing_at_all(tape: Wrapped, verb: str, code: int) -> None:
    """Who was to record and recorded nothing is told how to find out why; a replay may use less than there is."""
    if verb == "replay":
        tape.record("--", *CLIENT, "tls", f"{HOST}:443")
    done = tape.run(verb, "--", *CLIENT, "nothing", f"{HOST}:443")
    assert code == done.code
    assert NOTHING in done.lines


def test_the_report_has_it_too(tape: Wrapped, tmp_path: Path) -> None:
    """What it was, and where it was to go; the exit code is that of any such run."""
    done = tape.run("record", "--report", "report.json", "--", *CLIENT, "raw-tcp", f"{HOST}:80", env=tape.online)
    assert 3 == done.code
    report = (tmp_path / "report.json").read_text()
    assert '"outcome": "not_understood"' in report
    assert '"where": "api.openai.com:80"' in report


@pytest.mark.parametrize(
    ("way", "port", "why"),
    [("raw-tcp", 80, "1 not understood"), ("distrust-with-alert", 443, "1 did not trust the proxy's CA")],
)
def test_it_keeps_the_recording_before(tape: Wrapped, way: str, port: int, why: str) -> None:
    """What was recorded besides is not all that there was: the old one stays, too, and a line says why."""
    tape.record("--", *CLIENT, "tls", f"{HOST}:443")
    both = f"{shlex.join([*CLIENT, 'tls', f'{HOST}:443'])} && {shlex.join([*CLIENT, way, f'{HOST}:{port}'])}"
    done = tape.record("--", "sh", "-c", both)
    assert 3 == done.code, done.errors
    kept = f"cassettes/recorded.yaml: {why}; the recording before is kept as recorded.yaml.bak: "
    assert any(kept in line for line in done.lines), done.errors
    assert tape.cassette.with_name("recorded.yaml.bak").exists()
