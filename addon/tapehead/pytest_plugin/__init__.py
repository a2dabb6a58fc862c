"""The pytest plugin: its options, its marker and its fixture.

Loaded into every pytest where tapehead is installed, it imports next to nothing and does nothing unasked. What it does
when it is wanted is in `pytest_run`, which proxy that goes through in `plugin_proxy`.
"""

import os
from typing import TYPE_CHECKING

import pytest

from tapehead.modes import MODES, Mode

if TYPE_CHECKING:  # what a run needs takes 50 ms to import, and most runs of pytest are none of ours
    from tapehead.pytest_plugin import pytest_run

_RUN = pytest.StashKey["pytest_run.PytestRun"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("tapehead", "LLM traffic from cassettes")
    group.addoption(
        "--tapehead",
        choices=[*MODES],
        help="Record each test's LLM traffic, replay it, or record what has no cassette (auto) or what one does not have.",
    )
    group.addoption("--tapehead-dir", metavar="DIR", help="Where the cassettes are (default: cassettes).")
    group.addoption(
        "--tapehead-strict",
        action="store_true",
        default=None,
        help="Fail a test that did not ask for all of its cassette.",
    )
    group.addoption(
        "--tapehead-include-loopback",
        action="store_true",
        default=None,
        help="Send what is for this machine through the proxy too.",
    )
    parser.addini("tapehead", f"One of {', '.join(MODES)}; --tapehead says otherwise.", default="")
    parser.addini("tapehead_dir", "Where the cassettes are, from the root folder.", default="cassettes")
    parser.addini(
        "tapehead_strict", "Fail a test that did not ask for all of its cassette.", type="bool", default=False
    )
    parser.addini(
        "tapehead_include_loopback", "Send what is for this machine through the proxy too.", type="bool", default=False
    )
    parser.addini("tapehead_set", "Options NAME=VALUE of the proxy, one a line.", type="linelist", default=[])


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Starts the run before any client is made: a conftest may make one. Raises UsageError when it cannot."""
    options = early_config.known_args_namespace
    mode = options.tapehead or early_config.getini("tapehead")
    if mode and mode not in MODES:
        raise pytest.UsageError(f"tapehead = {mode}: expected one of {', '.join(MODES)}")
    # Under a proxy with one cassette for all there is nothing to do: TAPEHEAD_DIR says that there are sessions.
    if (mode and MODES[mode] is Mode.PASSTHROUGH) or not (mode or os.environ.get("TAPEHEAD_DIR")):
        return
    if options.help or options.version or options.markers or options.showfixtures:
        return

    from tapehead.option_names import current_setting
    from tapehead.pytest_plugin.pytest_run import PytestRun

    settings = []
    for setting in early_config.getini("tapehead_set"):
        current, told = current_setting(setting)
        settings.append(current)
        if told:
            early_config.issue_config_time_warning(DeprecationWarning(f"tapehead_set: {told}"), stacklevel=1)
    folder, strict, loopback = options.tapehead_dir, options.tapehead_strict, options.tapehead_include_loopback
    early_config.stash[_RUN] = run = PytestRun.start(
        mode,
        folder or early_config.rootpath / early_config.getini("tapehead_dir"),
        strict=early_config.getini("tapehead_strict") if strict is None else strict,
        settings=settings,
        given=folder or "",
        include_loopback=early_config.getini("tapehead_include_loopback") if loopback is None else loopback,
    )
    early_config.pluginmanager.register(run, "tapehead_run")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "tapehead(name, mode=..., speed=..., ...): the test's cassette, and cassette_* options for it"
    )


@pytest.fixture(name="tapehead")
def tapehead_fixture(request: pytest.FixtureRequest) -> "pytest_run.TapeheadFixture":
    """Returns the test's session.

    Fails when pytest does not run with --tapehead, or under tapehead with --cassette-dir.
    """
    run = request.config.stash.get(_RUN, None)
    if run is None or run.tape is None:
        pytest.fail(
            "the fixture tapehead needs pytest --tapehead=auto, or tapehead auto --cassette-dir DIR -- pytest", False
        )
    return run.tape
