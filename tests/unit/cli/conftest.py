"""One stand-in for the providers and one home for all tests of the command."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.standin import StandIn, stand_in
from tests.unit.cli.wrapped import Wrapped


@pytest.fixture(scope="session")
def shared_stand_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    with stand_in(tmp_path_factory.mktemp("stand-in")) as serving:
        yield serving


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def tape(tmp_path: Path, home: Path, shared_stand_in: StandIn) -> Iterator[Wrapped]:
    shared_stand_in.origin.reset()
    wrapped = Wrapped(folder=tmp_path, home=home, stand_in=shared_stand_in)
    yield wrapped
    wrapped.close()
