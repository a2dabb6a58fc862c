"""The control endpoint: what it refuses, with which status and words, and what it says of sessions."""

import asyncio
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from mitmproxy import http
from mitmproxy.test import tflow

from tapehead.exchange import options
from tapehead.exchange.workers import WorkerPool
from tapehead.recording.cassette_pool import CassettePool
from tapehead.redact.redactor import Redactor
from tapehead.sessions.control import ControlEndpoint
from tapehead.sessions.rate_limit import CAPACITY, TokenBucket
from tapehead.sessions.sent_requests import sent_by
from tapehead.sessions.session_registry import SessionRegistry

TOKEN = "a token for tests"
HEADERS = {"authorization": f"Bearer {TOKEN}"}


class Desk:
    """An endpoint with a folder of sessions, and what it warned of."""

    def __init__(self, folder: Path) -> None:
        defaults: dict[str, Any] = {name: option.default for name, option in options.OPTIONS.items()}
        given = SimpleNamespace(**defaults | {"cassette_mode": "record_once", "cassette_dir": str(folder)})
        self.warnings: list[str] = []
        self.sessions = SessionRegistry(
            options.parse(given), redactor=Redactor(), pool=CassettePool(), workers=WorkerPool()
        )
        self.endpoint = self.made()
        self._given = given

    def made(self, **other: Any) -> ControlEndpoint:
        """One with something else in it."""
        parts: dict[str, Any] = {
            "token": TOKEN,
            "rate_limit": TokenBucket(lambda: 0.0),
            "sessions": self.sessions,
            "unnamed": None,
            "configured": lambda changed: options.parse(self._given, changed),
            "warn": self.warnings.append,
        }
        return ControlEndpoint(**parts | other)

    def ask(
        self, method: str, path: str, body: object = b"", endpoint: ControlEndpoint | None = None, **headers: str
    ) -> tuple[int, Any]:
        """The status, and what is said."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = [(name.encode(), value.encode()) for name, value in {**HEADERS, **headers}.items()]
        request = http.Request.make(method, f"http://tapehead.local{path}", content, sent)
        answer = asyncio.run((endpoint or self.endpoint).answer(request))
        assert "no-store" == answer.headers["cache-control"]
        return answer.status_code, json.loads(answer.get_text() or "")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """One that nobody asked yet."""
    return Desk(tmp_path)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"{", "expected a JSON object"),
        (b"[]", "expected a JSON object"),
        (b"[" * 60_000, "expected a JSON object"),
        (b" " * 65_537, "expected at most 65536 bytes"),
        ({}, "cassette: expected a name"),
        ({"cassette": 1}, "cassette: expected a name"),
        ({"cassette": "a", "user": 1}, "user: expected text"),
        ({"cassette": "a", "append": 1}, "append: expected true or false"),
        ({"cassette": "a", "mode": "loud"}, "mode: expected one of "),
        ({"cassette": "a", "options": 1}, "options: expected an object"),
        ({"cassette": "a", "options": {"cassette": "b"}}, "options: 'cassette' is none of "),
        ({"cassette": "a", "options": {"speed": 1}}, "options: 'speed' is none of "),
        ({"cassette": "a", "options": {"cassette_record_host": 1}}, "cassette_record_host: expected true or false"),
        ({"cassette": "a", "options": {"cassette_speed": "fast"}}, "cassette_speed=fast: expected 0"),
        ({"cassette": "../a"}, "session '../a'"),
    ],
)
def test_what_begins_nothing(desk: Desk, body: object, says: str) -> None:
    """It is a 400 that says what is wrong, and what is expected."""
    status, said = desk.ask("POST", "/begin", body)

    assert (400, True) == (status, says in said["error"]), said
    assert [] == desk.sessions.verdicts()


def test_who_may_not_ask(desk: Desk) -> None:
    """Pages of browsers, whoever has no token or a wrong one, and for a while anybody after too many of those."""
    assert 403 == desk.ask("GET", "/verdict", origin="https://evil.test")[0]
    assert 403 == desk.ask("GET", "/verdict", endpoint=desk.made(token=""))[0]
    assert [401] * CAPACITY == [desk.ask("GET", "/verdict", authorization="Bearer x")[0] for _ in range(CAPACITY)]
    assert 429 == desk.ask("GET", "/verdict", authorization="Bearer x")[0]
    assert 200 == desk.ask("GET", "/verdict")[0], "who knows it is not locked out"


def test_what_there_is_not(desk: Desk) -> None:
    """Another path or method, a session, sessions at all."""
    assert [404, 404] == [desk.ask(*each)[0] for each in (("GET", "/begin"), ("POST", "/other"))]
    assert 404 == desk.ask("POST", "/end", {"session": "none"})[0]
    assert 404 == desk.ask("GET", "/verdict?session=none")[0]
    assert 409 == desk.ask("GET", "/verdict", endpoint=desk.made(sessions=None))[0]


def test_what_was_sent(desk: Desk) -> None:
    """In a session that was begun, by its name or its user's; in none; and 404 where there is none, or it has ended."""
    name = desk.ask("POST", "/begin", {"cassette": "a", "user": "me"})[1]["session"]
    empty = (200, {"version": 1, "requests": []})
    assert [empty, empty] == [desk.ask("GET", f"/requests{query}") for query in ("", f"?session={name}")]
    desk.sessions.note_sent("me", sent_by(tflow.tflow(req=http.Request.make("GET", "https://h/x"))))
    desk.sessions.note_sent("", sent_by(tflow.tflow(req=http.Request.make("GET", "https://h/y"))))

    assert ["https://h/x"] == [each["url"] for each in desk.ask("GET", f"/requests?session={name}")[1]["requests"]]
    assert ["https://h/x"] == [each["url"] for each in desk.ask("GET", "/requests?session=me")[1]["requests"]]
    assert ["https://h/y"] == [each["url"] for each in desk.ask("GET", "/requests")[1]["requests"]]
    desk.ask("POST", "/end", {"session": name})
    assert [404, 404] == [desk.ask("GET", f"/requests?session={each}")[0] for each in (name, "none")]


def test_a_session(desk: Desk) -> None:
    """It is begun with options of its own, asked for, and ended; old names are taken with a warning."""
    asked = {"cassette": "a", "user": "me", "mode": "replay", "add": False}
    asked["options"] = {"cassette_report": True, "cassette_speed": 2, "cassette_ignore": ["/seed"]}
    status, begun = desk.ask("POST", "/begin", asked)

    assert (200, f"{begun['session']}:tapehead") == (status, begun["user"]), begun
    assert ["'add'", "cassette_report"] == [each.split()[0] for each in desk.warnings]
    assert 400 == desk.ask("POST", "/begin", {"cassette": "b", "add": True, "append": True})[0]
    status, ended = desk.ask("POST", "/end", {"session": begun["session"]})
    assert (200, begun["session"]) == (status, ended["session"]), ended
    assert [ended] == desk.ask("GET", "/verdict")[1]["sessions"]
