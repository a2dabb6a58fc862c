"""One origin and one certificate authority for all end-to-end tests; a cassette and its mitmdumps for each."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.harness import Certs, Origin, make_certs
from tests.support.wires import Tape


@pytest.fixture(scope="session")
def certs(tmp_path_factory: pytest.TempPathFactory) -> Certs:
    return make_certs(tmp_path_factory.mktemp("certs"))


@pytest.fixture(scope="session")
def confdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("confdir")


@pytest.fixture(scope="session")
def shared_origin(certs: Certs) -> Iterator[Origin]:
    with Origin(certs) as origin:
        yield origin


@pytest.fixture
def origin(shared_origin: Origin) -> Origin:
    shared_origin.reset()
    return shared_origin


@pytest.fixture
def tape(tmp_path: Path, confdir: Path, certs: Certs) -> Iterator[Tape]:
    tape = Tape(folder=tmp_path, confdir=confdir, certs=certs)
    yield tape
    tape.close()
