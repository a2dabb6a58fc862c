"""What package managers ask: it passes, or is refused, and no cassette is made for it. Here a program says that it is one."""

import json
import os

import pytest

from tests.unit.cli.wrapped import ASK, PYTHON, Wrapped

AS_PIP = (*ASK, "--header", "User-Agent=pip/24.0")
SHOW = (*PYTHON, "-c", "import os; print(os.environ['NO_PROXY']); print(os.environ['JAVA_TOOL_OPTIONS'])")


def test_nothing_else_to_record_is_said(tape: Wrapped) -> None:
    """A recording of package managers alone has recorded nothing: no file, exit code 3, and the reason."""
    done = tape.record("--", *AS_PIP, "one")
    assert 3 == done.code
    assert [
        "tapehead: nothing but package managers reached the proxy: tapehead doctor -- COMMAND says why",
        "tapehead: 0 recorded, 1 passed on (pip) · cassettes/recorded.yaml",
    ] == done.lines
    assert done.output.startswith("200 ")
    assert not tape.cassette.exists()


def test_what_a_cassette_has_is_answered(tape: Wrapped) -> None:
    """Recordings with such traffic in them replay as before; what they lack is refused."""
    tape.record("--", *ASK, "one")
    report = tape.folder / "report.json"
    done = tape.run("replay", "--report", str(report), "--", *AS_PIP, "one", "two", "three")
    assert ["200", "403", "403"] == [line.split()[0] for line in done.output.splitlines()]
    assert [
        "tapehead: pip asks for packages, which no cassette has: fetch dependencies first: "
        "pip install -r requirements.txt; or --direct api.openai.com lets it reach that host",
        "tapehead: 1 replayed, 0 missed, 0 not used, 2 not fetched (pip) · cassettes/recorded.yaml",
    ] == done.lines
    assert 0 == done.code
    assert {"pip": {"passed": 0, "refused": 2}} == json.loads(report.read_text())["package_managers"]


def test_new_episodes_do_not_add_it(tape: Wrapped) -> None:
    """What is there is answered, the rest passes and stays out."""
    tape.record("--", *ASK, "one")
    done = tape.run("auto", "--new-episodes", "--", *AS_PIP, "one", "two", env=tape.online)
    assert "tapehead: 1 replayed, 0 missed, 0 not used, 1 passed on (pip) · cassettes/recorded.yaml" == done.lines[-1]
    assert 1 == len(tape.load().interactions)


@pytest.mark.parametrize(("mode", "said"), [("auto", "passed on"), ("replay", "not fetched")])
def test_no_session_is_opened(tape: Wrapped, mode: str, said: str) -> None:
    """With a folder of cassettes it is nobody's: no `_unnamed.yaml`, and no word on a request without a name."""
    done = tape.run(mode, "--cassette-dir", "tapes", "--", *AS_PIP, "one", env=tape.online)
    assert f"1 {said} (pip)" in done.lines[-1]
    assert not any("named no session" in line for line in done.lines)
    assert not (tape.folder / "tapes").exists()
    assert 0 == done.code


def test_direct_names_hosts_for_the_program(tape: Wrapped) -> None:
    """They go into what its clients read, in each client's own form."""
    done = tape.run("auto", "--direct", "packages.example", "--direct", "10.0.0.7", "--", *SHOW)
    no_proxy, java = done.output.splitlines()
    assert "localhost,127.0.0.1,::1,packages.example,10.0.0.7" == no_proxy
    assert "|packages.example|*.packages.example|10.0.0.7" in java


@pytest.mark.parametrize("value", ["https://packages.example/", "a,b", "*", "", "a b"])
def test_direct_takes_hosts(tape: Wrapped, value: str) -> None:
    """Not URLs, lists, or everything."""
    done = tape.run("replay", "--direct", value, "--", "true")
    assert 2 == done.code
    assert "expected the name of a host, such as packages.example.com" in done.errors


def test_direct_is_not_for_the_sandbox(tape: Wrapped) -> None:
    """Where the proxy is the only way out."""
    done = tape.run("replay", "--sandbox", "--direct", "a.example", "--", "true")
    assert (2, True) == (done.code, "--direct is not for --sandbox" in done.errors)


def test_registries_of_the_environment_count(tape: Wrapped) -> None:
    """A private registry has paths of its own."""
    index = {"PIP_INDEX_URL": "https://api.openai.com/v1/chat"}
    fetch = "import urllib.request as r; print(r.urlopen('https://api.openai.com/v1/chat/tiny').status)"
    done = tape.record("--", *PYTHON, "-c", fetch, env=index)
    assert "1 passed on (pip)" in done.lines[-1], os.linesep.join(done.lines)
