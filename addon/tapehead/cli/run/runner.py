"""What `record`, `replay` and `auto` do: a proxy in this process, and a command that goes through it.

Knows the order of things. What a client needs is told by `clients`, how the proxy works by `proxy`.
"""

import asyncio
import contextlib
import os
import tempfile
import time
from collections.abc import Callable, Container, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

import click

from tapehead.cassette.errors import (
    CassetteBusyError,
    CassetteNotFoundError,
    NotACassetteError,
    UnsupportedVersionError,
)
from tapehead.cassette.file_lock import busy_writer
from tapehead.cli.run import log, progress, serve, subprocess_runner
from tapehead.cli.run.run_options import RunOptions
from tapehead.cli.run.run_verdict import FAILED, NO_PROXY, RunVerdict
from tapehead.cli.run.signals import Signals
from tapehead.cli.run.upstream_settings import UpstreamSettings
from tapehead.clients.environment import Endpoint, environment
from tapehead.clients.stand_in_keys import stand_in_keys
from tapehead.clients.trust import Trust, ensure_ca, make_trust
from tapehead.exchange.outcomes import ExchangeResult, Outcome
from tapehead.modes import AUTO_IN_CI, Mode, is_ci
from tapehead.proxy.embedded import HOST, Proxy, ProxyConfig, StartError, run_proxy
from tapehead.root import BadOptionError, TapeheadError
from tapehead.sandbox import descriptors
from tapehead.started_by import to_record

_POLL = 0.1  # seconds
_BY_SIGNAL = range(129, 193)
"""Exit codes of a command that was ended by a signal, as a shell tells them."""
_WRONG_USE = (BadOptionError, NotACassetteError, UnsupportedVersionError)
"""What is wrong with what the user named; anything else that keeps the proxy from starting is the machine's."""
_PASSWORD = "tapehead"  # noqa: S105  of every session: some clients send no user name without one


def execute(run: RunOptions) -> int:
    """Runs the command, or serves, as the options say. Returns the exit code; what is wrong is said in one line."""
    descriptors.reserve()
    try:
        with log.to_standard_error(quiet=run.quiet, verbose=run.verbose):
            return asyncio.run(_run_with_signals(run))
    except subprocess_runner.CommandError as e:
        from tapehead.cli.wrong_command import program_instead_of  # rarely wanted

        right = program_instead_of(run.command) if e.exit_code == subprocess_runner.NOT_FOUND else ""
        log.say(f"{e}; did you mean: -- {right}" if right else str(e))
        return e.exit_code
    except CassetteBusyError as e:
        log.say(f"{e}; --wait waits for it")
    except CassetteNotFoundError as e:
        why = f"; {AUTO_IN_CI}" if run.verb == "auto" and is_ci(os.environ) else ""
        log.say(f"{e}{why}; {to_record(run.started_by)}")
        return click.UsageError.exit_code
    except _WRONG_USE as e:
        log.say(str(e))
        return click.UsageError.exit_code
    except (TapeheadError, ValueError) as e:
        log.say(str(e))
    except OSError as e:
        log.say(f"{e.filename or 'the proxy'}: {(e.strerror or str(e)).lower()}")
    return NO_PROXY


async def _run_with_signals(run: RunOptions) -> int:
    """The exit code, once the command has ended and the files are finished."""
    with Signals() as signals:
        try:
            return await _run_with_proxy(run, signals)
        except asyncio.CancelledError:
            if not signals.stopped_by:
                raise
            return 128 + signals.stopped_by


@lru_cache(maxsize=1024)
def _host(url: str) -> str | None:
    return urlsplit(url).hostname


async def _run_with_proxy(run: RunOptions, signals: Signals) -> int:
    entries: list[ExchangeResult] = []
    hosts: set[str | None] = set()
    line: progress.ProgressLine | None = None

    def listen(entry: ExchangeResult) -> None:
        hosts.add(_host(entry.url))
        if run.report:
            entries.append(entry)
        if line:
            line.add(entry)

    await _wait_for_writer(run)
    is_heard = run.report or run.sandbox or run.verb != "replay"
    async with run_proxy(_plan(run, listen if is_heard else None)) as proxy:
        drawing: asyncio.Task[None] | None = None
        if run.verb != "replay" and progress.is_enabled(run.live, has_command=bool(run.command)):
            line = progress.ProgressLine(lambda: proxy.in_flight)
            drawing = asyncio.create_task(line.draw())
        try:
            with _trust(proxy.confdir) as trust:
                code, tried = await _command(run, proxy, trust, signals, hosts)
            proxy.ended(succeeded=code == 0 if run.command or code else None)
        finally:
            if drawing:
                drawing.cancel()
                await asyncio.wait([drawing])
    return _finish(run, proxy, entries, code, tried)


async def _wait_for_writer(run: RunOptions) -> None:
    """Waits for another program to finish the cassette, as long as `--wait` says; what it says then is said by who opens it."""
    until = time.monotonic() + run.wait
    is_told = False
    while time.monotonic() < until and not run.directory and (busy := busy_writer(run.path)):
        if not is_told and not run.quiet:
            log.say(f"waiting: {busy}")
        is_told = True
        await asyncio.sleep(_POLL)


def _plan(run: RunOptions, listen: Callable[[ExchangeResult], None] | None) -> ProxyConfig:
    goes_out = run.verb != "replay" or run.new_episodes
    around = UpstreamSettings.of(os.environ) if goes_out else UpstreamSettings()
    return ProxyConfig(
        mode=Mode(run.mode),
        settings=run.all_settings(around.settings),
        port=run.port,
        upstream=around.upstream,
        upstream_auth=around.upstream_auth,
        reverse=(*map(_origin, run.base_urls.values()), *map(_origin, run.reverse.values())),
        reverse_inside={port: len(run.base_urls) + place for place, port in enumerate(run.reverse)},
        token=run.token,
        on_result=listen,
        started_by=run.started_by,
        ensure_ca=ensure_ca,
    )


@contextlib.contextmanager
def _trust(confdir: Path) -> Iterator[Trust]:
    """Beside the proxy's authority, or where that folder cannot be written in one that goes."""
    beside = confdir / "clients"
    if os.access(beside if beside.exists() else confdir, os.W_OK):
        yield make_trust(confdir, beside, os.environ)
        return
    with tempfile.TemporaryDirectory(prefix="tapehead-") as folder:
        yield make_trust(confdir, Path(folder), os.environ)


async def _command(
    run: RunOptions, proxy: Proxy, trust: Trust, signals: Signals, hosts: Container[str | None]
) -> tuple[int, list[str]]:
    """Runs it. Its exit code, and what it tried past the proxy, through which it asks `hosts`."""
    endpoint = _endpoint(run, proxy)
    made = environment(endpoint, trust, os.environ, include_loopback=run.include_loopback, direct=run.direct)
    keys = stand_in_keys(proxy.replayed_hosts, os.environ)
    if keys and run.verbose:
        log.say(f"not set, so the program gets stand-ins, which replay needs no better: {', '.join(keys)}")
    made |= keys
    if run.directory:
        made["TAPEHEAD_DIR"] = run.directory  # tells the pytest plugin that there are sessions
    if not run.command:
        return await serve.serve_until_stopped(endpoint, made, trust, signals, ready_json=run.ready_json), []
    env = {**os.environ, **made}
    if run.stdio and run.verb != "off":
        from tapehead.cli.run import stdio_relay  # brings a conversation's parts along

        return await stdio_relay.relay(proxy, run.command, env, signals), []
    if run.sandbox:
        return await _sandboxed(run, proxy, env, signals, hosts)
    return await subprocess_runner.run(
        lambda command: subprocess_runner.start(command, env), run.command, env.get("PATH"), signals
    ), []


async def _sandboxed(
    run: RunOptions, proxy: Proxy, env: Mapping[str, str], signals: Signals, hosts: Container[str | None]
) -> tuple[int, list[str]]:
    from tapehead.cli.run import sandboxed  # rarely wanted: starting is to be quick

    own = (proxy.port, proxy.sni_port, *proxy.reverse_ports)
    if taken := [port for port in run.reverse if port in own]:
        raise StartError(f"--reverse {taken[0]}: the proxy itself listens at this port; choose another")
    ways = {port: port for port in (*own, *run.allow_ports)}
    ways |= dict(zip(run.reverse, proxy.reverse_ports[len(run.base_urls) :], strict=True))
    try:
        code, sandbox = await sandboxed.run(run.command, env, ways, signals)
    except sandboxed.SandboxError as e:
        raise StartError(str(e)) from e
    if sandbox.unmonitored_because and not run.quiet:
        log.say(f"not all that is tried past the proxy could be seen: {sandbox.unmonitored_because}")
    return code, [str(each) for each in sandboxed.bypass_attempts(sandbox.attempts, hosts)]


def _endpoint(run: RunOptions, proxy: Proxy) -> Endpoint:
    ports = proxy.reverse_ports[: len(run.base_urls)]
    bases = zip(run.base_urls.items(), ports, strict=True)
    return Endpoint(
        proxy=f"http://{HOST}:{proxy.port}",
        tls=f"{HOST}:{proxy.sni_port}",
        control=f"http://{HOST}:{proxy.sni_port}",
        token=run.token,
        base_urls={name: _at_listener(url, port) for (name, url), port in bases},
    )


def _finish(run: RunOptions, proxy: Proxy, entries: list[ExchangeResult], code: int, tried: list[str]) -> int:
    verdict = RunVerdict.of(proxy.verdicts, proxy.unseen, proxy.tls_failures, proxy.side)
    nothing = bool(run.command) and verdict.saw_nothing and not tried
    is_to_record = verdict.records and not run.directory  # of many tests in a folder some may ask for nothing
    if code == 0 and (verdict.failed(strict=run.strict) or tried or (nothing and is_to_record)):
        code = FAILED
    for each in tried:
        log.say(f"past the proxy: {each}")
    try:
        if run.report:
            from tapehead.cli.run import run_report

            run_report.write(run.report, entries, verdict, proxy.verdicts, tried, exit_code=code)
    except OSError as e:
        log.say(f"--report {run.report}: {(e.strerror or str(e)).lower()}")
        code = NO_PROXY if code in (0, FAILED) else code
    if not run.quiet and run.verb != "off":
        if nothing and code not in _BY_SIGNAL:
            log.say(verdict.nothing_said)
        if verdict.counts[Outcome.MISSED]:
            log.say(f"to add what was missed: {run.started_by.add}")
        log.say(verdict.line())
    return code


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _at_listener(url: str, port: int) -> str:
    """The URL, its server replaced by our listener in front of it."""
    parts = urlsplit(url)
    user, at, _ = parts.netloc.rpartition("@")
    return f"http://{user}{at}{HOST}:{port}{parts.path}"
