"""What clients have sent: in order, bounded, without credentials."""

import gzip

from mitmproxy import http
from mitmproxy.test import tflow

from tapehead.redact.redactor import Redactor
from tapehead.sessions.sent_requests import MOST, MOST_BYTES, SentRequests, sent_by

KEY = "sk-proj-" + "a1B2c3D4" * 6


def sent(*requests: http.Request) -> SentRequests:
    every = SentRequests()
    for each in requests:
        every.add(sent_by(tflow.tflow(req=each)))
    return every


def test_a_request() -> None:
    """Its headers by their lower-case names, several of one name as one; its body as JSON and as text."""
    request = http.Request.make(
        "POST", "https://h/v1?key=1", b'{"a":1}', [(b"X-Two", b"1"), (b"Authorization", b"Bearer x"), (b"x-two", b"2")]
    )
    (told,) = sent(request).as_json(Redactor())

    assert ("POST", {"a": 1}, '{"a":1}') == (told["method"], told["json"], told["body"])
    assert told["url"].startswith("https://h/v1?key=")
    assert ("1, 2", "[REDACTED:header]") == (told["headers"]["x-two"], told["headers"]["authorization"])


def test_bodies() -> None:
    """None, one that is no JSON, one that is encoded, one with a mark in front, one that is too long, one with a key."""
    coded, bomb = (http.Request.make("POST", "https://h/") for _ in range(2))
    coded.headers["content-encoding"] = bomb.headers["content-encoding"] = "gzip"
    coded.raw_content, bomb.raw_content = gzip.compress(b"[1]"), gzip.compress(b" " * 5_000_000)
    plain = [
        http.Request.make("POST", "https://h/", body)
        for body in (b"", b"text", b"\xef\xbb\xbf[2]", b"x" * (MOST_BYTES + 1), b'{"key":"%b"}' % KEY.encode())
    ]
    told = sent(coded, bomb, *plain).as_json(Redactor())

    assert [[1], None, None, None, [2], None] == [each["json"] for each in told[:-1]]
    assert ["[1]", None, "", "text", "\ufeff[2]", None] == [each["body"] for each in told[:-1]]
    assert KEY not in str(told[-1])
    assert [*told[-1]["json"]] == ["key"]


def test_a_long_run() -> None:
    """The last of it stay, in order."""
    told = sent(*(http.Request.make("GET", f"https://h/{n}") for n in range(MOST + 5))).as_json(Redactor())

    assert (MOST, "https://h/5", f"https://h/{MOST + 4}") == (len(told), told[0]["url"], told[-1]["url"])
