"""What is said to the control endpoint, and what comes of its answers. The endpoint itself is tested with the proxy."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from tapehead.clients.control_client import ControlClient, ControlError, GoneError


class Handler(BaseHTTPRequestHandler):
    """Answers as the path says."""

    asked: list[tuple[str, str, str | None, Any]]
    status = 200
    body = b'{"session": "a~1"}'

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        told = json.loads(body) if body else None
        self.asked.append((self.command, self.path, self.headers["authorization"], told))
        self.send_response(self.status)
        self.send_header("content-length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    do_GET = do_POST = _answer  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def handler() -> type[Handler]:
    return type("Handler", (Handler,), {"asked": []})


@pytest.fixture
def control(handler: type[Handler]) -> Iterator[ControlClient]:
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield ControlClient(url=f"http://127.0.0.1:{server.server_port}", token="t")
        server.shutdown()
        thread.join()


def test_what_is_asked(control: ControlClient, handler: type[Handler]) -> None:
    """Each word is one request, with the token."""
    assert "a~1" == control.begin("a", user="u", mode="auto", options={"cassette_speed": 1}, share=True)
    control.end("a~1")
    control.verdict("a/b~1")
    control.verdict()

    begun = {
        "cassette": "a",
        "user": "u",
        "mode": "auto",
        "append": False,
        "share": True,
        "options": {"cassette_speed": 1},
    }
    assert [
        ("POST", "/begin", "Bearer t", begun),
        ("POST", "/end", "Bearer t", {"session": "a~1"}),
        ("GET", "/verdict?session=a%2Fb~1", "Bearer t", None),
        ("GET", "/verdict", "Bearer t", None),
    ] == handler.asked


def test_advice_is_passed_on(control: ControlClient, handler: type[Handler]) -> None:
    """Where there is any."""
    control.begin("a", advice={"add": "run --add"})
    assert {"add": "run --add"} == handler.asked[0][3]["advice"]


@pytest.mark.parametrize(
    ("body", "said"), [(b'{"error": "tapehead: no"}', "tapehead: no"), (b"<html>", "HTTP Error 404"), (b"[]", "404")]
)
def test_a_refusal(control: ControlClient, handler: type[Handler], body: bytes, said: str) -> None:
    """Its words, or the status where there are none."""
    handler.status, handler.body = 404, body
    with pytest.raises(ControlError, match=said):
        control.end("a")


def test_nobody_there(control: ControlClient, handler: type[Handler]) -> None:
    """No answer, or none that is JSON, is an endpoint that is gone."""
    handler.body = b"<html>"
    with pytest.raises(GoneError, match="does not answer at http://127"):
        control.verdict()
    with pytest.raises(GoneError, match="does not answer"):
        ControlClient(url="http://127.0.0.1:9", token="t").verdict()


def test_what_was_sent(control: ControlClient, handler: type[Handler]) -> None:
    """In a session, or in none."""
    handler.body = b'{"version": 1, "requests": [{"method": "GET"}]}'

    assert [[{"method": "GET"}]] * 2 == [control.requests("a/b~1"), control.requests()]
    assert ["/requests?session=a%2Fb~1", "/requests"] == [path for _, path, _, _ in handler.asked]


def test_from_the_environment() -> None:
    """Under no proxy there is none, and under one with a single cassette none with sessions."""
    both = {"TAPEHEAD_CONTROL": "http://127.0.0.1:1", "TAPEHEAD_TOKEN": "t"}
    assert ControlClient(url="http://127.0.0.1:1", token="t") == ControlClient.from_environment(both)
    assert ControlClient.from_environment({"TAPEHEAD_TOKEN": "t"}) is None
    assert ControlClient.with_sessions(both) is None
    assert ControlClient.with_sessions({**both, "TAPEHEAD_DIR": "cassettes"}) is not None
