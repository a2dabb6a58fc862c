"""Activating in a process that runs already, which these tests put back as it was."""

import sys

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
