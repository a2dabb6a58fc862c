"""Clients run once each through a proxy that replays: who came by, who trusted the CA, and who did not, and why.

Knows how to run the table of `client_probes`, all at once but bounded in number and time, and how to judge by what the proxy
saw. Each asks for a host of its own in `.test`, which leads nowhere (RFC 2606), so what gets past is lost at once.
"""

import asyncio
import contextlib
import os
import re
import shutil
import signal
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tapehead.cassette import Cassette, dumps
from tapehead.cassette.model import Interaction, Request, Response
from tapehead.cli.doctor.client_probes import READY, Probe
from tapehead.cli.doctor.diagnosis import Diagnosis, note, ok, wrong
from tapehead.clients.environment import Endpoint, environment
from tapehead.clients.trust import make_trust
from tapehead.exchange.outcomes import ExchangeResult
from tapehead.modes import Mode
from tapehead.network.tls_failures import TlsTrustFailures
from tapehead.proxy.embedded import HOST, ProxyConfig, run_proxy

_DOMAIN = "doctor.tapehead.test"
_MOST_OUTPUT = 64 * 1024  # bytes of each stream that are kept
_SLOW = 60.0  # seconds for one that compiles
_VERSION = re.compile(r"\d+\.\d+(?:\.\d+)?")
_NOISE = re.compile(
    r"Picked up |\s*at |\s*\^|Node\.js v|warning:|npm |Error: A fatal exception|Error: Could not create"
)
"""Lines of standard error that do not say what went wrong."""
_DISTRUST = (
    "let it read SSL_CERT_FILE, or for Node NODE_EXTRA_CA_CERTS; roots of its own or a pinned certificate do not"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessResult:
    """A program's end."""

    exit_code: int | None
    """None: it had to be ended."""
    output: str = ""
    errors: str = ""


async def probe_all(
    probes: Sequence[Probe],
    ambient: Mapping[str, str],
    confdir: Path,
    *,
    modules: Collection[str],
    timeout_seconds: float,
    slow: bool,
) -> list[Diagnosis]:
    """Returns a diagnosis for each client on the PATH, in the table's order, and one that names those that are not
    there.

    Each may run for `timeout_seconds` seconds. `modules` are the packages of Python that are there. Raises StartError
    when the proxy cannot start, ValueError when no environment can be made.
    """
    path = ambient.get("PATH", os.defpath)
    found = {probe: _which(probe, path) for probe in probes}
    there = [probe for probe, program in found.items() if program and (not probe.module or probe.module in modules)]
    tried = [probe for probe in there if slow or not probe.slow]
    with tempfile.TemporaryDirectory(prefix="tapehead-doctor-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        judged = await _through_proxy(tried, found, ambient, confdir, folder, timeout_seconds)
    for probe in there:
        if probe not in tried:
            judged[probe] = note(probe.name, "not tried, as it compiles first", "tapehead doctor --slow")
    missing = [probe.name for probe in probes if probe not in there]
    absent = [note("not tried", f"not installed here: {', '.join(missing)}")] if missing else []
    return [*(judged[probe] for probe in there), *absent]


def _which(probe: Probe, path: str) -> str:
    return next(filter(None, (shutil.which(each, path=path) for each in probe.programs)), "")


async def _through_proxy(
    probes: Sequence[Probe],
    programs: Mapping[Probe, str],
    ambient: Mapping[str, str],
    confdir: Path,
    folder: Path,
    timeout_seconds: float,
) -> dict[Probe, Diagnosis]:
    urls = {probe: f"https://client{number}.{_DOMAIN}/" for number, probe in enumerate(probes)}
    cassette = folder / "doctor.yaml"
    cassette.write_bytes(dumps(Cassette(interactions=tuple(map(_interaction, range(len(probes)), urls.values())))))
    served: set[str] = set()

    def listen(entry: ExchangeResult) -> None:
        served.add(entry.url)

    settings = (f"cassette={cassette}", f"confdir={confdir}", "cassette_repeat=last")
    async with run_proxy(ProxyConfig(mode=Mode.REPLAY_ONLY, settings=settings, on_result=listen)) as proxy:
        trust = make_trust(proxy.confdir, folder / "trust", ambient)
        endpoint = Endpoint(proxy=f"http://{HOST}:{proxy.port}", tls=f"{HOST}:{proxy.sni_port}")
        env = {**ambient, **environment(endpoint, trust, ambient)}
        turns = asyncio.Semaphore(max(2, os.cpu_count() or 2))  # more would only wait for each other, and time out

        async def one(probe: Probe) -> tuple[str, ProcessResult]:
            async with turns:
                # Without our variables, of which Java speaks too.
                version = version_in(await run([programs[probe], *probe.version], ambient, timeout_seconds))
                allowed = _SLOW if probe.slow else timeout_seconds
                return version, await _ask(probe, programs[probe], urls[probe], env, folder, allowed)

        ends = await asyncio.gather(*map(one, probes))
        await asyncio.sleep(0.1)  # in which the proxy hears of the last one's end
        return {
            probe: _judge(probe, version, ended, urls[probe], served, proxy.tls_failures)
            for probe, (version, ended) in zip(probes, ends, strict=True)
        }


async def _ask(
    probe: Probe, program: str, url: str, env: Mapping[str, str], folder: Path, timeout_seconds: float
) -> ProcessResult:
    if probe.source:
        (folder / probe.file).write_text(probe.source)
    arguments = [part.replace("{url}", url).replace("{folder}", str(folder)) for part in probe.arguments]
    return await run([program, *arguments], env, timeout_seconds)


def version_in(said: ProcessResult) -> str:
    """Returns the version that a program said, or ""."""
    lines = (said.output + said.errors).splitlines()
    found = _VERSION.search("\n".join(each for each in lines if not _NOISE.match(each)))
    return found[0] if found else ""


def _judge(
    probe: Probe, version: str, ended: ProcessResult, url: str, served: Collection[str], distrust: TlsTrustFailures
) -> Diagnosis:
    topic = f"{probe.name} ({version})" if version else probe.name
    host = url.removeprefix("https://").rstrip("/")
    late = ended.exit_code is None
    why = "did not end in time" if late else reason(ended.errors or ended.output) or f"exit code {ended.exit_code}"
    if url in served:
        if ended.exit_code:
            return note(topic, f"caught, and trusts the CA, but then it failed: {why}")
        return ok(topic, "caught, and trusts the CA")
    if distrust.rejected[host] or (distrust.dropped[host] and not late):
        return wrong(topic, f"caught, but does not trust the CA: {why}", _DISTRUST)
    if late:
        return note(topic, "could not be tried: it did not end in time", "give it more: tapehead doctor --timeout 60")
    if probe.says_ready and READY not in ended.output:
        return note(topic, f"could not be tried: {why}")
    return wrong(topic, f"not caught: {why}", probe.uncaught)


def reason(errors: str) -> str:
    """Returns the line of a program's standard error that says most: the last one that is no stack and no advice."""
    lines = [each.strip() for each in errors.splitlines() if each.strip() and not _NOISE.match(each)]
    chosen = [each for each in lines if re.search(r"(?i)\b\w*(?:error|exception)\b|certificate|refused|resolve", each)]
    return (chosen or lines or [""])[-1][:300]


async def run(command: Sequence[str], env: Mapping[str, str], timeout_seconds: float) -> ProcessResult:
    """Runs a program here without input, for so many seconds at most; then ends it and what it started.

    Here: version managers look into the folder for which Python or Node it is to be.
    """
    try:
        child = await asyncio.create_subprocess_exec(
            *command,
            env=env,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
    except (OSError, ValueError) as e:
        return ProcessResult(exit_code=126, errors=f"cannot be run: {e}")
    assert child.stdout
    assert child.stderr
    try:
        async with asyncio.timeout(timeout_seconds):
            output, errors, code = await asyncio.gather(_read(child.stdout), _read(child.stderr), child.wait())
            return ProcessResult(exit_code=code, output=output, errors=errors)
    except TimeoutError:
        return ProcessResult(exit_code=None)
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)  # its own group: also of what it left running
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(child.wait(), 5)


async def _read(stream: asyncio.StreamReader) -> str:
    """All of it, of which the start is kept."""
    kept = b""
    while data := await stream.read(65536):
        kept += data[: _MOST_OUTPUT - len(kept)]
    return kept.decode(errors="replace")


def _interaction(number: int, url: str) -> Interaction:
    headers = {"Content-Type": ("text/plain",)}
    response = Response(code=200, status="200 OK", body=b"trusted\n", content_length=8, headers=headers)
    return Interaction(id=number, request=Request(method="GET", url=url), response=response)
