"""What is learned to be a credential is in nothing that was written before, through real mitmdump; also after kill -9."""

import base64
import json
import random
import threading
import time
from pathlib import Path

import httpx
import pytest

from tapehead.cassette import load, timing
from tests.support.harness import Answer, Certs, Chunk, Origin
from tests.support.streams import SSE
from tests.support.wires import Tape, fetch

TOKEN = "k3jh4k5jh3k4j5h3k4j5h3kj45hkj3h45"


def on_disk(folder: Path) -> bytes:
    """All that is in the files of a folder, and below."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def stream(token: str) -> Answer:
    """A stream that spells a token in pieces."""
    pieces = ["it is ", *(token[at : at + 5] for at in range(0, len(token), 5)), "."]
    events = [b"data: %s\n\n" % json.dumps({"delta": {"text": piece}}).encode() for piece in pieces]
    chunks = tuple(Chunk(data=event, pause=0.002) for event in [*events, b"data: [DONE]\n\n"])
    return Answer(headers=(("content-type", SSE),), chunks=chunks)


def test_a_login(origin: Origin, tape: Tape) -> None:
    """A login's answer has no token on disk once a request carries it; what timed it fits, and it is replayed.

    Neither where it is plain, nor in base64, in a request, or spelled over the events of a stream.
    """
    encoded = base64.b64encode(f"me:{TOKEN}".encode()).decode()
    origin.script("/login", Answer.of_json({"session": TOKEN, "encoded": encoded}))
    origin.script("/stream", stream(TOKEN))
    origin.script("/me", Answer.of_json({"name": "bob"}))

    def ask(client: httpx.Client, token: str) -> list[bytes]:
        return [
            fetch(client, "GET", f"{origin.url}/login").text,
            fetch(client, "GET", f"{origin.url}/stream").text,
            fetch(client, "POST", f"{origin.url}/me", json={"first": token}).text,
        ]

    with tape.record() as proxy, proxy.client() as client:
        got = ask(client, TOKEN)
        assert TOKEN.encode() in got[0] + on_disk(tape.folder)
        fetch(client, "GET", f"{origin.url}/me", headers=bearer(TOKEN))
        written = on_disk(tape.folder)
        assert 0 == proxy.stop()
    assert TOKEN.encode() not in written
    assert encoded.encode() not in written
    login, streamed, posted, _ = tape.load().interactions
    assert {"session": "[REDACTED:value]", "encoded": base64.b64encode(b"me:[REDACTED:value]").decode()} == json.loads(
        login.response.body
    )
    assert b"[REDACTED:value]" in streamed.response.body
    assert b'{"first":"[REDACTED:value]"}' == posted.request.body
    timings = timing.load(tape.timing)
    assert [True] * 4 == [timings[each.id].fits(each.response.body) for each in tape.load().interactions]
    assert [0o600] * 2 == [path.stat().st_mode & 0o777 for path in (tape.path, tape.timing)]
    with tape.replay() as proxy, proxy.client() as client:
        assert [login.response.body, streamed.response.body, b'{"name": "bob"}'] == ask(client, "[REDACTED:value]")
        fetch(client, "GET", f"{origin.url}/me", headers=bearer("another-token-of-another-day"))
        assert 0 == proxy.stop()


def test_what_is_written_later(origin: Origin, tape: Tape) -> None:
    """An answer's field with the name of a credential teaches it, whatever it looks like, for all that comes after."""
    plain = "plain-looking-value"
    origin.script("/token", Answer.of_json({"access_token": plain, "expires_in": 5}))
    origin.script("/echo", Answer.of_json({"said": plain}))
    with tape.record() as proxy, proxy.client() as client:
        fetch(client, "GET", f"{origin.url}/token")
        fetch(client, "GET", f"{origin.url}/echo")
        assert 0 == proxy.stop()

    assert plain.encode() not in on_disk(tape.folder)


def test_other_sessions(origin: Origin, tape: Tape) -> None:
    """It is erased from the cassettes of all sessions, also of one that has ended, and new episodes go on matching."""
    origin.script("/say", Answer.of_json({"text": TOKEN}))

    def ask(client: httpx.Client, name: str, *, token: str = "") -> None:
        headers = {"x-tapehead-session": name, **(bearer(token) if token else {})}
        fetch(client, "GET", f"{origin.url}/say", headers=headers)

    with tape.record(cassette_dir=str(tape.folder / "all")) as proxy, proxy.client() as client:
        ask(client, "one")
        ask(client, "two")
        ask(client, "two")
        ask(client, "three", token=TOKEN)
        written = on_disk(tape.folder)
        assert 0 == proxy.stop()

    assert TOKEN.encode() not in written
    assert [1, 2, 1] == [
        len(load(tape.folder / "all" / f"{name}.yaml").interactions) for name in ("one", "two", "three")
    ]


def test_what_answers_again(origin: Origin, tape: Tape) -> None:
    """What this run has recorded, and erases from, answers on: the token in its request and in the live one are alike."""
    origin.script("/me", Answer.of_json({"n": 1}), Answer.of_json({"n": 2}))
    ask = {"json": {"it": TOKEN}}
    options = {"cassette_mode": "replay_with_new_episodes", "cassette_replayable": "last"}
    with tape.record(**options) as proxy, proxy.client() as client:
        first = fetch(client, "POST", f"{origin.url}/me", **ask).text
        again = fetch(client, "POST", f"{origin.url}/me", headers=bearer(TOKEN), **ask).text
        assert 0 == proxy.stop()

    assert first == again
    assert 1 == len(tape.load().interactions)
    assert TOKEN.encode() not in on_disk(tape.folder)


def test_what_cannot_be_rewritten(origin: Origin, tape: Tape) -> None:
    """Where another program has changed the cassette meanwhile, nothing more is recorded, the log says so, and it fails."""
    origin.script("/say", Answer.of_json({"text": TOKEN}))
    with tape.record() as proxy, proxy.client() as client:
        fetch(client, "GET", f"{origin.url}/say")
        tape.path.write_bytes(tape.path.read_bytes() + b"# mine\n")
        assert 503 == fetch(client, "GET", f"{origin.url}/say", headers=bearer(TOKEN)).status
        assert 1 == proxy.stop()

    assert "may be left in what was written before" in proxy.output
    assert TOKEN not in proxy.output


def kills(tape: Tape, origin: Origin, count: int, *, seed: int) -> tuple[int, list[str]]:
    """How many tokens were in use, and which were on disk all the same, after as many kills as that.

    The origin has seen the token in a request: so it was learned, and the request had gone on.
    """
    chance, used, left = random.Random(seed), 0, []
    for number in range(count):
        folder = tape.folder / str(number)
        folder.mkdir()
        origin.reset()
        tokens = [f"{chance.getrandbits(160):040x}" for _ in range(60)]
        for at, token in enumerate(tokens):
            origin.script(f"/login/{at}", Answer.of_json({"session": token, "pad": "x" * 2000}))
        origin.script("/me", Answer.of_json({"name": "bob"}))
        proxy = tape.record(cassette=str(folder / "tape.yaml"))
        threads = [threading.Thread(target=_log_in, args=(proxy, origin, tokens[part::3], part)) for part in range(3)]
        with proxy:
            for thread in threads:
                thread.start()
            while not origin.log("/me"):
                time.sleep(0.01)
            time.sleep(chance.uniform(0, 0.6))
            proxy.kill()
            for thread in threads:
                thread.join()
        seen = " ".join(text for arrival in origin.log("/me") for _, text in arrival.headers)
        written = on_disk(folder).decode(errors="replace")
        learned = [token for token in tokens if token in seen]
        used += len(learned)
        left += [token for token in learned if token in written]
        load(folder / "tape.yaml")
    return used, left


def _log_in(proxy: object, origin: Origin, tokens: list[str], part: int) -> None:
    try:
        with proxy.client() as client:  # type: ignore[attr-defined]
            for number, token in enumerate(tokens):
                client.get(f"{origin.url}/login/{number * 3 + part}")
                client.get(f"{origin.url}/me", headers=bearer(token))
    except httpx.HTTPError:
        pass  # it was killed


@pytest.mark.slow
def test_kill(tape: Tape, origin: Origin, certs: Certs) -> None:
    """kill -9 at any moment leaves no token on disk that a request has carried, and cassettes that can be read."""
    used, left = kills(tape, origin, 5, seed=15)

    assert [] == left
    assert 5 <= used


@pytest.mark.parametrize("form", ["{}", "{:.8}-ceea-467a-9a36-dedd4bea{:.4}"])
def test_two_logins(origin: Origin, tape: Tape, form: str) -> None:
    """Two tokens that are learned late stay two, in answers as in requests; a client that sends back what it got is answered.

    So it is where an answer's placeholder keeps a form, which is the same for both.
    """
    tokens = [form.format(*[each] * 2) for each in ("8f14e45f0a7c4k3jh4k5jh3k", "1c9a2b7d5e3f6k3jh4k5jh3k")]
    origin.script("/login", *(Answer.of_json({"session": token}) for token in tokens))
    origin.script("/use", *(Answer.of_json({"n": n}) for n in range(2)))
    origin.script("/me", Answer.of_json({}))

    def use(client: httpx.Client) -> list[object]:
        got = [json.loads(fetch(client, "GET", f"{origin.url}/login").text)["session"] for _ in range(2)]
        for each in got:
            fetch(client, "GET", f"{origin.url}/me", headers=bearer(each))
        return [json.loads(fetch(client, "POST", f"{origin.url}/use", json={"with": each}).text)["n"] for each in got]

    with tape.record() as proxy, proxy.client() as client:
        assert [0, 1] == use(client)
        assert 0 == proxy.stop()
    recorded = tape.load().interactions
    placeholders = ["[REDACTED:value]", "[REDACTED:value-2]"]
    written = [json.loads(each.response.body)["session"] for each in recorded[:2]]
    assert (placeholders if form == "{}" else ["00000000-dead-4000-8000-000000000000"] * 2) == written
    assert placeholders == [json.loads(each.request.body)["with"] for each in recorded[-2:]]
    assert not [token for token in tokens if token.encode() in on_disk(tape.folder)]
    with tape.replay() as proxy, proxy.client() as client:
        assert [0, 1] == use(client)
        assert 0 == proxy.stop()


def test_an_image(origin: Origin, tape: Tape) -> None:
    """An answer with a word too long to be remembered is recorded at once, also by the request that teaches a value."""
    image = base64.b64encode(random.Random(5).randbytes(50_000)).decode()
    origin.script("/image", Answer.of_json({"b64_json": image}))
    with tape.record() as proxy, proxy.client() as client:
        for headers in ({}, bearer(TOKEN)):
            assert image == json.loads(fetch(client, "GET", f"{origin.url}/image", headers=headers).text)["b64_json"]
        assert 0 == proxy.stop()

    assert 2 == len(tape.load().interactions)
