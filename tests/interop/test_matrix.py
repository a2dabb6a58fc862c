"""The matrix: what its stand-in answers, where its corporate proxy leads, how it tells, and its columns in full.

The columns of Python, Node and Go, and the conversations, are run here, by `scripts/matrix` itself; the others by who has
their toolchains.
"""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from botocore.eventstream import EventStreamBuffer  # type: ignore[import-untyped]  # it has no types

from tests.support.matrix import driver as matrix_driver
from tests.support.matrix import table as matrix_table
from tests.support.matrix.cell import Result
from tests.support.matrix.clients import CLIENTS, SPOKEN, Client
from tests.support.matrix.driver import DRIVERS, Done, Run, Upstream
from tests.support.matrix.install import KITS, PROGRAMS, version
from tests.support.matrix.options import parse, pending
from tests.support.standin import StandIn, hosts, stand_in
from tests.support.wires import eventually

ROOT = Path(__file__).parents[2]
COLUMNS = ("python", "node", "go", *SPOKEN)
SECONDS = 1500  # at most, with all installs, on a machine that does much else

GEMINI = f"https://{hosts.GEMINI}/v1beta/models/gemini-2.5-flash"
BEDROCK = f"https://{hosts.BEDROCK}/model/anthropic.claude-3-haiku-20240307-v1%3A0"
# Where a document is, where a stream is, and what each event of a piece of text has.
APIS: dict[str, tuple[str, str, str]] = {
    "chat": (f"https://{hosts.OPENAI}/v1/chat/completions", "", '"content": "'),
    "responses": (f"https://{hosts.OPENAI}/v1/responses", "", '"response.output_text.delta"'),
    "messages": (f"https://{hosts.ANTHROPIC}/v1/messages", "", '"text_delta"'),
    "gemini": (f"{GEMINI}:generateContent", f"{GEMINI}:streamGenerateContent?alt=sse", '"parts"'),
    "bedrock": (f"{BEDROCK}/converse", f"{BEDROCK}/converse-stream", '"delta"'),
    "mistral": (f"https://{hosts.MISTRAL}/v1/chat/completions", "", '"content": "'),
    "cohere": (f"https://{hosts.COHERE}/v2/chat", "", '"content-delta"'),
}
SOURCES = {"go": "{}/main.go", "java": "src/main/java/{}.java", "rust": "src/bin/{}.rs"}
SENTENCE = re.compile(r"Olá! This is answer number (\d+)\.")


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    with stand_in(tmp_path_factory.mktemp("standin")) as serving:
        yield serving


@pytest.fixture(scope="module", params=["HTTP/1.1", "HTTP/2"])
def client(serving: StandIn, request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    """Through the corporate proxy, trusting the stand-in's authority."""
    http2, trust = request.param == "HTTP/2", serving.origin.certs.client_context()
    with httpx.Client(proxy=serving.corporate.url, verify=trust, http2=http2, trust_env=False) as client:
        yield client


@pytest.mark.parametrize("api", APIS)
def test_each_answer_has_another_number(client: httpx.Client, api: str) -> None:
    """Asked the same twice, a provider's own host answers two numbers."""
    answers = [client.post(APIS[api][0], json={"model": "m"}).raise_for_status() for _ in range(2)]
    found = [SENTENCE.search(json.dumps(answer.json(), ensure_ascii=False)) for answer in answers]

    assert all(found)
    assert 2 == len({match[1] for match in found if match})


@pytest.mark.parametrize("api", APIS)
def test_streams_come_in_pieces(client: httpx.Client, api: str) -> None:
    """Each event is what the API's are, and they do not come all at once."""
    document, stream, mark = APIS[api]
    with client.stream("POST", stream or document, json={"model": "m", "stream": True}) as answer:
        pieces = list(answer.raise_for_status().iter_raw())
    events = _events(b"".join(pieces))

    assert len(pieces) >= 5
    assert len([event for event in events if mark in event]) >= 8
    assert re.search(r'" \d{4,}"', " ".join(events))


def _events(data: bytes) -> list[str]:
    """Each with its JSON spelled as Python does; of a binary stream each checksum is looked at."""
    if not data.startswith(b"\0"):
        texts = [line.removeprefix("data: ") for line in data.decode().splitlines() if line.startswith("data: {")]
        return [json.dumps(json.loads(text)) for text in texts]
    buffer = EventStreamBuffer()
    buffer.add_data(data)
    return [event.payload.decode() for event in buffer]


def test_documents_are_compressed_for_who_takes_that(client: httpx.Client) -> None:
    """As providers do it; it decodes."""
    url = APIS["chat"][0]

    assert "gzip" == client.post(url, json={}).headers["content-encoding"]
    assert "content-encoding" not in client.post(url, json={}, headers={"accept-encoding": "identity"}).headers


def test_what_is_in_no_table_is_404(client: httpx.Client) -> None:
    """And says what was asked for."""
    answer = client.get(f"https://{hosts.OPENAI}/v1/nothing")

    assert 404 == answer.status_code
    assert f"{hosts.OPENAI}/v1/nothing" in answer.text


def test_plain_http_is_forwarded(serving: StandIn, client: httpx.Client) -> None:
    """A request in absolute form arrives at the origin as one in origin form, to the host that was asked for."""
    answer = client.post(f"http://{hosts.OPENAI}/v1/chat/completions?a=b", json={}).raise_for_status()
    arrival = serving.origin.log("/v1/chat/completions")[-1]

    assert SENTENCE.search(answer.json()["choices"][0]["message"]["content"])
    assert ({"a": "b"}, hosts.OPENAI) == (arrival.query, dict(arrival.headers)["host"])
    assert hosts.OPENAI == serving.corporate.asked[-1]


def test_other_ports_are_refused(serving: StandIn, client: httpx.Client) -> None:
    """Nothing else is reached through the corporate proxy."""
    with pytest.raises(httpx.ProxyError, match="502"):
        client.get(f"https://{hosts.OPENAI}:8443/")


@pytest.mark.parametrize(
    "said", [b"", b"\r\n\r\n", b"nonsense\r\n\r\n", b"CONNECT a:b HTTP/1.1\r\n\r\n", b"x" * 99_999]
)
def test_what_is_no_request_ends(serving: StandIn, said: bytes) -> None:
    """The corporate proxy closes the connection, and goes on."""
    with socket.create_connection(("127.0.0.1", serving.corporate.port), timeout=10) as connection:
        connection.sendall(said)
        connection.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionResetError):  # closed with bytes unread
            assert b"" == connection.recv(100)


def test_nobody_listens_when_it_is_left(tmp_path: Path) -> None:
    """Neither the corporate proxy nor the origin outlives the block, a client in the middle or not."""
    with stand_in(tmp_path) as serving:
        ports = serving.corporate.port, serving.origin.port, serving.origin.plain_port
        waiting = socket.create_connection(("127.0.0.1", serving.corporate.port))
    with waiting:
        for port in ports:
            with socket.socket() as probe:
                assert 0 != probe.connect_ex(("127.0.0.1", port))


def test_each_client_has_a_program_and_a_version() -> None:
    """The source is there under the program's name; each package is pinned in its language's manifest."""
    sources = {client.id: SOURCES.get(client.language, "{}").format(client.program) for client in CLIENTS}
    pinned = [client for client in CLIENTS if KITS[client.language].manifests and client.package]

    assert len(CLIENTS) == len(sources)
    assert [] == [each.id for each in CLIENTS if not (PROGRAMS / each.language / sources[each.id]).is_file()]
    assert [] == [each.id for each in pinned if not version(each)]


def test_manifests_name_no_address() -> None:
    """Nothing that pins a dependency says from where it comes."""
    found = [
        path.name
        for path in PROGRAMS.rglob("*")
        if path.name.startswith(("requirements", "package", "Cargo", "pom"))
        and re.search(r"https?://(?!maven\.apache\.org/POM)", path.read_text())
    ]

    assert [] == found
    assert [] == [*PROGRAMS.rglob("package-lock.json"), *PROGRAMS.rglob("Cargo.lock")]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--language", "go,rust", "--only", "openai"), ["go/openai-go", "rust/async-openai"]),
        (("--only", "node24/open"), ["node24/openai"]),
        (("--language", "grpc"), ["grpc/Python grpcio", "grpc/Node @grpc/grpc-js"]),
        (("--language", "shell,php", "--only", "/curl"), ["shell/curl", "shell/curl, http://", "php/curl"]),
    ],
)
def test_clients_are_chosen(arguments: tuple[str, ...], expected: list[str]) -> None:
    """By language and by a part of the name."""
    assert expected == [client.id for client in parse(arguments).clients]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--language", "go,cobol"), "no such language: cobol; there are python, node, go,"),
        (("--only", "no such client"), "no client is chosen"),
    ],
)
def test_a_wrong_choice_is_told(arguments: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    """In one line, with what there is."""
    with pytest.raises(SystemExit):
        parse(arguments)
    assert told in capsys.readouterr().err


def test_a_payload_that_is_not_there_is_waited_for() -> None:
    """A client that needs one is neither run nor failed; others do not wait."""
    client = Client(language="node", name="n", program="p", needs="no-such-payload.cjs")

    assert "no-such-payload.cjs" in pending(client, "tapehead")
    assert "" == pending(replace(client, needs=""), "mitmdump")
    assert "on loopback" in pending(replace(client, needs="", language="mcp"), "mitmdump")


@pytest.mark.parametrize(
    ("driver", "recording", "expected"),
    [
        ("tapehead", True, "record --cassette c.yaml -- program plain,http://proxy,ca.pem"),
        ("tapehead", False, "replay --cassette c.yaml -- program plain,,"),
        ("sandbox", False, "replay --sandbox --cassette c.yaml -- program plain,,"),
    ],
)
def test_the_command_is_told_of_the_proxy_while_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, driver: str, recording: bool, expected: str
) -> None:
    """What is already there is in the environment of `tapehead record`, and nothing in that of `tapehead replay`."""
    fake = tmp_path / "tapehead"
    fake.write_text('#!/bin/sh\necho "$*,$HTTPS_PROXY,$SSL_CERT_FILE"\n')
    fake.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    run = Run(
        command=["program", "plain"],
        cassette=Path("c.yaml"),
        env={},
        folder=tmp_path,
        upstream=Upstream(proxy="http://proxy", ca=Path("ca.pem")) if recording else None,
    )

    assert Done(code=0, output=f"{expected}\n", errors="") == DRIVERS[driver](run)


def test_what_does_not_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With all that it started."""
    monkeypatch.setattr(matrix_driver, "TIMEOUT", 0.5)
    done = matrix_driver._execute(["sh", "-c", "sleep 60 & echo $!; wait"], {"PATH": os.defpath}, tmp_path)

    assert (-signal.SIGKILL, "still ran after 0.5 s") == (done.code, done.errors.strip())
    assert eventually(lambda: not _runs(int(done.output)))


def _runs(pid: int) -> bool:
    """A process that ended and that nobody waited for has no command line any more."""
    try:
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())
    except OSError:
        return False


def test_the_table_of_the_readme(tmp_path: Path) -> None:
    """Runtimes with one outcome share a row, other outcomes have rows of their own; what is around it stays."""
    client = Client(language="node", name="a|b", program="p", runtime="22")
    passed = Result(client=client, version="1.2", protocol="HTTP/2.0", plain="passed", stream="passed")
    results = [
        passed,
        replace(passed, client=replace(client, runtime="24")),
        replace(passed, client=replace(client, runtime="26"), stream="cannot", reason="because"),
    ]
    readme = tmp_path / "README.md"
    readme.write_text("before\n<!-- matrix -->\nold\n<!-- /matrix -->\nafter\n")
    matrix_table.write(readme, results)
    matrix_table.write(readme, results)

    assert (
        "before\n<!-- matrix -->\n\n"
        "| client | version | HTTP | plain | streamed | reason |\n"
        "| --- | --- | --- | --- | --- | --- |\n"
        "| Node 22, 24 a\\|b | 1.2 | 2 | passed | passed |  |\n"
        "| Node 26 a\\|b | 1.2 | 2 | passed | cannot | because |\n"
        "\n<!-- /matrix -->\nafter\n"
    ) == readme.read_text()
    readme.write_text("no markers")
    with pytest.raises(ValueError, match="found no <!-- matrix -->"):
        matrix_table.write(readme, results)


@pytest.fixture(scope="module")
def columns(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The outcome of each client of these columns, by its title; run once."""
    report = tmp_path_factory.mktemp("matrix") / "report.json"
    command: list[str | Path] = [ROOT / "scripts" / "matrix", "--language", ",".join(COLUMNS), "--json", report]
    run = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False, env=os.environ)
    assert report.exists(), run.stdout + run.stderr
    return {row["id"]: row for row in json.loads(report.read_text())}


@pytest.mark.slow
@pytest.mark.parametrize("name", [client.id for client in CLIENTS if client.language in COLUMNS])
def test_a_client_replays_what_it_recorded(columns: dict[str, dict[str, Any]], name: str) -> None:
    """Plain and streamed: the same output without the origin; or it waits for a payload, or the table says why not."""
    row = columns[name]
    states = {row["plain"], row["stream"]} - {""}  # a conversation is one
    if "pending" in states or ("not run" in states and not os.environ.get("TESTS_IN_CI")):
        pytest.skip(row["reason"])

    assert ({"cannot"} if row["client"]["cannot"] else {"passed"}) == states, row["detail"]
