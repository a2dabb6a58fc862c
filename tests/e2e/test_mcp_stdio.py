"""`tapehead mcp`: a real server of standard input and output, through the command, and then without the server."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tapehead.cassette import load
from tapehead.cassette.side_files import open_path
from tapehead.cassette.transcript import MessageKind, parse

TAPEHEAD = Path(sys.executable).with_name("tapehead")
TIMEOUT = 60  # seconds
SERVER = """
import json, os, signal, sys
sys.stderr.write("the server's own words\\n")
sys.stderr.flush()
for line in sys.stdin:
    message = json.loads(line)
    params = message.get("params", {})
    match message.get("method"):
        case "variables":
            result = {"proxy": bool(os.environ.get("HTTPS_PROXY")), "home": os.environ.get("OTHER", "")}
        case "ask":
            print('{"jsonrpc":"2.0","id":0,"method":"elicitation/create"}', flush=True)
            result = json.loads(sys.stdin.readline())["result"]
        case "leave":
            sys.exit(5)
        case "raise":
            os.kill(os.getpid(), signal.SIGKILL)
        case "notifications/initialized":
            continue
        case _:
            token = params.get("_meta", {}).get("progressToken")
            if token is not None:
                told = {"progressToken": token, "progress": 1}
                print(json.dumps({"jsonrpc": "2.0", "method": "notifications/progress", "params": told}), flush=True)
            result = {"said": params.get("text", ""), "secret": params.get("secret")}
    print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}), flush=True)
sys.exit(7)
"""


def call(number: Any, method: str = "echo", **params: Any) -> str:
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params})


class Stdio:
    """The command and a server, in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cassette = folder / "c.yaml"
        self.server = folder / "server.py"
        self.server.write_text(SERVER)

    def command(self, mode: str, *more: str) -> list[str]:
        return [
            str(TAPEHEAD),
            *("mcp", "--mode", mode, "--cassette", str(self.cassette), *more, "--"),
            *(sys.executable, str(self.server)),
        ]

    def run(self, mode: str, *lines: str, more: tuple[str, ...] = ()) -> "subprocess.CompletedProcess[str]":
        said = "".join(f"{line}\n" for line in lines)
        return subprocess.run(
            self.command(mode, *more), input=said, capture_output=True, text=True, timeout=TIMEOUT, check=False
        )


@pytest.fixture
def stdio(tmp_path: Path) -> Stdio:
    return Stdio(tmp_path)


def test_a_conversation_is_recorded_and_replayed_without_its_server(stdio: Stdio) -> None:
    """Lines, errors and the exit code are the server's; on replay the ids are this client's, and no server is there."""
    recorded = stdio.run("record", call(1, text="olá"), call(2, "variables"))
    assert recorded.returncode == 7
    assert recorded.stderr.startswith("the server's own words\n")
    assert recorded.stderr.endswith(f"tapehead: 1 recorded · {stdio.cassette}\n")
    first, second = map(json.loads, recorded.stdout.splitlines())
    assert (first["id"], first["result"]["said"], second["result"]["proxy"]) == (1, "olá", True)

    (interaction,) = load(stdio.cassette).interactions
    assert interaction.request.url == f"stdio:///{Path(sys.executable).name}"
    assert json.loads(interaction.request.body) == [str(stdio.server)]
    kinds = [each.kind for each in parse(interaction.response.body)]
    assert kinds.count(MessageKind.CLIENT) == kinds.count(MessageKind.SERVER) == 2
    assert parse(interaction.response.body)[-1].data == b"7 client"

    stdio.server.unlink()
    for mode in ("replay", "auto"):
        replayed = stdio.run(mode, call("a", text="olá"), call("b", "variables"))
        assert replayed.stdout == recorded.stdout.replace('"id": 1', '"id": "a"').replace('"id": 2', '"id": "b"')
        assert replayed.returncode == 7
        assert replayed.stderr == f"tapehead: 1 replayed, 0 missed, 0 not used · {stdio.cassette}\n"


def test_a_servers_question_is_waited_for(stdio: Stdio) -> None:
    """What it says to the answer comes after that; progress comes before what it is about."""
    lines = (call(1, "ask"), json.dumps({"jsonrpc": "2.0", "id": 0, "result": {"action": "accept"}}))
    recorded = stdio.run("record", *lines, call(2, _meta={"progressToken": "t"}))
    replayed = stdio.run("replay", *lines, call(2, _meta={"progressToken": "u"}))

    assert json.loads(recorded.stdout.splitlines()[1])["result"] == {"action": "accept"}
    assert replayed.stdout == recorded.stdout.replace('"t"', '"u"')


def test_a_message_that_was_not_recorded(stdio: Stdio) -> None:
    """Each call is told what differs, and the run has failed."""
    stdio.run("record", call(1, text="Portuguese"))
    replayed = stdio.run("replay", call(1, text="Welsh"), call(2), json.dumps({"jsonrpc": "2.0", "method": "n"}))

    answers = [json.loads(each) for each in replayed.stdout.splitlines()]
    assert [1, 2] == [each["id"] for each in answers]
    for each in answers:
        assert 'recorded "Portuguese"' in each["error"]["message"]
    assert replayed.returncode == 3
    assert "0 replayed, 1 missed" in replayed.stderr


def test_another_server(stdio: Stdio, tmp_path: Path) -> None:
    """A server whose arguments differ is another; there is none without a cassette."""
    missing = stdio.run("replay", call(1))
    assert (missing.returncode, missing.stdout) == (2, "")

    stdio.run("record", call(1))
    stdio.server = tmp_path / "other.py"
    (answer,) = map(json.loads, stdio.run("replay", call(3)).stdout.splitlines())
    assert answer["id"] == 3
    assert "other.py" in answer["error"]["message"]


@pytest.mark.parametrize(
    ("method", "code", "ending"), [("leave", 5, b"5 server"), ("raise", 137, b"137 server")], ids=["exit", "signal"]
)
def test_a_server_that_ends_by_itself(stdio: Stdio, method: str, code: int, ending: bytes) -> None:
    """It ends so on replay, though its client is still there."""
    command = stdio.command("record")
    for mode in ("record", "replay"):
        command[3] = mode
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
            assert run.stdin
            run.stdin.write(call(1, method).encode() + b"\n")
            run.stdin.flush()
            assert run.wait(TIMEOUT) == code
    assert parse(load(stdio.cassette).interactions[0].response.body)[-1].data == ending


def test_no_credential_is_written(stdio: Stdio) -> None:
    """Neither while the conversation is under way nor afterwards; its server and its client have it."""
    secret = f"ghp_{'a1B2c3D4' * 4}e5F6"
    with started(stdio) as run:
        answer = ask(run, call(1, secret=secret))
        assert answer["result"]["secret"] == secret
        assert secret not in open_path(stdio.cassette).read_text()
        assert "[REDACTED:github-token]" in open_path(stdio.cassette).read_text()
    for file in stdio.folder.iterdir():
        assert secret not in file.read_text()


def test_after_a_kill(stdio: Stdio) -> None:
    """What was said up to it becomes a conversation that ends there."""
    with started(stdio) as run:
        ask(run, call(1, text="before"))
        run.kill()
        run.wait(TIMEOUT)
    assert not stdio.cassette.exists()

    done = subprocess.run(
        [TAPEHEAD, "recover", "--write", stdio.cassette], capture_output=True, text=True, timeout=TIMEOUT, check=False
    )
    assert done.returncode == 0, done.stderr
    replayed = stdio.run("replay", call(1, text="before"))
    assert replayed.returncode == 0
    assert json.loads(replayed.stdout)["result"]["said"] == "before"


def test_a_signal_is_passed_on(stdio: Stdio) -> None:
    """The server ends by it, and the conversation is recorded."""
    with started(stdio) as run:
        ask(run, call(1))
        run.send_signal(signal.SIGTERM)
        assert run.wait(TIMEOUT) == 128 + signal.SIGTERM
    assert len(load(stdio.cassette).interactions) == 1


def test_a_server_that_is_not_there(stdio: Stdio) -> None:
    """Is told as a shell tells it, and nothing is recorded."""
    command = [str(TAPEHEAD), "mcp", "--cassette", str(stdio.cassette), "--", "no-such-server"]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=TIMEOUT, check=False
    )
    assert (done.returncode, done.stderr) == (127, "tapehead: no-such-server: command not found\n")
    assert not stdio.cassette.exists()


def test_the_entry_of_a_configuration(stdio: Stdio) -> None:
    """Started as it says, in another folder, the server is recorded."""
    command = stdio.command("auto", "--print-config", "lab")
    entry = json.loads(subprocess.run(command, capture_output=True, text=True, check=True, timeout=TIMEOUT).stdout)
    lab = entry["mcpServers"]["lab"]
    environment = {"PATH": "/usr/bin:/bin", "HOME": os.environ.get("HOME", "/")}  # what SDKs leave of it
    done = subprocess.run(
        [lab["command"], *lab["args"]],
        input=call(1, "variables") + "\n",
        cwd="/",
        env=environment,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert json.loads(done.stdout)["result"] == {"proxy": True, "home": ""}, done.stderr
    assert stdio.cassette.exists()


@contextlib.contextmanager
def started(stdio: Stdio) -> Iterator["subprocess.Popen[str]"]:
    """A recording that is under way."""
    pipe = subprocess.PIPE
    with subprocess.Popen(
        stdio.command("record"), stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True
    ) as run:
        try:
            yield run
        finally:
            with contextlib.suppress(BrokenPipeError):
                run.communicate(timeout=TIMEOUT)


def ask(run: "subprocess.Popen[str]", line: str) -> Any:
    """What a server answers to a call."""
    assert run.stdin
    assert run.stdout
    run.stdin.write(line + "\n")
    run.stdin.flush()
    return json.loads(run.stdout.readline())
