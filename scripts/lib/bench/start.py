"""Benchmarks of the `tapehead` command: how soon it is through, and what its own proxy does for a CPU second.

The yardstick is mitmdump with our addons. Starting is measured by the clock, as it is waited for; rounds alternate.
"""

import asyncio
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from scripts.lib.bench.figures import AT_LEAST, AT_MOST, Figure
from scripts.lib.bench.lab import REPLAY, Lab, Proxy
from scripts.lib.bench.traffic import PROTOCOLS, Effort, cpu_per_request, paired, per_second

_BIN = Path(sys.executable).parent
_LISTENS = b"listening at"
_EMPTY = "---\nversion: 2\ninteractions: []\n"
_TIMEOUT = 60.0  # seconds


async def start(lab: Lab, effort: Effort) -> list[Figure]:
    """Milliseconds of `tapehead replay -- true`, of mitmdump until it listens with our addon, and of `python -c pass`."""
    cassette = lab.new_path()
    cassette.write_text(_EMPTY)
    confdir = lab.folder / "confdir"
    options = ("--set", f"confdir={confdir}")
    ours = [str(_BIN / "tapehead"), "replay", "--quiet", "--cassette", str(cassette), *options, "--", "true"]
    mitmdump = [str(_BIN / "mitmdump"), "-s", str(REPLAY), "-p", "0", "--set", f"cassette={cassette}", *options]
    measures: dict[str, Callable[[], float]] = {
        "tapehead": lambda: _until_it_ends(ours),
        "mitmdump": lambda: _until_it_listens(mitmdump),
        "python": lambda: _until_it_ends([sys.executable, "-c", "pass"]),
    }
    took: dict[str, list[float]] = {name: [] for name in measures}
    for number in range(-1, effort.rounds * 3):  # the first makes authority and trust store, and is not counted
        for name in measures if number % 2 else reversed(measures):
            milliseconds = await asyncio.to_thread(measures[name]) * 1000
            if number >= 0:
                took[name].append(milliseconds)
    yardsticks = {"mitmdump": ("mitmdump until it listens", (AT_MOST, 0.9)), "python": ("python -c pass", None)}
    return [
        Figure(
            benchmark="start",
            what=f"tapehead replay -- true{which} / {yardstick}",
            unit="ms",
            pairs=pairs,
            goal=goal,
        )
        for name, (yardstick, goal) in yardsticks.items()
        for which, pairs in {
            "": list(zip(took["tapehead"], took[name], strict=True)),
            ", fastest": [(min(took["tapehead"]), min(took[name]))],
        }.items()
    ]


def _until_it_ends(command: Sequence[str]) -> float:
    before = time.perf_counter()
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, timeout=_TIMEOUT)
    return time.perf_counter() - before


def _until_it_listens(command: Sequence[str]) -> float:
    before = time.perf_counter()
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        assert process.stdout
        try:
            heard = b""
            while _LISTENS not in heard:
                heard += (line := process.stdout.readline())
                if not line:
                    raise AssertionError(f"mitmdump ended: {heard!r}")
            return time.perf_counter() - before
        finally:
            process.kill()


class Served:
    """`tapehead record` or `replay` without a command, in a mitmdump's place (see `Proxy`)."""

    def __init__(self, lab: Lab, word: str, cassette: Path, **options: str) -> None:
        self._ca = lab.folder / "confdir" / "mitmproxy-ca-cert.pem"
        settings = [f"confdir={self._ca.parent}", f"ssl_verify_upstream_trusted_ca={lab.ca}"]
        settings += [f"{name}={value}" for name, value in options.items()]
        sets = [part for each in settings for part in ("--set", each)]
        command = [str(_BIN / "tapehead"), word, "--cassette", str(cassette), *sets]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        assert self._process.stderr
        self.output = self._process.stderr.readline()
        address = self.output.partition("listening at http://127.0.0.1:")[2].partition(";")[0]
        if not address:
            raise AssertionError(f"tapehead does not listen: {self.output}{self._process.communicate()[1]}")
        self.port = int(address)
        self.pid = self._process.pid

    def client_context(self) -> ssl.SSLContext:
        """Trusts its authority."""
        return ssl.create_default_context(cafile=str(self._ca))

    def stop(self) -> int:
        """Ends it; its exit code."""
        self._process.send_signal(signal.SIGINT)
        self.output += self._process.communicate(timeout=_TIMEOUT)[1]
        return self._process.returncode


async def lean(lab: Lab, effort: Effort) -> list[Figure]:
    """Requests per CPU second of the command's own proxy, and of mitmdump with the same addon."""
    figures = []
    needed = effort.requests * (effort.rounds + 1)
    for protocol, http2 in PROTOCOLS.items():
        cassette = lab.cassette(range(needed), "sse-burst", http2=http2)
        pairs = {
            "record": (Served(lab, "record", lab.new_path()), lab.recorder()),
            "replay": (Served(lab, "replay", cassette), lab.proxy(REPLAY, cassette=str(cassette))),
        }
        for word, (served, mitmdump) in pairs.items():
            proxies = {"ours": Proxy(lab, served), "mitmdump": mitmdump}
            measure = cpu_per_request("sse-burst", http2=http2, count=effort.requests)
            cpu = await paired(proxies, measure, effort.rounds)
            figures.append(
                Figure(
                    benchmark="lean",
                    what=f"{protocol}, tapehead {word} / mitmdump with the addon",
                    unit="req/CPU s",
                    pairs=per_second(cpu["ours"], cpu["mitmdump"]),
                    goal=(AT_LEAST, 1.0),
                )
            )
            for proxy in proxies.values():
                proxy.finish()
    return figures
