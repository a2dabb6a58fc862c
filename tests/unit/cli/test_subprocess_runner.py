"""Commands that cannot be run, that are killed, or left alone: one line each, the code of a shell, and nobody left."""

import contextlib
import os
import pty
import select
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from tests.support.wires import eventually
from tests.unit.cli.wrapped import ASK, TAPEHEAD, Wrapped, alive
from tests.unit.sandbox.sandboxed import needs_sandbox

NOTHING_RECORDED = 3
LINE = "tapehead: 0 recorded · cassettes/recorded.yaml"
WAYS = [(), pytest.param(("--sandbox",), marks=[needs_sandbox, pytest.mark.slow])]
"""Without the sandbox and in it, a command ends alike."""


@pytest.fixture(params=WAYS, ids=["plain", "sandbox"])
def way(request: pytest.FixtureRequest) -> tuple[str, ...]:
    words: tuple[str, ...] = request.param
    return words


def _make(path: Path, text: str, mode: int = 0o755) -> None:
    path.write_text(text)
    path.chmod(mode)


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("no-such-command", 127, "no-such-command: command not found"),
        ("./no-such-file", 127, "./no-such-file: command not found"),
        ("./plain/below", 127, "./plain/below: command not found"),
        ("./dangling", 127, "./dangling: command not found"),
        ("", 127, "'': command not found"),
        ("./plain", 126, "./plain: permission denied; is it executable?"),
        ("./folder", 126, "./folder: is a folder"),
        ("./lost", 126, "./lost: the program that its first line names (#!...) is not there"),
        ("lost", 126, "lost: the program that its first line names (#!...) is not there"),
        ("./binary", 126, "./binary: not a program of this system"),
        ("./a\x1b[31m\nb", 127, "./a\\x1b[31m\\x0ab: command not found"),
    ],
)
def test_what_cannot_be_run(tape: Wrapped, way: tuple[str, ...], command: str, code: int, said: str) -> None:
    """One line, the code of a shell; and a recording that was there is there still."""
    tape.folder.joinpath("folder").mkdir()
    tape.folder.joinpath("dangling").symlink_to("nowhere")
    _make(tape.folder / "plain", "#!/bin/sh\n", 0o644)
    _make(tape.folder / "lost", "#!/no/such/program\n")
    _make(tape.folder / "binary", "\0\1\2\n")
    tape.cassette.parent.mkdir()
    tape.cassette.write_text("---\nversion: 2\ninteractions: []\n")
    done = tape.run("record", *way, "--", command, env={"PATH": f"{tape.folder}:{os.environ['PATH']}"})
    assert (code, [f"tapehead: {said}"], "") == (done.code, done.lines, done.output)
    assert ["recorded.yaml"] == os.listdir(tape.cassette.parent)


def test_a_script_without_a_first_line(tape: Wrapped, way: tuple[str, ...]) -> None:
    """The shell runs it, as shells do."""
    _make(tape.folder / "no-first-line", 'echo "$0 $1"; exit 5\n')
    done = tape.run("record", *way, "--", "./no-first-line", "a b")
    assert (5, "./no-first-line a b\n") == (done.code, done.output)
    done = tape.run("record", *way, "--", "no-first-line", env={"PATH": f"{tape.folder}:{os.environ['PATH']}"})
    assert (5, f"{tape.folder}/no-first-line \n") == (done.code, done.output)


def test_a_command_line_that_is_too_long(tape: Wrapped, way: tuple[str, ...]) -> None:
    """It was short enough for us, but not with the variables that a client needs."""
    stack = 8 << 20
    size = 1000
    room = stack // 4 - sum(len(f"{name}={value}") + 9 for name, value in os.environ.items()) - 6000
    words = ["x" * (size - 9)] * (room // size)
    code = (
        "import os, resource, sys; resource.setrlimit(resource.RLIMIT_STACK, (int(sys.argv[1]),) * 2);"
        "n = int(sys.argv[2])\n"
        "for left in range(100):\n"
        "    try: os.execv(sys.argv[3], [*sys.argv[3:], *['x' * 991] * (n - left)])\n"
        "    except OSError: pass\n"
    )
    done = tape.run(
        str(stack), str(len(words) + 8), str(TAPEHEAD), "record", *way, "--", "/bin/true",
        command=(sys.executable, "-I", "-c", code),
    )  # fmt: skip
    said = "tapehead: /bin/true: the command line and the environment are too long for this system"
    assert (126, [said]) == (done.code, done.lines)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_for_us_is_the_command_s(tape: Wrapped, way: tuple[str, ...], number: int) -> None:
    """Our code is the command's, the files are finished."""
    process = tape.start("record", *way, "--", "sh", "-c", "echo $$; exec sleep 30")
    assert process.stdout
    child = int(process.stdout.readline())
    process.send_signal(number)
    _, errors = process.communicate(timeout=20)
    assert (128 + number, f"{LINE}\n") == (process.returncode, errors)
    assert not alive(child)


def test_a_command_that_takes_its_time_to_end(tape: Wrapped) -> None:
    """Its last words, and its own code; what it asks meanwhile is recorded."""
    trap = f"trap '{' '.join(ASK)} late; exit 9' TERM; echo ready; while :; do sleep 0.05; done"
    process = tape.start("record", "--", "sh", "-c", trap, env=tape.online)
    assert process.stdout
    process.stdout.readline()
    process.terminate()
    output, errors = process.communicate(timeout=20)
    assert (9, "200") == (process.returncode, output[:3])
    assert "1 recorded" in errors


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_before_the_command_is_there(tape: Wrapped, number: int) -> None:
    """Whenever it comes, there is no traceback, no command, and the recording of before is whole."""
    tape.cassette.parent.mkdir()
    tape.cassette.write_text("---\nversion: 2\ninteractions: []\n")
    for pause in (0, 0.1, 0.2, 0.3, 0.4):
        process = tape.start("record", "--", "sleep", "20")
        assert eventually(partial(_hears_interrupts, process.pid, hears=True))  # Python does from its first moment on
        assert eventually(partial(_hears_interrupts, process.pid, hears=False))  # we do not, while we start
        time.sleep(pause)
        process.send_signal(number)
        _, errors = process.communicate(timeout=20)
        assert process.returncode in {-number, 128 + number}
        assert errors in {"", f"{LINE}\n"}
        assert ["recorded.yaml"] == os.listdir(tape.cassette.parent)


def _hears_interrupts(pid: int, *, hears: bool) -> bool:
    caught = Path(f"/proc/{pid}/status").read_text().partition("SigCgt:")[2].split()[0]
    return hears == bool(int(caught, 16) >> (signal.SIGINT - 1) & 1)


def test_signals_that_are_ignored_stay_so(tape: Wrapped) -> None:
    """nohup: neither we nor the command end by a hang-up."""
    process = tape.start(
        "record", "--", "sh", "-c", "kill -HUP $PPID; kill -HUP $$; echo still here",
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
    )  # fmt: skip
    output, _ = process.communicate(timeout=20)
    assert (NOTHING_RECORDED, "still here\n") == (process.returncode, output)


def test_when_we_are_killed_the_command_ends(tape: Wrapped, way: tuple[str, ...]) -> None:
    """The command does; in the sandbox all that it has started does too."""
    code = "sleep 30 & echo $$ $!; wait"
    process = tape.start("record", *way, "--", "sh", "-c", code)
    assert process.stdout
    pids = [int(pid) for pid in process.stdout.readline().split()]
    process.kill()
    assert -signal.SIGKILL == process.wait(10)
    try:
        assert eventually(lambda: not any(map(alive, pids if way else pids[:1])), timeout=5)
    finally:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def test_ctrl_c_in_a_terminal(tape: Wrapped, way: tuple[str, ...]) -> None:
    """The terminal tells the command, once; we tell it nothing more."""
    code = "\n".join((
        "import signal, sys, time",
        "count = 0",
        "def told(*_):",
        "    global count",
        "    count += 1",
        "signal.signal(signal.SIGINT, told)",
        "print('ready', flush=True)",
        "end = time.monotonic() + 10",
        "while not count and time.monotonic() < end: time.sleep(0.01)",
        "time.sleep(0.5)",
        "print('told', count, 'tty', sys.stdin.isatty(), sys.stdout.isatty(), flush=True)",
        "sys.exit(6)",
    ))  # fmt: skip
    code_of, seen = _in_terminal(tape, ["record", *way, "--", sys.executable, "-I", "-c", code], {"ready": b"\x03"})
    assert 6 == code_of, seen
    assert "told 1 tty True True" in seen
    assert "Traceback" not in seen


def test_stopped_and_continued_in_a_terminal(tape: Wrapped) -> None:
    """Ctrl-Z stops both; a shell of its own takes the terminal and gives it back."""
    code, seen = _in_terminal(
        tape, ["record", "--", "sh", "-ic", "echo rea''dy; read x; echo got $x"], {"ready": b"me\n"}
    )
    assert NOTHING_RECORDED == code, seen
    assert "got me" in seen


def _in_terminal(tape: Wrapped, words: list[str], answers: dict[str, bytes]) -> tuple[int, str]:
    """Runs `tapehead` in a terminal of its own, where each of `answers` is typed when its key is seen."""
    terminal, theirs = pty.openpty()
    # In Python, as only the child itself can make a terminal its own, and no fork of ours may run code: we have threads.
    start = "import os, sys; os.login_tty(0); os.execv(sys.argv[1], sys.argv[1:])"
    process = tape.start(
        *words,
        command=(sys.executable, "-I", "-c", start, TAPEHEAD),
        env={"LANG": None},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    seen, end = b"", time.monotonic() + 30
    while time.monotonic() < end:
        if not select.select([terminal], [], [], 0.1)[0]:
            continue
        try:
            piece = os.read(terminal, 4096)
        except OSError:  # Linux: nobody has the other side any more
            break
        seen += piece
        for key in [key for key in answers if key.encode() in seen]:
            os.write(terminal, answers.pop(key))
    else:
        process.kill()
    os.close(terminal)
    return process.wait(20), seen.decode()


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)])
def test_closed_streams(tape: Wrapped, way: tuple[str, ...], closed: tuple[int, ...]) -> None:
    """They are the command's as they were; no file of ours takes their place."""
    words = ["record", *way, "--", *ASK, "one"]
    closing = "; ".join(f"os.close({number})" for number in closed)
    start = f"import os, sys; {closing}; os.execv(sys.argv[1], sys.argv[1:])"
    done = tape.run(str(TAPEHEAD), *words, command=(sys.executable, "-I", "-c", start), env=tape.online)
    assert 0 == done.code
    assert 2 in closed or "tapehead: 1 recorded" in done.errors
    assert "tapehead" not in done.output
    assert 1 == len(tape.load().interactions)


def test_a_pipe_that_nobody_reads(tape: Wrapped, way: tuple[str, ...]) -> None:
    """On standard output it is the command's matter (SIGPIPE, as in a shell), on standard error nobody's."""
    process = tape.start("record", *way, "--", "yes")
    assert process.stdout
    assert "y\n" == process.stdout.readline()
    process.stdout.close()
    assert 128 + signal.SIGPIPE == process.wait(20)
    process = tape.start("record", *way, "--", "sh", "-c", "read x; exit 0", stdin=subprocess.PIPE)
    assert process.stderr
    assert process.stdin
    process.stderr.close()
    process.stdin.close()
    assert NOTHING_RECORDED == process.wait(20)


def test_what_a_command_leaves_behind_holds_nobody_up(tape: Wrapped) -> None:
    """A daemon that keeps the pipes: the run is over when the command is."""
    process = tape.start("record", "--", "sh", "-c", "sleep 20 & echo $!")
    assert process.stdout
    left = int(process.stdout.readline())
    try:
        assert NOTHING_RECORDED == process.wait(10)
        assert alive(left)  # it is the user's own doing
    finally:
        os.kill(left, signal.SIGKILL)


@needs_sandbox
def test_what_a_command_leaves_behind_in_the_sandbox(tape: Wrapped) -> None:
    """It is asked to end, and killed if it does not."""
    process = tape.start("record", "--sandbox", "--", "sh", "-c", "trap '' TERM; sleep 20 & echo $!")
    assert process.stdout
    left = int(process.stdout.readline())
    assert NOTHING_RECORDED == process.wait(10)
    assert not alive(left)
