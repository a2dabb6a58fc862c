"""mitmproxy's own file of settings: honoured, and what is wrong in it is one line before a port is open."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.harness.process import Child

ROOT = Path(__file__).parents[2]
MITMDUMP = Path(sys.executable).with_name("mitmdump")


def command(folder: Path, text: str) -> list[str]:
    (folder / "config.yaml").write_text(text)
    script = str(ROOT / "addon" / "record.py")
    return [str(MITMDUMP), "-s", script, "--set", f"confdir={folder}", "--set", "cassette_lane=off", "-p", "0"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cassette_speed: fast\n", "cassette_speed=fast: expected 0 (at once)"),
        ("cassette_miss_report: 5\n", "cassette_miss_report=5: expected true or false"),
        ("cassette_ignore: [{}]\n", "expected a text or a number"),
        ("cassete: x\n", "cassete: no such option; did you mean cassette?"),
    ],
)
def test_what_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    """The process ends with code 1, and has listened to nobody."""
    done = subprocess.run(
        command(tmp_path, text), capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path
    )
    assert 1 == done.returncode
    [line] = done.stderr.splitlines()
    assert line.startswith("tapehead: ")
    assert said in line
    assert "listening" not in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_it_is_honoured(tmp_path: Path) -> None:
    """Numbers and lists as YAML has them; and the proxy is on this machine alone."""
    settings = f"cassette: {tmp_path}/from-file.yaml\ncassette_speed: 2\ncassette_ignore: /metadata\n"
    child = Child(command(tmp_path, settings), env=os.environ)
    try:
        [line] = child.wait_for(r"listening at .*", timeout=60)
        assert "127.0.0.1:" in line.group()
    finally:
        child.kill()
    assert "Traceback" not in child.output
