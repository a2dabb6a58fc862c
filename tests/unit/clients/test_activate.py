"""Activating in a process that runs already, which these tests put back as it was."""

import sys
from types import ModuleType

import pytest

from tapehead.clients import activate


@pytest.fixture
def untouched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TAPEHEAD_PROXY", raising=False)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    monkeypatch.setattr(sys, "modules", dict(sys.modules))


@pytest.mark.usefixtures("untouched")
def test_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The patches can be imported then; a second call, or a start that did it, changes nothing."""
    activate.activate()
    assert str(activate._FOLDER) == sys.path[-1]
    assert activate._NAME in sys.modules
    before = list(sys.path)

    activate.activate()
    assert before == sys.path
    monkeypatch.delitem(sys.modules, activate._NAME)
    activate.activate()
    assert activate._NAME not in sys.modules


class _Finder:
    """What `sitecustomize` leaves in the import system."""

    def __init__(self) -> None:
        self.swept = 0

    def tapehead_sweep(self) -> None:
        self.swept += 1

    def find_spec(self, *_: object) -> None:
        """Finds nothing."""


@pytest.mark.usefixtures("untouched")
def test_a_process_that_was_started_so() -> None:
    """What has been imported since is patched, and nothing is set up anew."""
    sys.meta_path.insert(0, finder := _Finder())
    activate.activate()
    assert 1 == finder.swept
    assert activate._NAME not in sys.modules


@pytest.mark.usefixtures("untouched")
def test_which_environment_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The route is told, where there is one."""
    told: list[object] = []
    route = ModuleType("_tapehead_route")
    monkeypatch.setattr(route, "remember", told.append, raising=False)
    monkeypatch.setitem(sys.modules, "_tapehead_route", route)
    activate.tell({"TAPEHEAD_PROXY": "before"})
    sys.meta_path.insert(0, _Finder())
    activate.tell({"TAPEHEAD_PROXY": "after"})
    assert [{"TAPEHEAD_PROXY": "after"}] == told
