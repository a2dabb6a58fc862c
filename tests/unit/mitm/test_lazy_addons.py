"""What importing our own master brings along, and that mitmproxy's own start-up code is there for who asks for it."""

import subprocess
import sys
from pathlib import Path

import pytest

ADDON = Path(__file__).parents[3] / "addon"


def _says(code: str) -> str:
    env = {"PYTHONPATH": str(ADDON)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, timeout=60)
    assert 0 == done.returncode, done.stderr
    return done.stdout.strip()


def test_what_is_not_imported() -> None:
    """Of the forty addons, and of what they bring along, only what our master uses; nor what a plain run has no need of."""
    heavy = ("ldap3", "flask", "tornado", "passlib", "publicsuffix2", "urwid", "argon2", "rich", "boto3")
    ours = (
        "tapehead.sandbox.command",
        "tapehead.cli.run.run_report",
        "tapehead.cli.commands.show",
        "xml.etree.ElementTree",
    )
    addons = (
        "mitmproxy.addons.core",
        "mitmproxy.addons.script",
        "mitmproxy.addons.view",
        "mitmproxy.addons.proxyauth",
        "mitmproxy.flowfilter",
    )
    code = f"import sys, tapehead.cli.run.runner; print([n for n in {(*heavy, *ours, *addons)!r} if n in sys.modules])"
    assert "[]" == _says(code)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("from mitmproxy import addons; print(len(addons.default_addons()) > 30)", "True"),
        ("import mitmproxy.addons; print(len(mitmproxy.addons.default_addons()) > 30)", "True"),
        ("from mitmproxy.addons import default_addons; print(callable(default_addons))", "True"),
        ("from mitmproxy.addons import core; print(core.__name__)", "mitmproxy.addons.core"),
        ("import mitmproxy.addons.view as v; print(v.View.__name__)", "View"),
        ("from mitmproxy import addons; print(hasattr(addons, 'no_such'))", "False"),
        ("from mitmproxy import addons; print(hasattr(addons, '__no_such__'))", "False"),
        ("from mitmproxy.tools.dump import DumpMaster; print(DumpMaster.__name__)", "DumpMaster"),
    ],
)
def test_the_package_is_as_ever_for_others(code: str, expected: str) -> None:
    """Its start-up code runs when something is asked of it."""
    assert expected == _says(f"import tapehead.proxy.embedded\n{code}")


def test_a_package_that_is_there_is_left_alone() -> None:
    """Within mitmdump all addons are there already."""
    assert "module" == _says("import mitmproxy.addons as a, tapehead.mitm.lazy_addons; print(type(a).__name__)")
