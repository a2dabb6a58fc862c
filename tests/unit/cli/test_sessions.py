"""Many sessions through one `tapehead`: by the proxy's user name, by header, by the control endpoint."""

import json
import os
import sys
from pathlib import Path

import pytest

from tapehead.sessions.session_names import HEADER
from tests.unit.cli.wrapped import ADDON, ASK, Wrapped

SESSION = ("--cassette-dir", "tapes")

AS_USER = """
import os, subprocess, sys
proxy = os.environ["HTTPS_PROXY"].removeprefix("http://")
def ask(user, *prompts):
    told = {**os.environ, "HTTPS_PROXY": f"http://{user}:tapehead@{proxy}", "https_proxy": f"http://{user}:tapehead@{proxy}"}
    return subprocess.Popen([*ASK, *prompts], env=told)
"""

CONTROL = """
import sys, json
from tapehead.clients.control_client import ControlClient, ControlError
control = ControlClient.from_environment()
def refused(*args, **more):
    try: control.begin(*args, **more)
    except ControlError as e: print(json.dumps(str(e)))
    else: print("begun")
"""


def _by(code: str, more: str) -> tuple[str, ...]:
    return (sys.executable, "-c", f"ASK = {list(ASK)!r}\n{code}{more}")


def _with_addon() -> dict[str, str]:
    return {"PYTHONPATH": str(ADDON)}


def test_a_user_name_chooses_the_cassette(tape: Wrapped) -> None:
    """Each session has its own, below the folder; who names none is in one there, and it is said which."""
    code = 'for user in "one", "deep%2Fer": ask(user, user).wait()\nsubprocess.run([*ASK, "nobody"])'
    recorded = tape.record(*SESSION, "--", *_by(AS_USER, code))
    unnamed = "of requests that named no session: tapes/_unnamed.yaml"
    assert (0, f"tapehead: 3 recorded · 3 cassettes in tapes; {unnamed}") == (recorded.code, recorded.lines[-1])
    assert 1 == len(tape.load(tape.folder / "tapes/one.yaml").interactions)
    assert 1 == len(tape.load(tape.folder / "tapes/_unnamed.yaml").interactions)
    assert not tape.cassette.exists()
    (warning,) = [line for line in recorded.lines if "a request named no session" in line]
    assert "tapes/_unnamed.yaml" in warning
    assert 1 == len(tape.load(tape.folder / "tapes/deep/er.yaml").interactions)
    replayed = tape.run("replay", *SESSION, "--", *_by(AS_USER, code))
    assert (0, recorded.output) == (replayed.code, replayed.output)
    assert f"tapehead: 3 replayed, 0 missed, 0 not used · 3 cassettes in tapes; {unnamed}" == replayed.lines[-1]


def test_who_names_no_session_may_be_given_a_cassette(tape: Wrapped) -> None:
    """Another than the one in the folder, which is then not counted as one of them."""
    done = tape.record(*SESSION, "--cassette", "mine.yaml", "--", *ASK, "hello")
    line = "tapehead: 1 recorded · 0 cassettes in tapes; of requests that named no session: mine.yaml"
    assert (0, line, 1) == (done.code, done.lines[-1], len(tape.load(tape.folder / "mine.yaml").interactions))


@pytest.mark.parametrize("option", ["--cassette-dir={}", "--set=cassette_dir={}"])
@pytest.mark.parametrize(("directory", "found"), [("file", ""), ("file/below", " at file"), ("link", "")])
def test_a_folder_that_is_none(tape: Wrapped, option: str, directory: str, found: str) -> None:
    """A file, what would be below one, a link that leads nowhere: one line, and the command is not started."""
    tape.folder.joinpath("file").touch()
    tape.folder.joinpath("link").symlink_to("nowhere")
    done = tape.run("auto", option.format(directory), "--", "touch", "started")
    line = f"Error: --cassette-dir {directory}: found a file{found}, expected a folder for the cassettes of sessions."
    assert (2, [line]) == (done.code, done.lines)
    assert {"file", "link"} == {*os.listdir(tape.folder)}


def test_two_without_a_user(tape: Wrapped) -> None:
    """What names no session can be in one: the second is refused until the first ends, and told what to do instead."""
    code = (
        'first = control.begin("one")\n'
        'refused("two")\n'
        'print(control.begin("three", user="me"), control.begin("four", user="me"))\n'
        "import urllib.request, urllib.error, os\n"
        "direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))\n"
        "headers = {'Authorization': f\"Bearer {os.environ['TAPEHEAD_TOKEN']}\"}\n"
        "url = os.environ['TAPEHEAD_CONTROL'] + '/begin'\n"
        'try: direct.open(urllib.request.Request(url, b\'{"cassette": "two"}\', headers))\n'
        "except urllib.error.HTTPError as e: print(e.code)\n"
        "import subprocess; subprocess.run([*ASK, 'hello'], stdout=subprocess.DEVNULL)\n"
        "control.end(first)\n"
        'refused("two")\n'
    )
    done = tape.record(*SESSION, "--", *_by(CONTROL, code), env=_with_addon())
    said, named, status, again = done.output.splitlines()
    assert (0, "three~2 four~3", "409", "begun") == (done.code, named, status, again), done
    assert "session 'one~1' was begun without a user and has not ended" in said
    assert 'Begin this one with a \\"user\\" of its own' in said
    assert "POST /end" in said
    assert ["one.yaml"] == [e for e in os.listdir(tape.folder / "tapes") if e.endswith(".yaml")]


def test_a_header_chooses_the_cassette_and_goes_no_further(tape: Wrapped) -> None:
    """It is neither forwarded nor recorded, nor is the proxy's user."""
    recorded = tape.record(*SESSION, "--", *ASK, "--header", f"{HEADER}=mine", "hello")
    assert 0 == recorded.code, recorded.errors
    text = tape.folder.joinpath("tapes/mine.yaml").read_text().lower()
    assert "tapehead" not in text
    (arrival,) = [each for each in tape.stand_in.origin.log() if each.method == "POST"]
    names = {name.lower() for name, _ in arrival.headers}
    assert not {HEADER, "proxy-authorization"} & names
    replayed = tape.run("replay", *SESSION, "--", *ASK, "--header", f"{HEADER}=mine", "hello")
    assert (0, recorded.output) == (replayed.code, replayed.output)


@pytest.mark.parametrize(
    "name",
    [
        "../out",
        "link/out",
        *(
            pytest.param(name, marks=pytest.mark.slow)
            for name in ("/etc/tape", "a/../../b", "a\\b", "x" * 300, "a//b", ".", "sp|ace")
        ),
    ],
)
def test_names_that_would_lead_out(tape: Wrapped, name: str) -> None:
    """The client is told 503 with the reason; no file is made anywhere, and the run has not succeeded in silence."""
    tape.folder.joinpath("elsewhere").mkdir()
    tape.folder.joinpath("tapes").mkdir()
    tape.folder.joinpath("tapes/link").symlink_to("../elsewhere")
    done = tape.record(*SESSION, "--", *ASK, "--header", f"{HEADER}={name}", "hello")
    assert done.output.startswith("503 "), done
    assert "session" in done.output
    assert [] == os.listdir(tape.folder / "elsewhere")
    assert ["link"] == os.listdir(tape.folder / "tapes")
    assert {"elsewhere", "tapes"} == set(os.listdir(tape.folder))
    assert "Traceback" not in done.errors


def test_the_same_name_twice_in_parallel_is_two_runs(tape: Wrapped) -> None:
    """Each plays the cassette from its beginning; while recording both are in it."""
    code = (
        'a, b = control.begin("chat", user="a"), control.begin("chat", user="b")\n'
        "import subprocess\n"
        'def ask(session): return subprocess.run([*ASK, "--header", f"x-tapehead-session={session}", "hi", "hi"],'
        " capture_output=True, text=True).stdout\n"
        "print(ask(a) == ask(b), a != b)\n"
        'print(control.end(a)["line"], control.end(b)["line"], sep="\\n")\n'
    )
    recorded = tape.record(*SESSION, "--", *_by(CONTROL, code), env=_with_addon())
    assert ["False True"] == recorded.output.splitlines()[:1], recorded
    assert 4 == len(tape.load(tape.folder / "tapes/chat.yaml").interactions)
    replayed = tape.run("replay", *SESSION, "--", *_by(CONTROL, code), env=_with_addon())
    assert (0, "True True") == (replayed.code, replayed.output.splitlines()[0]), replayed
    assert 2 == replayed.output.count("2 replayed, 0 missed,") == replayed.output.count(", 2 not used")


def test_the_same_user_twice_while_recording(tape: Wrapped) -> None:
    """Two programs that record under one name at once: nothing is lost."""
    code = 'both = [ask("same", f"{n}", "more") for n in range(2)]\nfor each in both: each.wait()'
    recorded = tape.record(*SESSION, "--", *_by(AS_USER, code))
    assert (0, "tapehead: 4 recorded · 1 cassette in tapes") == (recorded.code, recorded.lines[-1])
    assert 4 == len(tape.load(tape.folder / "tapes/same.yaml").interactions)


def test_old_names_of_the_control_endpoint(tape: Wrapped) -> None:
    """What began a session before version 0.2 still does, and the log says each new name once."""
    code = (
        'told = {"cassette": "one", "options": {"cassette_dialect": "compact"}, "once": False, "add": True}\n'
        'for user in "ab": print(control._ask("POST", "/begin", told | {"user": user})["session"])\n'
        'verdict = control.verdict("a")\n'
        'print(verdict["troubles"] == verdict["problems"])\n'
        'for more in ({"append": True}, {"options": {"cassette_layout": "stock", "cassette_dialect": "stock"}}):\n'
        '    try: control._ask("POST", "/begin", told | more)\n'
        "    except ControlError as e: print(e)\n"
    )
    done = tape.record(*SESSION, "--", *_by(CONTROL, code), env=_with_addon())
    assert [
        "one~1",
        "one~2",
        "True",
        "tapehead: add and append are one; leave add out",
        "tapehead: cassette_dialect and cassette_layout are one; leave cassette_dialect out",
    ] == done.output.splitlines(), done
    assert [
        "tapehead: 'add' of POST /begin has a new name: 'append'",
        "tapehead: 'once' of POST /begin has a new name: 'share'",
        "tapehead: cassette_dialect has a new name: cassette_layout=compact",
    ] == [line for line in done.lines if "has a new name" in line and "stock" not in line]


def test_control(tape: Wrapped) -> None:
    """Begin, verdict, end: a session's own tally, its mode and options; what is wrong is a line."""
    code = (
        'name = control.begin("one", user="me", options={"cassette_speed": "1"})\n'
        "print(name)\n"
        'print(control.verdict(name)["line"])\n'
        'print(len(control.verdict()["sessions"]))\n'
        'print(control.end("me")["session"])\n'
        'for hostile in ("../x", "/etc/x", "a\\0b", "x" * 300, "link/x", "", "a/./b", "\\n"): refused(hostile)\n'
        'refused("x", mode="sideways")\n'
        'refused("x", options={"cassette_dir": "/"})\n'
        'refused("x", options={"cassette_speed": "fast"})\n'
        'refused("x", options={"confdir": "/"})\n'
        'try: control.end("nobody")\n'
        "except ControlError as e: print(e)\n"
    )
    tape.folder.joinpath("elsewhere").mkdir()
    tape.folder.joinpath("tapes").mkdir()
    tape.folder.joinpath("tapes/link").symlink_to("../elsewhere")
    done = tape.run("record", *SESSION, "--", *_by(CONTROL, code), env=_with_addon())
    name, line, *rest = done.output.splitlines()
    assert (0, "one~1", "tapes/one.yaml") == (done.code, name, line.partition(" · ")[2]), done
    assert "one~1" == rest[1]
    assert "begun" not in rest
    assert 12 == sum(1 for each in rest if each.startswith('"tapehead: ')), rest
    assert "tapehead: session 'nobody': there is none" == rest[-1]
    assert [] == os.listdir(tape.folder / "elsewhere")


def test_control_needs_the_token(tape: Wrapped) -> None:
    """A page in a browser, or another user of this machine, has none."""
    code = (
        "import os, urllib.error, urllib.request\n"
        "direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))\n"
        "proxied = urllib.request.build_opener(urllib.request.ProxyHandler({'http': os.environ['HTTPS_PROXY']}))\n"
        "for opener, base in (direct, os.environ['TAPEHEAD_CONTROL']), (proxied, 'http://tapehead.local'):\n"
        "    for token in None, '', 'wrong', '\\xe9', os.environ['TAPEHEAD_TOKEN']:\n"
        "        request = urllib.request.Request(base + '/verdict')\n"
        "        if token is not None: request.add_header('Authorization', f'Bearer {token}')\n"
        "        try: print(opener.open(request).status)\n"
        "        except urllib.error.HTTPError as e: print(e.code, e.read().decode())\n"
    )
    done = tape.run("record", *SESSION, "--", sys.executable, "-I", "-c", code)
    statuses = [line.split()[0] for line in done.output.splitlines()]
    assert 2 * ["401", "401", "401", "401", "200"] == statuses, done
    assert all("error" in json.loads(line[4:]) for line in done.output.splitlines() if line.startswith("401"))


def test_a_session_that_asks_for_nothing_leaves_no_file(tape: Wrapped) -> None:
    """A test that talks to no provider has no cassette."""
    done = tape.run("auto", *SESSION, "--", *_by(CONTROL, 'control.end(control.begin("quiet"))'), env=_with_addon())
    assert (0, "tapehead: 0 recorded · 0 cassettes in tapes") == (done.code, done.lines[-1])
    assert not Path(tape.folder, "tapes", "quiet.yaml").exists()


def test_without_sessions_the_control_endpoint_says_so(tape: Wrapped) -> None:
    """And what to set."""
    done = tape.run("record", "--", *_by(CONTROL, 'refused("x")'), env=_with_addon())
    assert '"tapehead: there are no sessions; set cassette_dir"\n' == done.output
