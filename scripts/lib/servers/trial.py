"""One server: started, recorded by its client as often as told, ended, and each recording replayed.

Knows what is counted. Does not know which servers there are.
"""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from scripts.lib.servers.kit import installed
from scripts.lib.servers.rows import PROGRAMS, Server
from tapehead.cassette.failures import load_failures
from tests.support.harness import Certs, Child, HarnessError, Origin

ROOT = PROGRAMS.parents[2]
TAPEHEAD = Path(sys.executable).with_name("tapehead")
STARTING = 120.0  # seconds; Gradio and LiteLLM take twenty on a machine that is busy
ATTEMPTS = 3
"""Its port is one that was free a moment ago."""
RUNNING = 180.0  # seconds, one run of a client
LAST_LINES = 12
_BUSY = 503
_LOSSES = ("lost", "refused", "turned_away")
_QUIET: Mapping[str, str] = {  # servers that would call their makers, or refuse to serve without a password
    "LANG": "C.UTF-8",
    "NO_PROXY": "127.0.0.1,localhost",
    "PYTHONUNBUFFERED": "1",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_OFFLINE": "1",
    "FASTMCP_CHECK_FOR_UPDATES": "off",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true",
}


@dataclass(slots=True, kw_only=True)
class Tally:
    """What came of a server's runs."""

    server: Server
    times: int
    recorded: int = 0
    lost: int = 0
    cuts: Counter[str] = field(default_factory=Counter)
    """By who caused it and what was asked."""
    equal: int = 0
    codes: dict[str, Counter[int]] = field(default_factory=lambda: {"record": Counter(), "replay": Counter()})
    troubles: list[str] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        """Whether something was lost, or a replay was not as its recording."""
        ended = all(self.codes[verb] == Counter({0: self.times}) for verb in self.codes)
        return bool(self.lost) or self.equal < self.times or not ended

    def lines(self) -> Iterator[str]:
        """Yields what is told of it."""
        codes = "; ".join(
            f"{verb} exit {', '.join(f'{code} x {count}' for code, count in sorted(counts.items()))}"
            for verb, counts in self.codes.items()
        )
        yield (
            f"{self.server.name} ({self.server.package} {self.server.version}): {self.recorded} recorded, {self.lost} lost, "
            f"{self.cuts.total()} cut; replay equal {self.equal} of {self.times}; {codes}"
        )
        for what, count in sorted(self.cuts.items()):
            yield f"    {count} x {what}"
        for trouble in self.troubles[:3]:
            yield f"    {trouble}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    code: int
    output: str
    errors: str


def run(server: Server, folder: Path, certs: Certs, times: int) -> Tally:
    """Records and replays it in an empty folder. Raises KitError when it cannot be had, HarnessError when it does not start."""
    kit = installed(server)
    folder.mkdir(parents=True)
    tally, recorded = Tally(server=server, times=times), dict[int, str]()
    with Origin(certs, root=ROOT, module="tests.support.standin.any_host") as provider:
        env = {**_QUIET, "PATH": os.environ["PATH"], "HOME": str(folder)}
        env["PROVIDER"] = f"http://127.0.0.1:{provider.plain_port}/v1"
        with _serving(server, kit, env) as url:
            for number in range(times):
                recorded[number] = _record(tally, kit, folder / f"{number}.yaml", url, env)
    for number, expected in recorded.items():
        _replay(tally, kit, folder / f"{number}.yaml", url, env, expected)
    return tally


@contextmanager
def _serving(server: Server, kit: Path, env: Mapping[str, str]) -> Iterator[str]:
    for left in reversed(range(ATTEMPTS)):
        port = _free_port()
        places = {"bin": kit / "venv" / "bin", "npm": kit, "here": server.folder, "port": port}
        child = Child([part.format_map(places) for part in server.command], env=env, cwd=kit)
        try:
            _wait_until_ready(child, port, server.ready)
        except HarnessError:
            child.kill()
            if not left:
                raise
            continue
        break
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        child.kill()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_until_ready(child: Child, port: int, path: str) -> None:
    deadline = time.monotonic() + STARTING
    while time.monotonic() < deadline and child.returncode is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("GET", path)
            if connection.getresponse().status != _BUSY:
                return
        except (OSError, http.client.HTTPException):
            pass  # it does not listen yet
        finally:
            connection.close()
        time.sleep(0.2)
    raise HarnessError(f"it does not serve; its output ends in {child.output[-1000:]!r}")


def _record(tally: Tally, kit: Path, cassette: Path, url: str, env: Mapping[str, str]) -> str:
    done = _client(tally, "record", kit, cassette, url, env)
    report = cassette.with_suffix(".json")
    if report.exists():
        counts = json.loads(report.read_bytes())["counts"]
        tally.recorded += counts["recorded"]
        tally.lost += sum(counts[each] for each in _LOSSES)
    for each in load_failures(cassette):
        path = each.request.url.removeprefix(url).partition("?")[0]
        tally.cuts[f"{each.cause.kind.value}: {each.request.method} {path}: {each.cause.reason}"] += 1
    return done.output


def _replay(tally: Tally, kit: Path, cassette: Path, url: str, env: Mapping[str, str], expected: str) -> None:
    done = _client(tally, "replay", kit, cassette, url, env)
    if done.output == expected and expected:
        tally.equal += 1
    elif not done.code:
        got, was = done.output.splitlines(), expected.splitlines()
        where = next(
            (n for n, pair in enumerate(zip(got, was, strict=False)) if pair[0] != pair[1]), min(len(got), len(was))
        )
        tally.troubles.append(
            f"{cassette.name}: line {where + 1} is {got[where : where + 1]}, recorded was {was[where : where + 1]}"
        )


def _client(tally: Tally, verb: str, kit: Path, cassette: Path, url: str, env: Mapping[str, str]) -> _Run:
    program: list[str | Path] = [kit / "venv" / "bin" / "python", tally.server.folder / "client.py", url]
    report = cassette.with_suffix(".json" if verb == "record" else ".replayed.json")
    own: list[str | Path] = ["--cassette", cassette, "--include-loopback", "--report", report]
    done = subprocess.run(
        [TAPEHEAD, verb, *own, "--", *program],
        env={**env, "PYTHONHASHSEED": "0"},
        cwd=cassette.parent,
        capture_output=True,
        text=True,
        timeout=RUNNING,
        check=False,
    )
    tally.codes[verb][done.returncode] += 1
    if done.returncode:
        told = "\n    ".join(done.stderr.strip().splitlines()[-LAST_LINES:])
        tally.troubles.append(f"{verb} {cassette.name}: exit {done.returncode}\n    {told}")
    return _Run(code=done.returncode, output=done.stdout, errors=done.stderr)
