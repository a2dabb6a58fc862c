"""`--base-url` and `--reverse`, as a user gives them: each variable and port leads to its own server, with its own key."""

import sys
from collections.abc import Iterator

import pytest

from tests.unit.cli.servers import NumberedServers, numbered_servers
from tests.unit.cli.wrapped import PYTHON, Wrapped
from tests.unit.mitm.test_reverse_listeners import KINDS, PATHS

SHOW = """
import os, sys, urllib.request
for place, url in enumerate(sys.argv[1:]):
    url = os.environ.get(url, url)
    request = urllib.request.Request(f"{url}/x", headers={"x-key": f"key-{place}"})
    print(place, urllib.request.urlopen(request, timeout=20).read().decode())
"""
INSIDE = 20100  # a port that the program finds its first server at, in the sandbox


@pytest.fixture(scope="module")
def servers() -> Iterator[NumberedServers]:
    with numbered_servers(3) as serving:
        yield serving


def options(
    servers: NumberedServers, combination: tuple[int, ...], reversed_from: int
) -> tuple[list[str], list[str], str]:
    """What the command line has, what the program asks, and what it is to see."""
    words, asked, seen = [], [], []
    for place, number in enumerate(combination):
        if place < reversed_from:
            words += ["--base-url", f"BASE_{place}={servers.origins[number]}{PATHS[place]}"]
            asked.append(f"BASE_{place}")
            path = f"{PATHS[place]}/x"
        else:
            words += ["--reverse", f"{INSIDE + place}={servers.origins[number]}"]
            asked.append(f"http://127.0.0.1:{INSIDE + place}")
            path = "/x"
        seen.append(f"{place} server {number}, {path}, key-{place}\n")
    return words, asked, "".join(seen)


@pytest.mark.parametrize("combination", KINDS, ids=str)
def test_base_urls(tape: Wrapped, servers: NumberedServers, combination: tuple[int, ...]) -> None:
    """Whatever servers they share; recorded under the servers' own addresses, and replayed."""
    words, asked, seen = options(servers, combination, reversed_from=len(combination))
    for verb in ("record", "replay"):
        done = tape.run(verb, *words, "--", *PYTHON, "-c", SHOW, *asked)
        assert (0, seen) == (done.code, done.output), done.errors
    urls = [each.request.url for each in tape.load().interactions]
    assert [f"{servers.origins[number]}{PATHS[place]}/x" for place, number in enumerate(combination)] == urls


@pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is Linux's")
@pytest.mark.parametrize("loopback", [[], ["--include-loopback"]], ids=["", "include-loopback"])
@pytest.mark.parametrize("reversed_from", [0, 1], ids=["reverse", "both"])
@pytest.mark.parametrize("combination", [(0, 0), (0, 0, 1), (0, 1, 0, 2)], ids=str)
def test_ports_in_the_sandbox(
    tape: Wrapped, servers: NumberedServers, combination: tuple[int, ...], reversed_from: int, loopback: list[str]
) -> None:
    """Likewise, beside variables or alone, and also where the program sends loopback through the proxy."""
    words, asked, seen = options(servers, combination, reversed_from)
    done = tape.run("record", "--sandbox", *loopback, *words, "--", *PYTHON, "-c", SHOW, *asked)
    assert (0, seen) == (done.code, done.output), done.errors


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--base-url", "A=http://a.test", "--base-url", "A=http://b.test"), "A: given twice"),
        (("--base-url", "HTTPS_PROXY=http://a.test"), "HTTPS_PROXY: leads to the proxy already"),
        (("--base-url", "A=http://a.test?v=1"), "expected NAME=URL"),
        (("--sandbox", "--reverse", "1=http://a.test", "--reverse", "1=http://b.test"), "1: given twice"),
        (("--sandbox", "--reverse", "1=http://a.test", "--allow-port", "1"), "a port leads to one server"),
    ],
)
def test_what_cannot_be_meant(tape: Wrapped, words: tuple[str, ...], said: str) -> None:
    """The run ends before the program starts, in one line that says why."""
    done = tape.run("record", *words, "--", "sh", "-c", "echo ran")
    assert (2, "") == (done.code, done.output)
    assert said in done.lines[-1]


def test_a_reversed_port_that_is_the_proxy_s(tape: Wrapped, servers: NumberedServers) -> None:
    """The program would find the server where it is told that the proxy is."""
    port = servers.free_port()
    words = ("--sandbox", "--port", str(port), "--reverse", f"{port}={servers.origins[0]}")
    done = tape.run("record", *words, "--", "sh", "-c", "echo ran")
    assert (4, "") == (done.code, done.output)
    assert [f"tapehead: --reverse {port}: the proxy itself listens at this port; choose another"] == done.lines


def test_the_user_of_a_url_stays_with_the_program(tape: Wrapped, servers: NumberedServers) -> None:
    """The server gets its credentials from the program, as without us."""
    url = servers.origins[0].replace("://", "://me:secret@")
    done = tape.run("record", "--base-url", f"BASE={url}", "--", "sh", "-c", "echo $BASE")
    assert done.output.startswith("http://me:secret@127.0.0.1:")
