"""Clients that do not take the proxy's certificate: real ones, in a real run, and what the hooks count."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import certifi
import pytest

from tapehead.network.tls_failures import _MOST_HOSTS, TlsTrustFailures

TAPEHEAD = Path(sys.executable).with_name("tapehead")


def data(host: str, *, error: str = "", id: str = "1") -> Any:
    """What mitmproxy's TLS hooks are given."""
    server = SimpleNamespace(address=(host, 443))
    return SimpleNamespace(
        context=SimpleNamespace(server=server),
        conn=SimpleNamespace(error=error, sni="sni.test", id=id),
        client_hello=SimpleNamespace(sni="sni.test"),
    )


@pytest.mark.parametrize(
    ("error", "certain"),
    [
        ("OpenSSL Error([('SSL routines', '', 'tlsv1 alert unknown ca')])", True),
        ("sslv3 alert certificate unknown", True),
        ("ssl/tls alert bad certificate", True),
        ("connection closed", False),
        ("Cannot parse ClientHello", False),
    ],
)
def test_what_an_alert_says(error: str, certain: bool) -> None:
    """It is certain; anything else may have another reason."""
    distrust = TlsTrustFailures()
    distrust.tls_failed_client(data("a.test", error=error))

    assert ({"a.test": 1}, {}) == (
        (distrust.rejected, distrust.dropped) if certain else (distrust.dropped, distrust.rejected)
    )


def test_a_connection_without_a_request() -> None:
    """Ended right after the handshake; one with a request is fine, and one that stays says nothing yet."""
    distrust = TlsTrustFailures()
    for id in ("asks", "leaves", "stays"):
        distrust.tls_established_client(data(f"{id}.test", id=id))
    for id in ("asks", "leaves"):
        if id == "asks":
            distrust.request(SimpleNamespace(id=id))  # type: ignore[arg-type]
        distrust.client_disconnected(SimpleNamespace(id=id))  # type: ignore[arg-type]

    assert {"leaves.test": 1} == distrust.dropped


def test_silence_counts_where_nothing_was_asked_of_the_host() -> None:
    """A client may open a connection to spare, or end; who says that it does not trust counts always."""
    distrust = TlsTrustFailures()
    for id in ("1", "2"):
        distrust.tls_established_client(data("asked.test", id=id))
    distrust.request(SimpleNamespace(id="1"))  # type: ignore[arg-type]
    distrust.client_disconnected(SimpleNamespace(id="2"))  # type: ignore[arg-type]
    for host in ("asked.test", "silent.test"):
        distrust.tls_failed_client(data(host, error="closed"))
    distrust.tls_failed_client(data("refused.test", error="unknown ca"))

    assert {"refused.test": 1} == distrust.unheard
    assert {"silent.test": 1} == distrust.doubtful
    distrust._served.clear()  # nothing at all was asked
    assert {"asked.test": 2, "silent.test": 1, "refused.test": 1} == distrust.unheard
    assert {} == distrust.doubtful


def test_hosts_are_bounded() -> None:
    """Those that are known still count."""
    distrust = TlsTrustFailures()
    for number in [*range(_MOST_HOSTS + 10), 0]:
        distrust.tls_clienthello(data(f"{number}.test"))

    assert _MOST_HOSTS == len(distrust.handshakes)
    assert 2 == distrust.handshakes["0.test"]


def test_the_run_says_so(tmp_path: Path) -> None:
    """A client with roots of its own: the verdict names the host, and how often it was refused."""
    (tmp_path / "empty.yaml").write_text("version: 2\ninteractions: []\n")
    program = (
        "import contextlib, ssl, urllib.request\n"
        f"mine = ssl.create_default_context(cafile={certifi.where()!r})\n"
        "for _ in range(3):\n"
        "    with contextlib.suppress(OSError):\n"
        "        urllib.request.urlopen('https://api.openai.com/', context=mine)\n"
    )
    settings = ("--cassette", "empty.yaml", "--set", f"confdir={tmp_path}")
    run = [str(TAPEHEAD), "replay", *settings, "--", sys.executable, "-c", program]
    result = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    said = "tapehead: a client did not trust the proxy's CA for api.openai.com (3 times); tapehead doctor"

    assert 3 == result.returncode, result.stderr
    assert said in result.stderr
    assert "tapehead: 0 replayed, 0 missed, 0 not used · empty.yaml" == result.stderr.splitlines()[-1]
