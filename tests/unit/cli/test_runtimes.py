"""What runtimes say of themselves: the installed ones, and made-up ones that are in a user's way."""

import asyncio
import os
import shutil
import sys
from pathlib import Path

import pytest

from tapehead.cli.doctor.diagnosis import Diagnosis, Level
from tapehead.cli.doctor.runtimes import DAEMONS, check_daemons, check_java, check_node, check_python, commands_of_user

WITHIN = 60.0
ENVIRONMENT = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "HOME": os.environ["HOME"]}


def program(folder: Path, name: str, script: str) -> dict[str, str]:
    """An environment whose PATH has a shell script of this name first."""
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return {**ENVIRONMENT, "PATH": f"{folder}{os.pathsep}{ENVIRONMENT['PATH']}"}


def python(environment: dict[str, str]) -> tuple[list[Diagnosis], list[str]]:
    return asyncio.run(check_python(environment, WITHIN))


def needs(name: str) -> None:
    if shutil.which(name) is None:
        pytest.skip(f"no `{name}` on PATH")


def test_the_python_on_the_path() -> None:
    """Its sitecustomize runs, and the packages of this environment are there."""
    found, modules = python(ENVIRONMENT)

    assert {Level.OK} == {each.level for each in found}
    assert "runs tapehead's sitecustomize" in found[0].what
    assert {"openai", "anthropic", "httpx", "google.genai", "boto3", "urllib3"} <= set(modules)


@pytest.mark.parametrize(("flag", "name"), [("-I", "isolated"), ("-E", "ignore_environment"), ("-S", "no_site")])
def test_a_python_with_flags(tmp_path: Path, flag: str, name: str) -> None:
    """One that is started with -I, -E or -S is named: clients that need the sitecustomize get past."""
    found, _ = python(program(tmp_path, "python", f'exec "{sys.executable}" {flag} "$@"'))

    assert Level.WRONG is found[0].level
    assert name in found[0].what


def test_a_sitecustomize_that_was_there(tmp_path: Path) -> None:
    """The user's own one is run after ours, and named."""
    (tmp_path / "sitecustomize.py").write_text("print('hello')\n")
    found, modules = python({**ENVIRONMENT, "PYTHONPATH": str(tmp_path)})

    assert f"runs tapehead's sitecustomize, and after it {tmp_path}/sitecustomize.py" == found[0].what
    assert "openai" in modules


def test_a_python_that_does_not_run(tmp_path: Path) -> None:
    """Its own words are repeated; one that hangs is ended."""
    (found,), modules = python(program(tmp_path, "python", "echo 'no version is set' >&2; exit 126"))
    (late,), _ = asyncio.run(check_python(program(tmp_path, "python", "sleep 30"), 0.2))

    assert (Level.WRONG, f"{tmp_path}/python: no version is set") == (found.level, found.what)
    assert [] == modules
    assert Level.NOTE is late.level


def test_no_runtime_at_all(tmp_path: Path) -> None:
    """Is no fault."""
    nothing = {"PATH": str(tmp_path)}

    assert ([], []) == python(nothing)
    assert [] == asyncio.run(check_node(nothing, WITHIN))
    assert [] == asyncio.run(check_java(nothing, WITHIN))


@pytest.mark.parametrize(
    ("version", "level", "expected"),
    [
        ("v18.20.1", Level.NOTE, "is older than 20, for which the preload was made"),
        ("v20.20.2", Level.OK, "reached by the preload"),
        ("v22.20.0", Level.OK, "reached by the preload"),
        ("v22.21.0", Level.OK, "reads the proxy variables, and the preload for http2"),
        ("huh", Level.NOTE, "does not say its version"),
    ],
)
def test_versions_of_node(tmp_path: Path, version: str, level: Level, expected: str) -> None:
    """What each means."""
    (found,) = asyncio.run(check_node(program(tmp_path, "node", f"echo {version}"), WITHIN))

    assert level is found.level
    assert expected in found.what


@pytest.mark.parametrize("options", ["--use-env-proxy", "--require /nowhere/preload.js"])
def test_options_that_stop_node(options: str) -> None:
    """NODE_OPTIONS with which the installed Node does not start."""
    needs("node")
    if options == "--use-env-proxy" and not asyncio.run(check_node(ENVIRONMENT, WITHIN))[0].topic.startswith("Node 20"):
        pytest.skip("this Node knows the option")
    (found,) = asyncio.run(check_node({**ENVIRONMENT, "NODE_OPTIONS": options}, WITHIN))

    assert Level.WRONG is found.level
    assert "does not start with this NODE_OPTIONS" in found.what


def test_options_that_node_keeps() -> None:
    """Are named, and fine."""
    needs("node")
    (found,) = asyncio.run(check_node({**ENVIRONMENT, "NODE_OPTIONS": "--max-old-space-size=512"}, WITHIN))

    assert Level.OK is found.level
    assert found.what.endswith("NODE_OPTIONS is set, and kept")


def test_java() -> None:
    """Says that each JVM will say something; one that does not start is wrong."""
    needs("java")
    (found,) = asyncio.run(check_java(ENVIRONMENT, WITHIN))
    (broken,) = asyncio.run(check_java({**ENVIRONMENT, "JAVA_TOOL_OPTIONS": "-Xnope"}, WITHIN))

    assert found.topic.startswith("Java ")
    assert (Level.NOTE, True) == (found.level, "Picked up JAVA_TOOL_OPTIONS" in found.what)
    assert (Level.WRONG, True) == (broken.level, "-Xnope" in broken.what)


def test_daemons() -> None:
    """A Gradle daemon's environment is older than the proxy: it is to be stopped. What only mentions one is none."""
    running = ["java -cp gradle-launcher-8.5.jar org.gradle.launcher.daemon.bootstrap.GradleDaemon 8.5", "vim notes"]
    (found,) = check_daemons(running)

    assert Level.WRONG is found.level
    assert "gradle --stop" in found.remedy
    assert [] == list(check_daemons(["vim notes"]))
    assert len(DAEMONS) == len(list(check_daemons([daemon.mark for daemon in DAEMONS])))


def test_our_own_command_line_is_there() -> None:
    """Where there is a /proc."""
    if not Path("/proc/self/cmdline").exists():
        pytest.skip("no /proc")

    assert any("pytest" in command for command in commands_of_user())
