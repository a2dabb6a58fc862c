"""Programs in the environment of `tapehead.clients`: what they ask comes by the proxy, whatever client they ask with.

Nothing resolves and nothing is dialled upstream, so that an answer proves that the proxy was asked.
"""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.clients.wrapped import HERE, Wrapped, tool
from tests.support.harness import Origin

NAMED = "https://api.openai.com/v1/models"
URLS = (
    NAMED,
    "https://gpu.example:8443/v1",
    "https://192.0.2.7:8443/v1",
    "https://192.0.2.7/v1",
    "http://gpu.example/v1",
    "http://gpu.example:8000/v1",
    "http://tapehead.local/verdict",
)
USER = "a%20%C3%A9%2Fb%5B1%5D:tapehead@"


@pytest.fixture(scope="module")
def wrapped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wrapped]:
    with Wrapped(tmp_path_factory.mktemp("wrapped")) as wrapped:
        yield wrapped


@pytest.fixture
def deaf() -> Iterator[str]:
    """A port of our own that refuses connections."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{bound.getsockname()[1]}"


def answers(wrapped: Wrapped, command: Sequence[str | Path], **more: Any) -> list[dict[str, Any]]:
    """The proxy's answers, a line each."""
    return [json.loads(line) for line in wrapped.run(command, **more).splitlines()]


def python(client: str, *urls: str) -> list[str | Path]:
    return [sys.executable, HERE / "ask.py", client, *urls]


def fails(wrapped: Wrapped, command: Sequence[str | Path], **ambient: str) -> str:
    """What a command said that could not reach anything; the proxy was not asked."""
    before = wrapped.proxy.output.count("asked {")
    with pytest.raises(AssertionError) as caught:
        wrapped.run(command, ambient)
    assert before == wrapped.proxy.output.count("asked {")
    return str(caught.value)


@pytest.mark.parametrize(
    "client",
    [
        "http_client",
        "urllib_request",
        "urllib3",
        "requests",
        "httpx",
        "httpx2",
        "aiohttp",
        "aiohttp_certifi",
        "aiohttp_base",
    ],
)
def test_python(wrapped: Wrapped, client: str) -> None:
    """Names, ports and addresses, encrypted and not, and the session's name with each."""
    got = answers(wrapped, python(client, *URLS), user=USER)

    assert list(URLS) == [answer["url"] for answer in got]
    assert {"a é/b[1]"} == {answer["user"] for answer in got}


@pytest.mark.slow
@pytest.mark.parametrize("version", ["3.8", "3.9", "3.10", "3.11", "3.12", "3.14"])
def test_other_pythons(wrapped: Wrapped, version: str) -> None:
    """What a bare Python of any supported version has: http.client and urllib."""
    other = tool(f"python{version}")
    if subprocess.run([other, "-c", ""], check=False, capture_output=True).returncode:
        pytest.skip(f"python{version} is a shim of another version")
    for client in ("http_client", "urllib_request"):
        got = answers(wrapped, [other, *python(client, *URLS)[1:]], user=USER)
        assert list(URLS) == [answer["url"] for answer in got]


@pytest.mark.parametrize("client", ["urllib_direct", "requests_direct", "aiohttp_direct"])
def test_python_explicit(wrapped: Wrapped, client: str) -> None:
    """A program that says "no proxy" is obeyed."""
    for url in ("http://nowhere.invalid/", "https://nowhere.invalid/"):
        assert "rror" in fails(wrapped, python(client, url))


@pytest.mark.parametrize(
    "client",
    [
        "http_client",
        *(
            pytest.param(each, marks=pytest.mark.slow)
            for each in ("urllib_request", "urllib3", "requests", "httpx", "aiohttp")
        ),
    ],
)
def test_python_no_proxy(wrapped: Wrapped, deaf: str, client: str) -> None:
    """The user's NO_PROXY holds, but for providers; loopback goes direct, unless it is asked for."""
    kept = {"NO_PROXY": "*, nowhere.invalid,api.openai.com"}
    for url in ("http://nowhere.invalid/", "https://nowhere.invalid/"):
        assert "rror" in fails(wrapped, python(client, url), **kept)
    assert "rror" in fails(wrapped, python(client, f"http://{deaf}/"))
    assert [NAMED] == [answer["url"] for answer in answers(wrapped, python(client, NAMED), ambient=kept)]
    looped = answers(wrapped, python(client, f"http://{deaf}/"), include_loopback=True)
    assert [f"http://{deaf}/"] == [answer["url"] for answer in looped]


@pytest.mark.slow
def test_python_workers(wrapped: Wrapped, tmp_path: Path) -> None:
    """pytest-xdist's workers, and their children, spawned and started anew."""
    (tmp_path / "test_inner.py").write_text(
        f"import multiprocessing, subprocess, sys; sys.path.insert(0, {str(HERE)!r}); import ask, pytest\n"
        f"def one(url): assert url in ask.aiohttp(url)\n"
        "@pytest.mark.parametrize('n', range(4))\n"
        "def test_all(n):\n"
        f"    one({NAMED!r})\n"
        f"    with multiprocessing.get_context('spawn').Pool(1) as pool: pool.apply(one, [{NAMED!r}])\n"
        f"    subprocess.run([sys.executable, {str(HERE / 'ask.py')!r}, 'http_client', {NAMED!r}], check=True)\n"
    )

    said = wrapped.run([sys.executable, "-m", "pytest", "-q", "-n2", "-pno:cacheprovider", tmp_path / "test_inner.py"])

    assert "4 passed" in said


@pytest.mark.parametrize(
    "kind",
    [
        "fetch",
        "request",
        "get",
        "agent",
        "array",
        "twice",
        "http2",
        "tls",
        "positional",
        "worker-fetch",
        "worker-twice-execargv",
    ],
)
def test_node(wrapped: Wrapped, kind: str) -> None:
    """fetch, http, https, http2 and tls, imported as they come, in workers too."""
    node = tool("node")
    only_tls = kind in ("http2", "tls", "positional")
    for url in (NAMED, "https://192.0.2.7:8443/v1", *(() if only_tls else URLS[-2:])):
        got = wrapped.ask([node, HERE / "node.mjs", kind, url], user=USER)
        assert (url, "a é/b[1]") == (got["url"], got["user"])
        assert got["version"] == ("HTTP/2.0" if kind == "http2" else "HTTP/1.1")


@pytest.mark.parametrize("url", URLS)
def test_node_urls(wrapped: Wrapped, url: str) -> None:
    """Names, ports and addresses. Without a session a provider's server name is the provider's own."""
    node = tool("node")

    assert url == wrapped.ask([node, HERE / "node.mjs", "fetch", url])["url"]
    assert "hello" == wrapped.ask([node, HERE / "node.mjs", "post", url])["body"]
    assert url == wrapped.ask([node, HERE / "node.mjs", "request", url])["url"]


def test_node_server_name(wrapped: Wrapped) -> None:
    """A name to present that is not the host's arrives with the host."""
    got = wrapped.ask([tool("node"), HERE / "node.mjs", "tls", "https://192.0.2.7:8443/v1", "other.example"])

    assert "https://192.0.2.7:8443/v1" == got["url"]
    assert "other.example" == got["sni"]


def test_node_session_of_any_length(wrapped: Wrapped) -> None:
    """A session's name that a server name has no room for is an error, never a request of another session."""
    command: list[str | Path] = [tool("node"), HERE / "node.mjs", "request", NAMED]

    assert "n" * 100 == wrapped.ask(command, user=f"{'n' * 100}:tapehead@")["user"]
    before = wrapped.proxy.output.count("asked {")
    with pytest.raises(AssertionError, match="Error"):
        wrapped.run(command, user=f"{'n' * 150}:tapehead@")
    assert before == wrapped.proxy.output.count("asked {")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["fetch", "request", "twice"])
def test_node_no_proxy(wrapped: Wrapped, deaf: str, kind: str) -> None:
    """The user's NO_PROXY holds, but for providers; loopback goes direct, unless it is asked for."""
    node = tool("node")
    kept = {"NO_PROXY": "*, .nowhere.invalid,api.openai.com,192.0.2.0/24,x.invalid:8443"}

    for url in (
        "http://a.nowhere.invalid/",
        "https://nowhere.invalid:8443/",
        "https://x.invalid:8443/",
        f"http://{deaf}/",
    ):
        assert "rror" in fails(wrapped, [node, HERE / "node.mjs", kind, url], **kept)
    for url in (NAMED, "https://x.invalid/", "http://notnowhere.invalid/"):
        assert url == wrapped.ask([node, HERE / "node.mjs", kind, url], kept)["url"]
    looped = wrapped.ask([node, HERE / "node.mjs", kind, f"https://{deaf}/"], include_loopback=True)
    assert f"https://{deaf}/" == looped["url"]


def test_node_children_and_options(wrapped: Wrapped) -> None:
    """A child of a child, and NODE_OPTIONS of the user's own."""
    code = "require('child_process').execFileSync(process.execPath, process.argv.slice(1), {stdio: 'inherit'})"

    got = wrapped.ask(
        [tool("node"), "-e", code, HERE / "node.mjs", "fetch", NAMED], {"NODE_OPTIONS": "--max-old-space-size=256"}
    )

    assert NAMED == got["url"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["fetch", "twice", "http2"])
def test_node_upstream(tmp_path: Path, origin: Origin, kind: str) -> None:
    """A real origin answers: the proxy dials host and port that the server name says, and verifies the certificate."""
    with Wrapped(tmp_path, trust=origin.certs.ca, through="true") as wrapped:
        for host in ("localhost", "127.0.0.1"):
            url = f"https://{host}:{origin.port}/v1/models"
            wrapped.run([tool("node"), HERE / "node.mjs", kind, url], include_loopback=True)

    log = origin.log()
    assert {"/v1/models"} == {arrival.path for arrival in log}
    assert len(log) == (4 if kind == "twice" else 2)


def test_curl(wrapped: Wrapped) -> None:
    """curl, with HTTP/2 where it has it."""
    got = answers(wrapped, [tool("curl"), "-sS", "-w", "\\n", *URLS], user=USER)

    assert list(URLS) == [answer["url"] for answer in got]
    assert {"a é/b[1]"} == {answer["user"] for answer in got}


def test_wget(wrapped: Wrapped) -> None:
    """wget, which trusts by its wgetrc only."""
    for url in URLS:
        assert url == wrapped.ask([tool("wget"), "-qO-", url])["url"]


@pytest.mark.slow
def test_java(wrapped: Wrapped) -> None:
    """Both of Java's clients, the user's own options kept."""
    got = answers(wrapped, [tool("java"), HERE / "Ask.java", *URLS], ambient={"JAVA_TOOL_OPTIONS": "-Xmx128m"})

    assert [url for url in URLS for _ in range(2)] == [answer["url"] for answer in got]


@pytest.mark.slow
def test_go(wrapped: Wrapped, tmp_path: Path) -> None:
    """Go's net/http."""
    binary = tmp_path / "ask"
    subprocess.run([tool("go"), "build", "-o", binary, HERE / "ask.go"], check=True, timeout=300)

    got = answers(wrapped, [binary, *URLS], user=USER)

    assert list(URLS) == [answer["url"] for answer in got]
    assert {"a é/b[1]"} == {answer["user"] for answer in got}
