"""A pytest run with cassettes: each test's session is begun and ended, and a miss fails its test.

Knows pytest's hooks. The proxy is another process, spoken to at its control endpoint; what a cassette is called is told
by `cassette_spec`.
"""

import itertools
import os
import shlex
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tapehead.clients.control_client import ControlClient, ControlError, GoneError
from tapehead.pytest_plugin.cassette_spec import cassette_spec_for, fixture_name
from tapehead.pytest_plugin.network_blocks import ProxyAddresses, advice
from tapehead.pytest_plugin.plugin_proxy import Environment, PluginProxy, restore_env, set_user_in_env
from tapehead.text.escape import lines

_FAILURES = ("missed", "lost", "refused", "turned_away")
_MAKES = ("record_only", "record_once")
"""Modes in which a cassette is made new."""
_OUTSIDE = "outside-of-tests"
_MARK_ADVICE = {
    "add": '@pytest.mark.tapehead(mode="new-episodes")',
    "make": '@pytest.mark.tapehead(mode="record")',
    "options": "mark",
}
"""Where a mark says the mode, which counts more than the command line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentRequest:
    """A request as the proxy got it."""

    method: str
    url: str
    headers: dict[str, str]
    """By their names in lower case."""
    json: Any
    """What the body says in JSON; None where it says nothing in it."""
    body: str | None
    """Its text; None for one of more than a mebibyte."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TapeheadFixture:
    """What the fixture `tapehead` gives to a test."""

    session: str
    """The session's name: for a client's proxy user name, or its header x-tapehead-session."""
    cassette: str
    """Its name below the folder of cassettes."""
    control: ControlClient

    @property
    def headers(self) -> dict[str, str]:
        """For a client that is not reached by the environment."""
        return {"x-tapehead-session": self.session}

    @property
    def requests(self) -> list[SentRequest]:
        """What was sent in this test so far, in order; without credentials."""
        return [SentRequest(**each) for each in self.control.requests(self.session)]

    def verdict(self) -> dict[str, Any]:
        """Returns what came of the test's requests so far: counts, and the problems with their explanations."""
        return self.control.verdict(self.session)


class PytestRun:
    """The plugin once it is wanted: the sessions of one process's tests."""

    def __init__(
        self, control: ControlClient, *, mode: str, strict: bool, proxy: PluginProxy | None, folder: str = ""
    ) -> None:
        self.tape: TapeheadFixture | None = None
        """Of the test that runs."""
        self._control = control
        self._user = set_user_in_env()
        self._addresses = ProxyAddresses(os.environ)
        self._header = ""
        self._mode = mode
        self._strict = strict
        self._proxy = proxy
        self._folder = folder
        """Where the cassettes are, if the command line says so."""
        self._changes: Any = {}
        """To the environment."""
        self._reported_count = 0
        """Failures of the test that were told already."""
        self._passed = True
        """Whether it did, so far."""
        self._failed = False
        """Whether it did, in any of its phases; one that is skipped, or fails as it should, does not."""
        self._recorded: set[str] = set()
        """Tests whose cassette was made in this run: run again, it is made again."""
        self._outside_failures: list[str] = []
        """What went wrong where no test was running."""

    @classmethod
    def start(
        cls,
        mode: str,
        folder: Path | str,
        *,
        strict: bool,
        settings: Sequence[str],
        include_loopback: bool = False,
        given: str = "",
    ) -> "PytestRun":
        """Begins under the proxy that the environment names if it has sessions, else under one of our own.

        `given` is the folder where it is an option of the command line, which a run of one test repeats.
        Raises UsageError without either.
        """
        environment = Environment()
        control, proxy = ControlClient.with_sessions(), None
        given = given if control is None else os.environ["TAPEHEAD_DIR"]
        if control is None:
            if not mode:
                raise pytest.UsageError(
                    "tapehead: TAPEHEAD_DIR is set, but no TAPEHEAD_CONTROL with its TAPEHEAD_TOKEN"
                )
            proxy = PluginProxy.start(mode, Path(folder), settings, include_loopback=include_loopback)
            control = proxy.control
        run = cls(control, mode=mode, strict=strict, proxy=proxy, folder=given)
        run._changes = environment.changes()
        try:
            # Modules ask as well, while they are collected; in each worker, and the first who does records it.
            control.begin(_OUTSIDE, user=run._user, mode=mode, advice=run._advice(""))
        except ControlError as e:
            run.pytest_unconfigure()
            raise pytest.UsageError(str(e)) from e
        return run

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        self._header = self._addresses.allow(config.option)  # before pytest-socket looks at it

    def pytest_report_header(self) -> str:
        return self._header

    # A test

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self) -> Generator[None, object, object]:
        try:
            return (yield)
        finally:
            self._end_current()  # after Ctrl-C, nobody reported

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Begins the test's session; not in the protocol: plugins that run a test again do so within it."""
        self._end_current()
        try:
            want = cassette_spec_for(item)
            for told in want.warnings:
                item.warn(DeprecationWarning(f"@pytest.mark.tapehead: {told}"))
            again = item.nodeid in self._recorded and not want.named
            session = self._control.begin(
                want.cassette,
                user=self._user,
                mode="record" if again else want.mode or self._mode,
                options=want.options,
                append=want.named,
                advice=_MARK_ADVICE if want.mode else self._advice(item.nodeid),
            )
        except GoneError as e:
            item.session.shouldfail = str(e)
            pytest.fail(str(e), pytrace=False)
        except (ControlError, ValueError) as e:
            pytest.fail(f"@pytest.mark.tapehead: {str(e).removeprefix('tapehead: ')}", pytrace=False)
        self.tape, self._reported_count = (
            TapeheadFixture(session=session, cassette=want.cassette, control=self._control),
            0,
        )
        self._passed, self._failed = True, False

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self) -> Generator[None, object, object]:
        self._addresses.let_through()
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        report.sections += advice(call)
        tape, last = self.tape, call.when == "teardown"
        if tape is None:
            return report
        try:
            if last:
                self.tape = None
                verdict = self._control.end(tape.session, succeeded=not (self._failed or report.failed))
            else:
                verdict = self._control.verdict(tape.session)
        except ControlError as e:
            self.tape = None
            item.session.shouldfail = str(e)
            _fail(report, str(e))
            return report
        if verdict["recorded"] and verdict["mode"] == "record_once":
            self._recorded.add(item.nodeid)
        self._apply_verdict(report, verdict, last=last)
        if report.failed and verdict["recorded"] and verdict["mode"] in _MAKES:
            report.sections.append(
                ("tapehead", "\n".join(lines(_made_in_failure(verdict["cassette"], self._advice(item.nodeid)["make"]))))
            )
        self._failed = self._failed or report.failed
        return report

    def _apply_verdict(self, report: pytest.TestReport, verdict: dict[str, Any], *, last: bool) -> None:
        troubles = _troubles(verdict)
        texts, self._reported_count = troubles[self._reported_count :], len(troubles)
        if last and self._strict and self._passed:
            texts += [f"not asked for: interaction {e['id']}, {e['method']} {e['url']}" for e in verdict["unused"]]
        if texts:
            _fail(report, "\n\n".join([*texts, f"cassette: {verdict['cassette']}"]))
        self._passed = self._passed and report.passed

    def _end_current(self) -> None:
        if self.tape:
            self._end(self.tape.session)
        self.tape = None

    # What several tests share

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any, request: Any) -> Generator[None, object, object]:
        """Gives what such a fixture asks for a cassette of its own: any of the tests may come first, or last.

        Of several workers one records it. Each would get another answer, and of the tests that go by it some a wrong
        one when it is replayed.
        """
        self._addresses.let_through()
        if fixturedef.scope == "function":
            return (yield)
        name, ending = fixture_name(fixturedef, request), ""

        def begin() -> None:
            nonlocal ending
            ending = self._begin(f"{name}-teardown")

        def end() -> None:
            if texts := self._end(ending):
                pytest.fail("\n\n".join([f"teardown of fixture {fixturedef.argname}", *texts]), pytrace=False)

        fixturedef.addfinalizer(end)  # the last, as its own are added later, and those of whoever uses it
        session = self._begin(name)
        try:
            value = yield
        except BaseException as e:
            for text in self._end(session):
                e.add_note(text)
            raise
        finally:
            fixturedef.addfinalizer(begin)
        if texts := self._end(session):
            try:
                pytest.fail("\n\n".join([f"fixture {fixturedef.argname}", *texts]), pytrace=False)
            except pytest.fail.Exception as e:
                # pytest has the value by now, and would give it to the other tests that want it
                fixturedef.cached_result = (None, fixturedef.cache_key(request), (e, e.__traceback__))
                raise
        return value

    def _begin(self, cassette: str) -> str:
        """The session's name; "" when there is none: what is asked then fails by itself, and is told with the test."""
        try:
            return self._control.begin(cassette, user=self._user, mode=self._mode, share=True, advice=self._advice(""))
        except ControlError:
            return ""

    def _end(self, session: str) -> list[str]:
        """What went wrong in it."""
        try:
            return _troubles(self._control.end(session)) if session else []
        except ControlError:
            return []

    def _advice(self, nodeid: str) -> Mapping[str, str]:
        """What a miss advises in a test; with "" in what several tests share."""
        return {
            "add": _command("new-episodes", self._folder, nodeid),
            "make": _command("record", self._folder, nodeid),
            "options": "mark" if nodeid else "ini" if self._proxy else "set",
        }

    # The end

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if hasattr(session.config, "workerinput"):  # who began the run tells for all
            return
        try:
            verdicts = self._control.verdict()["sessions"]
        except ControlError:
            return
        for each in verdicts:
            # Of a proxy of our own, what names no session is this run's too.
            if each["session"].partition("~")[0] in (_OUTSIDE, *([""] if self._proxy else [])):
                self._outside_failures += [text for text in _troubles(each) if text not in self._outside_failures]
        if self._outside_failures and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if self._outside_failures:
            terminalreporter.section("tapehead: asked for outside of tests", sep="=", red=True, bold=True)
            terminalreporter.write_line("\n\n".join(self._outside_failures))
        if self._proxy:
            terminalreporter.write_line(self._proxy.stop())

    def pytest_unconfigure(self) -> None:
        if self._proxy:
            self._proxy.stop()
        restore_env(self._changes)


def _command(mode: str, folder: str, nodeid: str) -> str:
    where = [f"--tapehead-dir={folder}"] if folder else []
    return shlex.join(["pytest", f"--tapehead={mode}", *where, *([nodeid] if nodeid else [])])


def _made_in_failure(cassette: str, again: str) -> str:
    """What a test that failed is told of what it has recorded."""
    again = f"to record it again: {again}"
    told = f"the test failed while its cassette was made: {cassette}\n{again}"
    if os.path.exists(f"{cassette}.bak"):
        told += f"\nto bring back the recording before: tapehead restore {shlex.quote(cassette)}"
    return told


def _troubles(verdict: dict[str, Any]) -> list[str]:
    """What fails a test, each with its explanation."""
    failures = {*verdict["failures"]}
    told = [each for each in verdict["problems"] if each["reason"] in failures]
    of_all = failures - {each["reason"] for each in told}  # what no exchange alone did
    return [*(_told(each["reason"], each["explanation"]) for each in told), *sorted(of_all)]


def _told(reason: str, explanation: Sequence[str]) -> str:
    """The reason has the advice already."""
    return "\n".join([reason, *itertools.takewhile(lambda line: line != "what to do:", explanation)])


def _fail(report: pytest.TestReport, text: str) -> None:
    """Fails it, or says more about its failure. One that was expected stays one.

    pytest prints the text as it is, and a cassette's words may be in it.
    """
    text = "\n".join(lines(text))
    if report.passed or (report.skipped and not hasattr(report, "wasxfail")):
        report.outcome, report.longrepr = "failed", text
    else:
        report.sections.append(("tapehead", text))
