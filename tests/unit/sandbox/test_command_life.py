"""How a command in the sandbox begins and ends: surroundings, signals, exit statuses, orphans, refusals."""

import contextlib
import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.unit.sandbox.sandboxed import NOBODY, Person, myself, needs_sandbox

pytestmark = needs_sandbox


@pytest.mark.parametrize(
    ("script", "status"),
    [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", -9), ("kill -INT $$", -2), ("kill -PIPE $$", -13)],
)
def test_exit_statuses(user: Person, script: str, status: int) -> None:
    """The command's own, a signal's number negative."""
    assert status == user.run("sh", "-c", script).result["status"]


def test_commands_that_cannot_be_executed(user: Person, folder: Path) -> None:
    """The error says which file, as without a sandbox."""
    text = folder / "text"
    text.write_text("no program")

    assert {"error": "FileNotFoundError", "file": "no-such-thing"} == user.run("no-such-thing").result
    assert {"error": "PermissionError", "file": str(text)} == user.run(str(text)).result


def test_signals(user: Person) -> None:
    """A signal reaches the command, which may do with it what it likes."""
    script = (
        "trap 'echo terminated' TERM; trap 'echo interrupted; exit 3' INT; printf . >&$GO; while :; do sleep .01; done"
    )
    go, ready = os.pipe()
    try:
        order = {"signals": [signal.SIGTERM, signal.SIGINT], "go": go}
        process, read = user.start("sh", "-c", f"GO=2; {script}", order=order, pass_fds=(go,))
        assert process.stderr
        assert process.stderr.read(1)
        os.write(ready, b"..")
        output, _ = process.communicate(timeout=20)
        with open(read) as file:
            assert 3 == json.load(file)["status"]
        assert output in {"terminated\ninterrupted\n", "interrupted\n"}  # both at once: the lower number comes first
    finally:
        os.close(go)
        os.close(ready)


@pytest.mark.skipif(shutil.which("setsid") is None, reason="no setsid, to give a program a terminal")
def test_a_terminal(user: Person) -> None:
    """The command reads from it, and its interrupt key reaches the command, which is in its foreground."""
    here, there = pty.openpty()
    if user.become:
        os.chown(there, NOBODY, NOBODY)
    streams: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), there)
    script = "trap 'echo interrupted; exit 9' INT; read word; echo got $word; while :; do sleep .02; done"
    process, read = user.start("sh", "-c", script, before=("setsid", "-c"), **streams)
    os.close(there)
    with process, open(here, "r+b", buffering=0) as terminal, open(read) as result:
        terminal.write(b"hello\n")
        seen = b""
        while b"got hello" not in seen:
            seen += terminal.read(1024)
        terminal.write(b"\x03")
        with contextlib.suppress(OSError):  # EIO: everybody has left the terminal
            while data := terminal.read(1024):
                seen += data
        assert 9 == json.load(result)["status"]
    assert b"interrupted" in seen
    assert 0 == process.returncode


def test_surroundings(user: Person, folder: Path) -> None:
    """Folder, mask, standard input, group of processes, users, limits: all as without a sandbox. No descriptor leaks."""
    code = """
import json, os, resource, signal, sys
status = dict(line.split(":\\t", 1) for line in open("/proc/self/status").read().splitlines() if ":\\t" in line)
print(json.dumps([
    os.getcwd(), os.umask(0), sys.stdin.read(), os.getpgid(0), os.getsid(0),
    os.getresuid(), os.getresgid(), os.getgroups(), resource.getrlimit(resource.RLIMIT_NOFILE),
    os.listdir("/proc/self/fd"), os.nice(0), os.environ.get("MARK"), os.stat(".").st_uid,
    status["SigBlk"], status["SigIgn"], status["SigCgt"], status["NoNewPrivs"],
]))
"""
    more: dict[str, Any] = {"cwd": folder, "umask": 0o027, "env": {"PATH": os.environ["PATH"], "MARK": "mërk\udcff"}}
    process = subprocess.run(
        [user.python, "-c", code], input="in", text=True, capture_output=True, check=True, **user.become, **more
    )
    expected = json.loads(process.stdout)

    inside = json.loads(user.python_says(code, input="in", **more).output)

    differing = {3, 4}  # each run is a group of its own only as far as the test's: compared below
    assert [v for i, v in enumerate(expected) if i not in differing] == [
        v for i, v in enumerate(inside) if i not in differing
    ]
    assert (os.getpgid(0), os.getsid(0)) == tuple(inside[3:5])


def test_what_is_left_behind(user: Person) -> None:
    """What the command leaves running ends with it, even what has a session of its own and hears no signal."""
    mark = f"{os.getpid()}{time.monotonic_ns()}"
    script = f"setsid sh -c 'trap \"\" TERM; while :; do sleep .1; done; : {mark}' & sleep 0.1; exit 5"
    outcome = user.run("sh", "-c", script)

    assert 5 == outcome.result["status"]
    assert [] == _running(mark)


def test_a_killed_tapehead(user: Person) -> None:
    """When tapehead is killed, nothing of its sandbox goes on: not the command, not what it started."""
    mark = f"{os.getpid()}{time.monotonic_ns()}"
    endless = f"while :; do sleep .1; done; : {mark}"
    process, read = user.start("sh", "-c", f"setsid sh -c '{endless}' & echo started; {endless}")
    with process, open(read):
        assert process.stdout
        assert "started\n" == process.stdout.readline()
        assert 3 <= len(_running(mark))  # tapehead's part among them
        process.kill()
        process.wait()
        ends = time.monotonic() + 10
        while _running(mark) and time.monotonic() < ends:
            time.sleep(0.02)

    assert [] == _running(mark)


def test_a_killed_supervisor(user: Person) -> None:
    """When the supervisor is killed, so is the command and what it started; it counts as killed."""
    mark = f"{os.getpid()}{time.monotonic_ns()}"
    endless = f"while :; do sleep .1; done; : {mark}"
    outcome = user.run("sh", "-c", f"sh -c '{endless}' & sleep .2; kill -9 $PPID; {endless}")

    # On a busy machine it may be killed before it has said that the command is there.
    assert outcome.result.get("status") == -9 or "supervisor ended" in outcome.result["refused"]
    assert [] == _running(mark)


def _running(mark: str) -> list[str]:
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdecimal() and process.name != str(os.getpid()):
            with contextlib.suppress(OSError):
                if mark in (line := (process / "cmdline").read_text("utf-8", "replace")):
                    found.append(line)
    return found


def test_a_port_that_cannot_be_had() -> None:
    """A port that the system refuses is named."""
    outcome = myself().run("true", ways={70000: 1})

    assert "port 70000 cannot be had in the sandbox" in outcome.result["refused"]


def _in_a_namespace(setting: str, code: str) -> str:
    """What Python says inside a sandbox whose root has changed a setting of namespaces below it."""
    if os.geteuid():
        pytest.skip("only root may change the settings of its own namespace")
    command = f'echo 0 > /proc/sys/user/{setting}; exec "$@"'
    outcome = myself().run("sh", "-c", command, "sh", sys.executable, "-c", code)
    assert not outcome.errors
    return outcome.output


ASK = f"import sys; sys.path.insert(0, {str(Path(__file__).parents[3] / 'addon')!r})\n" + (
    "from tapehead.sandbox.command import *; print(unavailable())"
)


def test_where_networks_are_forbidden() -> None:
    """The setting that forbids them is named, and what to do about it."""
    assert "user.max_net_namespaces is 0: raise it\n" == _in_a_namespace("max_net_namespaces", ASK)


def test_where_only_users_are_forbidden() -> None:
    """Root gets a network without a namespace of users: as in a container that was given the capability."""
    assert "None\n" == _in_a_namespace("max_user_namespaces", ASK)


def test_a_sandbox_in_a_sandbox() -> None:
    """The inner one works; its calls cannot be shown to two supervisors, and it says so."""
    code = (
        ASK
        + """
import asyncio, os
async def main():
    async with Sandbox() as sandbox:
        ports = Ports(port_map={})
        command = await sandbox.start(["curl", "-sS", "http://203.0.113.7", "https://api.openai.com"], os.environ, ports)
        print(await command.wait(), sandbox.unmonitored_because, [a[:3] for a in sandbox.attempts])
asyncio.run(main())
"""
    )
    lines = myself().python_says(code).output.splitlines()

    assert "None" == lines[0]
    assert lines[1].startswith("6 the kernel shows no calls (")
    assert lines[1].endswith(") [('name', 'api.openai.com', 0)]")
