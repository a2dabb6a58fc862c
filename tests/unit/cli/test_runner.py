"""`tapehead record|replay|auto` around a real program: what it gets, what is said, and the exit code."""

import json
import os
import resource
import shlex
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.support.harness import Origin, make_certs
from tests.unit.cli.wrapped import ASK, PYTHON, TAPEHEAD, Wrapped

NOTHING = "tapehead: nothing reached the proxy: tapehead doctor -- COMMAND says why"
REFUSED = """
import http.server, threading, urllib.error, urllib.request

class Refusing(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(401)
        self.send_header("Content-Length", "0")
        self.end_headers()

server = http.server.HTTPServer(("127.0.0.1", 0), Refusing)
threading.Thread(target=server.serve_forever, daemon=True).start()
try:
    urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/")
except urllib.error.HTTPError as e:
    print(e.code)
"""
ANSWERING = """
import gzip, http.server, sys, threading, urllib.error, urllib.request

INVALID = b'{"error":{"code":400,"status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}'
HEADS = {
    "login": [(401, {"WWW-Authenticate": "Bearer realm=x"}, b""), (200, {}, b"{}")],
    "metadata": [(401, {"WWW-Authenticate": "Bearer resource_metadata=https://x/y"}, b"")],
    "google": [(400, {"Content-Type": "application/json", "Content-Encoding": "gzip"}, gzip.compress(INVALID))],
    "wrong": [(400, {}, b"{}")],
}
answers = HEADS[sys.argv[1]]

class Answering(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        code, headers, body = answers[int(self.path[2:])]
        self.send_response(code)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

server = http.server.HTTPServer(("127.0.0.1", 0), Answering)
threading.Thread(target=server.serve_forever, daemon=True).start()
for number in range(len(answers)):
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/?{number}")
    except urllib.error.HTTPError as e:
        pass
"""
LINE = "tapehead: {} · cassettes/recorded.yaml"


def test_what_is_recorded_replays_with_nothing_to_connect_to(tape: Wrapped) -> None:
    """The program's output is the same, its code 0, and the verdict says what was done."""
    recorded = tape.record("--", *ASK, "one", "two")
    assert (0, [LINE.format("2 recorded")]) == (recorded.code, recorded.lines)
    assert ["200", "200"] == [line.split()[0] for line in recorded.output.splitlines()]
    assert ["api.openai.com:443", "api.openai.com:443"] == tape.stand_in.corporate.asked[-2:]

    replayed = tape.run("replay", "--", *ASK, "one", "two")
    assert (0, [LINE.format("2 replayed, 0 missed, 0 not used")]) == (replayed.code, replayed.lines)
    assert recorded.output == replayed.output


def test_auto_records_once_and_then_replays(tape: Wrapped) -> None:
    """The second run goes out for nothing, not even for what is missing; `--new-episodes` adds that."""
    first = tape.run("auto", "--", *ASK, "one", env=tape.online)
    assert (0, [LINE.format("1 recorded")]) == (first.code, first.lines)
    second = tape.run("auto", "--", *ASK, "one", "two", env=tape.online)
    assert (3, LINE.format("1 replayed, 1 missed, 0 not used")) == (second.code, second.lines[-1])
    third = tape.run("auto", "--new-episodes", "--", *ASK, "one", "two", env=tape.online)
    assert (0, [LINE.format("1 recorded, 1 replayed, 0 missed, 0 not used")]) == (third.code, third.lines)
    assert first.output == third.output.splitlines(keepends=True)[0]
    assert 2 == len(tape.load().interactions)
    assert 0 == tape.run("replay", "--", *ASK, "two", "one").code


def test_a_miss_is_3_and_is_explained(tape: Wrapped) -> None:
    """The program may well have swallowed the error; the run has failed all the same."""
    tape.record("--", *ASK, "How are you?")
    missed = tape.run("replay", "--", *ASK, "How are you now?")
    assert (3, LINE.format("0 replayed, 1 missed, 1 not used")) == (missed.code, missed.lines[-1])
    assert "How are you now?" in missed.errors
    assert missed.output.startswith("404 ")
    assert all(line.startswith(("tapehead: ", "  ")) for line in missed.lines), missed.errors


def test_the_command_s_own_code_comes_first(tape: Wrapped) -> None:
    """3 is only said where the command says 0."""
    tape.record("--", *ASK, "one")
    code = f"import subprocess, sys; subprocess.run({[*ASK, 'other']}); sys.exit(7)"
    assert 7 == tape.run("replay", "--", sys.executable, "-c", code).code


@pytest.mark.parametrize(("code", "words"), [(1, "exit 1"), (255, "exit 255"), (137, "kill -9 $$"), (143, "kill $$")])
def test_how_a_command_ends(tape: Wrapped, code: int, words: str) -> None:
    """As a shell tells it; the files are finished and the verdict is said."""
    done = tape.run("record", "--", "sh", "-c", words)
    nothing = [NOTHING] if words.startswith("exit") else []  # who was killed had no time for it
    assert (code, [*nothing, LINE.format("0 recorded")]) == (done.code, done.lines)


def test_strict_wants_all_of_the_cassette(tape: Wrapped) -> None:
    """What was not asked for is named; without --strict it is only counted."""
    tape.record("--", *ASK, "one", "two")
    assert 0 == tape.run("replay", "--", *ASK, "one").code
    strict = tape.run("replay", "--strict", "--", *ASK, "one")
    assert 3 == strict.code
    assert [
        "tapehead: not used: interaction 1, POST https://api.openai.com/v1/chat/completions",
        LINE.format("1 replayed, 0 missed, 1 not used"),
    ] == strict.lines


def test_a_lost_exchange_is_3(tape: Wrapped) -> None:
    """The disk took no more: the next request is not let through, and the run has failed."""
    tape.record("--", "true")  # the trust store is there from now on
    limit = 500  # bytes
    done = tape.record(
        "--", *ASK, "one", "two", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    )
    assert (3, LINE.format("0 recorded, 1 lost, 1 turned away")) == (done.code, done.lines[-1])
    assert ["200", "503"] == [line.split()[0] for line in done.output.splitlines()]


def test_quiet_says_nothing_and_verbose_names_each(tape: Wrapped) -> None:
    """With --quiet a miss is seen by the code alone."""
    assert "" == tape.record("--quiet", "--", *ASK, "one").errors
    assert "" == tape.run("replay", "-q", "--", *ASK, "one").errors
    missed = tape.run("replay", "-q", "--", *ASK, "two")
    assert (3, "") == (missed.code, missed.errors)
    verbose = tape.run("replay", "--verbose", "--", *ASK, "one").lines
    assert any("POST https://api.openai.com/v1/chat/completions" in line for line in verbose[:-1]), verbose


@pytest.mark.parametrize(
    ("words", "lines", "said"),
    [
        (("--set", "cassette_speed=fast"), 1, "cassette_speed=fast: expected"),
        (("--set", "cassette_nothing=1"), 1, "cassette_nothing"),
        (("--set", "no_such_option=1"), 1, "no_such_option: no such option"),
        (("--set", "listen_port=x"), 1, "listen_port"),
        (("--speed", "-1"), 4, "--speed is for replay and auto"),
        (("--set", "cassette_speed=-1"), 1, "cassette_speed=-1: expected"),
        (("--set", "words"), 4, "expected NAME=VALUE"),
        (("--port", "65536"), 4, "65536"),
        (("--base-url", "OPENAI_BASE_URL=ftp://x"), 4, "expected NAME=URL"),
        (("--base-url", "UNKNOWN"), 4, "expected NAME=URL"),
        (("--reverse", "1=http://localhost"), 4, "are for --sandbox"),
        (("--sandbox", "--reverse", "0=http://localhost"), 4, "expected PORT=URL"),
        (("--new-episodes",), 4, "--new-episodes is for replay and auto"),
        (("--no-such",), 4, "--no-such"),
    ],
)
def test_wrong_usage(tape: Wrapped, words: tuple[str, ...], lines: int, said: str) -> None:
    """Whoever finds it: the code is 2 and the command is not run. One line, or click's with its hint."""
    done = tape.run("record", *words, "--", "sh", "-c", "echo ran")
    assert (2, "") == (done.code, done.output)
    assert said in done.lines[-1]
    assert lines == len(done.lines)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("none.yaml", None, "found no such file, expected a cassette"),
        ("folder", None, "found a folder, expected a cassette"),
        ("broken.yaml", "{", "expected valid YAML"),
        ("old.yaml", "version: 1\ninteractions: []\n", "version: found 1, expected 2"),
    ],
)
def test_a_file_that_is_named_wrongly(tape: Wrapped, name: str, text: str | None, said: str) -> None:
    """What is no cassette, or not there, cannot be replayed: wrong use, in one line; the command is not run."""
    tape.folder.joinpath("folder").mkdir()
    if text is not None:
        tape.folder.joinpath(name).write_text(text)
    done = tape.run("replay", "--cassette", name, "--", "sh", "-c", "echo ran")
    assert (2, "", 1) == (done.code, done.output, len(done.lines))
    assert said in done.lines[0]


def test_each_name_of_a_mode(tape: Wrapped) -> None:
    """`once` is another word for `auto`, and `--set` takes short names: `record` over a recording makes it anew."""
    first = tape.run("once", "--", *ASK, "one", env=tape.online)
    assert (0, [LINE.format("1 recorded")]) == (first.code, first.lines)
    second = tape.run("once", "--set", "cassette_mode=replay", "--", *ASK, "one")
    assert (0, [LINE.format("1 replayed, 0 missed, 0 not used")]) == (second.code, second.lines)
    assert "once" not in tape.run("--help").output.split()


def test_what_is_set_comes_before_what_is_meant(tape: Wrapped) -> None:
    """`--set` is the last word on what another option, or the environment, says too."""
    done = tape.record(
        "--cassette", "a.yaml", "--set", "cassette=b.yaml", "--set", f"ssl_verify_upstream_trusted_ca={tape.stand_in.ca}",
        "--", *ASK, "one",
    )  # fmt: skip
    assert (0, ["tapehead: 1 recorded · b.yaml"]) == (done.code, done.lines)
    assert 0 == tape.run("replay", "--set", "cassette=b.yaml", "--", *ASK, "one").code


def test_the_environment_reaches_the_command_with_what_was_there(tape: Wrapped) -> None:
    """Standard input and the folder too; a variable of the user's is joined, not lost."""
    tape.folder.joinpath("own").mkdir()
    done = tape.run(
        "record", "--", "sh", "-c", 'read line; echo "$line $PYTHONPATH $MINE"; pwd', input="words\n",
        env={"PYTHONPATH": "own", "MINE": "kept"},
    )  # fmt: skip
    first, folder = done.output.splitlines()
    assert first.startswith("words ")
    assert first.endswith(f"{os.pathsep}own kept")
    assert str(tape.folder) == folder


def test_options_after_the_command_are_the_command_s(tape: Wrapped) -> None:
    """With and without --."""
    assert "--quiet -h\n" == tape.run("record", "echo", "--quiet", "-h").output
    assert "--quiet -- -h\n" == tape.run("record", "--", "echo", "--quiet", "--", "-h").output


def test_the_report_as_json(tape: Wrapped) -> None:
    """Each exchange with what it matched, each miss with its explanation."""
    tape.record("--report", "out/record.json", "--", *ASK, "one")
    made = json.loads(tape.folder.joinpath("out/record.json").read_text())
    assert (LINE.format("1 recorded"), 0) == (made["line"], made["exit_code"])
    (exchange,) = made["exchanges"]
    assert ("recorded", 0, 200, "POST") == tuple(exchange[k] for k in ("outcome", "interaction", "status", "method"))
    assert exchange["seconds"] > 0
    assert exchange["bytes"] > 0
    assert "sk-not-a-key" not in json.dumps(made)

    tape.run("replay", "--report", "replay.json", "--", *ASK, "one", "other")
    made = json.loads(tape.folder.joinpath("replay.json").read_text())
    assert 3 == made["exit_code"]
    assert {"replayed": 1, "missed": 1, "not_used": 0}.items() <= made["counts"].items()
    replayed, missed = made["exchanges"]
    assert ("replayed", 0) == (replayed["outcome"], replayed["interaction"])
    assert missed["explanation"] is not None or missed["reason"]
    assert [] == made["past_the_proxy"]


def test_the_report_as_junit(tape: Wrapped) -> None:
    """By the file's name."""
    tape.record("--", *ASK, "one")
    tape.run("replay", "--report", "report.XML", "--", *ASK, "one", "o\x01ther")
    suites = ET.parse(tape.folder / "report.XML").getroot()  # noqa: S314  our own
    (suite,) = suites
    assert ("testsuites", "testsuite") == (suites.tag, suite.tag)
    assert ("2", "1", "0", "0") == tuple(suite.attrib[k] for k in ("tests", "failures", "errors", "skipped"))
    good, bad = suite.findall("testcase")
    assert "POST https://api.openai.com/v1/chat/completions" == good.attrib["name"]
    assert [] == list(good)
    assert "missed" == bad[0].attrib["type"]
    assert bad[0].text


def test_a_report_that_cannot_be_written(tape: Wrapped) -> None:
    """Says so, and the verdict all the same; the code is 4 if nothing else is wrong."""
    tape.folder.joinpath("file").touch()
    done = tape.run("record", "--report", "file/report.json", "--", "true")
    assert (4, LINE.format("0 recorded")) == (done.code, done.lines[-1])
    assert 3 == len(done.lines)
    assert done.lines[0].startswith("tapehead: --report file/report.json: ")
    assert 9 == tape.run("record", "--report", "file/report.json", "--", "sh", "-c", "exit 9").code


def test_base_url(tape: Wrapped) -> None:
    """A client that is given an address as its provider's: what is recorded is the provider's own URL."""
    recorded = tape.record("--base-url", "OPENAI_BASE_URL", "--", *ASK, "--base", "one")
    assert (0, "200") == (recorded.code, recorded.output[:3]), recorded.errors
    (interaction,) = tape.load().interactions
    assert "https://api.openai.com/v1/chat/completions" == interaction.request.url
    replayed = tape.run(
        "replay", "--base-url", "OPENAI_BASE_URL=https://api.openai.com/v1", "--", *ASK, "--base", "one"
    )
    assert (0, recorded.output) == (replayed.code, replayed.output)
    assert recorded.output == tape.run("replay", "--", *ASK, "one").output


def test_loopback_is_left_alone_unless_it_is_included(tape: Wrapped, tmp_path: Path) -> None:
    """A program's own server is not a provider; a model server on this machine is."""
    code = "import sys, urllib.request; got = urllib.request.urlopen(sys.argv[1]); got.read(); print(got.status)"
    with Origin(make_certs(tmp_path / "certs")) as origin:
        words = (sys.executable, "-I", "-c", code, f"{origin.plain_url}/echo")
        left = tape.run("record", "--", *words)
        assert (LINE.format("0 recorded"), "200\n") == (left.lines[-1], left.output)
        included = tape.run("record", "--include-loopback", "--", *words, env={"NO_PROXY": "127.0.0.1,localhost"})
        assert (LINE.format("1 recorded"), "200\n") == (included.lines[-1], included.output)
    assert "200\n" == tape.run("replay", "--include-loopback", "--", *words).output


def test_the_version_and_the_words(tape: Wrapped) -> None:
    """Without a word, or with a wrong one, the words are told and the code is 2."""
    wrong = tape.run("recrod", "--", "true")
    assert (2, "tapehead: recrod: no such command; did you mean: tapehead record -- true") == (
        wrong.code,
        wrong.lines[-1],
    )
    assert "replay" in tape.run("replay", "--help").output
    assert TAPEHEAD.exists()


def test_a_program_that_fails_replaces_nothing(tape: Wrapped) -> None:
    """The recording before stays beside the new one, and one line says so; with a program that succeeds it goes."""
    tape.record("--", *ASK, "one", "two")
    bak = tape.cassette.with_name("recorded.yaml.bak")
    failed = tape.record("--", "sh", "-c", f"{shlex.join([*ASK, 'three'])}; exit 3")
    said = (
        "tapehead: cassettes/recorded.yaml: the program failed; the recording before is kept as recorded.yaml.bak: "
        "tapehead restore cassettes/recorded.yaml brings it back"
    )
    assert (3, [said, LINE.format("1 recorded")]) == (failed.code, failed.lines)
    assert (2, 1) == (len(tape.load(bak).interactions), len(tape.load().interactions))
    restored = tape.run("restore", "cassettes/recorded.yaml")
    assert (0, 2) == (restored.code, len(tape.load().interactions)), restored.errors
    assert (0, [LINE.format("1 recorded")]) == ((done := tape.record("--", *ASK, "four")).code, done.lines)
    assert not bak.exists()


def test_waiting_for_another_writer(tape: Wrapped) -> None:
    """Without `--wait` it is named, with its process id; with it, `auto` waits, and replays what the other has recorded."""
    first = tape.start(
        "auto", "--", "sh", "-c", f"{shlex.join([*ASK, 'one'])}; read go", env=tape.online, stdin=subprocess.PIPE
    )
    assert first.stdout
    assert first.stdout.readline().startswith("200 ")
    busy = tape.run("record", "--", *ASK, "one", env=tape.online)
    named = (
        f"tapehead: cassettes/recorded.yaml: found another program writing it (pid {first.pid}), expected one writer"
    )
    assert (4, [f"{named}; --wait waits for it"]) == (busy.code, busy.lines)
    late = tape.run("auto", "--wait", "0.3", "--", *ASK, "one")
    assert named.replace("tapehead: ", "tapehead: waiting: ") == late.lines[0]

    second = tape.start("auto", "--wait", "--", *ASK, "one")
    assert second.stderr
    assert second.stderr.readline().startswith("tapehead: waiting: ")
    first.communicate("go\n", 20)
    output, errors = second.communicate(timeout=20)
    assert (0, LINE.format("1 replayed, 0 missed, 0 not used") + "\n") == (second.returncode, errors), output


def test_a_refused_key_is_said_or_dropped(tape: Wrapped) -> None:
    """A 401 is recorded, and said so by each run; with `--drop-refused` no cassette is made of it."""
    words = ("--include-loopback", "--", *PYTHON, "-c", REFUSED)
    dropped = tape.run("auto", "--drop-refused", *words)
    assert LINE.format("0 recorded, a 401: the provider refused the key") == dropped.lines[-1]
    assert not tape.cassette.exists()
    recorded = tape.run("auto", *words)
    assert LINE.format("1 recorded, a 401: the provider refused the key") == recorded.lines[-1]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("login", "2 recorded"),
        ("metadata", "1 recorded"),
        ("google", "1 recorded, a 400: the provider refused the key"),
        ("wrong", "1 recorded"),
    ],
)
def test_which_answers_are_said_to_refuse_a_key(tape: Wrapped, kind: str, said: str) -> None:
    """Not those with which a login begins; Google's 400 by what it says."""
    done = tape.run("record", "--include-loopback", "--", *PYTHON, "-c", ANSWERING, kind)
    assert (0, LINE.format(said)) == (done.code, done.lines[-1])
