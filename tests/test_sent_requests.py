"""pytest's fixture `tapehead` tells what a test has sent; and what is for this machine may be recorded."""

from tests.test_pytest_plugin import Runner, runner, standin

__all__ = ["runner", "standin"]

TESTS = """
import http.server, json, threading, urllib.request
import pytest
from asking import ask

def asked(tapehead): return [each.json["messages"][-1]["content"] for each in tapehead.requests]

@pytest.mark.parametrize("word", ["one", "two"])
def test_sent(tapehead, word):
    assert [] == tapehead.requests
    ask(word); ask("more")
    assert [word, "more"] == asked(tapehead)
    first = tapehead.requests[0]
    assert ("POST", "https://api.openai.com/v1/chat/completions") == (first.method, first.url)
    assert first.headers["content-type"] == "application/json"
    assert not [name for name in first.headers if name.startswith(("proxy-", "x-tapehead-"))]
    assert json.loads(first.body) == first.json

@pytest.mark.tapehead("other")
def test_of_this_test_alone(tapehead): assert [] == tapehead.requests
"""
LOOPBACK = """
import http.server, threading, urllib.request

class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.send_header("Content-Length", "2"); self.end_headers(); self.wfile.write(b"ok")

def test_here(tapehead):
    with http.server.HTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.handle_request).start()
        assert b"ok" == urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/x").read()
    print("sent", [each.url.rpartition("/")[2] for each in tapehead.requests])
"""


def test_what_a_test_has_sent(runner: Runner) -> None:
    """Of this run, recorded or replayed, and in order."""
    runner.write(test_it=TESTS)
    every = {"test_sent[one]": "passed", "test_sent[two]": "passed", "test_of_this_test_alone": "passed"}

    assert every == runner.record("--tapehead=auto", "test_it.py").outcomes
    assert every == runner.run("--tapehead=replay", "test_it.py").outcomes


def test_include_loopback(runner: Runner) -> None:
    """As an option, and from the ini file; without it a local server is asked past the proxy."""
    runner.write(test_it=LOOPBACK)
    assert "sent []" in runner.run("--tapehead=record", "-s", "test_it.py").output
    given = runner.run("--tapehead=record", "--tapehead-include-loopback", "-s", "test_it.py")
    runner.write(pytest="[pytest]\ntapehead_include_loopback = true\n")
    by_ini = runner.run("--tapehead=record", "-s", "test_it.py")

    assert ["sent ['x']" in each.output for each in (given, by_ini)] == [True, True], given.output + by_ini.output
