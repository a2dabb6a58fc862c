"""A program for a network namespace with only `lo`: replays under strace and tells which calls mitmdump made.

`unshare -rn python -m tests.e2e.offline FOLDER COUNT`: prints one JSON object. The client is not traced: every call
that is seen is mitmdump's own.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import httpx

from tapehead.cassette import Cassette, Interaction, Request, Response, dumps
from tests.e2e.harness import Mitmdump
from tests.e2e.harness import proxy as harness_proxy
from tests.e2e.wires import REPLAY

HOSTS = ("api.provider.example", "localhost", "127.0.0.1:9", "192.0.2.1")
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


def run(folder: Path, count: int) -> dict[str, object]:
    """`count` hits and `count` misses, half over HTTP/2 where it can be."""
    trace, path = folder / "strace.txt", folder / "tape.yaml"
    path.write_bytes(cassette(count))
    # -D: mitmdump keeps the process id that the harness knows.
    strace = ["strace", "-D", "-f", "-qq", "-o", str(trace), "-e", f"trace={CALLS}", *harness_proxy.executable()]
    answers = {200: 0, 404: 0}
    with (
        patch.object(harness_proxy, "executable", lambda: strace),
        Mitmdump(REPLAY, confdir=folder, options={"cassette": str(path)}, timeout=60) as proxy,
    ):
        start = trace.stat().st_size
        with proxy.client() as first, proxy.client(http2=True) as second:
            for number, (method, url) in enumerate(targets(count)):
                client = first if number % 4 < 2 or url.startswith("http:") else second
                for each in (url, f"{url}?miss"):
                    try:
                        answers[client.request(method, each).status_code] += 1
                    except httpx.TransportError as e:
                        raise SystemExit(f"{method} {each}: {e!r}\n{proxy.output}") from e
        code = proxy.stop(timeout=60)
    lines = trace.read_text(errors="replace")[start:].splitlines()
    return {
        "hits": answers[200],
        "misses": answers[404],
        "code": code,
        "calls": len(lines),
        "outside": [line for line in lines if _OUTSIDE.search(line)],
        "summary": proxy.output.splitlines()[-1],
    }


if __name__ == "__main__":
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    print(json.dumps(run(Path(sys.argv[1]), int(sys.argv[2]))))
