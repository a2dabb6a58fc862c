"""The layout of the repository: what imports what, and what a released wheel holds."""

import ast
import re
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.imports import ALLOWED, Module, faults, modules

ROOT = Path(__file__).parents[1]


def test_the_walls() -> None:
    """Each room imports only what the table lets it, `mitm` alone touches what is private, no two things have one name."""
    assert [] == list(faults())


@pytest.mark.parametrize(
    ("file", "code", "expected"),
    [
        ("matching/key.py", "from tapehead.explain import words", "matching/key.py:1: matching does not import explain"),
        ("clients/trust.py", "from ..network import guard", "clients/trust.py:1: a relative import"),
        ("clients/trust.py", "from ..network import guard", "clients/trust.py:1: clients does not import network"),
        ("clients/trust.py", "from . import ca", "clients/trust.py:1: a relative import"),
        ("llm/parts.py", "import tapehead.cassette.model as m", "llm/parts.py:1: llm does not import cassette"),
        ("cli/main.py", "from mitmproxy import http", "cli/main.py:1: cli does not import mitmproxy"),
        ("exchange/a.py", "import h2.events", "exchange/a.py:1: exchange does not import h2"),
        ("network/a.py", "from mitmproxy.proxy.layers.http._http1 import Http1Server", "network/a.py:1: only mitm imports "
         "mitmproxy.proxy.layers.http._http1.Http1Server"),
        ("network/a.py", "def f(m):\n    m._legacy = 1", "network/a.py:2: ._legacy is a private name, and not of this module"),
        ("network/a.py", "from mitmproxy import http\nhttp.Request.make = None", "network/a.py:2: only mitm replaces a "
         "name of mitmproxy's"),
        ("network/a.py", "def f(m):\n    setattr(m, 'a', 1)", "network/a.py:2: only mitm sets attributes by their names"),
        ("network/a.py", "from mitmproxy import http\nclass A(http.Response): ...", "network/a.py:2: only mitm subclasses "
         "http"),
        ("mitm/a.py", "from mitmproxy import http\nx: Any = http.Request\nx.make = 1", "mitm/a.py:3: .make is replaced without "
         "`replace`"),
        ("mitm/a.py", "from mitmproxy import http\nsetattr(http, 'x', 1)", "mitm/a.py:2: setattr, where `replace` tells what "
         "is replaced"),
        ("attic/a.py", "", "attic/a.py:1: attic is no room of the table"),
    ],
)  # fmt: skip
def test_what_a_wall_keeps_out(tmp_path: Path, file: str, code: str, expected: str) -> None:
    """Each is one line, with its place."""
    path = tmp_path / file
    path.parent.mkdir()
    path.write_text(code)

    assert f"addon/tapehead/{expected}" in list(faults(tmp_path))


def test_what_a_wall_lets_through(tmp_path: Path) -> None:
    """Imports down the table, mitmproxy's public names, private names of one's own; in `mitm` what is private, too."""
    code = {
        "network/a.py": "from mitmproxy import http\nfrom tapehead.wire import chunks\n_x = 1\nclass A:\n    def f(self):\n"
        "        self._y = http\n    def g(self, other):\n        return other._y",
        "mitm/b.py": "from mitmproxy.proxy.layers.http import _http1\nreplace(_http1, 'x', 1)\nimport h2",
    }
    for file, text in code.items():
        (tmp_path / file).parent.mkdir()
        (tmp_path / file).write_text(text)

    assert [] == list(faults(tmp_path))


def test_two_of_one_name(tmp_path: Path) -> None:
    """Modules and classes, whatever rooms they are in; `__init__` is everybody's."""
    for file in ("wire/a.py", "llm/a.py", "wire/__init__.py", "llm/__init__.py"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text("class A: ..." if file.endswith("a.py") else "")

    places = "addon/tapehead/llm/a.py:1, addon/tapehead/wire/a.py:1"
    assert [f"two modules are called a: {places}", f"two classes are called A: {places}"] == list(faults(tmp_path))


VERBS = {
    "Adds",
    "Answers",
    "Becomes",
    "Begins",
    "Brings",
    "Closes",
    "Counts",
    "Does",
    "Draws",
    "Ends",
    "Finishes",
    "Forgets",
    "Gives",
    "Goes",
    "Has",
    "Keeps",
    "Learns",
    "Lets",
    "Looks",
    "Makes",
    "Moves",
    "Notes",
    "Opens",
    "Patches",
    "Prints",
    "Puts",
    "Raises",
    "Records",
    "Removes",
    "Renames",
    "Replaces",
    "Replays",
    "Returns",
    "Runs",
    "Says",
    "Sends",
    "Serves",
    "Sets",
    "Sorts",
    "Starts",
    "Takes",
    "Tells",
    "Works",
    "Wraps",
    "Writes",
    "Yields",
}
"""What a docstring begins with."""
HELP_BEGINS = {
    "Bring",
    "Check",
    "End",
    "Make",
    "Move",
    "Print",
    "Record",
    "Say",
    "Show",
    "Tell",
}
"""What `--help` says of a command begins as git's and click's own do: with what the user wants of it."""


@pytest.mark.parametrize("package", ALLOWED)
def test_docstrings_begin_with_a_verb(package: str) -> None:
    """What a public function does is said first: what it returns, or what it changes."""
    said = [(where, text) for module in modules() if module.room == package for where, text in _docstrings(module)]

    assert len(said) > 5
    assert [] == [(where, text) for where, text in said if text.split()[0].rstrip(",") not in VERBS]


def test_help_begins_with_what_is_wanted() -> None:
    """The docstring of a command is its `--help`, and says what the command is to do."""
    said = [(where, text) for module in modules() for where, text in _docstrings(module, of_commands=True)]

    assert len(said) > 5
    assert [] == [(where, text) for where, text in said if text.split()[0] not in HELP_BEGINS]


def _docstrings(module: Module, *, of_commands: bool = False) -> Iterator[tuple[str, str]]:
    """Those of its public functions and methods, or of its commands. A property is a noun: it says what it is."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            is_property = any(isinstance(each, ast.Name) and "property" in each.id for each in node.decorator_list)
            is_command = any(re.search(r"\.(command|group)\(", ast.unparse(each)) for each in node.decorator_list)
            text = ast.get_docstring(node)
            if (
                text
                and is_command is of_commands
                and not is_property
                and (not node.name.startswith("_") or node.name == "__init__")
            ):
                yield module.where(node.lineno), text


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
    docs = ROOT / "addon" / "docs"
    assert sorted(path.stem for path in docs.glob("*.md")) == [line.split()[0] for line in guides.splitlines()]
    carried = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("tapehead/docs/schemas/")}
    assert {f"tapehead/docs/schemas/{path.name}" for path in (docs / "schemas").iterdir()} == carried
    assert 1 == run.returncode
    assert "tapehead: cassettes/recorded.yaml: found no such file, expected a cassette" in run.stderr
