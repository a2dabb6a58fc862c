"""`scripts/bench --against COMMIT`, `--without PATCH`: what it measures, what it refuses, and that no worktree is left of it.

How fast either version is, is for who reads the table.
"""

import os
import re
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.harness import Child

ROOT = Path(__file__).parents[1]
BENCH = ROOT / "scripts" / "bench"
ROW = ("--row", "replay-h2-json", "--requests", "8")


def git(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", "-C", ROOT, *arguments], capture_output=True, text=True, check=False)


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(git("rev-parse", "HEAD").returncode != 0, reason="not in a git checkout"),
]


def bench(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run it, with `folder` for all that is temporary."""
    return subprocess.run(
        [BENCH, *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd=folder,
        env=os.environ | {"TMPDIR": str(folder)},
    )


def left(folder: Path) -> Sequence[str]:
    """What is in the folder, and git's worktrees in it."""
    listed = git("worktree", "list", "--porcelain").stdout.splitlines()
    return [*map(str, folder.iterdir()), *(line for line in listed if str(folder) in line)]


@pytest.mark.parametrize(("goal", "code", "judged"), [("0.001", 0, "ok"), ("1000", 1, "BELOW")])
def test_a_row(tmp_path: Path, goal: str, code: int, judged: str) -> None:
    """It prints a row with its ratio, interval and confidence; the exit code is 1 when the goal is above the interval."""
    run = bench("--against", "HEAD", "--rounds", "3", "--goal", goal, *ROW, folder=tmp_path)
    rows = [line for line in run.stdout.splitlines() if line.startswith("replay-h2-json")]

    assert code == run.returncode, run.stdout + run.stderr
    assert 1 == len(rows)
    assert re.fullmatch(
        rf"replay-h2-json +\S+ +\S+ +\d\.\d{{3}} +\d\.\d{{3}}-\d\.\d{{3}} +75\.0% +>= {goal} +{judged}", rows[0]
    )
    assert [] == left(tmp_path)


def test_a_patch(tmp_path: Path) -> None:
    """This tree is compared with itself, without a patch that makes a difference to nothing but its speed."""
    run = bench("--without", "direct-framing,http2-frames", "--rounds", "1", "--goal", "0.001", *ROW, folder=tmp_path)

    assert 0 == run.returncode, run.stdout + run.stderr
    assert "; there: without direct-framing,http2-frames; 1 pairs of 8 requests a row" in run.stdout
    assert [] == left(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--without", "nonsense"), "found nonsense, no such patch; there are http1-chunks"),
        (("--without", "streams"), "streams cannot be turned off: "),
        (("--without", "lazy-addons"), "lazy-addons does nothing in mitmdump"),
        (("--without", "type-checks", "--against", "HEAD"), "not allowed with argument --without"),
    ],
)
def test_a_patch_that_cannot_be_compared(tmp_path: Path, arguments: Sequence[str], expected: str) -> None:
    """It says so in one line, and measures nothing."""
    run = bench(*arguments, folder=tmp_path)

    assert 2 == run.returncode
    assert expected in run.stderr.splitlines()[-1]


def test_a_signal_leaves_nothing(tmp_path: Path) -> None:
    """Told to end in the middle of a measurement it ends, its processes too, and nothing is left of it."""
    command: list[str | Path] = [BENCH, "--against", "HEAD", "--rounds", "50", *ROW]
    child = Child(command, env=os.environ | {"TMPDIR": str(tmp_path)})
    child.wait_for("pair 1 of 50", timeout=120)
    during = left(tmp_path)
    child.signal(signal.SIGTERM)

    assert 128 + signal.SIGTERM == child.wait(60), child.output
    assert any(line.startswith("worktree ") for line in during)
    assert [] == left(tmp_path)
