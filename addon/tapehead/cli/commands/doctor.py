"""`tapehead doctor`: what would keep traffic from being recorded here, and what to do about it.

Knows the order of the checks, the output and the exit code; what is looked for is in `ca_check`, `env_checks`, `runtimes`,
`probe_runner` and `dry_run`.
"""

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from tapehead.cli.doctor.ca_check import check_ca, must_be_usable
from tapehead.cli.doctor.client_probes import PROBES
from tapehead.cli.doctor.diagnosis import Diagnosis, any_wrong, as_json, note, ok, wrong
from tapehead.cli.doctor.dry_run import dry_run
from tapehead.cli.doctor.env_checks import check_environment
from tapehead.cli.doctor.probe_runner import probe_all
from tapehead.cli.doctor.runtimes import check_daemons, check_java, check_node, check_python, commands_of_user
from tapehead.cli.doctor.secret_mask import masking
from tapehead.cli.old_option import old_option
from tapehead.cli.output import NOTHING_WRONG, SOMETHING_WRONG, CommandFailed, say, say_json
from tapehead.cli.run import subprocess_runner
from tapehead.cli.run.signals import Signals
from tapehead.clients.ca import ensure_ca
from tapehead.clients.unsupported import UNSUPPORTED
from tapehead.proxy.embedded import HOST, StartError
from tapehead.sandbox import descriptors
from tapehead.sandbox.command import SandboxError, unavailable

_MOST_ERRORS = 5  # that differ: more say no more


@click.command("doctor", context_settings={"allow_interspersed_args": False, "help_option_names": ["-h", "--help"]})
@click.option("--confdir", default="~/.mitmproxy", metavar="DIR", show_default=True, help="Where the proxy has its CA.")
@click.option("--timeout", type=click.FloatRange(min=0.1, max=600), default=10, metavar="SECONDS", show_default=True,
              help="For each client that is tried.")  # fmt: skip
@click.option("--slow", is_flag=True, help="Try clients that have to be compiled as well (Go).")
@click.option("--unsupported", is_flag=True, help="Print instead what cannot be recorded by any variable, and why.")
@old_option("--gaps", "--unsupported", is_flag=True)
@click.option("--json", "with_json", is_flag=True, help="For programs.")
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def doctor(
    ctx: click.Context,
    confdir: str,
    timeout: float,
    slow: bool,
    unsupported: bool,
    gaps: bool,
    with_json: bool,
    command: tuple[str, ...],
) -> None:
    """Say what would not be recorded here, and what to do.

    Tries each client that is installed once through a proxy that plays. With COMMAND, runs that instead, offline in a
    sandbox where there can be one, and says which hosts it asks through the proxy and which past it; what it prints
    goes to standard error. Exits with 1 if something is wrong.
    """
    if unsupported or gaps:
        known = [note(gap.what, gap.why, gap.remedy) for gap in UNSUPPORTED]
        say_json(as_json(known)) if with_json else say("\n".join(each.row() for each in known))
        return
    descriptors.reserve()
    try:
        folder = Path(confdir).expanduser()
    except RuntimeError as e:
        raise CommandFailed(f"{confdir}: no home folder; --confdir DIR names another for the proxy's CA") from e
    environment = dict(os.environ)
    mask = masking(environment)
    found: list[Diagnosis] = []

    def add(more: Iterable[Diagnosis]) -> None:
        for each in more:
            cleaned = each.cleaned(mask)
            found.append(cleaned)
            if not with_json:
                say(cleaned.row())

    add(_surroundings(folder, environment))
    with _errors_of_the_proxy() as errors:
        stopped_by, more = asyncio.run(_tried(command, environment, folder, timeout_seconds=timeout, slow=slow))
        add(more)
    if stopped_by:
        ctx.exit(128 + stopped_by)
    add(wrong("proxy", each) for each in list(dict.fromkeys(errors))[:_MOST_ERRORS])
    if with_json:
        say_json(as_json(found))
    ctx.exit(SOMETHING_WRONG if any_wrong(found) else NOTHING_WRONG)


@contextlib.contextmanager
def _errors_of_the_proxy() -> Iterator[list[str]]:
    """What it logs as an error meanwhile; misses and the like, which are meant to be, are not said."""
    errors: list[str] = []
    handler = logging.Handler(logging.ERROR)
    handler.emit = lambda record: errors.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger().addHandler(handler)
    try:
        yield errors
    finally:
        logging.getLogger().removeHandler(handler)


def _surroundings(confdir: Path, environment: Mapping[str, str]) -> Iterable[Diagnosis]:
    try:
        yield from check_ca(confdir, datetime.now(UTC))
    except OSError as e:
        yield wrong("CA", f"{e.filename or confdir}: {(e.strerror or str(e)).lower()}", "make it readable for you")
    yield _port()
    yield from check_environment(environment)
    reason = unavailable()
    yield note("sandbox", f"none can be had: {reason}") if reason else ok("sandbox", "can be had: --sandbox")


def _port() -> Diagnosis:
    try:
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            probe.listen(1)
            with socket.create_connection(probe.getsockname(), 5):
                return ok("port", f"one can be opened on {HOST}")
    except OSError as e:
        what = f"none can be opened on {HOST} ({(e.strerror or str(e)).lower()})"
        return wrong("port", what, "look at the firewall, the limits (ulimit -n) or the sandbox that this runs in")


async def _tried(
    command: Sequence[str], environment: Mapping[str, str], confdir: Path, *, timeout_seconds: float, slow: bool
) -> tuple[int, list[Diagnosis]]:
    """What came of it; and the signal that ended it before, or 0."""
    with Signals() as signals:
        try:
            if command:
                return 0, await _trial(command, environment, confdir, signals)
            return 0, await _clients(environment, confdir, timeout_seconds=timeout_seconds, slow=slow)
        except asyncio.CancelledError:
            if not signals.stopped_by:
                raise
            return signals.stopped_by, []


async def _clients(
    environment: Mapping[str, str], confdir: Path, *, timeout_seconds: float, slow: bool
) -> list[Diagnosis]:
    (python, modules), node, java = await asyncio.gather(
        check_python(environment, timeout_seconds),
        check_node(environment, timeout_seconds),
        check_java(environment, timeout_seconds),
    )
    found = [*python, *node, *java, *check_daemons(commands_of_user())]
    try:
        ensure_ca(confdir)
        must_be_usable(confdir)
        return [
            *found,
            *await probe_all(PROBES, environment, confdir, modules=modules, timeout_seconds=timeout_seconds, slow=slow),
        ]
    except (StartError, ValueError, OSError) as e:
        return [*found, _no_proxy(e)]


async def _trial(
    command: Sequence[str], environment: Mapping[str, str], confdir: Path, signals: Signals
) -> list[Diagnosis]:
    daemons = list(check_daemons(commands_of_user()))
    try:
        ensure_ca(confdir)
        must_be_usable(confdir)
        return [*daemons, *await dry_run(command, environment, confdir, signals)]
    except subprocess_runner.CommandError as e:
        return [*daemons, wrong("command", str(e))]
    except (StartError, SandboxError, ValueError, OSError) as e:
        return [*daemons, _no_proxy(e)]


def _no_proxy(error: Exception) -> Diagnosis:
    what = (
        f"{error.filename or 'a file'}: {(error.strerror or '').lower()}" if isinstance(error, OSError) else str(error)
    )
    return wrong("proxy", f"cannot start, so nothing was tried: {what}", "mend that first")
