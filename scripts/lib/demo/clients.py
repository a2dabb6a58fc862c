"""The program that the demo records and replays: three real clients that know a proxy and nothing of cassettes.

Run as `python clients.py ORIGIN PROXY CA`; prints a JSON list, what each call got and when. Times run from
the moment a request was sent in full, so that opening connections and importing libraries do not count.
"""

import hashlib
import json
import ssl
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import anthropic
import httpx
import openai

# Looks like a credential: the demo makes sure that it is not in the cassette.
API_KEY = "sk-demo-7f3a9c51e2d84b60"
SAY_HI = "Say hi in Portuguese"


@dataclass(frozen=True, slots=True, kw_only=True)
class Got:
    """What one call gave the client. Times in seconds."""

    call: str
    statuses: list[int]
    version: str
    first_byte: float
    chunks: list[float]
    size: int
    sha256: str


class Stopwatch:
    """Event hooks for an httpx client (or its successor's): the time of the last request, every status."""

    def __init__(self) -> None:
        self.sent = self.head = 0.0
        self.statuses: list[int] = []
        self.version = ""

    @property
    def hooks(self) -> dict[str, list[Any]]:
        return {"request": [self._request], "response": [self._response]}

    def measure(self, call: str, pieces: Iterable[bytes]) -> Got:
        """Run a call: `pieces` is a generator that makes it and yields what it gets."""
        self.statuses = []
        times: list[float] = []
        digest = hashlib.sha256()
        size = 0
        for piece in pieces:
            times.append(time.perf_counter())
            digest.update(piece)
            size += len(piece)
        return Got(
            call=call,
            statuses=self.statuses,
            version=self.version,
            first_byte=self.head - self.sent,
            chunks=[moment - self.sent for moment in times],
            size=size,
            sha256=digest.hexdigest(),
        )

    def _request(self, request: Any) -> None:
        request.extensions["trace"] = self._trace

    def _response(self, response: Any) -> None:
        self.statuses.append(response.status_code)
        self.version = response.http_version

    def _trace(self, name: str, info: dict[str, Any]) -> None:
        if name.endswith("send_request_body.complete"):
            self.sent = time.perf_counter()
        elif name.endswith("receive_response_headers.complete"):
            self.head = time.perf_counter()


def openai_calls(origin: str, proxy: str, trust: ssl.SSLContext) -> Iterator[Got]:
    """Chat completions over HTTP/1.1: the stream is answered 429 first, and the SDK tries again by itself."""
    watch = Stopwatch()
    transport = openai.DefaultHttpxClient(proxy=proxy, verify=trust, trust_env=False, event_hooks=watch.hooks)
    client = openai.OpenAI(api_key=API_KEY, base_url=f"{origin}/v1", http_client=transport)

    def stream() -> Iterator[bytes]:
        events = client.chat.completions.create(
            model="kimi-k2-busy",
            messages=[{"role": "user", "content": SAY_HI}],
            stream=True,
            stream_options={"include_usage": True},
        )
        for event in events:
            yield event.to_json(indent=None).encode()

    def plain() -> Iterator[bytes]:
        answer = client.chat.completions.create(model="kimi-k2", messages=[{"role": "user", "content": SAY_HI}])
        yield answer.to_json(indent=None).encode()

    with client:
        yield watch.measure("openai, stream", stream())
        yield watch.measure("openai, plain", plain())


def anthropic_calls(origin: str, proxy: str, trust: ssl.SSLContext) -> Iterator[Got]:
    """One stream of messages over HTTP/1.1."""
    watch = Stopwatch()
    transport = anthropic.DefaultHttpxClient(proxy=proxy, verify=trust, trust_env=False, event_hooks=watch.hooks)
    client = anthropic.Anthropic(api_key=API_KEY, base_url=origin, http_client=transport)

    def stream() -> Iterator[bytes]:
        events = client.messages.create(
            model="claude-test",
            max_tokens=100,
            messages=[{"role": "user", "content": SAY_HI}],
            stream=True,
        )
        for event in events:
            yield event.to_json(indent=None).encode()

    with client:
        yield watch.measure("anthropic, stream", stream())


def httpx_calls(origin: str, proxy: str, trust: ssl.SSLContext) -> Iterator[Got]:
    """Gzip and server-sent events over HTTP/2; its chunks are the HTTP/2 frames."""
    watch = Stopwatch()
    client = httpx.Client(proxy=proxy, verify=trust, trust_env=False, http2=True, event_hooks=watch.hooks)

    def get(path: str) -> Iterator[bytes]:
        with client.stream("GET", f"{origin}{path}") as response:
            yield from response.iter_bytes()

    with client:
        yield watch.measure("httpx, gzip JSON", get("/gzip"))
        yield watch.measure("httpx, event stream", get("/sse?n=25&ms=20"))


def main(origin: str, proxy: str, ca: str) -> None:
    """Make all calls, one after the other."""
    trust = ssl.create_default_context(cafile=ca)
    results: list[Got] = []
    for calls in (openai_calls, anthropic_calls, httpx_calls):
        results += calls(origin, proxy, trust)
    print(json.dumps([asdict(got) for got in results]))


if __name__ == "__main__":
    main(*sys.argv[1:])
