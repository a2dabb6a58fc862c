"""patches: the table is whole and true, and what does not fit is one line and the exit code of a proxy that cannot start."""

import importlib
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tapehead.mitm import patch_checks
from tapehead.mitm.patch_checks import PatchError, exists, left_out, require, warning
from tapehead.mitm.patch_model import TESTED, How, Patch, PatchKind, Row
from tapehead.mitm.patches import PATCHES
from tests.support.imports import Module, modules, touches

ROOT = Path(__file__).parents[3]
MITM = [module for module in modules() if module.room == "mitm"]
TAPEHEAD = Path(sys.executable).with_name("tapehead")
GONE = Patch(
    name="a-patch",
    kind=PatchKind.SPEED,
    without_it="it is slow",
    until="never",
    rows=(Row("mitmproxy.http:Request.is_gone", How.USED, "http1", "a test"),),
)
BREAKING = """
import mitmproxy.proxy.layers.http._http1 as http1, sys
del http1.make_body_reader
"""
"""What a mitmproxy is like that has no such name."""


def rows_of(module: Module) -> list[Row]:
    return [row for patch in PATCHES for row in patch.rows if row.module == module.file.stem]


@pytest.mark.parametrize("module", MITM, ids=lambda module: module.file.stem)
def test_each_name_has_a_row(module: Module) -> None:
    """What the source of a module imports that is private, asks for or replaces, the table has for this module."""
    rows = rows_of(module)
    used = [row.name.replace(":", ".") for row in rows]
    replaced = {row.name.replace(":", ".").rpartition(".")[2] for row in rows if row.how is How.REPLACED} | {
        "__class__"
    }
    missing = [
        (touch.line, touch.name)
        for touch in touches(module)
        if not (touch.name in replaced if touch.is_replaced else any(_is_part(touch.name, name) for name in used))
    ]

    assert [] == missing


def _is_part(name: str, of: str) -> bool:
    """Whether a row is about a name: the attribute, the import, or something of the module that is imported."""
    return f".{of}.".find(f".{name}.") >= 0


def test_what_the_source_is_asked_for() -> None:
    """The test above sees each way in which a module touches a name: an import, an attribute, `super()`, `replace`."""
    seen = {(module.file.stem, touch.name) for module in MITM for touch in touches(module)}

    assert {
        ("http_stream", "mitmproxy.proxy.layers.http._hooks.HttpErrorHook"),
        ("http1", "mitmproxy.proxy.layers.http._http1"),
        ("chunked", "_bytes_in_chunk"),
        ("loop_clock", "_selector"),
        ("http_stream", "_handle_event"),
        ("hook_dispatch", "handle_lifecycle"),
    } <= seen


def test_each_overridden_method_has_a_row() -> None:
    """No method of our layers and streams hides one of mitmproxy's that the table does not name."""
    from tapehead.mitm.http_layer import DirectlyFramingLayer, PacedLayer
    from tapehead.mitm.http_stream import PacedStream

    for ours in (PacedLayer, DirectlyFramingLayer, PacedStream):
        theirs = [base for base in ours.__mro__ if base.__module__.startswith("mitmproxy.")]
        hidden = {
            name for name in vars(ours) if not name.startswith("__") and any(name in vars(base) for base in theirs)
        }
        named = {row.name.rpartition(".")[2] for patch in PATCHES for row in patch.rows if row.how is How.OVERRIDDEN}
        assert set() == hidden - named


@pytest.mark.parametrize("name", sorted({row.name for patch in PATCHES for row in patch.rows}))
def test_each_name_exists(name: str) -> None:
    """The installed version has it."""
    assert exists(name)


def test_the_table_itself() -> None:
    """Every row's module and every installer is there, no patch has the name of another, and each says all that it has to."""
    stems = {module.file.stem for module in MITM}
    for patch in PATCHES:
        module, _, function = patch.install.partition(":")
        assert not function or hasattr(importlib.import_module(f"tapehead.mitm.{module}"), function)
        assert {row.module for row in patch.rows} <= stems
        assert patch.rows
        assert patch.without_it
        assert patch.until
    assert len(PATCHES) == len({patch.name for patch in PATCHES})


@pytest.mark.parametrize(
    "name", ["h11:no_such", "no_such_module:x", "mitmproxy.http:Request.no.such", "h11:Data.no_such"]
)
def test_a_name_that_is_none(name: str) -> None:
    """Neither a module, nor a class, nor what a constructor sets."""
    assert not exists(name)


def test_a_missing_name_is_one_line() -> None:
    """It names the library with its version, the name, the patch, and the versions that will do."""
    with pytest.raises(PatchError) as caught:
        require([GONE])
    first, last = TESTED["mitmproxy"]
    version = patch_checks._version("mitmproxy")
    expected = (
        f"mitmproxy {version} has no mitmproxy.http.Request.is_gone, which a-patch needs; {first} to {last} will do"
    )
    assert expected == str(caught.value)


def test_the_installed_versions_are_tested_ones() -> None:
    """Nothing is said about them."""
    assert "" == warning()


@pytest.mark.parametrize(
    ("installed", "expected"),
    [
        ({"mitmproxy": "12.3.9", "h2": "4.3.0"}, ""),
        ({"mitmproxy": "12.2.0"}, ""),
        ({"mitmproxy": "12.4.0"}, "not tested with mitmproxy 12.4.0 (tested: 12.2.3 to 12.3.1)"),
        (
            {"mitmproxy": "12.10.0.dev1", "h11": "1.0"},
            "not tested with mitmproxy 12.10.0.dev1 (tested: 12.2.3 to 12.3.1), h11 1.0 (tested: 0.16.0 to 0.16.0)",
        ),
        ({"mitmproxy": "12.1.9"}, "not tested with mitmproxy 12.1.9 (tested: 12.2.3 to 12.3.1)"),
    ],
)
def test_other_versions(installed: dict[str, str], expected: str) -> None:
    """All that are outside of the range are one line; a fix release of a tested feature release is inside."""
    assert expected == warning(installed)


def test_what_is_left_out() -> None:
    """Names of speed patches, separated by commas; what else is there is one line."""
    assert frozenset() == left_out({})
    assert {"type-checks", "http2-frames"} == left_out({"TAPEHEAD_WITHOUT": "type-checks, http2-frames,"})
    with pytest.raises(
        PatchError, match=r"^TAPEHEAD_WITHOUT: found nonsense, no such patch; there are http1-chunks, .*$"
    ):
        left_out({"TAPEHEAD_WITHOUT": "type-checks,nonsense"})
    with pytest.raises(PatchError, match=r"^TAPEHEAD_WITHOUT: upstream-gate cannot be turned off: a replay connects "):
        left_out({"TAPEHEAD_WITHOUT": "upstream-gate"})


def run(command: Sequence[str | Path], folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run it where every Python process first does what is in `folder`/sitecustomize.py."""
    paths = os.pathsep.join([str(folder), str(ROOT / "addon")])
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": paths, "HOME": str(folder)} | env,
    )


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ([TAPEHEAD, "record", "--", "true"], 4),
        ([TAPEHEAD.with_name("mitmdump"), "-p", "0", "-s", ROOT / "addon" / "record.py"], 1),
    ],
    ids=["tapehead", "mitmdump"],
)
@pytest.mark.parametrize(
    ("broken", "without", "expected"),
    [
        (BREAKING, "", "has no mitmproxy.proxy.layers.http._http1.make_body_reader, which http1-messages needs; "),
        ("", "nonsense", "tapehead: TAPEHEAD_WITHOUT: found nonsense, no such patch; there are "),
    ],
    ids=["a name is gone", "a patch is none"],
)
def test_a_proxy_that_cannot_start(
    tmp_path: Path, command: Sequence[str | Path], code: int, broken: str, without: str, expected: str
) -> None:
    """One line that begins with the program's name, the exit code, and no traceback."""
    (tmp_path / "sitecustomize.py").write_text(broken)
    done = run(command, tmp_path, TAPEHEAD_WITHOUT=without)
    said = done.stderr.splitlines()

    assert code == done.returncode, done.stdout + done.stderr
    assert 1 == len(said), said
    assert said[0].startswith("tapehead: ")
    assert expected in said[0]
    assert "Traceback" not in done.stdout


def test_a_version_that_was_not_tested(tmp_path: Path) -> None:
    """One line says so, and all goes on."""
    (tmp_path / "sitecustomize.py").write_text("import mitmproxy.version as v\nv.VERSION = '12.99.0'")
    done = run([TAPEHEAD, "record", "--", "true"], tmp_path)
    first, last = TESTED["mitmproxy"]
    line = f"tapehead: not tested with mitmproxy 12.99.0 (tested: {first} to {last})"

    assert 1 == done.stderr.splitlines().count(line), done.stderr
