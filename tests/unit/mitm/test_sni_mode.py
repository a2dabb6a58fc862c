"""The listener for clients that cannot be told of a proxy: real TLS connections whose hello says where they want to go."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from mitmproxy.proxy.mode_specs import ProxyMode

from tapehead.mitm import sni_mode
from tests.support.harness import Certs, Origin
from tests.support.standin import StandIn
from tests.unit.cli.conftest import home, shared_stand_in
from tests.unit.cli.wrapped import Wrapped

__all__ = ["home", "shared_stand_in"]

# Dials the listener with a server name, and prints the answer's status.
DIAL = """
import os, socket, ssl, sys
host, port = os.environ["TAPEHEAD_TLS"].rsplit(":", 1)
name, path, check = sys.argv[1:]
context = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
context.check_hostname = check == "check"
raw = socket.create_connection((host, int(port)), timeout=20)
try:
    with context.wrap_socket(raw, server_hostname=name or None) as tls:
        asked = f"GET {path} HTTP/1.1\\r\\nHost: {os.environ.get('HOST_HEADER', name)}\\r\\nConnection: close\\r\\n\\r\\n"
        tls.sendall(asked.encode())
        data = b""
        while piece := tls.recv(4096): data += piece
        print(data[9:12].decode() or "closed")
except OSError as e:
    print("failed")
"""


@pytest.fixture
def wrapped(tmp_path: Path, home: Path, shared_stand_in: StandIn) -> Iterator[Wrapped]:
    made = Wrapped(folder=tmp_path, home=home, stand_in=shared_stand_in)
    yield made
    made.close()


def _dial(name: str, path: str, check: str = "check") -> tuple[str, ...]:
    return (sys.executable, "-I", "-c", DIAL, name, path, check)


def test_a_name_is_its_host_at_443(wrapped: Wrapped) -> None:
    """By way of the proxy that is there already; its certificate is for the name."""
    done = wrapped.record("--", *_dial("api.openai.com", "/v1/none"))
    assert (0, "404\n") == (done.code, done.output), done.errors
    assert "api.openai.com:443" == wrapped.stand_in.corporate.asked[-1]
    assert ["https://api.openai.com/v1/none"] == [each.request.url for each in wrapped.load().interactions]
    replayed = wrapped.run("replay", "--", *_dial("api.openai.com", "/v1/none"))
    assert (0, done.output) == (replayed.code, replayed.output)


def test_a_port_is_in_the_name(wrapped: Wrapped, certs: Certs, origin: Origin) -> None:
    """As the Node preload spells it."""
    env = {"SSL_CERT_FILE": str(certs.ca), "HOST_HEADER": f"localhost:{origin.port}"}
    done = wrapped.run(
        "record", "--", *_dial(f"localhost.1.{origin.port}.tapehead.invalid", "/status/204", "any"), env=env
    )
    assert "204\n" == done.output, done.errors
    assert [f"https://localhost:{origin.port}/status/204"] == [each.request.url for each in wrapped.load().interactions]


@pytest.mark.parametrize("name", ["", "no.destination.tapehead.invalid", "a.9.443.tapehead.invalid"])
def test_a_name_that_is_none_goes_nowhere(wrapped: Wrapped, name: str) -> None:
    """Nothing is recorded, nobody is asked; one line says what was wrong."""
    before = len(wrapped.stand_in.corporate.asked)
    done = wrapped.record("--", *_dial(name, "/", "any"))
    assert "503\n" == done.output
    assert "0 recorded" in done.lines[-1]
    assert before == len(wrapped.stand_in.corporate.asked)
    assert "Traceback" not in done.errors


def test_the_mode_s_spelling() -> None:
    """It takes an address to listen on, and nothing else."""
    mode = ProxyMode.parse("sni@127.0.0.1:1234")
    assert isinstance(mode, sni_mode.SniMode)
    with pytest.raises(ValueError, match="mode takes no arguments"):
        ProxyMode.parse("sni:example.com")
