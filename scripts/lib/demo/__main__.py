"""The demo: real clients recorded through a real mitmdump, replayed without their origin, and compared.

Exits with 1 and a line for each difference. The clients are in `clients`, a program that is run twice,
unchanged; the origin and the handle on mitmdump are the end-to-end tests' own.
"""

import argparse
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from pydantic import TypeAdapter

from scripts.lib.demo import clients
from scripts.lib.demo.clients import Got
from tests.support.harness import HarnessError, Mitmdump, Origin, make_certs

ROOT = Path(__file__).parents[3]
TOLERANCE = 0.150  # seconds, for the first byte and for every chunk: a busy machine's, not the player's
HEAD_LINES, WIDTH = 25, 106


def run_clients(origin: str, proxy: Mitmdump) -> list[Got]:
    """Run the clients' program through the proxy."""
    clear = ("OPENAI_", "ANTHROPIC_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "SSL_CERT_")
    env = {name: value for name, value in os.environ.items() if not name.upper().startswith(clear)}
    command = [sys.executable, clients.__file__, origin, proxy.url, str(proxy.ca)]
    result = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
    if result.returncode:
        raise HarnessError(f"the clients failed:\n{result.stderr}\nand mitmdump said:\n{proxy.output}")
    return TypeAdapter(list[Got]).validate_json(result.stdout)


def record(origin: Origin, cassette: Path, confdir: Path) -> list[Got]:
    """The clients' run with the origin behind the proxy."""
    script = ROOT / "addon" / "record.py"
    options = {"cassette": str(cassette)}
    with Mitmdump(script, confdir=confdir, options=options, trust=origin.certs.ca) as proxy:
        got = run_clients(origin.url, proxy)
        finish(proxy)
    return got


def replay(url: str, cassette: Path, confdir: Path) -> list[Got]:
    """The same run with the cassette behind the proxy."""
    script = ROOT / "addon" / "replay.py"
    options = {"cassette": str(cassette), "cassette_speed": "1"}
    with Mitmdump(script, confdir=confdir, options=options) as proxy:
        got = run_clients(url, proxy)
        finish(proxy)
    return got


def finish(proxy: Mitmdump) -> None:
    """Stop mitmdump, and show its last line, the addon's summary."""
    code = proxy.stop()
    if code:
        raise HarnessError(f"mitmdump exited with {code}; its output:\n{proxy.output}")
    print(f"  {re.sub(r'^\[[^]]*\] ', '', proxy.output.splitlines()[-1])}")


def refuses(port: int) -> bool:
    """Whether nobody listens on the port any more."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def differences(recorded: list[Got], replayed: list[Got]) -> Iterator[str]:
    """What differs between the two runs, one line each."""
    for one, two in zip(recorded, replayed, strict=True):
        for name in ("statuses", "version", "size", "sha256"):
            if getattr(one, name) != getattr(two, name):
                yield f"{one.call}: {name} recorded {getattr(one, name)}, replayed {getattr(two, name)}"
        if len(one.chunks) != len(two.chunks):
            yield f"{one.call}: {len(one.chunks)} chunks recorded, {len(two.chunks)} replayed"
        if drift(one, two) > TOLERANCE:
            yield f"{one.call}: a chunk or the first byte came {drift(one, two) * 1000:.0f} ms off its time"


def drift(one: Got, two: Got) -> float:
    """How far, in seconds, the first byte or any chunk was from its recorded time."""
    pairs = [(one.first_byte, two.first_byte), *zip(one.chunks, two.chunks, strict=False)]
    return max(abs(left - right) for left, right in pairs)


def table(recorded: list[Got], replayed: list[Got]) -> Iterator[str]:
    """The two runs side by side."""
    half = f"{'first':>5} {'last':>5} {'chunks':>6} {'bytes':>5} {'sha256':<12}"
    yield f"{'':<33} | {'recorded':<37} | {'replayed':<37} | off by"
    yield f"{'call':<19} {'HTTP':<4} {'status':<8} | {half} | {half} | at most"
    yield "-+-".join("-" * width for width in (33, 37, 37, 7))
    for one, two in zip(recorded, replayed, strict=True):
        statuses = " ".join(map(str, one.statuses))
        version = one.version.removeprefix("HTTP/")
        left, right = side(one), side(two)
        yield f"{one.call:<19} {version:<4} {statuses:<8} | {left} | {right} | {drift(one, two) * 1000:4.0f} ms"


def side(got: Got) -> str:
    """One run's half of a line: times in milliseconds."""
    first, last = round(got.first_byte * 1000), round(got.chunks[-1] * 1000)
    return f"{first:>5} {last:>5} {len(got.chunks):>6} {got.size:>5} {got.sha256[:12]}"


def head(cassette: Path) -> Iterator[str]:
    """The cassette's first lines, long ones cut."""
    lines = cassette.read_text().splitlines()
    for line in lines[:HEAD_LINES]:
        yield line if len(line) <= WIDTH else f"{line[: WIDTH - 4]} ..."
    yield f"... {len(lines) - HEAD_LINES} more lines"


def main() -> int:
    """Record, replay, compare."""
    parser = argparse.ArgumentParser(prog="scripts/demo", description="Record real clients, replay them, compare.")
    parser.add_argument("cassette", nargs="?", type=Path, help="where the cassette goes (default: a new folder)")
    given: Path | None = parser.parse_args().cassette
    cassette = (given or Path(tempfile.mkdtemp(prefix="tapehead-demo-")) / "recorded.yaml").absolute()
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tapehead-") as folder:
        confdir = Path(folder) / "mitmproxy"
        with Origin(make_certs(Path(folder))) as origin:
            print(f"Recording, origin {origin.url} (TLS, HTTP/1.1 and HTTP/2)")
            recorded = record(origin, cassette, confdir)
            asked = len(origin.log())
        if not refuses(origin.port):
            raise HarnessError("the origin still listens after it was stopped")
        print(f"Origin stopped after {asked} requests; replaying at speed 1")
        replayed = replay(origin.url, cassette, confdir)
    print()
    for line in table(recorded, replayed):
        print(line.rstrip())
    print("first, last: milliseconds from the request to the response's head, to its last chunk.")
    print("chunks, bytes, sha256: of what the client was given (an SDK's events as JSON, HTTP/2 frames).")
    print(f"\n{cassette}")
    for line in head(cassette):
        print(f"  {line}".rstrip())
    faults = list(differences(recorded, replayed))
    if clients.API_KEY.encode() in cassette.read_bytes():
        faults.append("the API key is in the cassette")
    print()
    for fault in faults:
        print(f"DIFFERENT: {fault}")
    if not faults:
        print(f"The same: {len(recorded)} calls, every byte, every chunk, in time ({time.monotonic() - start:.1f} s).")
    return 1 if faults else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except HarnessError as error:
        sys.exit(f"demo: {error}")
