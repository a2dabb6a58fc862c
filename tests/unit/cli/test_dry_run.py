"""A command tried: what it asked, what went past, what was refused; in the sandbox where there is one."""

import asyncio
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import certifi
import pytest

from tapehead.cli.doctor import dry_run
from tapehead.cli.doctor.diagnosis import Diagnosis
from tapehead.cli.doctor.dry_run import DryRunResult, check_flags, compiled_in_roots, remedy, report
from tapehead.cli.run.signals import _HEARD, Signals
from tapehead.cli.run.subprocess_runner import CommandError
from tapehead.clients.ca import ensure_ca
from tapehead.exchange.outcomes import ExchangeResult, Outcome
from tapehead.network.tls_failures import TlsTrustFailures
from tapehead.sandbox.command import ConnectionAttempt, unavailable
from tests.unit.cli.test_probe_runner import ENVIRONMENT

NAMES = b"".join(dry_run._ROOT_NAMES)


def entry(url: str) -> ExchangeResult:
    return ExchangeResult(outcome=Outcome.MISSED, method="GET", url=url, start=0)


def attempt(kind: str, host: str, port: int, program: str, pid: int) -> ConnectionAttempt:
    return ConnectionAttempt(kind, host, port, program, pid, 0.0)  # type: ignore[arg-type]


def seen(
    *, code: int = 0, urls: Sequence[str] = (), attempts: Sequence[ConnectionAttempt] = (),
    distrust: TlsTrustFailures | None = None, sandbox: str = "",
) -> DryRunResult:  # fmt: skip
    return DryRunResult(
        code=code,
        entries=[entry(url) for url in urls],
        tls_failures=distrust or TlsTrustFailures(),
        attempts=attempts,
        sandbox=sandbox,
    )


def levels(found: Sequence[Diagnosis]) -> list[tuple[str, str, str]]:
    return [(each.level.value, each.topic, each.what) for each in found]


def test_hosts_are_counted_and_their_users_not_repeated() -> None:
    """Each host once, the most asked first."""
    urls = ["https://u:secret@a.test/x", "https://b.test:8443/", "https://b.test:8443/y", "https://["]

    assert [
        ("ok", "through the proxy", "b.test:8443, 2 requests"),
        ("ok", "through the proxy", "a.test, 1 request"),
        ("ok", "through the proxy", "a host with an odd name, 1 request"),
    ] == levels(list(report(seen(urls=urls), has_roots=False)))


def test_attempts_are_said_once() -> None:
    """Whatever the pid; with what helps that program. A service of this machine is a note."""
    attempts = [
        attempt("name", "api.test", 0, "java", 7),
        attempt("name", "api.test", 0, "java", 8),
        attempt("loopback", "127.0.0.1", 11434, "node", 9),
    ]
    found = list(report(seen(attempts=attempts), has_roots=False))

    assert [
        ("wrong", "past the proxy", "java looked up api.test directly"),
        ("note", "on this machine", "node tried 127.0.0.1:11434, which is outside the sandbox: --allow-port 11434"),
    ] == levels(found)
    assert remedy("java") == found[0].remedy
    assert "--reverse 11434=http://127.0.0.1:11434" in found[1].remedy


def test_refusals_and_compiled_in_roots() -> None:
    """Said by the client, or guessed when it hung up; with compiled-in roots no variable helps."""
    distrust = TlsTrustFailures()
    distrust.rejected["a.test"] = 3
    distrust.dropped["b.test"] = distrust.dropped["c.test"] = 1
    found = list(report(seen(distrust=distrust, urls=["https://c.test/"]), has_roots=False))
    with_roots = list(report(seen(distrust=distrust), has_roots=True))

    assert [
        ("ok", "through the proxy", "c.test, 1 request"),
        ("wrong", "refused the CA", "a.test, 3 requests: the client does not trust the proxy's CA"),
        ("wrong", "refused the CA", "b.test, 1 request: the client hung up at once; it may not trust the proxy's CA"),
    ] == levels(found)
    assert "SSL_CERT_FILE" in found[1].remedy
    assert "webpki-roots" in with_roots[0].remedy


def test_a_silent_command() -> None:
    """Asked nothing; without a sandbox that is only half known."""
    assert [("note", "command", "it asked nothing, neither through the proxy nor past it")] == levels(
        list(report(seen(), has_roots=False))
    )
    assert [
        ("note", "sandbox", "what goes past the proxy cannot be seen: no namespaces"),
        ("note", "command", "it asked nothing through the proxy"),
        ("note", "command", "ended with 3"),
    ] == levels(list(report(seen(code=3, sandbox="no namespaces"), has_roots=False)))


def test_many_hosts_are_not_all_named() -> None:
    """Twenty, and how many more."""
    urls = [f"https://host{number}.test/" for number in range(25)]
    attempts = [attempt("name", f"host{number}.test", 0, "go", 1) for number in range(25)]
    found = levels(list(report(seen(urls=urls, attempts=attempts), has_roots=False)))

    assert ("ok", "through the proxy", "5 more hosts") in found
    assert ("wrong", "past the proxy", "5 more") == found[-1]
    assert 42 == len(found)


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("python -I x.py", True),
        ("python3.12 -B -Ic pass", True),
        ("python -u -S -m pytest", True),
        ("python -m pytest -S", False),
        ("python x.py -I", False),
        ("python --version", False),
        ("grep -I x", False),
    ],
)
def test_flags_of_python(command: str, found: bool) -> None:
    """Those before the program are Python's."""
    assert found == bool(list(check_flags(command.split())))


def test_compiled_in_roots(tmp_path: Path) -> None:
    """rustls and Mozilla's roots in one file are a sign; Node, curl and an empty file are not."""
    signs = {"rust": b"\0rustls-0.23" + NAMES, "go": NAMES, "native": b"rustls", "empty": b""}
    for name, content in signs.items():
        (tmp_path / name).write_bytes(content)

    assert ["rust"] == [name for name in signs if compiled_in_roots(tmp_path / name)]
    assert not compiled_in_roots(Path(sys.executable))
    assert not compiled_in_roots(tmp_path)


# The file of roots is named: in there, `certifi.where()` is tapehead's bundle.
PROGRAM = f"""
import socket, ssl, urllib.request
for url in ("https://api.openai.com/v1/models", "https://api.openai.com/v1/models", "http://plain.test/"):
    try: urllib.request.urlopen(url)
    except urllib.error.HTTPError as error: assert error.code == 404
mine = ssl.create_default_context(cafile={certifi.where()!r})
try: urllib.request.urlopen("https://api.anthropic.com/", context=mine)
except urllib.error.URLError: pass
try: socket.create_connection(("192.0.2.7", 443), timeout=0.5)
except OSError: pass
"""


def tried(command: list[str], confdir: Path) -> list[Diagnosis]:
    async def trying() -> list[Diagnosis]:
        with Signals() as signals:
            return await dry_run.dry_run(command, ENVIRONMENT, confdir, signals)

    return asyncio.run(trying())


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """Are as before, afterwards: at its end the command ignores them."""
    before = {number: signal.getsignal(number) for number in _HEARD}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_real_command(tmp_path: Path) -> None:
    """Through the proxy, refused, and past it where that can be seen."""
    ensure_ca(tmp_path)
    command = [sys.executable, "-c", PROGRAM]
    found = levels(tried(command, tmp_path))

    assert [
        ("ok", "through the proxy", "api.openai.com, 2 requests"),
        ("ok", "through the proxy", "plain.test, 1 request"),
        ("wrong", "refused the CA", "api.anthropic.com, 1 request: the client does not trust the proxy's CA"),
    ] == found[:3]
    if not unavailable():
        ((level, topic, what),) = found[3:]
        assert ("wrong", "past the proxy") == (level, topic)
        assert what.endswith("tried 192.0.2.7:443 directly (tcp)")


def test_without_a_sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is run all the same, and said what is not seen."""
    monkeypatch.setattr(dry_run, "unavailable", lambda: "this container forbids namespaces")
    ensure_ca(tmp_path)
    found = levels(tried([sys.executable, "-c", ""], tmp_path))

    assert ("note", "sandbox", "what goes past the proxy cannot be seen: this container forbids namespaces") == found[0]


@pytest.mark.parametrize("forbidden", [False, True])
def test_no_such_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forbidden: bool) -> None:
    """In the sandbox or out of it."""
    if forbidden:
        monkeypatch.setattr(dry_run, "unavailable", lambda: "forbidden")
    ensure_ca(tmp_path)
    with pytest.raises(CommandError, match="no-such-command: command not found"):
        tried(["no-such-command"], tmp_path)
