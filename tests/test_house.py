"""The layout of the repository: what imports what, and what a released wheel holds."""

import subprocess
import sys
import venv
from pathlib import Path

import pytest

from scripts.imports import faults

ROOT = Path(__file__).parents[1]


def test_import_directions() -> None:
    """Each room imports only rooms below it, and only `proxy` imports mitmproxy."""
    assert [] == list(faults())


def test_no_script_shadows_the_standard_library() -> None:
    """`addon/` is on sys.path when a script runs: nothing in it may be named like a standard module."""
    names = {path.stem for path in (ROOT / "addon").iterdir()}

    assert set() == names & sys.stdlib_module_names


@pytest.mark.slow
def test_wheel(tmp_path: Path) -> None:
    """A wheel installed elsewhere gives `tapehead.cassette`, the payloads and the guides, and its addon scripts run."""
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", tmp_path, ROOT], check=True)
    (wheel,) = tmp_path.glob("tapehead-*.whl")
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([python, *pip[1:], "install", wheel], check=True)
    code = "import tapehead.cassette as c, importlib.resources as r; print(r.files('tapehead') / 'scripts'); c.loads"
    scripts = subprocess.run([python, "-c", code], check=True, capture_output=True, text=True, cwd=tmp_path).stdout
    code = (
        "from tapehead.clients.environment import PAYLOADS as p; print(*(f.name for f in p.rglob('*') if f.is_file()))"
    )
    payloads = subprocess.run(
        [python, "-B", "-c", code], check=True, capture_output=True, text=True, cwd=tmp_path
    ).stdout
    guides = subprocess.run(
        [python.with_name("tapehead"), "help"], check=True, capture_output=True, text=True, cwd=tmp_path
    ).stdout
    run = subprocess.run(
        [python.with_name("mitmdump"), "-p", "0", "--set", f"confdir={tmp_path}", "-s", f"{scripts.strip()}/replay.py"],
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=60,
    )

    sources = ROOT / "addon" / "tapehead" / "clients" / "payloads"
    assert {path.name for path in sources.rglob("*") if path.suffix in (".py", ".cjs")} <= set(payloads.split())
    assert sorted(path.stem for path in (ROOT / "addon" / "docs").iterdir()) == [
        line.split()[0] for line in guides.splitlines()
    ]
    assert 1 == run.returncode
    assert "tapehead: cassettes/recorded.yaml: found no such file, expected a cassette" in run.stderr
