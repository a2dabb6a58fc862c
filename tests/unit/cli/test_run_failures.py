"""Failures around a real program: a base URL of a server that is not there, and what a run that only fails says."""

import socket
import sys

from tests.unit.cli.wrapped import Wrapped

ASKS = """
import os, sys, urllib.error, urllib.request
for url in sys.argv[1:]:
    try:
        answer = urllib.request.urlopen(os.environ[url] if url.isupper() else url)
    except urllib.error.HTTPError as e:
        answer = e
    print(answer.status, answer.read().decode().count("Connect call failed"))
"""
PROGRAM = (sys.executable, "-c", ASKS)


def _closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def test_a_base_url_of_a_dead_server(tape: Wrapped) -> None:
    """The program is told why, live and on replay, as often as it asks."""
    options = ("--base-url", f"DEAD=http://127.0.0.1:{_closed_port()}/v1")
    recorded = tape.record(*options, "--", *PROGRAM, "http://api.openai.com/v1/models", "DEAD", "DEAD")
    assert (0, "502 1") == (recorded.code, recorded.output.splitlines()[-1]), recorded
    assert "2 failed" in recorded.lines[-1]
    replayed = tape.run("replay", *options, "--", *PROGRAM, "http://api.openai.com/v1/models", "DEAD", "DEAD", "DEAD")
    assert (0, [*recorded.output.splitlines(), "502 1"]) == (replayed.code, replayed.output.splitlines())


def test_failures_alone(tape: Wrapped) -> None:
    """There is nothing to replay, so the run has failed, and says why."""
    url = f"http://127.0.0.1:{_closed_port()}/"
    done = tape.run("record", "--include-loopback", "--", *PROGRAM, url)
    assert 3 == done.code, done
    assert "and that makes no cassette" in done.errors
    assert not tape.cassette.exists()


def test_left_out(tape: Wrapped) -> None:
    """With cassette_failures=off the exit code stays the program's, and there is no file."""
    options = ("--base-url", f"DEAD=http://127.0.0.1:{_closed_port()}/v1", "--set", "cassette_failures=off")
    done = tape.record(*options, "--", *PROGRAM, "http://api.openai.com/v1/models", "DEAD")
    assert (0, "502 1") == (done.code, done.output.splitlines()[-1]), done
    assert "1 failed" in done.lines[-1]
    assert ["recorded.yaml", "recorded.yaml.timing.jsonl"] == sorted(
        each.name for each in tape.cassette.parent.iterdir()
    )
