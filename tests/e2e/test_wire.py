"""What a client gets through the recorder, and from replay, is what it gets from the origin, over TLS.

Every exchange of one table is made directly, through a recorder and in replay, over HTTP/1.1 and HTTP/2.
"""

import gzip
import hashlib
import re
import time
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import httpx
import pytest

from tapehead.cassette import timing
from tests.support.harness import Answer, Certs, Chunk, Origin
from tests.support.wires import Got, Tape, fetch

BOUNDARY = "0123456789abcdef"
MULTIPART = (
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n'.encode()
    + bytes(range(256))
    + f"\r\n--{BOUNDARY}--\r\n".encode()
)
CHAT = {"model": "kimi-k2", "stream": True, "messages": [{"role": "user", "content": "Olá"}]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request; whether its answer's chunks are compared (else its body), and the headers that replay keeps."""

    target: str
    method: str = "GET"
    more: Mapping[str, Any] = field(default_factory=dict)
    chunked: bool = True
    kept: tuple[str, ...] = ("content-type",)


EXCHANGES = {
    "sse": Exchange(target="/sse?n=5&ms=10"),
    "ndjson": Exchange(target="/ndjson?n=4&ms=10"),
    "aws-eventstream": Exchange(target="/eventstream?n=3&ms=10"),
    "binary": Exchange(target="/bytes?n=1000", kept=("content-type", "content-length")),
    "binary-in-chunks": Exchange(target="/bytes?n=4000&chunks=4&ms=10"),
    "large": Exchange(target="/bytes?n=300000", chunked=False, kept=("content-type", "content-length")),
    "large-in-chunks": Exchange(target="/bytes?n=300001&chunks=3&ms=1", chunked=False),
    "openai": Exchange(target="/v1/chat/completions", method="POST", more={"json": CHAT}),
    "anthropic": Exchange(target="/v1/messages", method="POST", more={"json": CHAT | {"max_tokens": 9}}),
    "multipart": Exchange(
        target="/echo?raw=1",
        method="POST",
        more={"content": MULTIPART, "headers": {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}},
    ),
    "form": Exchange(target="/echo?raw=1&a=b", method="POST", more={"data": {"a": "1", "b": "x y&z"}}),
    "empty-request": Exchange(target="/echo?raw=1&b=c", method="POST"),
    "chunked-request": Exchange(target="/echo?raw=1&c=d", method="POST", more={"content": iter((b"one ", b"two"))}),
    "put": Exchange(target="/echo?raw=1", method="PUT", more={"content": b"\x00\r\n\xff"}),
    "delete": Exchange(target="/status/204?d=1", method="DELETE"),
    "custom-method": Exchange(target="/echo?raw=1", method="PURGE"),
    "query": Exchange(target="/echo?raw=1&q=%E4%B8%96&empty=&x"),
    "head": Exchange(target="/bytes?n=1000", method="HEAD", kept=("content-type", "content-length")),
    "head-of-coded": Exchange(target="/gzip", method="HEAD"),
    "204": Exchange(target="/status/204", kept=()),
    "304": Exchange(target="/status/304", kept=()),
    "302": Exchange(target="/scripted/302", kept=("location",)),
    "307": Exchange(target="/scripted/307", method="POST", more={"json": {}}, kept=("location",)),
    "404": Exchange(target="/nowhere"),
    "500": Exchange(target="/status/500"),
    "empty": Exchange(target="/empty"),
    "gzip": Exchange(target="/gzip?items=300&chunks=3&ms=5", chunked=False),
    "br": Exchange(target="/br?items=300&chunks=3&ms=5", chunked=False),
    "zstd": Exchange(target="/zstd?items=300", chunked=False),
    "deflate": Exchange(target="/deflate?items=300", chunked=False),
    "gzip-truncated": Exchange(target="/scripted/truncated", kept=("content-type", "content-encoding")),
    "gzip-corrupt": Exchange(target="/scripted/corrupt", kept=("content-type", "content-encoding")),
    "unknown-coding": Exchange(target="/scripted/unknown", kept=("content-type", "content-encoding")),
    "gzip-stream": Exchange(target="/scripted/stream", chunked=False),
    "steering-headers": Exchange(
        target="/scripted/steering",
        kept=("content-type", "retry-after", "retry-after-ms", "x-should-retry", "x-request-id", "request-id"),
    ),
}

UNDECODABLE = ("gzip-truncated", "gzip-corrupt", "unknown-coding")
STREAM = [f'data: {{"n":{n}}}\n\n'.encode() for n in range(5)]


def scripted() -> dict[str, Answer]:
    """Answers that the harness's routes have not."""
    whole = gzip.compress(b'{"text":"' + b"abcdefg" * 99 + b'"}', mtime=0)
    kind = ("content-type", "application/json")
    coder = zlib.compressobj(wbits=31)
    coded = [coder.compress(event) + coder.flush(zlib.Z_SYNC_FLUSH) for event in STREAM]
    coded[-1] += coder.flush()
    to = (("location", "/echo?to=here"), ("content-length", "0"))
    steering = (("retry-after", "2"), ("retry-after-ms", "1500"), ("x-should-retry", "true"))
    return {
        "/scripted/302": Answer(status=302, headers=to),
        "/scripted/307": Answer(status=307, headers=to),
        "/scripted/truncated": Answer.of(whole[:-9], headers=(kind, ("content-encoding", "gzip"))),
        "/scripted/corrupt": Answer.of(whole[:-4] + b"\x00\x00\x00\x00", headers=(kind, ("content-encoding", "gzip"))),
        "/scripted/unknown": Answer.of(b"compressed?", headers=(kind, ("content-encoding", "dcb"))),
        "/scripted/stream": Answer(
            headers=(("content-type", "text/event-stream"), ("content-encoding", "gzip")),
            chunks=tuple(Chunk(data=piece, pause=0.01) for piece in coded),
        ),
        "/scripted/steering": Answer.of_json(
            {"error": {}}, status=429, headers=(*steering, ("x-request-id", "r-1"), ("request-id", "r-2"))
        ),
    }


def _all(client: httpx.Client, origin: str) -> dict[str, Got]:
    got = {}
    for name, each in EXCHANGES.items():
        more = dict(each.more)
        if name == "chunked-request":
            more["content"] = iter((b"one ", b"two"))
        got[name] = fetch(client, each.method, origin + each.target, **more)
    return got


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """By protocol: from the origin and through the recorder; by protocol recorded over and replayed over: replayed."""

    direct: Mapping[str, Mapping[str, Got]]
    recorder: Mapping[str, Mapping[str, Got]]
    replayed: Mapping[tuple[str, str], Mapping[str, Got]]
    tapes: Mapping[str, Tape]
    outputs: Mapping[str, str]


PROTOCOLS = {"http1": False, "http2": True}


@pytest.fixture(scope="module")
def results(shared_origin: Origin, certs: Certs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Results]:
    shared_origin.reset()
    for path, answer in scripted().items():
        shared_origin.script(path, answer)
    url, direct, recorder, replayed, tapes, outputs = shared_origin.url, {}, {}, {}, {}, {}
    for protocol, http2 in PROTOCOLS.items():
        folder = tmp_path_factory.mktemp(protocol)
        tape = tapes[protocol] = Tape(folder=folder, confdir=folder, certs=certs)
        context = certs.client_context()
        with httpx.Client(verify=context, http1=not http2, http2=http2, trust_env=False) as client:
            direct[protocol] = _all(client, url)
        proxy = tape.record()
        with proxy.client(http2=http2) as client:
            recorder[protocol] = _all(client, url)
        assert 0 == proxy.stop()
        outputs[protocol] = proxy.output
        proxy = tape.replay(cassette_repeat="last")
        for other in PROTOCOLS:
            with proxy.client(http2=PROTOCOLS[other]) as client:
                replayed[protocol, other] = _all(client, url)
        proxy.kill()
    yield Results(direct=direct, recorder=recorder, replayed=replayed, tapes=tapes, outputs=outputs)
    for tape in tapes.values():
        tape.close()


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("name", EXCHANGES)
def test_the_recorder_changes_nothing(results: Results, name: str, protocol: str) -> None:
    """Through the recorder a client gets the origin's status, headers and chunks, still content-coded."""
    direct, through = results.direct[protocol][name], results.recorder[protocol][name]
    assert direct.status == through.status
    assert _without_date(direct) == _without_date(through)
    assert direct.body == through.body
    if EXCHANGES[name].chunked:
        assert direct.chunks == through.chunks


@pytest.mark.parametrize(("recorded", "played"), list(product(PROTOCOLS, PROTOCOLS)))
@pytest.mark.parametrize("name", EXCHANGES)
def test_replay_gives_the_same(results: Results, name: str, recorded: str, played: str) -> None:
    """Recorded over either protocol and replayed over either: the same status, chunks, kept headers, decoded body."""
    direct, again = results.direct[recorded][name], results.replayed[recorded, played][name]
    assert direct.status == again.status, again.text
    for header in EXCHANGES[name].kept:
        assert direct.headers.get(header) == again.headers.get(header), header
    if name in UNDECODABLE:
        assert direct.body == again.body
    else:
        assert direct.text == again.body
        assert "content-encoding" not in again.headers
    if EXCHANGES[name].chunked:
        assert direct.chunks == again.chunks


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_exchange_is_one_interaction(results: Results, protocol: str) -> None:
    """Each exchange is in the cassette once, in order, with its bytes, and has one log line; a summary ends the log."""
    interactions = results.tapes[protocol].load().interactions
    assert list(range(len(EXCHANGES))) == [each.id for each in interactions]
    output = results.outputs[protocol]
    for (name, exchange), interaction in zip(EXCHANGES.items(), interactions, strict=True):
        direct = results.direct[protocol][name]
        assert exchange.method == interaction.request.method
        assert interaction.request.url.endswith(exchange.target)
        assert direct.status == interaction.response.code
        assert (direct.body if name in UNDECODABLE else direct.text) == interaction.response.body
        line = (
            rf"recorded {interaction.id} {exchange.method} \S+ {direct.status}, {len(interaction.response.body)} bytes"
        )
        found = re.search(line, output)
        assert found, line
        assert "?" not in found.group()
    assert 1 == len(re.findall(rf"{len(EXCHANGES)} recorded, 0 replayed, 0 missed, 0 cut", output))


def test_a_coded_stream_keeps_its_chunks(results: Results) -> None:
    """A stream that came gzipped is replayed decoded, one chunk for each that came."""
    for key in product(PROTOCOLS, PROTOCOLS):
        assert STREAM == list(results.replayed[key]["gzip-stream"].chunks)


def test_a_request_body_is_recorded_as_sent(results: Results) -> None:
    """Multipart, form and chunked request bodies are in the cassette byte for byte."""
    for tape in results.tapes.values():
        bodies = dict(zip(EXCHANGES, (each.request.body for each in tape.load().interactions), strict=True))
        assert MULTIPART == bodies["multipart"]
        assert b"a=1&b=x+y%26z" == bodies["form"]
        assert b"one two" == bodies["chunked-request"]
        assert b"\x00\r\n\xff" == bodies["put"]


@pytest.mark.slow
def test_replay_keeps_the_recorded_pace(origin: Origin, tape: Tape) -> None:
    """At speed 1 no chunk comes before it came, at speed 4 none before a quarter of that; on both protocols.

    How late one may be is for scripts/bench: a busy machine is no defect.
    """
    url = f"{origin.url}/sse?n=10&ms=30"
    with tape.record() as proxy, proxy.client(http2=True) as client:
        client.get(url)
        assert 0 == proxy.stop()
    (recorded,) = timing.load(tape.timing).values()
    for speed in ("1", "4", "0"):
        with tape.replay(cassette_speed=speed, cassette_repeat="last") as proxy:
            for http2 in (False, True):
                with proxy.client(http2=http2) as client:
                    client.get("https://localhost/warm-up")  # connecting and the certificate are not what is timed
                    times = _times(client, url)
                assert 10 == len(times)
                pace = float(speed) and 0.001 / float(speed)
                earliest = [at * pace - 0.001 for at, _ in recorded.chunks]
                assert all(at >= early for at, early in zip(times, earliest, strict=True)), (speed, http2)


def _times(client: httpx.Client, url: str) -> list[float]:
    start = time.monotonic()
    with client.stream("GET", url) as response:
        return [time.monotonic() - start for _ in response.iter_raw()]


@pytest.mark.slow
@pytest.mark.parametrize("http2", [False, True], ids=["http1", "http2"])
@pytest.mark.parametrize("upload", [False, True], ids=["down", "up"])
def test_64_mib(origin: Origin, tape: Tape, http2: bool, upload: bool) -> None:
    """A body of 64 MiB, down or up, comes through the recorder and from replay whole."""
    size = 64 * 1024 * 1024
    digests = []
    body = bytes(range(256)) * (size // 256)
    for start in (tape.record, tape.replay):
        with start() as proxy, proxy.client(http2=http2, timeout=120) as client:
            if upload:
                got = client.post(f"{origin.url}/echo?raw=1", content=body).content
                assert body == got
            else:
                got = client.get(f"{origin.url}/bytes?n={size}").content
                assert size == len(got)
            digests.append(hashlib.sha256(got).digest())
            assert 0 == proxy.stop(timeout=60), proxy.output
    assert digests[0] == digests[1]


@pytest.mark.slow
def test_a_full_cassette_says_so(origin: Origin, tape: Tape) -> None:
    """What a cassette has no room for reaches the client; the log names it, the run fails, the rest can be read."""
    size = 64 * 1024 * 1024
    with tape.record() as proxy, proxy.client(timeout=120) as client:
        for number in range(7):
            assert size == len(client.get(f"{origin.url}/bytes?n={size}&i={number}").content)
        proxy.wait_for(r"no room in the cassette for \d+ bytes, expected at most 536870912 in all")
        assert 1 == proxy.stop(timeout=60), proxy.output
    assert 0 < len(tape.load().interactions) < 7


def _without_date(got: Got) -> dict[str, str]:
    return {name: value for name, value in got.headers.items() if name != "date"}
