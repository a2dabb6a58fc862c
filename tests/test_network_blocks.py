"""pytest beside plugins that block the network: the proxy is let through, all else stays blocked."""

import pytest

from tests.test_pytest_plugin import Runner, runner, standin

__all__ = ["runner", "standin"]

TESTS = """
import socket, threading
import pytest
from asking import ask

@pytest.fixture
def greeted(): return ask("greet")

def elsewhere():
    with socket.create_server(("127.0.0.1", 0)) as server:
        with pytest.raises(RuntimeError, match="127.0.0.1"):
            socket.create_connection(server.getsockname())
        with socket.socket() as one, pytest.raises(RuntimeError, match="127.0.0.1"):
            one.connect(server.getsockname())

def test_plain(): assert "answer" in ask("plain")
"""
MARKED = (
    TESTS
    + """
@pytest.mark.block_network
def test_block(greeted):
    assert "answer" in ask("block")
    elsewhere()

@pytest.mark.allow_hosts(["10.0.0.1"])
def test_hosts(greeted):
    assert "answer" in ask("hosts")
    elsewhere()

@pytest.mark.disable_socket
def test_no_socket(greeted): ask("none")

def test_after():
    ask("after")
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()
"""
)


@pytest.mark.parametrize(
    "words",
    [
        ["--block-network"],
        ["--disable-socket"],
        ["--disable-socket", "--allow-hosts=127.0.0.1"],
        ["--allow-hosts=10.0.0.1"],
        ["--disable-socket", "-n2"],
    ],
    ids=" ".join,
)
def test_options(runner: Runner, words: list[str]) -> None:
    """Recorded without them, it is replayed with each."""
    runner.write(test_it=TESTS)
    assert 0 == runner.record("--tapehead=record", "test_it.py").code
    done = runner.run("--tapehead=replay", *words, "test_it.py")

    assert (0, {"test_plain": "passed"}) == (done.code, done.outcomes)
    assert ("--disable-socket lets connections to 127.0.0.1 be made" in done.output) == (
        "--disable-socket" in words and len(words[-1]) < 20
    )


def test_marks(runner: Runner) -> None:
    """Of a test, and of its fixtures: what may have no socket at all says what would let it."""
    runner.write(test_it=MARKED)
    recorded = runner.record("--tapehead=record", "-p", "no:socket", "-p", "no:recording", "test_it.py", "-W", "ignore")
    done = runner.run("--tapehead=replay", "test_it.py")

    assert recorded.outcomes["test_after"] == "passed"
    assert ["passed", "passed", "passed", "passed"] == [
        done.outcomes[name] for name in ("test_plain", "test_block", "test_hosts", "test_after")
    ]
    assert "error" == done.outcomes["test_no_socket"]
    assert '@pytest.mark.allow_hosts(["127.0.0.1"]) lets them, and nothing else' in done.output
    assert "INTERNALERROR" not in done.output
