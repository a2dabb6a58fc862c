"""The options that say what matches and what becomes of the rest, through real mitmdump."""

import json
import re
import time

import pytest

from tapehead.cassette import Cassette, Interaction, Request, Response, dumps
from tapehead.cassette.block_index import open_index
from tests.support.harness import Answer, Origin
from tests.support.wires import Tape

BODY = {"model": "m", "messages": [{"role": "user", "content": "hello"}], "metadata": {"run": 1}}


@pytest.fixture
def recorded(origin: Origin, tape: Tape) -> Tape:
    """Two requests: the same but for their bodies, and answered by numbers."""
    origin.script("/chat", *(Answer.of_json({"n": n}) for n in range(2)))
    with tape.record() as proxy, proxy.client() as client:
        for number in range(2):
            body = BODY | {"messages": [{"role": "user", "content": f"hello {number}"}]}
            client.post(f"{origin.url}/chat?trace=1", json=body)
        assert 0 == proxy.stop()
    origin.reset()
    return tape


def body(number: int, **more: object) -> dict[str, object]:
    return BODY | {"messages": [{"role": "user", "content": f"hello {number}"}]} | more


def test_ignore(origin: Origin, recorded: Tape) -> None:
    """What cassette_ignore names need not be as recorded; everything else must."""
    with recorded.replay(cassette_ignore="/metadata/run,query:trace") as proxy, proxy.client() as client:
        answer = client.post(f"{origin.url}/chat?trace=2", json=body(1, metadata={"run": 2}))
        miss = client.post(f"{origin.url}/chat?trace=2", json=body(0, metadata={"walk": 2}))
        assert 1 == proxy.stop()
    assert ({"n": 1}, 404) == (answer.json(), miss.status_code)


def test_match(recorded: Tape) -> None:
    """With another cassette_match another host may answer."""
    with recorded.replay(cassette_match="method,path,body") as proxy, proxy.client() as client:
        assert {"n": 0} == client.post("https://other.localhost/chat", json=body(0)).json()
        assert 0 == proxy.stop()


def test_headers_that_are_matched_are_kept(origin: Origin, tape: Tape) -> None:
    """headers:NAME makes a header count, and so has it recorded."""
    option = {"cassette_match": "method,url,headers:X-Tenant"}
    with tape.record(**option) as proxy, proxy.client() as client:
        client.get(f"{origin.url}/bytes?n=1", headers={"x-tenant": "a"})
        assert 0 == proxy.stop()
    assert ("a",) == tape.load().interactions[0].request.headers["X-Tenant"]
    with tape.replay(**option) as proxy, proxy.client() as client:
        got = [client.get(f"{origin.url}/bytes?n=1", headers={"x-tenant": t}).status_code for t in "ba"]
    assert [404, 200] == got


def test_order(origin: Origin, recorded: Tape) -> None:
    """strict insists on the recorded order, and says what comes next; by default only the same requests have one."""
    url = f"{origin.url}/chat?trace=1"
    with recorded.replay(cassette_order="strict") as proxy, proxy.client() as client:
        early = client.post(url, json=body(1))
        got = [client.post(url, json=body(n)).json() for n in range(2)]
        assert 1 == proxy.stop()  # there was a miss
    assert 404 == early.status_code
    assert "recorded later in the cassette (interaction 1); interaction 0 comes next" in early.json()["message"]
    assert [{"n": 0}, {"n": 1}] == got
    with recorded.replay() as proxy, proxy.client() as client:
        assert [1, 0] == [client.post(url, json=body(n)).json()["n"] for n in (1, 0)]


@pytest.mark.parametrize(
    ("value", "expected"), [("never", [0, 1, None, None, None]), ("last", [0, 1, 1, 1, 1]), ("all", [0, 1, 0, 1, 0])]
)
def test_repeat(origin: Origin, tape: Tape, value: str, expected: list[int | None]) -> None:
    """Once all that are the same have answered, none answers, the last one does, or all do by turns."""
    origin.script("/same", *(Answer.of_json({"n": n}) for n in range(2)))
    with tape.record() as proxy, proxy.client() as client:
        for _ in range(2):
            client.get(f"{origin.url}/same")
        assert 0 == proxy.stop()
    with tape.replay(cassette_repeat=value) as proxy, proxy.client() as client:
        assert expected == [client.get(f"{origin.url}/same").json().get("n") for _ in range(5)]


def test_repeat_of_some_requests(origin: Origin, tape: Tape) -> None:
    """With a filter only what it names answers again; what else was used up is a miss."""
    origin.script("/same", *(Answer.of_json({"n": n}) for n in range(2)))
    with tape.record() as proxy, proxy.client() as client:
        client.get(f"{origin.url}/same")
        client.post(f"{origin.url}/same")
        assert 0 == proxy.stop()
    with tape.replay(cassette_repeat="~m GET") as proxy, proxy.client() as client:
        assert [200, 200] == [client.get(f"{origin.url}/same").status_code for _ in range(2)]
        assert [200, 404] == [client.post(f"{origin.url}/same").status_code for _ in range(2)]


def test_waits_are_shorter_and_times_are_not_over(origin: Origin, tape: Tape) -> None:
    """By option a client waits at most so long for a retry, and what was to expire in an hour does so again."""
    answer = {"expires_at": int(time.time()) + 3600, "n": 1}
    origin.script(
        "/wait", Answer.of_json(answer, status=429, headers=(("Retry-After", "20"), ("Retry-After-Ms", "20000")))
    )
    with tape.record() as proxy, proxy.client() as client:
        client.get(f"{origin.url}/wait")
        assert 0 == proxy.stop()
    old = tape.timing.read_text()
    tape.timing.write_text(re.sub(r'"start":([0-9.]+)', lambda m: f'"start":{float(m[1]) - 7_200_000}', old))
    with tape.replay(cassette_repeat="last", cassette_retry_after="2", cassette_now="shift") as proxy:
        with proxy.client() as client:
            got = client.get(f"{origin.url}/wait")
        assert 0 == proxy.stop()
    assert ("2", "2000") == (got.headers["retry-after"], got.headers["retry-after-ms"])
    assert 0 <= got.json()["expires_at"] - answer["expires_at"] - 7200 < 60
    with tape.replay() as proxy, proxy.client() as client:
        got = client.get(f"{origin.url}/wait")
    assert ("20", answer) == (got.headers["retry-after"], got.json())


@pytest.mark.parametrize(("value", "code", "named"), [("ignore", 0, False), ("warn", 0, True), ("fail", 1, True)])
def test_unused(origin: Origin, recorded: Tape, value: str, code: int, named: bool) -> None:
    """Interactions that nobody asked for are counted, and by option named at the end, or the run fails."""
    with recorded.replay(cassette_unused=value) as proxy, proxy.client() as client:
        client.post(f"{origin.url}/chat?trace=1", json=body(0))
        assert code == proxy.stop()
    assert named == (f"not used: interaction 1, POST {origin.url}/chat?trace=1" in proxy.output)
    assert "1 replayed, 0 missed" in proxy.output
    assert ", 1 not used" in proxy.output
    assert "Traceback" not in proxy.output


def test_report(origin: Origin, recorded: Tape) -> None:
    """Each miss is a line of JSON beside the cassette, private, and of the last run only; mitmdump's exit code is 1."""
    report = recorded.folder / "tape.yaml.misses.jsonl"
    for _ in range(2):
        with recorded.replay(cassette_miss_report="true") as proxy, proxy.client() as client:
            client.post(f"{origin.url}/chat?trace=1", json=body(7))
            client.get("https://elsewhere.example/")
            assert 1 == proxy.stop()
        lines = [json.loads(line) for line in report.read_text().splitlines()]
        assert ["unknown", "host"] == [line["kind"] for line in lines]
        assert "/messages/0/content" == lines[0]["differences"][0]["where"]
        assert 0o600 == report.stat().st_mode & 0o777
    with recorded.replay() as proxy, proxy.client() as client:
        client.get("https://elsewhere.example/")
    assert 2 == len(report.read_text().splitlines())


def test_all_differences_are_in_the_log(origin: Origin, recorded: Tape) -> None:
    """The answer has the first difference and what to do; the log has them all, and the next nearest."""
    with recorded.replay() as proxy, proxy.client() as client:
        miss = client.post(f"{origin.url}/chat?trace=1", json=body(7, temperature=1, model="other")).json()["message"]
        assert 1 == proxy.stop()
    assert "the model differs" in miss or "model" in miss
    assert "cassette_mode=replay_with_new_episodes" in miss
    for words in ("message 1 (user) differs at character 7", "temperature was added: 1"):
        assert words in proxy.output


def test_headers_that_say_what_is_asked(origin: Origin, tape: Tape) -> None:
    """They are recorded; the one with the same answers, whatever the order, and none answers another."""
    ranges = ["bytes=0-1", "bytes=2-3"]
    origin.script("/file", *(Answer.of(part, status=206, headers=()) for part in (b"ab", b"cd")))
    with tape.record() as proxy, proxy.client() as client:
        for each in ranges:
            client.get(f"{origin.url}/file", headers={"range": each, "mcp-session-id": "s-1", "traceparent": "t"})
        assert 0 == proxy.stop()
    asked = tape.load().interactions[0].request.headers
    assert ("bytes=0-1", "s-1") == (asked["Range"][0], asked["Mcp-Session-Id"][0])
    assert "Traceparent" not in asked
    with tape.replay() as proxy, proxy.client() as client:
        headers = {"mcp-session-id": "s-1"}
        miss = client.get(f"{origin.url}/file", headers=headers | {"range": "bytes=4-5"})
        got = [client.get(f"{origin.url}/file", headers=headers | {"range": each}).text for each in ranges[::-1]]
        proxy.stop()
    assert ["cd", "ab"] == got
    assert 404 == miss.status_code
    assert "header `Range` is" in miss.text or "header Range is" in miss.text
    assert "cassette_ignore=headers:Range" in miss.text


STEERING = (
    ("operation-location", "https://h/poll/1?api-version=1"),
    ("link", '<https://h/items?page=2>; rel="next"'),
    ("etag", '"abc"'),
    ("openai-poll-after-ms", "20"),
    ("set-cookie", "sid=0f8e7d6c5b4a39281706; Path=/; HttpOnly"),
    ("set-cookie", "__cf_bm=0f8e7d6c5b4a39281706; Path=/"),
    ("www-authenticate", 'Bearer resource_metadata="https://h/prm"'),
    ("access-control-allow-origin", "*"),
    ("cache-control", "max-age=60"),
    ("date", "now"),
)


@pytest.mark.parametrize("browser", [False, True])
def test_headers_that_steer_a_client(origin: Origin, tape: Tape, browser: bool) -> None:
    """They are kept and replayed, an edge's cookies and what only a browser reads aside; one line names those dropped."""
    origin.script("/steer", *[Answer.of_json({}, status=401, headers=STEERING)] * 2)
    sent = {"origin": "https://app.example"} if browser else {}
    with tape.record() as proxy, proxy.client() as client:
        for _ in range(2):
            client.get(f"{origin.url}/steer", headers=sent)
        proxy.stop()
    dropped = (
        "not recorded, though clients are known to follow it: Cache-Control (2 times); cassette_headers=cache-control"
    )
    assert 1 == proxy.output.count(dropped), proxy.output
    with tape.replay() as proxy, proxy.client() as client:
        answer = client.get(f"{origin.url}/steer", headers=sent)
        proxy.stop()
    assert "sid=[REDACTED:cookie]; Path=/; HttpOnly" == answer.headers["set-cookie"]
    expected = {name for name, _ in STEERING} - {"cache-control", "date"}
    assert expected - (set() if browser else {"access-control-allow-origin"}) == set(answer.headers) & {
        name for name, _ in STEERING
    }
    for name, value in STEERING[:4]:
        assert value == answer.headers[name]


def test_part_of_a_text(origin: Origin, tape: Tape) -> None:
    """The advice of a miss names the part of a text that differs; with it the request is answered, as recorded."""
    origin.script("/chat", Answer.of_json({"said": "on 2026-11-27"}))
    ask = {"messages": [{"role": "system", "content": "Today is 2026-11-27. Topic, news"}]}
    later = {"messages": [{"role": "system", "content": "Today is 2026-11-28. Topic, news"}]}
    with tape.record() as proxy, proxy.client() as client:
        client.post(f"{origin.url}/chat", json=ask)
        assert 0 == proxy.stop()
    with tape.replay() as proxy, proxy.client() as client:
        miss = client.post(f"{origin.url}/chat", json=later).json()["message"]
        proxy.stop()
    option = r"text(/messages/0/content):\d{4}-\d\d-\d\d"
    assert f"to ignore this part of the text, if it may differ: --set 'cassette_ignore={option}'" in miss
    with tape.replay(cassette_ignore=option) as proxy, proxy.client() as client:
        assert {"said": "on 2026-11-27"} == client.post(f"{origin.url}/chat", json=later).json()
        assert 0 == proxy.stop()


def test_a_large_cassette(tape: Tape) -> None:
    """It is opened by its blocks, and answers by text, by meaning and with misses as a small one; what is written into it
    meanwhile is told.
    """
    url, count = "https://made-up.localhost/chat", 300
    asked = [json.dumps(body(number, more="x" * 800)).encode() for number in range(count)]
    interactions = [
        Interaction(
            id=number,
            request=Request(method="POST", url=url, body=each, headers={"Content-Type": ("application/json",)}),
            response=Response(
                code=200, status="200 OK", body=b'{"n":%d}' % number, headers={"Content-Type": ("application/json",)}
            ),
        )
        for number, each in enumerate(asked)
    ]
    text = dumps(Cassette(interactions=tuple(interactions)))
    tape.path.write_bytes(text)
    assert open_index(tape.path) is not None
    kind = {"content-type": "application/json"}
    with tape.replay() as proxy, proxy.client() as client:
        assert [{"n": n} for n in (7, 3)] == [client.post(url, content=asked[n], headers=kind).json() for n in (7, 3)]
        assert {"n": 9} == client.post(url, json=json.loads(asked[9]), headers=kind).json()
        again = client.post(url, content=asked[7], headers=kind)
        unknown = client.post(url, content=b"{}", headers=kind)
        assert 1 == proxy.stop()
    assert [404, 404] == [each.status_code for each in (again, unknown)]
    assert "297 not used" in proxy.output
    with tape.replay() as proxy, proxy.client() as client:
        assert {"n": 7} == client.post(url, content=asked[7], headers=kind).json()
        tape.path.write_bytes(text.replace(b"hello", b"HELLO"))
        changed = client.post(url, content=asked[20], headers=kind)
        assert 1 == proxy.stop()
    assert 404 == changed.status_code
    assert "found other bytes than when it was opened" in changed.text
