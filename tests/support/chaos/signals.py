"""Traffic that is cut by a signal, and what must be in the cassette afterwards: for the tests and `scripts/chaos`.

Does not know how often, nor what a failure means to its caller: it raises AssertionError.
"""

import itertools
import random
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tapehead.cassette import load, timing
from tapehead.cassette.side_files import timing_path
from tests.support.harness import Mitmdump, Origin
from tests.support.wires import Tape

CLIENTS = 6
CALL = {"model": "m", "stream": True, "messages": []}


@dataclass(slots=True, kw_only=True)
class Traffic:
    """Clients that ask until their proxy is gone. `seen` has, by its number, the body of each exchange seen to end."""

    proxy: Mitmdump
    origin: str
    seed: int
    seen: dict[int, bytes] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Half of the clients speak HTTP/2."""
        for number in range(CLIENTS):
            thread = threading.Thread(target=self._run, args=(number,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def join(self) -> None:
        """Waits until every client has noticed that its proxy is gone."""
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive(), f"a client hangs; mitmdump said:\n{self.proxy.output}"

    def _run(self, client_number: int) -> None:
        choose = random.Random(f"{self.seed} {client_number}")
        try:
            with self.proxy.client(http2=client_number % 2 == 1, timeout=20) as client:
                while True:
                    number = next(self._numbers)
                    body = choose.choice(KINDS)(client, self.origin, number)
                    if body is not None:
                        self.seen[number] = body
        except (httpx.TransportError, OSError):
            pass  # the proxy is gone: what this test is about


def _get(path: str) -> Callable[[httpx.Client, str, int], bytes | None]:
    def get(client: httpx.Client, origin: str, number: int) -> bytes | None:
        response = client.get(f"{origin}{path}&number={number}")
        return response.content if response.status_code == 200 else None

    return get


def _until_done(client: httpx.Client, origin: str, number: int) -> bytes | None:
    """As the OpenAI SDK does: leaves when it has read the terminal event."""
    body = b""
    with client.stream("POST", f"{origin}/v1/chat/completions?number={number}", json=CALL) as response:
        for piece in response.iter_raw():
            body += piece
            if body.endswith(b"data: [DONE]\n\n"):
                return body if response.status_code == 200 else None
    return None


KINDS = (
    _get("/sse?n=5&ms=10"),
    _get("/sse?n=1&ms=0"),
    _get("/bytes?n=3000"),
    _get("/bytes?n=30000&chunks=5&ms=5"),
    _get("/gzip?items=50"),
    _until_done,
)


def run(tape: Tape, origin: Origin, number: int, seed: int) -> int:
    """One recording that ends by a signal in mid-traffic. Returns how many exchanges a client saw the end of."""
    for path in (tape.path, tape.timing):
        path.unlink(missing_ok=True)
    delay = random.Random(seed).uniform(0.05, 0.8)
    proxy = tape.record()
    traffic = Traffic(proxy=proxy, origin=origin.url, seed=seed)
    traffic.start()
    time.sleep(delay)
    code = proxy.stop(number)
    traffic.join()
    check(tape.path, traffic.seen)
    if number == 9:
        assert -9 == code
    else:
        assert 0 == code, proxy.output
        _check_log(tape.path, proxy.output)
    return len(traffic.seen)


def check(cassette: Path, seen: dict[int, bytes]) -> None:
    """The cassette loads, and holds each exchange that a client saw the end of, whole; and no exchange twice."""
    recorded: dict[int, bytes] = {}
    if not cassette.exists():
        assert not seen, f"no cassette, and {len(seen)} exchanges were seen to end"
        return
    interactions = load(cassette).interactions
    assert list(range(len(interactions))) == [each.id for each in interactions]
    for each in interactions:
        number = int(re.findall(r"number=(\d+)", each.request.url)[0])
        assert number not in recorded, f"exchange {number} is there twice"
        recorded[number] = each.response.body
        length = each.response.content_length
        assert length in (-1, len(each.response.body)), f"exchange {number} is not whole"
    lost = sorted(set(seen) - set(recorded))
    assert not lost, f"{len(lost)} of {len(seen)} finished exchanges are lost: {lost[:9]}"
    differing = [number for number, body in seen.items() if recorded[number] != body]
    assert not differing, f"exchanges {differing[:9]} differ from what their client got"
    for number, when in timing.load(timing_path(cassette)).items():
        if number < len(interactions):
            assert when.fits(interactions[number].response.body)


def _check_log(cassette: Path, output: str) -> None:
    count = len(load(cassette).interactions) if cassette.exists() else 0
    summary = re.findall(r"tapehead: (\d+) recorded, 0 replayed, 0 missed, (\d+) cut", output)
    assert [str(count)] == [recorded for recorded, _ in summary], output
    assert "Traceback" not in output, output
    assert "NOT RECORDED" not in output, output
