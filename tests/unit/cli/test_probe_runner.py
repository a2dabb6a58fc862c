"""Clients tried through a proxy: real ones are caught, and made-up ones that are not are told apart by what failed."""

import asyncio
import os
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tapehead.cli.doctor.client_probes import PROBES, READY, Probe
from tapehead.cli.doctor.diagnosis import Diagnosis, Level
from tapehead.cli.doctor.probe_runner import ProcessResult, probe_all, reason, run, version_in

MODULES = ("requests", "httpx", "aiohttp", "urllib3")
ENVIRONMENT = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
QUICK = [probe for probe in PROBES if not probe.slow]


def tried(probes: Sequence[Probe], confdir: Path, *, within: float = 60, slow: bool = False) -> list[Diagnosis]:
    return asyncio.run(probe_all(probes, ENVIRONMENT, confdir, modules=_there(), timeout_seconds=within, slow=slow))


def _there() -> list[str]:
    from importlib.util import find_spec

    return [name for name in MODULES if find_spec(name)]


def client(source: str, *, name: str = "made up", says_ready: bool = True) -> Probe:
    """A client in Python of this environment, whose sitecustomize does not run."""
    return Probe(
        name=name,
        programs=(sys.executable,),
        arguments=("-I", "-c", f"import sys\nurl = sys.argv[1]\n{source}", "{url}"),
        says_ready=says_ready,
        uncaught="what to do",
    )


def test_each_installed_client_is_caught_and_trusts(tmp_path: Path) -> None:
    """None gets past, none refuses the CA; those that are not installed are named together."""
    names = {probe.name for probe in QUICK if any(shutil.which(each, path=ENVIRONMENT["PATH"]) for each in probe.programs)
             and (not probe.module or probe.module in _there())}  # fmt: skip
    *found, last = tried(QUICK, tmp_path)
    if not last.what.startswith("not installed"):
        found.append(last)
    caught = {each.topic.rpartition(" (")[0] for each in found if each.what == "caught, and trusts the CA"}

    assert names == caught, [each.row() for each in found]
    assert {Level.OK} == {each.level for each in found}


@pytest.mark.slow
def test_go(tmp_path: Path) -> None:
    """Compiled and run when asked for; else it is said that it was not tried."""
    if shutil.which("go") is None:
        pytest.skip("no `go` on PATH")
    go = [probe for probe in PROBES if probe.slow]
    (left_out,) = tried(go, tmp_path)
    (found,) = tried(go, tmp_path, slow=True)

    assert (Level.NOTE, "tapehead doctor --slow") == (left_out.level, left_out.remedy)
    assert "caught, and trusts the CA" == found.what


def test_what_failed_is_told_apart(tmp_path: Path) -> None:
    """Past the proxy, no trust, could not be run, failed afterwards, hangs: each in its words."""
    fetch = "import urllib.request"
    found = tried(
        [
            client(
                f"{fetch}\nprint('{READY}')\nurllib.request.build_opener(urllib.request.ProxyHandler({{}})).open(url)"
            ),
            client(
                f"{fetch}, ssl, certifi\nprint('{READY}')\n"
                "urllib.request.urlopen(url, context=ssl.create_default_context(cafile=certifi.where()))"
            ),
            client("import no_such_module_at_all"),
            client(f"{fetch}\nprint('{READY}')\nurllib.request.urlopen(url).read()\nraise SystemExit('then it broke')"),
        ],
        tmp_path,
    )
    (late,) = tried([client(f"import time\nprint('{READY}', flush=True)\ntime.sleep(600)")], tmp_path, within=1)
    past, untrusting, broken, later = found

    assert [Level.WRONG, Level.WRONG, Level.NOTE, Level.NOTE] == [each.level for each in found]
    assert past.what.startswith("not caught: ")
    assert "what to do" == past.remedy
    assert untrusting.what.startswith("caught, but does not trust the CA: ")
    assert "CERTIFICATE_VERIFY_FAILED" in untrusting.what
    assert "SSL_CERT_FILE" in untrusting.remedy
    assert "could not be tried: ModuleNotFoundError: No module named 'no_such_module_at_all'" == broken.what
    assert "caught, and trusts the CA, but then it failed: then it broke" == later.what
    assert (Level.NOTE, "could not be tried: it did not end in time") == (late.level, late.what)


def test_node_that_does_not_trust_is_noticed(tmp_path: Path) -> None:
    """Node sends no alert: it ends the connection after the handshake."""
    if shutil.which("node") is None:
        pytest.skip("no `node` on PATH")
    source = f"console.log('{READY}'); require('https').get(process.argv[1], {{ ca: [] }})"
    (found,) = tried(
        [Probe(name="Node", programs=("node",), arguments=("-e", source, "{url}"), uncaught="")], tmp_path, within=30
    )

    assert Level.WRONG is found.level, found.row()
    assert found.what.startswith("caught, but does not trust the CA: ")


def test_what_a_program_started_is_ended_with_it(tmp_path: Path) -> None:
    """In time, and so are its children."""
    file = tmp_path / "pid"
    start = time.monotonic()
    ended = asyncio.run(run(["sh", "-c", f"sleep 600 & echo $! > {file}; wait"], ENVIRONMENT, 0.5))

    assert ProcessResult(exit_code=None) == ended
    assert time.monotonic() - start < 10
    for _ in range(500):
        if has_ended(int(file.read_text())):
            break
        time.sleep(0.02)
    else:
        pytest.fail("it still runs")


def has_ended(pid: int) -> bool:
    """Also when nobody has taken notice of it yet."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (ProcessLookupError, FileNotFoundError):
        return True


def test_a_program_that_talks_without_end(tmp_path: Path) -> None:
    """Is read, not kept."""
    ended = asyncio.run(run(["sh", "-c", "head -c 5000000 /dev/zero | tr '\\0' x"], ENVIRONMENT, 30))

    assert (0, 65536) == (ended.exit_code, len(ended.output))


@pytest.mark.parametrize("command", [["/nowhere/program"], ["/"], ["a\0b"]])
def test_a_program_that_cannot_be_run(command: list[str]) -> None:
    """No exception."""
    assert 126 == asyncio.run(run(command, {}, 1)).exit_code


def test_reasons() -> None:
    """The line that says most."""
    stack = (
        "Picked up JAVA_TOOL_OPTIONS: x\nException in thread main java.io.IOException: refused\n\tat a.b(C.java:1)\n"
    )

    assert "Exception in thread main java.io.IOException: refused" == reason(stack)
    assert "last words" == reason("first words\nlast words\n\n")
    assert "" == reason("")


def test_versions() -> None:
    """Not those in a line that only tells what is set."""
    assert "17.0.15" == version_in(
        ProcessResult(exit_code=0, errors='Picked up X: 127.0.0.1\nopenjdk version "17.0.15" 2025')
    )
    assert "" == version_in(ProcessResult(exit_code=None))


def test_the_table() -> None:
    """Each says what to do, and names are different."""
    assert all(probe.uncaught for probe in PROBES)
    assert all("{url}" in probe.arguments for probe in PROBES)
    assert len(PROBES) == len({probe.name for probe in PROBES})
