"""The layout of the repository: what imports what, and what a released wheel holds."""

import ast
import re
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.imports import faults

ROOT = Path(__file__).parents[1]


def test_import_directions() -> None:
    """Each room imports only rooms below it, and only `proxy` imports mitmproxy."""
    assert [] == list(faults())


FOREIGN: dict[str, str] = {
    "scripts": r"tests\.(?!support\b)",
    "tests": r"scripts\.",
    "tests/support": r"tests\.(?!support\b)",
}
"""A folder, and which modules it does not know."""


@pytest.mark.parametrize("folder", FOREIGN)
def test_scripts_and_tests_meet_in_support(folder: str) -> None:
    """Scripts know `tests.support` alone of the tests, which knows nothing else of them; no test knows a script."""
    files = [path for path in (ROOT / folder).rglob("*") if path.is_file() and path.suffix in (".py", "")]
    named = [(str(path.relative_to(ROOT)), module) for path in files for module in _modules_named(path)]

    assert "tests.support.harness" in {module for _, module in named}
    assert [] == [(file, module) for file, module in named if re.match(FOREIGN[folder], module)]


def _modules_named(file: Path) -> Iterator[str]:
    """Modules of `scripts` and `tests` that a file imports, or names in a text, as `python -m` is given them."""
    text, name = file.read_text(errors="replace"), r"\b(?:scripts|tests)\.\w[\w.]*"
    if file.suffix != ".py":
        yield from re.findall(name, text)
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = file.relative_to(ROOT).parts[: -node.level] if node.level else ()
            yield ".".join([*package, *filter(None, [node.module])])
            yield from (".".join([*package, *filter(None, [node.module]), alias.name]) for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from re.findall(name, node.value)


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
        "from tapehead.clients.environment import INJECTED as p; print(*(f.name for f in p.rglob('*') if f.is_file()))"
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

    sources = ROOT / "addon" / "tapehead" / "clients" / "injected"
    assert {path.name for path in sources.rglob("*") if path.suffix in (".py", ".cjs")} <= set(payloads.split())
    assert sorted(path.stem for path in (ROOT / "addon" / "docs").iterdir()) == [
        line.split()[0] for line in guides.splitlines()
    ]
    assert 1 == run.returncode
    assert "tapehead: cassettes/recorded.yaml: found no such file, expected a cassette" in run.stderr
