"""The pytest plugin, as runs of pytest of their own: what they print, their exit codes, and the cassettes they leave.

Quick ones ask by `urllib` alone, as importing an SDK takes longer than the run. The provider is the stand-in.
"""

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tapehead.cassette import load
from tapehead.pytest_plugin.cassette_spec import cassette_name
from tests.samples import Project
from tests.support.standin import StandIn, stand_in

ROOT = Path(__file__).parents[1]
ASK = '''
import json, os, urllib.request

def ask(prompt):
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": prompt}]}).encode()
    url, headers = "https://api.openai.com/v1/chat/completions", {"Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=30) as answer:
        return json.load(answer)["choices"][0]["message"]["content"]

def shrug(prompt):
    try:
        return ask(prompt)
    except Exception:
        return "whatever"

def now(prompt):
    """As it was recorded, or changed since."""
    return prompt + os.environ.get("CHANGE", "")
'''


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of each test, by its name: passed, skipped, failure or error, and all that was told of it."""

    code: int
    output: str
    outcomes: dict[str, str]
    told: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """A project of one or more files."""

    project: Project
    standin: StandIn

    def write(self, **files: str) -> "Runner":
        """Files by their stems."""
        for stem, text in files.items():
            suffix = {"pytest": ".ini", "spec": ".txt"}.get(stem, ".py")
            (self.project.folder / f"{stem}{suffix}").write_text(text)
        return self

    def record(self, *arguments: str, **env: str) -> Outcome:
        """Run pytest where the provider is there."""
        through = {"HTTPS_PROXY": self.standin.corporate.url, "SSL_CERT_FILE": str(self.standin.ca)}
        return self.run(*arguments, **through, **env)

    def run(self, *arguments: str, **env: str) -> Outcome:
        """Run pytest where nothing is."""
        report = self.project.folder / "report.xml"
        report.unlink(missing_ok=True)
        command = (sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--junit-xml={report}", *arguments)
        done = self.project.run(*command, PYTHONDONTWRITEBYTECODE="1", **env)
        outcomes, told = {}, {}
        cases = ET.parse(report).iter("testcase") if report.exists() else ()  # noqa: S314  our own file
        for case in cases:
            name = case.get("name", "")
            # A test that fails and whose teardown fails has two.
            outcomes[name] = " ".join([each.tag for each in case if each.tag in _TAGS]) or "passed"
            told[name] = "\n".join([f"{each.get('message', '')}\n{each.text or ''}" for each in case])
        return Outcome(code=done.returncode, output=done.stdout, outcomes=outcomes, told=told)

    def prompts(self, cassette: str) -> list[str]:
        """What a cassette was asked, in order."""
        path = self.project.folder / "cassettes" / f"{cassette}.yaml"
        return [re.findall(r'"content": ?"([^"]*)"', each.request.body.decode())[0] for each in load(path).interactions]


_TAGS = ("failure", "error", "skipped")


@pytest.fixture(scope="module")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    with stand_in(tmp_path_factory.mktemp("standin")) as standin:
        yield standin


@pytest.fixture
def runner(tmp_path: Path, standin: StandIn) -> Runner:
    (tmp_path / "project").mkdir()
    project = Project.at(tmp_path / "project", PYTHONPATH=str(ROOT / "addon"))
    return Runner(project=project, standin=standin).write(asking=ASK, pytest="[pytest]\n")


MISSES = """
import unittest, warnings
import pytest
from asking import ask, now, shrug

@pytest.fixture
def greeted():
    return shrug(now("greet"))

@pytest.fixture(scope="module")
def shared():
    return shrug(now("share"))

@pytest.fixture
def thanking():
    yield
    shrug(now("thank"))

def test_asks(): assert "answer" in ask(now("ask"))
def test_shrugs(): assert shrug(now("shrug"))
def test_in_fixture(greeted): assert greeted
def test_shared(shared): assert shared
def test_shared_too(shared): assert shared
def test_in_teardown(thanking): pass
def test_skips(): shrug(now("skip")); pytest.skip("no mood")
@pytest.mark.xfail
def test_expected(): assert "answer" not in ask(now("expect"))
def test_as_before(): assert "answer" in ask("as before")
def test_nothing(): pass

class TestCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls): cls.said = ask("class")
    def test_unit(self): assert "answer" in self.said and shrug(now("unit"))
"""


def test_a_miss_fails_its_test(runner: Runner) -> None:
    """In the test, its fixtures and those it shares, swallowed or not; what was expected to fail still does."""
    runner.write(test_it=MISSES, conftest="")
    first = runner.record("--tapehead=auto", "--doctest-glob=*.txt")
    second = runner.run("--tapehead=auto", "--tapehead-strict")
    changed = runner.run("--tapehead=auto", CHANGE=" again")
    good = {"test_skips": "skipped", "test_expected": "skipped"}
    bad = {
        "test_asks": "failure",
        "test_shrugs": "failure",
        "test_in_fixture": "error",
        "test_shared": "error",
        "test_shared_too": "error",
        "test_in_teardown": "error",
        "test_skips": "failure",
        "test_unit": "failure",
    }

    assert (0, 0, 1) == (first.code, second.code, changed.code), first.output + second.output
    assert {**dict.fromkeys(first.outcomes, "passed"), **good} == first.outcomes == second.outcomes
    assert {**first.outcomes, **bad} == changed.outcomes
    for name, prompt in {"test_shrugs": "shrug", "test_in_fixture": "greet", "test_shared_too": "share"}.items():
        assert f'recorded "{prompt}", got "{prompt} again"' in changed.told[name]
    assert ["shrug"] == runner.prompts("test_it/test_shrugs")
    assert ["share"] == runner.prompts("test_it/fixture-shared")
    assert ["class"] == runner.prompts("test_it/TestCase/fixture-_unittest_setUpClass_fixture_TestCase")
    assert "HTTP Error 404" in changed.output
    assert "tapehead: no interaction in" in changed.output


def test_modes(runner: Runner) -> None:
    """Nothing there to replay; recorded; one more recorded; recorded anew; strict; off."""
    runner.write(
        test_it="from asking import *\ndef test_a(): assert shrug(now('a'))\ndef test_b(): pass\n",
        pytest="[pytest]\ntapehead = replay\ntapehead_dir = cassettes\ntapehead_set = cassette_speed=2\n",
    )
    missing = runner.run()
    assert {"test_a": "failure", "test_b": "passed"} == missing.outcomes, missing.output
    assert "found no such file, expected a cassette" in missing.told["test_a"]
    assert [] == runner.project.cassettes

    assert 0 == runner.record("--tapehead=new-episodes").code
    assert 0 == runner.record("--tapehead=new-episodes", CHANGE="!").code
    assert ["a", "a!"] == runner.prompts("test_it/test_a")
    strict = runner.run("--tapehead-strict")
    assert {"test_a": "error", "test_b": "passed"} == strict.outcomes
    assert "not asked for: interaction 1, POST https://api.openai.com" in strict.told["test_a"]

    assert 0 == runner.record("--tapehead=record", CHANGE="?").code
    assert ["a?"] == runner.prompts("test_it/test_a")
    off = runner.record("--tapehead=off", CHANGE="-")
    assert (0, ["a?"]) == (off.code, runner.prompts("test_it/test_a"))
    assert "tapehead:" not in off.output


RERUNNING = """
import pytest
from _pytest.runner import runtestprotocol

def pytest_runtest_protocol(item, nextitem):
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for attempt in range(3):
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        if not any(each.failed for each in reports):
            break
        if attempt < 2:
            item._initrequest()
    for each in reports:
        item.ihook.pytest_runtest_logreport(report=each)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True
"""


def test_what_runs_a_test_again(runner: Runner) -> None:
    """Each attempt is a session: while recording the last one's is kept, while replaying each begins at the beginning.

    A name that several tests share is one cassette, which each of them adds to.
    """
    runner.write(
        conftest=RERUNNING,
        test_it="""
import os, pytest
from asking import *
tries = iter(range(9))
def test_flaky():
    ask("first")
    assert next(tries) >= int(os.environ["FAILS"])
    ask("second")
@pytest.mark.tapehead("shared/name")
def test_one(): ask("one")
@pytest.mark.tapehead("shared/name", speed=1)
def test_two(): ask("two")
""",
    )
    first = runner.record("--tapehead=auto", FAILS="1")
    second = runner.run("--tapehead=auto", FAILS="2")

    assert (0, 0) == (first.code, second.code), first.output + second.output
    assert ["first", "second"] == runner.prompts("test_it/test_flaky")
    assert ["one", "two"] == runner.prompts("shared/name")


def test_a_test_that_fails_while_it_is_recorded(runner: Runner) -> None:
    """It says so, and how it is recorded again; what was there before is kept until the test passes."""
    runner.write(
        test_it="""
import os
from asking import *
def test_a():
    ask(now("a"))
    assert not os.environ.get("CHANGE")
"""
    )
    failed = runner.record("--tapehead=auto", CHANGE="!")
    cassette = str(runner.project.folder / "cassettes/test_it/test_a.yaml")
    assert f"the test failed while its cassette was made: {cassette}" in failed.output
    assert "to record it again: pytest --tapehead=record test_it.py::test_a" in failed.output
    assert "restore" not in failed.output

    assert 0 == runner.record("--tapehead=record").code
    assert ["a"] == runner.prompts("test_it/test_a")
    again = runner.record("--tapehead=record", CHANGE="!")
    assert f"to bring back the recording before: tapehead restore {cassette}" in again.output
    assert ["a!"] == runner.prompts("test_it/test_a")
    assert Path(f"{cassette}.bak").exists()
    assert 0 == runner.record("--tapehead=record").code
    assert not Path(f"{cassette}.bak").exists()


def test_a_proxy_that_dies(runner: Runner) -> None:
    """The test that runs and the next one say so, in a line, and the run ends."""
    runner.write(
        test_it="""
import os, signal
from asking import *
def test_a(pytestconfig):
    os.kill(pytestconfig.pluginmanager.get_plugin("tapehead_run")._proxy._process.pid, signal.SIGKILL)
    shrug("a")
def test_b(): pass
def test_c(): pass
"""
    )
    died = runner.run("--tapehead=auto")

    assert ["test_a"] == [*died.outcomes], died.output
    assert "failure" == died.outcomes["test_a"]
    assert re.search(r"! tapehead: the proxy does not answer at \S+ any more: .* !", died.output), died.output
    assert "tapehead: the proxy ended with exit code -9" in died.output
    assert 1 == died.code
    assert "INTERNALERROR" not in died.output


def test_ctrl_c(runner: Runner) -> None:
    """What was recorded until then is there, and what is asked while tearing down as well."""
    runner.write(
        test_it="""
import os, pytest, signal
from asking import *
@pytest.fixture(scope="session")
def last():
    yield
    ask("bye")
def test_a(last): ask("a")
def test_b():
    ask("b")
    os.killpg(0, signal.SIGINT)  # as a terminal does it; the project runs in a group of its own
    import time; time.sleep(20)
"""
    )
    done = runner.record("--tapehead=auto")

    assert pytest.ExitCode.INTERRUPTED == done.code, done.output
    assert (["a"], ["b"]) == (runner.prompts("test_it/test_a"), runner.prompts("test_it/test_b"))
    assert ["bye"] == runner.prompts("session/test_it/fixture-last-teardown")
    assert "tapehead: 3 recorded" in done.output


def test_a_cassettes_words_are_printed_as_text(runner: Runner) -> None:
    """What a terminal would obey is an escape, also in the address of what was not asked for."""
    folder = runner.project.folder / "cassettes" / "test_it"
    folder.mkdir(parents=True)
    (folder / "test_a.yaml").write_text(
        'version: 2\ninteractions:\n- request: {url: "http://h/\\x9b0;x\\u202e", method: "GET"}\n'
        "  response: {code: 200}\n"
    )
    runner.write(test_it="def test_a(): pass\n")
    done = runner.run("--tapehead=replay", "--tapehead-strict", "--color=no")

    assert {"test_a": "error"} == done.outcomes
    assert "not asked for: interaction 0, GET http://h/\\x9b0;x" in done.output
    assert not [line for line in done.output.splitlines() if not line.isprintable()]


def test_what_is_asked_outside_of_tests(runner: Runner) -> None:
    """A module asks while it is collected: that has a cassette of its own, and a miss there fails the run."""
    runner.write(test_it="from asking import *\nsaid = shrug(now('module'))\ndef test_a(): assert said\n")
    first, second = runner.record("--tapehead=auto"), runner.run("--tapehead=replay", CHANGE="!")

    assert (0, ["module"]) == (first.code, runner.prompts("outside-of-tests")), first.output
    assert ({"test_a": "passed"}, 1) == (second.outcomes, second.code)
    assert "asked for outside of tests" in second.output
    assert 'got "module!"' in second.output


@pytest.mark.parametrize(
    ("arguments", "ini", "expected"),
    [
        (["--tapehead=nonsense"], "", "invalid choice: 'nonsense'"),
        ([], "tapehead = nonsense", "tapehead = nonsense: expected one of record_only, record_once"),
        (
            ["--tapehead=auto"],
            "tapehead_set = cassette_speed=fast",
            "tapehead: cassette_speed=fast: expected 0 (at once)",
        ),
    ],
)
def test_wrong_use(runner: Runner, arguments: Sequence[str], ini: str, expected: str) -> None:
    """In a line, before anything runs."""
    runner.write(test_it="def test_a(): pass\n", pytest=f"[pytest]\n{ini}\n")
    done = runner.run(*arguments)

    assert (pytest.ExitCode.USAGE_ERROR, {}) == (done.code, done.outcomes), done.output
    assert expected in done.output
    assert "Traceback" not in done.output


def test_once_is_auto(runner: Runner) -> None:
    """`--tapehead=once`, VCR's and go-vcr's word: it records what has no cassette, and replays it ever after."""
    runner.write(test_it="from asking import *\ndef test_a(): assert shrug(now('a'))\n")
    recorded, replayed = runner.record("--tapehead=once"), runner.run("--tapehead=once")
    changed = runner.run("--tapehead=once", CHANGE="!")

    assert (0, {"test_a": "passed"}) == (recorded.code, recorded.outcomes), recorded.output
    assert "tapehead: 1 recorded" in recorded.output
    assert (0, {"test_a": "passed"}) == (replayed.code, replayed.outcomes), replayed.output
    assert "tapehead: 1 replayed, 0 missed, 0 not used" in replayed.output
    assert (1, {"test_a": "failure"}) == (changed.code, changed.outcomes), changed.output
    assert ["a"] == runner.prompts("test_it/test_a")


def test_old_names_of_options(runner: Runner) -> None:
    """In the file of settings and in a mark: they are taken, and a warning says each new name."""
    runner.write(
        test_it="""
import pytest
from asking import *
@pytest.mark.tapehead(replayable="true")
def test_a():
    assert ask("again") == ask("again")
""",
        pytest="[pytest]\ntapehead_set = cassette_dialect=compact\n",
    )
    done = runner.record("--tapehead=auto")

    assert {"test_a": "passed"} == done.outcomes, done.output
    assert ["again"] == runner.prompts("test_it/test_a")
    assert "DeprecationWarning: tapehead_set: cassette_dialect has a new name: cassette_layout=compact" in done.output
    assert "@pytest.mark.tapehead: cassette_replayable has a new name: cassette_repeat=last" in done.output


def test_wrong_marks(runner: Runner) -> None:
    """Each fails its own test, and says why."""
    runner.write(
        test_it="""
import pytest
@pytest.mark.tapehead("../up")
def test_up(): pass
@pytest.mark.tapehead("a", "b")
def test_two(): pass
@pytest.mark.tapehead(sped=1)
def test_option(): pass
@pytest.mark.tapehead(mode="sometimes")
def test_mode(): pass
@pytest.mark.tapehead(mode="record")
def test_records(tapehead): assert tapehead.cassette == "test_it/test_records"
""",
        spec=">>> 1 + 1\n2\n",
    )
    done = runner.run("--tapehead=replay", "--doctest-glob=*.txt")
    expected = {
        "test_up": "expected a path below the folder",
        "test_two": "expected the cassette's name, and options by name",
        "test_option": "'cassette_sped' is none of",
        "test_mode": "mode: expected one of record_only, record_once",
    }

    assert {**dict.fromkeys(expected, "error"), "test_records": "passed", "spec.txt": "passed"} == done.outcomes
    assert [] == [name for name, text in expected.items() if text not in done.told[name]]


def test_nothing_is_done_unasked(runner: Runner) -> None:
    """No import that takes time, no option of it in the way; the fixture says what it needs."""
    code = "import sys; before = {*sys.modules}; import tapehead.pytest_plugin; print(*({*sys.modules} - before))"
    env = {**os.environ, "PYTHONPATH": str(ROOT / "addon")}
    command = [sys.executable, "-c", f"import pytest; {code}"]
    imported = subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout.split()
    runner.write(test_it="def test_a(tapehead): pass\ndef test_b(): pass\n")
    without = runner.run()
    absent = runner.run("-p", "no:tapehead", "-k", "test_b")

    assert {"tapehead", "tapehead.modes", "tapehead.pytest_plugin"} == {*imported}
    assert {"test_a": "error", "test_b": "passed"} == without.outcomes
    assert "needs pytest --tapehead=auto" in without.told["test_a"]
    assert 0 == absent.code


@pytest.mark.parametrize(
    ("nodeid", "expected"),
    [
        ("tests/test_a.py::test_b", "tests/test_a/test_b"),
        ("test_a.py::TestB::test_c", "test_a/TestB/test_c"),
        ("test_a.py::test_b[1]", "test_a/test_b-1-c14a74de"),
        ("test_a.py::test_b[../../x]", "test_a/test_b-../x-a9d3a520"),
        ("../test_a.py::b", "test_a/b-fc385040"),
    ],
)
def test_names(nodeid: str, expected: str) -> None:
    """A test's path and name, and a digest where what cannot be in a file's name is left out."""
    assert expected == cassette_name(nodeid)


def test_long_names() -> None:
    """They fit into a file's name, and stay different."""
    names = {cassette_name(f"test_a.py::test_b[{'x' * 300}{number}]") for number in range(3)}

    assert 3 == len(names)
    assert max(map(len, names)) < 200


AUTO = ("tapehead", "auto", "--cassette-dir", "cassettes", "--", "pytest", "-n", "4")
PLUGIN = ("pytest", "--tapehead=auto", "-n", "4")


@pytest.mark.slow
@pytest.mark.parametrize("command", [AUTO, PLUGIN], ids=["tapehead auto", "pytest --tapehead"])
def test_forty_tests_in_four_workers(tmp_path: Path, standin: StandIn, command: tuple[str, ...]) -> None:
    """Each has its own cassette; all pass offline; a changed prompt fails its test, as does one that is shrugged off."""
    project = Project.copied("pytest_project", tmp_path / "project")
    first = project.recorded(standin, *command)
    cassettes = project.cassettes
    second = project.offline(*command)
    change = {"SAMPLE_PROMPT": "Say hi in Welsh", "SAMPLE_SHRUG": "Do you mind?"}
    changed = project.offline(*command, "test_openai.py", **change)

    assert "40 passed" in first
    assert 41 == len(cassettes), cassettes  # 37 tests, and four fixtures that tests share
    assert (0, True) == (second.returncode, "40 passed" in second.stdout), second.stdout
    assert re.search(r"tapehead: 4\d replayed, 0 missed", second.stdout), second.stdout
    assert (1, True) == (changed.returncode, "2 failed, 18 passed" in changed.stdout), changed.stdout
    assert 'recorded "Say hi in pieces", got "Say hi in Welsh"' in changed.stdout
    assert 'recorded "Do you care?", got "Do you mind?"' in changed.stdout
    assert cassettes == project.cassettes


EARLY = """
import asyncio, http.client, json, os, urllib.request
import aiohttp, urllib3

URL, HEADERS = "https://api.openai.com/v1/chat/completions", {"Content-Type": "application/json"}
connection = http.client.HTTPSConnection("api.openai.com")
manager = urllib3.PoolManager()
loop = asyncio.new_event_loop()
async def made(): return aiohttp.ClientSession()
session = loop.run_until_complete(made())
opener = urllib.request.build_opener()

def body(prompt):
    return json.dumps({"model": "m", "messages": [{"role": "user", "content": prompt}]}).encode()

def by_http_client(prompt, connection=connection):
    connection.request("POST", "/v1/chat/completions", body(prompt), HEADERS)
    return connection.getresponse().read()

def by_urllib3(prompt):
    return manager.request("POST", URL, body=body(prompt), headers=HEADERS, retries=False).data

def by_aiohttp(prompt):
    async def ask():
        async with session.post(URL, data=body(prompt), headers=HEADERS) as answer: return await answer.read()
    return loop.run_until_complete(ask())

def by_urllib(prompt):
    return opener.open(urllib.request.Request(URL, body(prompt), HEADERS)).read()

if os.environ.get("ASK_EARLY"):
    for each in by_http_client, by_urllib3, by_aiohttp, by_urllib: each("early")
"""
CLIENTS = """
import http.client, os, subprocess, sys, unittest.mock
import pytest
import early

@pytest.fixture(scope="module", params=["http_client", "urllib3", "aiohttp"])
def ask(request):
    return getattr(early, f"by_{request.param}")

def test_first(ask): assert b"answer number" in ask("first")
def test_again(ask): assert b"answer number" in ask("again")  # a connection that is kept alive

def test_cleared(ask):
    with unittest.mock.patch.dict(os.environ, clear=True):
        assert b"answer number" in ask("cleared")

def test_new():
    assert b"answer number" in early.by_http_client("new", http.client.HTTPSConnection("api.openai.com"))

def test_child():
    code = "import early; early.by_aiohttp('child'); early.by_urllib('of urllib')"
    subprocess.run([sys.executable, "-c", code], check=True)
"""
EACH = ("http_client", "urllib3", "aiohttp")
ASKED = {
    **{f"test_{name}[{client}]": [name] for name in ("first", "again", "cleared") for client in EACH},
    "test_new": ["new"],
    "test_child": ["child", "of urllib"],
}
UNDER = ("tapehead", "auto", "--cassette-dir", "cassettes", "--")


@pytest.mark.parametrize(
    ("under", "words"),
    [
        pytest.param(UNDER, (), id="tapehead auto-after", marks=pytest.mark.slow),
        pytest.param(UNDER, ("-p", "early"), id="tapehead auto-before"),
        pytest.param(UNDER, ("-p", "http.client"), id="tapehead auto-past us", marks=pytest.mark.slow),
        pytest.param((), (), id="pytest --tapehead-after", marks=pytest.mark.slow),
        pytest.param((), ("-p", "early"), id="pytest --tapehead-before"),
        pytest.param((), ("-p", "http.client"), id="pytest --tapehead-past us", marks=pytest.mark.slow),
    ],
)
def test_whose_session_a_request_is_in(runner: Runner, under: tuple[str, ...], words: tuple[str, ...]) -> None:
    """The test's, by any client that we route, whenever that was imported and its connections were made.

    They are made by a module: as it is collected, or as a plugin before ours. Workers of xdist and children as well.
    """
    runner.write(early=EARLY, test_it=CLIENTS)
    through = {"HTTPS_PROXY": runner.standin.corporate.url, "SSL_CERT_FILE": str(runner.standin.ca)}
    pytest_run = (*under, sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *words)
    mode = () if under else ("--tapehead=auto",)
    path = f"{runner.project.folder}{os.pathsep}{ROOT / 'addon'}"
    first = runner.project.run(*pytest_run, *mode, PYTHONPATH=path, **through)
    asked = {each: runner.prompts(cassette_name(f"test_it.py::{each}")) for each in ASKED}
    second = runner.project.run(*pytest_run, *mode, "-n", "2", PYTHONPATH=path)

    assert (0, 0) == (first.returncode, second.returncode), first.stdout + second.stdout
    assert ASKED == asked
    assert len(ASKED) == len(runner.project.cassettes), runner.project.cassettes
    assert "tapehead: 12 replayed, 0 missed, 0 not used" in second.stdout


def test_connections_of_another_name(runner: Runner) -> None:
    """What was asked before the plugin began named no session; by the same connections, what a test asks is in its own."""
    tests = "import early, pytest\n" + "".join(
        f"def test_{each}(): early.by_{each}('{each}')\n" for each in (*EACH, "urllib")
    )
    runner.write(early=EARLY, test_it=tests)
    path = f"{runner.project.folder}{os.pathsep}{ROOT / 'addon'}"
    command = (*UNDER, sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "early")
    output = runner.project.recorded(runner.standin, *command, PYTHONPATH=path, ASK_EARLY="1")

    assert {each: [each] for each in (*EACH, "urllib")} == {
        each: runner.prompts(f"test_it/test_{each}") for each in (*EACH, "urllib")
    }
    assert ["early"] * 4 == runner.prompts("_unnamed")
    assert "tapehead: a request named no session: its cassette is cassettes/_unnamed.yaml; " in output
    assert "8 recorded · 5 cassettes in cassettes; of requests that named no session: cassettes/_unnamed.yaml" in output


def test_a_miss_that_named_no_session(runner: Runner) -> None:
    """Nobody's test is told, so the run is: it fails, and says what was asked."""
    test = """
import os, subprocess, sys
def test_a():
    proxy = os.environ["TAPEHEAD_PROXY"]
    bare = {name: "http://" + value.partition("@")[2] if value == proxy else value for name, value in os.environ.items()}
    subprocess.run([sys.executable, "-c", "import asking; asking.shrug('nobody')"], env=bare, check=True)
"""
    runner.write(test_it=test)
    done = runner.run("--tapehead=replay", PYTHONPATH=f"{runner.project.folder}{os.pathsep}{ROOT / 'addon'}")

    assert ({"test_a": "passed"}, 1) == (done.outcomes, done.code), done.output
    assert "asked for outside of tests" in done.output
    assert "_unnamed.yaml: found no such file" in done.output


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["auto", "record", "new-episodes"])
def test_workers_share_what_a_fixture_asked(runner: Runner, mode: str) -> None:
    """One of them records it, the others get the same answer: their tests are recorded with what they will be told."""
    runner.write(
        conftest="""
import pytest, time
from asking import *
@pytest.fixture(scope="session")
def shared():
    said = ask("share")
    time.sleep(0.3)
    return said + ask("share")
""",
        test_it="""
import pytest
from asking import *
@pytest.mark.parametrize("n", range(4))
def test_a(shared, n):
    ask(f"{n}: {shared}")
    import time; time.sleep(0.5)
""",
    )
    first = runner.record(f"--tapehead={mode}", "-n", "4")
    second = runner.run("--tapehead=replay", "-n", "2")

    assert (0, 0) == (first.code, second.code), first.output + second.output
    assert ["share", "share"] == runner.prompts("session/fixture-shared")


@pytest.mark.slow
def test_a_proxy_that_dies_under_workers(runner: Runner) -> None:
    """The run ends soon, each worker having told once."""
    runner.write(
        test_it="""
import os, pytest, signal
from asking import *
@pytest.mark.parametrize("n", range(60))
def test_a(n, tmp_path_factory):
    if n == 5:
        os.kill(int(os.environ["PROXY_PID"]), signal.SIGKILL)
    shrug("a")
""",
        conftest="""
import os
def pytest_configure(config):
    run = config.pluginmanager.get_plugin("tapehead_run")
    if run._proxy:
        os.environ["PROXY_PID"] = str(run._proxy._process.pid)
""",
    )
    died = runner.record("--tapehead=auto", "-n", "3")

    assert died.code in (1, 2), died.output
    assert "the proxy does not answer" in died.output
    assert "tapehead: the proxy ended with exit code -9" in died.output
    assert len(died.outcomes) < 30
    assert "INTERNALERROR" not in died.output
