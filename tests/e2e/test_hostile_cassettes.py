"""Cassettes by hand, and by people who mean ill: what is no HTTP reaches no client, and what is reaches each."""

import httpx
import pytest

from tests.support.examples import TEXT
from tests.support.hostile_cassettes import HOSTILE
from tests.support.wires import REPLAY, Tape

URL = "https://api.example.com/v1/chat"
ODD = TEXT.replace(
    "              - text/event-stream\n",
    "              - text/event-stream\n"
    "            Upgrade: [h2c]\n            Keep-Alive: [timeout=5]\n            Proxy-Connection: [close]\n"
    '            X-Spaced: [" a b\t"]\n            X-Empty: [""]\n            X-Name: ["\\u00e9"]\n',
)


def test_nothing_of_them_reaches_a_client(tape: Tape) -> None:
    """Each is one line with its place, to the client and in the log; the proxy goes on."""
    for number, each in enumerate(HOSTILE):
        (tape.folder / f"h{number}.yaml").write_text(each.text)
    (tape.folder / "fine.yaml").write_text(TEXT)
    lines: list[str] = []
    with tape.start(REPLAY, cassette_dir=str(tape.folder)) as proxy, proxy.client() as client:
        for number, each in enumerate(HOSTILE):
            answer = client.post(URL, json={"model": "m"}, headers={"x-tapehead-session": f"h{number}"})
            path = tape.folder / f"h{number}.yaml"
            told = f"{path}:{each.line}: interactions[0].{each.field}: found "

            assert 404 == answer.status_code
            assert answer.json()["error"]["message"].startswith(f"tapehead: {told}")
            lines.append(told)
        fine = client.post(URL, json={"model": "m"}, headers={"x-tapehead-session": "fine"})
        assert 1 == proxy.stop()
    assert [1] * len(HOSTILE) == [proxy.output.count(each) for each in lines]
    assert (200, "data: {}\n\ndata: [DONE]\n\n") == (fine.status_code, fine.text)
    assert "Traceback" not in proxy.output


@pytest.mark.parametrize("http2", [False, True], ids=["http1", "http2"])
def test_what_only_http1_has(tape: Tape, http2: bool) -> None:
    """Headers of a connection, and space around values, are none over HTTP/2: a client would end its connection."""
    tape.path.write_text(ODD)
    with tape.replay() as proxy, proxy.client(http2=http2) as client:
        answer: httpx.Response = client.post(URL, json={"model": "m"})
        assert 0 == proxy.stop()
    sent = [(name.decode(), value) for name, value in answer.headers.raw if name.lower() != b"transfer-encoding"]
    only = [("Upgrade", b"h2c"), ("Proxy-Connection", b"close")]
    both = [
        ("Content-Type", b"text/event-stream"),
        ("X-Spaced", b"a b"),
        ("X-Empty", b""),
        ("X-Name", "é".encode()),
    ]

    assert 200 == answer.status_code
    expected = [(name.lower(), value) for name, value in both] if http2 else [both[0], *only, *both[1:]]
    assert expected == sent


def test_a_replay_does_not_begin(tape: Tape) -> None:
    """A cassette of one's own is refused before any client is there."""
    tape.path.write_text(HOSTILE[0].text)

    assert f"{tape.path}:{HOSTILE[0].line}: interactions[0].response.headers: found" in tape.refused(REPLAY)
