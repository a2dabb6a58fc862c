"""A program for a network namespace with only `lo`: replays under strace and tells which calls mitmdump made.

`unshare -rn python -m tests.support.chaos.offline FOLDER COUNT PART`: prints one JSON object. The client is not
traced: every call that is seen is mitmdump's own.
"""

import json
import os
import re
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import httpx

from tapehead.cassette import Cassette, Interaction, Request, Response, dumps
from tests.support.chaos.attempts import Attempts
from tests.support.chaos.raising import places
from tests.support.harness import Child, Mitmdump
from tests.support.harness import proxy as harness_proxy
from tests.support.wires import ADDON, REPLAY

HOSTS = ("api.provider.example", "localhost", "127.0.0.1:9", "192.0.2.1")
RAISING = Path(__file__).with_name("raising.py")
CALLS = "connect,sendto,sendmsg,sendmmsg"

# The address family tells a connection or a look-up from a reply on a socket that is open already.
_OUTSIDE = re.compile(r"\b(?:connect|sendto|sendmsg|sendmmsg)\(.*sa_family=AF_")


def targets(count: int) -> Iterator[tuple[str, str]]:
    """(method, URL) of `count` requests, to names and to addresses, in the clear and over TLS."""
    for number in range(count):
        scheme = "http" if number % 10 == 9 else "https"
        yield ("GET", "POST")[number % 2], f"{scheme}://{HOSTS[number % len(HOSTS)]}/v1/{number}"


def cassette(count: int) -> bytes:
    """A cassette that answers all of `targets`."""
    return dumps(Cassette(interactions=tuple(_interaction(*each) for each in enumerate(targets(count)))))


def _interaction(number: int, target: tuple[str, str]) -> Interaction:
    http2 = number % 3 == 0
    return Interaction(
        id=number,
        request=Request(method=target[0], url=target[1]),
        response=Response(
            code=200,
            status="200 OK",
            headers={"Content-Type": ("text/event-stream",)},
            body=b"data: 1\n\ndata: [DONE]\n\n",
            proto="HTTP/2.0" if http2 else "HTTP/1.1",
            proto_major=2 if http2 else 1,
        ),
    )


@dataclass(slots=True)
class Trace:
    """strace over a proxy's process and its threads."""

    file: Path
    start: int = 0

    @property
    def command(self) -> list[str]:
        """What a command is put behind. -D: the proxy keeps the process id that the harness knows."""
        return ["strace", "-D", "-f", "-qq", "-o", str(self.file), "-e", f"trace={CALLS}"]

    def begin(self) -> None:
        """What was called so far, at the start, does not count."""
        self.start = self.file.stat().st_size

    def calls(self) -> list[str]:
        """One line each."""
        return self.file.read_text(errors="replace")[self.start :].splitlines()

    def outside(self, own: Collection[int] = ()) -> list[str]:
        """The calls that connect or look up; an answer to a UDP port of our `own` is none."""
        answers = [f"htons({port})" for port in own]
        found = [line for line in self.calls() if _OUTSIDE.search(line)]
        return [line for line in found if "127.0.0.1" not in line or not any(each in line for each in answers)]


def run(folder: Path, count: int) -> dict[str, object]:
    """`count` hits and `count` misses, half over HTTP/2 where it can be."""
    trace, path = Trace(folder / "strace.txt"), folder / "tape.yaml"
    path.write_bytes(cassette(count))
    strace = [*trace.command, *harness_proxy.executable()]
    answers = {200: 0, 404: 0}
    with (
        patch.object(harness_proxy, "executable", lambda: strace),
        Mitmdump(REPLAY, confdir=folder, options={"cassette": str(path)}, timeout=60) as proxy,
    ):
        trace.begin()
        with proxy.client() as first, proxy.client(http2=True) as second:
            for number, (method, url) in enumerate(targets(count)):
                client = first if number % 4 < 2 or url.startswith("http:") else second
                for each in (url, f"{url}?miss"):
                    try:
                        answers[client.request(method, each).status_code] += 1
                    except httpx.TransportError as e:
                        raise SystemExit(f"{method} {each}: {e!r}\n{proxy.output}") from e
        code = proxy.stop(timeout=60)
    return {
        "hits": answers[200],
        "misses": answers[404],
        "code": code,
        "calls": len(trace.calls()),
        "outside": trace.outside(),
        "summary": proxy.output.splitlines()[-1],
    }


MODES = (
    "regular",
    "socks5",
    "dns",
    f"reverse:https://{HOSTS[0]}",
    "reverse:http://192.0.2.1:9",
    "reverse:tcp://192.0.2.1:9",
    f"reverse:tls://{HOSTS[0]}:9",
    f"reverse:udp://{HOSTS[0]}:9",
    "reverse:dtls://192.0.2.1:9",
    f"reverse:quic://{HOSTS[0]}:9",
    f"reverse:http3://{HOSTS[0]}:9",
    "reverse:dns://192.0.2.1:53",
    "upstream:http://192.0.2.1:3128",
)


def others(folder: Path, _: int) -> dict[str, object]:
    """Every mode and whatever may be tried with it: at rest, with each hook of ours failing, and as all falls apart."""
    trace, path, failing = Trace(folder / "strace.txt"), folder / "tape.yaml", folder / "raise"
    path.write_bytes(cassette(50))
    failing.write_text("")
    script = folder / "mine.py"
    script.write_text(f"import sys\nsys.path.insert(0, {str(ADDON)!r})\n{REPLAY.read_text()}")
    strace = [*trace.command, *harness_proxy.executable()]
    env = {**os.environ, "TAPEHEAD_RAISE": str(failing)}
    done: dict[str, int] = {}
    with (
        patch.object(harness_proxy, "executable", lambda: strace),
        Mitmdump(
            [RAISING, script], confdir=folder, options={"cassette": str(path)}, mode=MODES, timeout=90, env=env
        ) as proxy,
    ):
        attempts = Attempts(ports=dict(zip(MODES, proxy.ports, strict=True)), context=proxy.client_context())
        trace.begin()

        def attempt(when: str) -> None:
            before = attempts.made
            attempts.all()
            done[when] = attempts.made - before

        attempt("at rest")
        regular = Attempts(ports={"regular": proxy.port, "dns": proxy.ports[2]}, context=attempts.context)
        for kind, name in places():
            failing.write_text(f"{kind.__name__}.{name}")
            regular.all()
            done[f"{kind.__name__}.{name} raises"] = regular.made
            regular.made = 0
        failing.write_text("")
        path.unlink()
        attempt("the cassette deleted")
        script.write_text("def (\n")
        later = time.time() + 5
        os.utime(script, (later, later))
        proxy.wait_for("invalid syntax|SyntaxError", timeout=20)
        attempt("the script broken")
        script.unlink()
        attempt("the script gone")
        alive = proxy.child.returncode is None
        proxy.stop(timeout=60)
    outside = trace.outside(attempts.own | regular.own)
    return {"attempts": done, "calls": len(trace.calls()), "outside": outside, "alive": alive}


def command(folder: Path, count: int) -> dict[str, object]:
    """`tapehead replay`: hits, misses and other attempts on its proxy and on the listener that goes by server names."""
    trace, path = Trace(folder / "strace.txt"), folder / "tape.yaml"
    path.write_bytes(cassette(count))
    line = [*trace.command, str(Path(sys.executable).with_name("tapehead")), "replay", "--cassette", str(path)]
    child = Child(line, env={**os.environ, "HOME": str(folder)})
    said = child.wait_for(r"listening at http://\S*?:(\d+).*--sni-listener \S*?:(\d+)")[0]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(folder / ".mitmproxy" / "mitmproxy-ca-cert.pem")
    attempts = Attempts(ports={"regular": int(said[1]), "sni": int(said[2])}, context=context)
    trace.begin()
    answers = {200: 0, 404: 0}
    with httpx.Client(proxy=f"http://127.0.0.1:{said[1]}", verify=context, trust_env=False, timeout=30) as client:
        for method, url in targets(count):
            for each in (url, f"{url}?miss"):
                answers[client.request(method, each).status_code] += 1
    attempts.all()
    child.signal(signal.SIGTERM)
    code = child.wait()
    result = {"hits": answers[200], "misses": answers[404], "attempts": attempts.made, "code": code}
    return {**result, "calls": len(trace.calls()), "outside": trace.outside()}


PARTS = {"hits": run, "others": others, "command": command}

if __name__ == "__main__":
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    print(json.dumps(PARTS[sys.argv[3]](Path(sys.argv[1]), int(sys.argv[2]))))
