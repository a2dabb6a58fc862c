"""A command run once against an empty cassette: which hosts it asks through the proxy, and which it does not.

Knows how to run it, in the sandbox where that can be had, so that nothing gets out. The command's requests are all
answered with 404, so how it ends does not matter.
"""

import asyncio
import contextlib
import mmap
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tapehead.cassette import Cassette, dumps
from tapehead.cli.doctor.diagnosis import Diagnosis, note, ok, wrong
from tapehead.cli.run import sandboxed, subprocess_runner
from tapehead.cli.run.signals import Signals
from tapehead.clients.environment import Endpoint, environment
from tapehead.clients.trust import make_trust
from tapehead.exchange.outcomes import ExchangeResult
from tapehead.modes import Mode
from tapehead.network.tls_failures import TlsTrustFailures
from tapehead.proxy.embedded import HOST, ProxyConfig, run_proxy
from tapehead.sandbox.command import ConnectionAttempt, unavailable

_MOST_NAMED = 20
_PAST = "proxies turned off (trust_env=False), a connection of its own, or an environment that was not passed on"
_REMEDIES = (
    ("java", "let JAVA_TOOL_OPTIONS reach that JVM (gradle --stop before), or give it a base URL: --base-url"),
    (
        "python",
        "no trust_env=False, no proxy or connector in code, no -I -E -S under test; or give it a base URL: --base-url",
    ),
    ("node", "pass NODE_OPTIONS on to that process; or give it a base URL: --base-url"),
    ("php", "PHP's streams know no proxy: use its curl, or give it a base URL: --base-url"),
    ("grpc", "pass on grpc_proxy and GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"),
)
"""By how a program's name begins."""
_ELSE = "let it read HTTPS_PROXY, or give it a base URL: --base-url"
_FLAGS = frozenset("IES")
_ROOT_NAMES = (b"ISRG Root X1", b"GTS Root R1", b"DigiCert Global Root G2", b"Amazon Root CA 1")
"""In a program with Mozilla's roots as DER, which is how webpki-roots has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRunResult:
    """What came of a command."""

    code: int
    entries: Sequence[ExchangeResult]
    tls_failures: TlsTrustFailures
    attempts: Sequence[ConnectionAttempt]
    sandbox: str
    """Why there was none; "" when there was."""


async def dry_run(
    command: Sequence[str], ambient: Mapping[str, str], confdir: Path, signals: Signals
) -> list[Diagnosis]:
    """Runs the command, and returns what it did.

    Raises CommandError, StartError, SandboxError or ValueError when that cannot be.
    """
    entries: list[ExchangeResult] = []
    with tempfile.TemporaryDirectory(prefix="tapehead-doctor-", ignore_cleanup_errors=True) as name:
        cassette = Path(name) / "empty.yaml"
        cassette.write_bytes(dumps(Cassette()))
        settings = (f"cassette={cassette}", f"confdir={confdir}")
        async with run_proxy(ProxyConfig(mode=Mode.REPLAY_ONLY, settings=settings, on_result=entries.append)) as proxy:
            trust = make_trust(proxy.confdir, Path(name) / "trust", ambient)
            endpoint = Endpoint(proxy=f"http://{HOST}:{proxy.port}", tls=f"{HOST}:{proxy.sni_port}")
            env = {**ambient, **environment(endpoint, trust, ambient)}
            why_not = await asyncio.to_thread(unavailable)
            ways = {port: port for port in (proxy.port, proxy.sni_port)}
            with _output_to_errors():
                code, attempts = await _run(command, env, None if why_not else ways, signals)
        hosts = {urlsplit(each.url).hostname for each in entries}
        seen = DryRunResult(
            code=code,
            entries=entries,
            tls_failures=proxy.tls_failures,
            attempts=sandboxed.bypass_attempts(attempts, hosts),
            sandbox=why_not or "",
        )
    program = shutil.which(command[0], path=ambient.get("PATH"))
    return [*check_flags(command), *report(seen, has_roots=bool(program) and compiled_in_roots(Path(str(program))))]


async def _run(
    command: Sequence[str], env: Mapping[str, str], ways: Mapping[int, int] | None, signals: Signals
) -> tuple[int, Sequence[ConnectionAttempt]]:
    if ways is None:
        return await subprocess_runner.run(
            lambda each: subprocess_runner.start(each, env), command, env.get("PATH"), signals
        ), []
    code, sandbox = await sandboxed.run(command, env, ways, signals)
    return code, sandbox.attempts


@contextlib.contextmanager
def _output_to_errors() -> Iterator[None]:
    """What the command prints is not mixed with what doctor prints for programs."""
    sys.stdout.flush()
    before = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        os.dup2(before, 1)
        os.close(before)


def report(seen: DryRunResult, *, has_roots: bool) -> Iterator[Diagnosis]:
    """Yields what there is to say of a run."""
    asked = Counter(_host(entry.url) for entry in seen.entries)
    for host, count in asked.most_common(_MOST_NAMED):
        yield ok("through the proxy", f"{host}, {_times(count)}")
    if len(asked) > _MOST_NAMED:
        yield ok("through the proxy", f"{len(asked) - _MOST_NAMED} more hosts")
    for host, count in seen.tls_failures.rejected.most_common(_MOST_NAMED):
        what = f"{host}, {_times(count)}: the client does not trust the proxy's CA"
        yield wrong("refused the CA", what, _roots_remedy(has_roots))
    for host, count in seen.tls_failures.dropped.most_common(_MOST_NAMED):
        if host not in asked:
            what = f"{host}, {_times(count)}: the client hung up at once; it may not trust the proxy's CA"
            yield wrong("refused the CA", what, _roots_remedy(has_roots))
    yield from _past(seen.attempts)
    if seen.sandbox:
        what = f"what goes past the proxy cannot be seen: {seen.sandbox}"
        yield note("sandbox", what)
    if not (asked or seen.tls_failures.rejected or seen.tls_failures.dropped or seen.attempts):
        if seen.sandbox:
            yield note("command", "it asked nothing through the proxy", f"if it should have, look for {_PAST}")
        else:
            yield note("command", "it asked nothing, neither through the proxy nor past it")
    if seen.code and not any(asked.values()):
        yield note("command", f"ended with {seen.code}")
    elif seen.code:
        yield note("command", f"ended with {seen.code}, as it may: nothing is recorded here, so it was answered 404")


def _past(attempts: Sequence[ConnectionAttempt]) -> Iterator[Diagnosis]:
    """Without the pids, which differ from run to run: each thing once."""
    past = Counter(
        (each.kind, each.program, each.target, str(each).replace(f" (pid {each.pid})", "")) for each in attempts
    )
    for (kind, program, target, what), _ in past.most_common(_MOST_NAMED):
        if kind == "loopback":
            port = target.rpartition(":")[2]
            to_record = f"a model server is recorded by --sandbox --reverse {port}=http://127.0.0.1:{port}"
            yield note("on this machine", what, to_record)
        else:
            yield wrong("past the proxy", what, remedy(program))
    if len(past) > _MOST_NAMED:
        yield wrong("past the proxy", f"{len(past) - _MOST_NAMED} more")


def remedy(program: str) -> str:
    """Returns what to do about a program that gets past."""
    return next((said for start, said in _REMEDIES if program.lower().startswith(start)), _ELSE)


def _roots_remedy(has_roots: bool) -> str:
    if has_roots:
        return (
            "the program seems to have roots compiled in (webpki-roots): no variable adds one; "
            "build it with native roots, or give it a base URL: --base-url"
        )
    return (
        "let it read SSL_CERT_FILE: a pinned certificate or roots of its own do not; or give it a base URL: --base-url"
    )


def check_flags(command: Sequence[str]) -> Iterator[Diagnosis]:
    """Yields a note for flags of Python that keep its sitecustomize from running."""
    if not Path(command[0]).name.startswith("python"):
        return
    for argument in command[1:]:
        if not argument.startswith("-") or argument in ("-c", "-m", "-"):
            return
        if not argument.startswith("--") and (found := _FLAGS.intersection(argument[1:])):
            what = f"{' '.join(f'-{flag}' for flag in sorted(found))}: plain aiohttp, urllib3 and http.client get past"
            yield note("command", what, "leave it out under test")


def compiled_in_roots(program: Path) -> bool:
    """Returns whether a program seems to have the public roots in it, as Rust's webpki-roots gives them."""
    try:
        with program.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return content.find(b"rustls") >= 0 and all(content.find(name) >= 0 for name in _ROOT_NAMES)
    except (OSError, ValueError):  # not to be read; empty
        return False


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc.rpartition("@")[2] or url
    except ValueError:
        return "a host with an odd name"


def _times(count: int) -> str:
    return "1 request" if count == 1 else f"{count} requests"
