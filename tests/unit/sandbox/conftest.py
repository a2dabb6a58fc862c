"""Who runs commands in the sandbox, and where."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.sandbox.sandboxed import NOBODY, Person, person


@pytest.fixture(params=["myself", "nobody"])
def user(request: pytest.FixtureRequest) -> Person:
    return person(request.param)


@pytest.fixture
def folder(user: Person) -> Iterator[Path]:
    """A folder that they can work in: pytest's own are closed to others."""
    made = Path(tempfile.mkdtemp(prefix="tapehead-sandbox-"))
    if user.become:
        os.chown(made, NOBODY, NOBODY)
    yield made
    shutil.rmtree(made)
