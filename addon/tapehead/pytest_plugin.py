"""The pytest plugin: one proxy for the run, one cassette for each test, and a miss fails its test.

Knows pytest. A test's session is begun and ended at the proxy's control endpoint; which proxy that is is told elsewhere
(`pytest_proxy`). Loaded into every pytest where tapehead is installed, it imports little and does nothing unasked.
"""

import hashlib
import os
import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tapehead.clients.control import Control, ControlError
from tapehead.pytest_proxy import PluginProxy, name_ourselves

_MODES = ("record", "replay", "auto", "new-episodes", "off")
_LONGEST = 180
_KEY = pytest.StashKey["_Run"]()
_FAILURES = ("missed", "lost", "refused", "turned_away")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tape:
    """What the fixture `tapehead` gives to a test."""

    session: str
    """The session's name: for a client's proxy user name, or its header x-tapehead-session."""
    cassette: str
    """Its name below the folder of cassettes."""
    control: Control

    @property
    def headers(self) -> dict[str, str]:
        """For a client that is not reached by the environment."""
        return {"x-tapehead-session": self.session}

    def verdict(self) -> dict[str, Any]:
        """What came of the test's requests so far: counts, and the troubles with their explanations."""
        return self.control.verdict(self.session)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("tapehead", "LLM traffic from cassettes")
    group.addoption(
        "--tapehead",
        choices=_MODES,
        help="Record each test's LLM traffic, replay it, or record what has no cassette (auto) or what one does not have.",
    )
    group.addoption("--tapehead-dir", metavar="DIR", help="Where the cassettes are (default: cassettes).")
    group.addoption(
        "--tapehead-strict",
        action="store_true",
        default=None,
        help="Fail a test that did not ask for all of its cassette.",
    )
    parser.addini("tapehead", f"One of {', '.join(_MODES)}; --tapehead says otherwise.", default="")
    parser.addini("tapehead_dir", "Where the cassettes are, from the root folder.", default="cassettes")
    parser.addini(
        "tapehead_strict", "Fail a test that did not ask for all of its cassette.", type="bool", default=False
    )
    parser.addini("tapehead_set", "Options NAME=VALUE of the proxy, one a line.", type="linelist", default=[])


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Before any client is made: a conftest may make one."""
    options = early_config.known_args_namespace
    mode = options.tapehead or early_config.getini("tapehead")
    if mode and mode not in _MODES:
        raise pytest.UsageError(f"tapehead = {mode}: expected one of {', '.join(_MODES)}")
    if mode == "off":
        return
    control, proxy = Control.from_environment(), None
    if control is None or (mode and not os.environ.get("TAPEHEAD_DIR")):
        if not mode or hasattr(early_config, "workerinput"):
            return
        folder = Path(options.tapehead_dir or early_config.rootpath / early_config.getini("tapehead_dir"))
        proxy = PluginProxy.start(mode, folder, early_config.getini("tapehead_set"))
        control = proxy.control
    elif not os.environ.get("TAPEHEAD_DIR"):
        return  # under a proxy with one cassette for all
    strict = options.tapehead_strict
    run = _Run(
        control,
        name_ourselves(),
        strict=early_config.getini("tapehead_strict") if strict is None else strict,
        proxy=proxy,
    )
    early_config.stash[_KEY] = run
    early_config.pluginmanager.register(run, "tapehead_run")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "tapehead(name, mode=..., speed=..., ...): the test's cassette, and cassette_* options for it"
    )


@pytest.fixture(name="tapehead")
def tapehead_fixture(request: pytest.FixtureRequest) -> Tape:
    """The test's session. Fails when pytest does not run with --tapehead, or under tapehead with --cassette-dir."""
    run = request.config.stash.get(_KEY, None)
    if run is None or run.tape is None:
        pytest.fail(
            "the fixture tapehead needs pytest --tapehead=auto, or tapehead auto --cassette-dir DIR -- pytest", False
        )
    return run.tape


class _Run:
    """The plugin once it is wanted: the sessions of one process's tests."""

    def __init__(self, control: Control, user: str, *, strict: bool, proxy: PluginProxy | None) -> None:
        self._control = control
        self._user = user
        self._strict = strict
        self._proxy = proxy
        self.tape: Tape | None = None
        """Of the test that runs."""
        self._told = 0
        """Failures of it that were told already."""

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        cassette, mode, options = _wanted(item)
        try:
            session = self._control.begin(cassette, user=self._user, mode=mode, options=options)
        except ControlError as e:
            raise pytest.UsageError(f"{item.nodeid}: {e}") from e
        self.tape, self._told = Tape(session=session, cassette=cassette, control=self._control), 0
        try:
            return (yield)
        finally:
            if self.tape:
                self._control.end(session)
            self.tape = None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if self.tape and call.when in ("call", "teardown"):
            last = call.when == "teardown"
            verdict = self._control.end(self.tape.session) if last else self._control.verdict(self.tape.session)
            if last:
                self.tape = None
            self._judge(report, verdict, last=last)
        return report

    def _judge(self, report: pytest.TestReport, verdict: dict[str, Any], *, last: bool) -> None:
        troubles = [each for each in verdict["troubles"] if each["what"] in _FAILURES]
        texts = ["\n".join([each["reason"], *each["explanation"]]) for each in troubles[self._told :]]
        self._told = len(troubles)
        if last and self._strict:
            texts += [f"not asked for: interaction {e['id']}, {e['method']} {e['url']}" for e in verdict["unused"]]
        if not texts:
            return
        text = "\n\n".join([*texts, f"cassette: {verdict['cassette']}"])
        if report.passed:
            report.outcome, report.longrepr = "failed", text
        else:
            report.sections.append(("tapehead", text))

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any, request: Any) -> Generator[None, object, object]:
        """What a fixture asks for that several tests share is in a cassette of its own: any of them may come first."""
        if fixturedef.scope == "function":
            return (yield)
        base = request.node.nodeid or "session"
        session = self._control.begin(_name(f"{base}::fixture-{fixturedef.argname}"), user=self._user)
        try:
            return (yield)
        finally:
            verdict = self._control.end(session)
            texts = [each["reason"] for each in verdict["troubles"] if each["what"] in _FAILURES]
            if texts:
                pytest.fail(f"fixture {fixturedef.argname}: {texts[0]}", pytrace=False)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if self._proxy:
            terminalreporter.write_line(self._proxy.stop())

    def pytest_unconfigure(self) -> None:
        if self._proxy:
            self._proxy.stop()


def _wanted(item: pytest.Item) -> tuple[str, str, dict[str, Any]]:
    """Cassette, mode and options of a test, as its marks say; the nearest mark counts most."""
    cassette, mode, options = _name(item.nodeid), "", dict[str, Any]()
    for mark in reversed([*item.iter_markers("tapehead")]):
        if len(mark.args) > 1 or not all(isinstance(each, str) for each in mark.args):
            raise pytest.UsageError(f"{item.nodeid}: tapehead(...): expected the cassette's name, and options by name")
        cassette = mark.args[0] if mark.args else cassette
        for name, value in mark.kwargs.items():
            if name == "mode":
                mode = str(value)
            else:
                options[name if name.startswith("cassette") else f"cassette_{name}"] = value
    return cassette, mode, options


def _name(nodeid: str) -> str:
    """A name for a test's cassette: its path, what it is called, and a short digest where that alone is not safe."""
    path, *rest = nodeid.split("::")
    raw = "/".join([path.removesuffix(".py"), *rest])
    safe = "/".join(part for part in _parts(raw))
    if safe == raw and len(safe) <= _LONGEST:
        return safe
    return f"{safe[:_LONGEST].rstrip('/')}-{hashlib.sha256(nodeid.encode(errors='replace')).hexdigest()[:8]}"


def _parts(raw: str) -> Iterator[str]:
    for part in raw.split("/"):
        safe = re.sub(r"[^A-Za-z0-9._-]+", "-", part).strip("-")
        if safe not in ("", ".", ".."):
            yield safe
