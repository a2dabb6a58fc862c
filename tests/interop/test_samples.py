"""Projects in other languages, recorded and replayed with the guide's commands alone: Node with vitest, and Go.

Each test has its own cassette, the second run is offline, and a request that was missed fails its test, also where the
program shrugged it off.
"""

import fcntl
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.samples import SAMPLES, Project, missing
from tests.support.matrix.install import CACHE_VARIABLE, NPM
from tests.support.standin import StandIn, stand_in

VITEST = ("tapehead", "auto", "--cassette-dir", "cassettes", "--", "npx", "vitest", "run")
GO = ("tapehead", "auto", "--cassette-dir", "cassettes", "--", "go", "test", "./...")
CHANGED = {"SAMPLE_PROMPT": "Say hi in Welsh", "SAMPLE_SHRUG": "Do you mind?"}


def test_the_guide_has_the_commands() -> None:
    """What runs here is what the guide on sessions and the README tell people to run."""
    for page in ("README.md", "addon/docs/sessions.md"):
        text = (SAMPLES.parents[1] / page).read_text()

        assert [command for command in (VITEST, GO) if f"\n{shlex.join(command)}\n" not in text] == []


def test_manifests_name_no_address() -> None:
    """Versions are pinned, and nothing says from where they come."""
    package = json.loads((SAMPLES / "node_vitest" / "package.json").read_text())
    versions = [*package["dependencies"].values(), *package["devDependencies"].values()]

    assert [] == [each for each in versions if not re.fullmatch(r"\d+\.\d+\.\d+", each)]
    assert [] == [*SAMPLES.rglob("*lock*")]
    assert "://" not in (SAMPLES / "go" / "go.mod").read_text()


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    with stand_in(tmp_path_factory.mktemp("standin")) as serving:
        yield serving


@pytest.fixture
def node(tmp_path: Path) -> Project:
    """The vitest project, with what it needs."""
    for tool in ("node", "npm"):
        if shutil.which(tool) is None:
            missing(f"there is no {tool} on PATH")
    project = Project.copied("node_vitest", tmp_path / "project")
    (project.folder / "node_modules").symlink_to(_node_modules())
    return project


def _node_modules() -> Path:
    """Installed once for this manifest, where the matrix has its own."""
    source = SAMPLES / "node_vitest" / "package.json"
    cache = Path(os.environ.get(CACHE_VARIABLE) or Path.home() / ".cache" / "tapehead-matrix")
    folder = cache / f"vitest-{hashlib.sha256(source.read_bytes()).hexdigest()[:16]}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two runs may want it at once
        if not (folder / "installed").exists():
            shutil.copy(source, folder)
            subprocess.run([*NPM, "--prefix", folder], cwd=folder, check=True, timeout=300)
            (folder / "installed").touch()
    return folder / "node_modules"


@pytest.fixture
def go(tmp_path: Path) -> Project:
    """The Go project; modules and what was compiled are the machine's own."""
    if shutil.which("go") is None:
        missing("there is no go on PATH")
    names = ("GOMODCACHE", "GOCACHE", "GOPROXY", "GOSUMDB", "GOFLAGS")
    values = subprocess.run(["go", "env", *names], capture_output=True, text=True, check=True).stdout.split("\n")
    project = Project.copied("go", tmp_path / "project", **dict(zip(names, values, strict=False)))
    # What is fetched and compiled is not recorded: that is the toolchain's own traffic.
    subprocess.run(["go", "test", "-run", "none", "./..."], cwd=project.folder, check=True, timeout=300)
    return project


@pytest.mark.slow
def test_vitest(serving: StandIn, node: Project) -> None:
    """Two files at once: ten tests pass, nine have asked something, and pass offline."""
    first = node.recorded(serving, *VITEST)
    cassettes = node.cassettes
    second = node.offline(*VITEST)
    changed = node.offline(*VITEST, **CHANGED)

    assert "10 passed" in first
    assert "12 recorded · 9 cassettes in cassettes" in first
    assert 9 == len(cassettes)
    assert "cassettes/chat/a-stream/comes-in-pieces.yaml" in cassettes
    assert (0, True) == (second.returncode, "10 passed" in second.stdout), second.stdout
    assert "tapehead: 12 replayed, 0 missed, 0 not used" in second.stdout
    assert "2 failed | 8 passed" in changed.stdout, changed.stdout
    assert 1 == changed.returncode
    assert 'recorded "Say hi in pieces", got "Say hi in Welsh"' in changed.stdout
    assert "Error: tapehead: no interaction in cassettes/chat/shrugs.yaml" in changed.stdout
    assert cassettes == node.cassettes


@pytest.mark.slow
def test_vitest_without_tapehead(node: Project) -> None:
    """The setup file stands back: what needs nobody passes, and the rest fails by itself."""
    done = node.offline("npx", "vitest", "run", "-t", "needs nobody")

    assert (0, True) == (done.returncode, "1 passed" in done.stdout), done.stdout


@pytest.mark.slow
def test_go(serving: StandIn, go: Project) -> None:
    """Two packages at once: each test has its cassette, and passes offline; a miss fails it."""
    first = go.recorded(serving, *GO)
    cassettes = go.cassettes
    second = go.offline(*GO)
    changed = go.offline(*GO, **CHANGED)

    assert 2 == len(re.findall(r"(?m)^ok ", first)), first
    assert "9 recorded · 7 cassettes in cassettes" in first
    assert {"cassettes/chat/TestStreamed.yaml", "cassettes/more/TestAsksTheSame.yaml"} <= {*cassettes}
    assert (0, 2) == (second.returncode, len(re.findall(r"(?m)^ok ", second.stdout))), second.stdout
    assert "tapehead: 9 replayed, 0 missed, 0 not used" in second.stdout
    assert 1 == changed.returncode
    assert ["TestStreamed", "TestShrug"] == re.findall(r"--- FAIL: (\w+)", changed.stdout), changed.stdout
    assert 'recorded "Do you care?", got "Do you mind?"' in changed.stdout
    assert cassettes == go.cassettes
