"""What a server and its client need, installed by pip and npm into a cache outside the tree, once for its manifests."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from scripts.lib.servers.rows import Server

CACHE_VARIABLE = "TAPEHEAD_SERVERS_CACHE"
TIMEOUT = 1500.0  # seconds
_NPM = ("npm", "install", "--ignore-scripts", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error")


class KitError(Exception):
    """A server cannot be had here; the text says why."""


def installed(server: Server) -> Path:
    """Returns the folder with `venv/`, and with the packages of npm if there are any. Raises KitError."""
    folder = _cache() / f"{server.name}-{_digest(server.manifests)}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two runs may want the same at once
        stamp = folder / "installed"
        if not stamp.exists():
            _run([sys.executable, "-m", "venv", "--clear", folder / "venv"])
            pip = (folder / "venv" / "bin" / "python", "-m", "pip", "--quiet", "--disable-pip-version-check")
            _run([*pip, "install", "--requirement", server.folder / "requirements.txt"])
            if (server.folder / "package.json").exists():
                shutil.copy(server.folder / "package.json", folder)
                _run([*_NPM, "--prefix", folder], cwd=folder)
            stamp.touch()
    for program in server.folder.glob("*.mjs"):  # Node looks for packages beside it
        shutil.copy(program, folder)
    return folder


def _cache() -> Path:
    return Path(os.environ.get(CACHE_VARIABLE) or Path.home() / ".cache" / "tapehead-servers").resolve()


def _digest(manifests: Sequence[Path]) -> str:
    told = sys.version.encode() + b"".join(path.read_bytes() for path in manifests)
    return hashlib.sha256(told).hexdigest()[:16]


def _run(command: Sequence[str | Path], *, cwd: Path | None = None) -> None:
    if shutil.which(command[0]) is None:
        raise KitError(f"there is no {command[0]}")
    try:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    except subprocess.TimeoutExpired as error:
        raise KitError(f"{command[0]} still ran after {TIMEOUT:g} s") from error
    if done.returncode:
        lines = (done.stdout + done.stderr).strip().splitlines()
        raise KitError(lines[-1] if lines else f"{command[0]} ended with {done.returncode}")
