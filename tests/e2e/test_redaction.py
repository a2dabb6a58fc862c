"""No credential reaches the disk or the log, through real mitmdump; the client gets the original all the same."""

import base64
import gzip
import json
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tapehead.cassette import timing
from tests.support.harness import Answer, Chunk, Origin
from tests.support.harness.routes import CODINGS
from tests.support.wires import ADDON, RECORD, REPLAY, Tape, fetch

KEY = "sk-ant-api03-Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8Qr9"
HIDDEN = "[REDACTED:anthropic-key]"
SHAPELESS = "mistralKeyWithoutShape0001"


def written(tape: Tape, *outputs: str) -> bytes:
    """All that is on disk beside the cassette, and what was printed."""
    files = (path for path in tape.folder.iterdir() if path.is_file())
    return b"".join(path.read_bytes() for path in files) + "".join(outputs).encode()


@pytest.mark.parametrize("http2", [False, True], ids=["http1", "http2"])
def test_a_key_that_a_stream_spells(origin: Origin, tape: Tape, http2: bool) -> None:
    """It is removed event by event: as many chunks, at the same times, each an event; the client saw the original."""
    pieces = ["the key is ", *(KEY[at : at + 3] for at in range(0, len(KEY), 3)), ". ", "Bye"]
    events = [
        b"data: %s\n\n" % json.dumps({"choices": [{"index": 0, "delta": {"content": p}}]}).encode() for p in pieces
    ]
    events.append(b"data: [DONE]\n\n")
    chunks = tuple(Chunk(data=event, pause=0.005) for event in events)
    origin.script("/chat", Answer(headers=(("content-type", "text/event-stream"),), chunks=chunks))
    with tape.record() as proxy, proxy.client(http2=http2) as client:
        got = fetch(client, "GET", f"{origin.url}/chat")
        assert 0 == proxy.stop()
    assert b"".join(events) == got.body
    (interaction,) = tape.load().interactions
    (when,) = timing.load(tape.timing).values()
    assert when.fits(interaction.response.body)
    assert len(events) == len(when.chunks)
    assert KEY[13:].encode() not in written(tape, proxy.output)
    with tape.replay() as proxy, proxy.client(http2=http2) as client:
        replayed = fetch(client, "GET", f"{origin.url}/chat").chunks
        assert 0 == proxy.stop()
    deltas = [json.loads(chunk[6:])["choices"][0]["delta"]["content"] for chunk in replayed[:-1]]
    assert ["the key is ", HIDDEN, *[""] * (len(pieces) - 4), ". ", "Bye"] == deltas


def test_a_key_without_a_shape(origin: Origin, tape: Tape, monkeypatch: pytest.MonkeyPatch) -> None:
    """The session's own key, and one of the environment, are found in bodies, URLs and headers, encoded ones too."""
    monkeypatch.setenv("SOME_SERVICE_TOKEN", "environmentOnly0001")
    secrets = (SHAPELESS, "environmentOnly0001")
    with tape.record(cassette_headers="x-echo") as proxy, proxy.client() as client:
        for secret in secrets:
            encoded = base64.b64encode(f"id={secret}".encode()).decode()
            body = {"plain": secret, "encoded": encoded, "path": f"https://h/{secret}"}
            origin.script("/echo", Answer.of_json(body, headers=(("x-echo", f"a {secret}"),)))
            answer = client.post(f"{origin.url}/echo?q={secret}", json=body, headers={"x-api-key": SHAPELESS})
            assert (body, f"a {secret}") == (answer.json(), answer.headers["x-echo"])
        assert 0 == proxy.stop()
    assert 2 == len(tape.urls())
    everything = written(tape, proxy.output)
    for secret in secrets:
        assert secret.encode() not in everything
        assert base64.b64encode(f"id={secret}".encode())[8:20] not in everything
    for placeholder in (b"[REDACTED:value]", b"[REDACTED:value-2]"):  # one for each of the two
        assert 3 == everything.count(b'"plain": "%b"' % placeholder) + everything.count(b"?q=%b" % placeholder) * 2


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_a_compressed_request(origin: Origin, tape: Tape, coding: str) -> None:
    """It is stored decoded and without the key, goes upstream as it came, and matches however it is compressed."""
    plain = json.dumps({"a": KEY, "b": "text " * 50}).encode()
    compress = CODINGS[coding]
    headers = {"content-encoding": coding, "content-type": "application/json"}
    with tape.record() as proxy, proxy.client() as client:
        client.post(f"{origin.url}/echo", content=compress(plain), headers=headers)
        assert 0 == proxy.stop()
    assert len(compress(plain)) == origin.log()[-1].body_bytes
    request = tape.load().interactions[0].request
    assert plain.replace(KEY.encode(), HIDDEN.encode()) == request.body
    assert len(request.body) == request.content_length
    with tape.replay() as proxy, proxy.client() as client:
        again = client.post(
            f"{origin.url}/echo", content=gzip.compress(plain, 1), headers=headers | {"content-encoding": "gzip"}
        )
        assert 200 == again.status_code


def test_the_last_check(origin: Origin, tape: Tape) -> None:
    """Where the redaction itself fails, what would be written with a key in it is refused: counted, told, exit code 1."""
    script = tape.folder / "failing.py"
    script.write_text(
        f"import sys\nsys.path.insert(0, {str(ADDON)!r})\n"
        "from tapehead.redact.redactor import Redactor\n"
        "Redactor.response = lambda self, response, sizes, *_: (response, list(sizes))\n" + RECORD.read_text()
    )
    origin.script("/key", Answer.of_json({"key": KEY}), Answer.of_json({"key": "none"}))
    with tape.start(script) as proxy, proxy.client() as client:
        assert [KEY, "none"] == [client.get(f"{origin.url}/key").json()["key"] for _ in range(2)]
        assert 1 == proxy.stop()
    assert [b'{"key": "none"}'] == [each.response.body for each in tape.load().interactions]
    assert f"NOT RECORDED: GET {origin.url}/key: " in proxy.output
    assert f"found a credential {HIDDEN}, expected none in what is written" in proxy.output
    assert "1 recorded, 0 replayed, 0 missed, 0 cut, 1 refused" in proxy.output
    assert KEY[10:].encode() not in written(tape, proxy.output)
    assert "Traceback" not in proxy.output


def test_exceptions_are_named_at_the_start(origin: Origin, tape: Tape) -> None:
    """A layer that is off, and what is kept, is said before anything is recorded; the rest is still redacted."""
    with tape.record(cassette_redact="off:shapes", cassette_redact_keep="json:account_id") as proxy:
        proxy.wait_for("not everything is redacted: off:shapes")
        proxy.wait_for("not everything is redacted: json:account_id")
        with proxy.client() as client:
            client.post(f"{origin.url}/echo", json={"a": KEY, "account_id": "1", "password": "p"})
        assert 0 == proxy.stop()
    request = tape.load().interactions[0].request
    assert {"a": KEY, "account_id": "1", "password": "[REDACTED:password]"} == json.loads(request.body)


def test_more_by_option(origin: Origin, tape: Tape) -> None:
    """A JSON pointer redacts what it leads to, in recording and in replay alike."""
    option = {"cassette_redact": "/user/email"}
    with tape.record(**option) as proxy, proxy.client() as client:
        client.post(f"{origin.url}/echo", json={"user": {"email": "a@example.com"}})
        assert 0 == proxy.stop()
    assert {"user": {"email": "[REDACTED:custom]"}} == json.loads(tape.load().interactions[0].request.body)
    with tape.replay(**option) as proxy, proxy.client() as client:
        assert 200 == client.post(f"{origin.url}/echo", json={"user": {"email": "b@example.com"}}).status_code


@pytest.mark.parametrize("script", [RECORD, REPLAY])
def test_a_key_in_the_name_of_the_file(tape: Tape, script: Path) -> None:
    """A cassette named after a key is refused at the start, in one line that does not show it."""
    output = tape.refused(script, cassette=str(tape.folder / f"{KEY}.yaml"))
    assert "tapehead: cassette: its path holds a credential" in output
    assert KEY not in output


def test_a_miss_shows_no_key(origin: Origin, tape: Tape) -> None:
    """What differs is shown as it would be recorded."""
    with tape.record() as proxy, proxy.client() as client:
        client.post(f"{origin.url}/echo", json={"a": "x", "key": KEY})
        assert 0 == proxy.stop()
    with tape.replay(cassette_miss_report="true") as proxy, proxy.client() as client:
        miss = client.post(f"{origin.url}/echo", json={"a": f"y {KEY}"}, headers={"x-api-key": SHAPELESS})
        other: httpx.Response = client.get(f"{origin.url}/{SHAPELESS}?key={SHAPELESS}")
        assert 1 == proxy.stop()
    assert [404, 404] == [miss.status_code, other.status_code]
    assert HIDDEN in miss.text
    assert KEY[13:] not in miss.text + other.text
    assert SHAPELESS not in miss.text + other.text
    assert not {KEY[13:].encode(), SHAPELESS.encode()} & {written(tape, proxy.output)}
    assert KEY[13:].encode() not in written(tape, proxy.output)
    assert SHAPELESS.encode() not in written(tape, proxy.output)


def test_what_differs_stays_different(origin: Origin, tape: Tape) -> None:
    """Two keys have two placeholders; replayed with others, or none that is known, each request gets its own answer."""
    keys = [f"{KEY}{n}" for n in range(2)]
    asked = [(0, "a"), (1, "a"), (0, "b"), (1, "b"), (0, "a")]

    def bodies(client: httpx.Client, keys: list[str], order: list[tuple[int, str]]) -> list[object]:
        found = []
        for number, what in order:
            answer = client.post(f"{origin.url}/ask?key={keys[number]}", json={"what": what, "api_key": keys[number]})
            found.append(answer.json().get("n", answer.status_code))
        return found

    origin.script("/ask", *(Answer.of_json({"n": n}) for n in range(len(asked))))
    with tape.record() as proxy, proxy.client() as client:
        assert [0, 1, 2, 3, 4] == bodies(client, keys, asked)
        assert 0 == proxy.stop()
    assert [f"{origin.url}/ask?key=[REDACTED:query{number}]" for number in ("", "-2", "", "-2", "")] == tape.urls()
    assert KEY[13:].encode() not in written(tape, proxy.output)
    for other in ([f"sk-ant-api03-Zz9{'Xy8' * 12}{n}" for n in range(2)], ["dummy-one", "dummy-two"]):
        with tape.replay() as proxy, proxy.client() as client:
            assert [0, 2, 4, 3, 1] == bodies(client, other, [(0, "a"), (0, "b"), (0, "a"), (1, "b"), (1, "a")])
            assert 0 == proxy.stop()
        assert "1 told apart by their order alone" in proxy.output
        assert "1 chunks by placeholder ([REDACTED:query-2], [REDACTED:api_key-2])" in proxy.output
        assert other[0] not in proxy.output


def test_large_bodies_get_numbers_in_their_processes(origin: Origin, tape: Tape) -> None:
    """Bodies that are redacted elsewhere at the same time have one number for one value; each timing fits its text."""
    filler = "text " * 80_000
    keys = [f"{KEY}{n:02}" for n in range(6)]
    with tape.record() as proxy, proxy.client() as client, ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda key: client.post(f"{origin.url}/echo", json={"a": filler, "k": key, "l": key}), keys * 2))
        assert 0 == proxy.stop()
    every = tape.load().interactions
    numbers = Counter(re.findall(rb"REDACTED:anthropic-key([-0-9]*)\]", each.request.body)[0] for each in every)
    assert {b"": 2, **{b"-%d" % n: 2 for n in range(2, 7)}} == numbers
    found = [set(re.findall(rb"REDACTED:[^\]]*", each.request.body + each.response.body)) for each in every]
    assert [1] * 12 == list(map(len, found))
    timings = timing.load(tape.timing)
    assert all(timings[each.id].fits(each.response.body) for each in every)
    with tape.replay() as proxy, proxy.client() as client:
        others = [f"dummy-{n}" for n in range(6)] * 2
        got = [client.post(f"{origin.url}/echo", json={"a": filler, "k": key, "l": key}).status_code for key in others]
        changed = client.post(f"{origin.url}/echo", json={"a": filler + "!", "k": "dummy-1", "l": "dummy-1"})
        assert 1 == proxy.stop()
    assert [200] * 12 == got
    assert 404 == changed.status_code
