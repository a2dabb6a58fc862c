"""What a miss advises under pytest, done: the command of that one test, and its mark."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.samples import Project
from tests.support.standin import StandIn, stand_in
from tests.test_pytest_plugin import ASK, ROOT, Outcome, Runner
from tests.unit.cli.wrapped import TAPEHEAD

TEST = """
import pytest
from asking import now, shrug

@pytest.mark.parametrize("word", ["a b", "c"])
def test_asks(word): assert shrug(now(word))
"""


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    with stand_in(tmp_path_factory.mktemp("standin")) as standin:
        yield standin


@pytest.fixture
def project(tmp_path: Path, provider: StandIn) -> Runner:
    (tmp_path / "project").mkdir()
    made = Project.at(tmp_path / "project", PYTHONPATH=str(ROOT / "addon"))
    return Runner(project=made, standin=provider).write(asking=ASK, test_it=TEST, pytest="[pytest]\n")


def advised(told: str, words: str) -> list[str]:
    """The command behind some words, as arguments of pytest."""
    [command] = {*re.findall(rf"{re.escape(words)}: (pytest .*?)[.;]?(?:; to|\n|$)", told, re.MULTILINE)}
    return shlex.split(command)[1:]


def obey(runner: Runner, arguments: list[str], change: str = " again") -> Outcome:
    """Where the provider is there; CI keeps nothing from it."""
    return runner.record(*arguments, CHANGE=change, CI="true")


def test_a_miss(project: Runner) -> None:
    """That test alone is asked again, and what it lacks is added."""
    project.record("--tapehead=auto")
    missed = project.run("--tapehead=auto", CHANGE=" again", CI="true")
    arguments = advised(missed.told["test_asks[a b]"], "to record what is missing")
    assert ["--tapehead=new-episodes", "test_it.py::test_asks[a b]"] == arguments
    added = obey(project, arguments)
    assert {"test_asks[a b]": "passed"} == added.outcomes
    again = project.run("--tapehead=replay", CHANGE=" again")
    assert {"test_asks[a b]": "passed", "test_asks[c]": "failure"} == again.outcomes


def test_no_cassette(project: Runner) -> None:
    """It is made, in the folder that the command line named."""
    missed = project.run("--tapehead=auto", "--tapehead-dir=my tapes", CI="true")
    told = missed.told["test_asks[c]"]
    assert "CI is set, so auto only replays" in told
    arguments = advised(told, "to record it")
    assert {"test_asks[c]": "passed"} == obey(project, arguments, change="").outcomes
    assert "passed" == project.run("--tapehead=replay", "--tapehead-dir=my tapes").outcomes["test_asks[c]"]


def test_a_mark(project: Runner) -> None:
    """An option is written as the mark that it is pasted as."""
    project.record("--tapehead=auto")
    missed = project.run("--tapehead=replay", CHANGE=" again")
    [mark] = {*re.findall(r"(@pytest\.mark\.tapehead\(.*?\))", missed.told["test_asks[c]"])}
    assert '@pytest.mark.tapehead(cassette_ignore="/messages/0/content")' == mark
    project.write(test_it=TEST.replace("@pytest.mark.parametrize", f"{mark}\n@pytest.mark.parametrize"))
    assert 0 == project.run("--tapehead=replay", CHANGE=" again").code


def test_a_mark_with_a_mode(project: Runner) -> None:
    """It counts more than the command line, so the mark is what is to be changed."""
    marked = "@pytest.mark.tapehead(mode='replay')\n@pytest.mark.parametrize"
    project.write(test_it=TEST.replace("@pytest.mark.parametrize", marked))
    missed = project.run("--tapehead=auto")
    mark = '@pytest.mark.tapehead(mode="record")'
    assert f"to record it: {mark}" in missed.told["test_asks[c]"]
    project.write(test_it=TEST.replace("@pytest.mark.parametrize", f"{mark}\n@pytest.mark.parametrize"))
    assert 0 == project.record("--tapehead=auto").code


def test_under_the_command(project: Runner) -> None:
    """With a proxy that is there already, the one test is run by itself, in the same folder."""
    folder = project.project.folder
    done = project.project.run(
        str(TAPEHEAD), "replay", "--cassette-dir", "tapes", "--", "python", "-m", "pytest", "-p", "no:cacheprovider"
    )
    [command] = {*re.findall(r"to record it: (pytest .*test_asks\[c\]'?)", done.stdout)}
    assert {"test_asks[c]": "passed"} == obey(project, shlex.split(command)[1:], change="").outcomes
    assert 1 == len([*(folder / "tapes").rglob("*.yaml")])
