"""Another commit's tree, in a git worktree of its own for as long as it is measured.

Knows git, and nothing of what is measured.
"""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.lib.bench.lab import ROOT


class VersionError(Exception):
    """A commit cannot be had; the text is one line for the user."""


def resolve(commit: str) -> str:
    """Returns the hash of what the user calls `commit`; VersionError if there is none of that name."""
    done = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{commit}^{{commit}}")
    if done.returncode:
        raise VersionError(f"found no commit {commit} here, expected a name that git rev-parse knows")
    return done.stdout.strip()


def here() -> str:
    """Returns what the tree that is run here is: its commit's short hash, and whether something in it was changed."""
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", "addon").stdout.strip()
    return _git("rev-parse", "--short", "HEAD").stdout.strip() + (" with changes" if changed else "")


@contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    """Yields the root of a worktree of `commit`, which is gone when the block is left, however it is left."""
    with tempfile.TemporaryDirectory(prefix="tapehead-bench-") as folder:
        tree = Path(folder) / commit
        try:
            done = _git("worktree", "add", "--quiet", "--detach", str(tree), commit)
            if done.returncode:
                raise VersionError(f"git made no worktree of {commit}: {' '.join(done.stderr.split())}")
            yield tree
        finally:
            _git("worktree", "remove", "--force", str(tree))


def _git(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", "-C", ROOT, *arguments], capture_output=True, text=True, check=False)
