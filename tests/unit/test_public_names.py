"""What is public to Python programs: each name is there, says what it is, and works as a typed program uses it."""

import importlib
import inspect
import re
import subprocess
import sys
from dataclasses import FrozenInstanceError
from importlib.metadata import version
from pathlib import Path

import pytest

import tapehead
from tapehead.cassette import loads
from tests.support.examples import TEXT
from tests.typed import user_code

MODULES = ("tapehead", "tapehead.cassette")
NAMES = [(module, name) for module in MODULES for name in importlib.import_module(module).__all__]


@pytest.mark.parametrize(("module", "name"), NAMES)
def test_a_public_name(module: str, name: str) -> None:
    """It can be imported from where it is public, is listed there, and has a docstring of its own, each method too."""
    home = importlib.import_module(module)
    value = getattr(home, name)
    assert name in dir(home)
    if isinstance(value, str):  # the version
        return

    documented = [value]
    if inspect.isclass(value):
        documented += [each for key, each in vars(value).items() if not key.startswith("_") and callable(each)]
    for each in documented:
        text = inspect.getdoc(each) or ""
        assert len(text.split()) >= 4, each
        assert not text.startswith(f"{name}("), "the signature, which a dataclass without a docstring gets"


def test_what_the_guide_names() -> None:
    """The guide to Python names each of them."""
    guide = (Path(__file__).parents[2] / "addon" / "docs" / "python.md").read_text()

    assert [] == [name for _, name in NAMES if not re.search(rf"`[^`\n]*\b{name}\b[^`\n]*`", guide)]


def test_a_name_that_is_none() -> None:
    """It is the error that Python has for it."""
    with pytest.raises(AttributeError, match="module 'tapehead' has no attribute 'cassete'"):
        user_code.a_name_that_is_none()


def test_importing_the_package_imports_nothing() -> None:
    """Not even the cassette, which brings YAML: that comes when it is asked for, and is the module itself."""
    code = (
        "import sys; before = {*sys.modules}; import tapehead; print(sorted({*sys.modules} - before))\n"
        "print(tapehead.cassette is __import__('sys').modules['tapehead.cassette'], 'mitmproxy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)

    assert ["['tapehead']", "True False"] == done.stdout.splitlines()


def test_the_version_is_the_distribution_s() -> None:
    """And the package says to type checkers that it has types."""
    assert version("tapehead") == user_code.version()
    assert Path(tapehead.__file__).with_name("py.typed").is_file()


def test_what_a_user_s_program_does(tmp_path: Path) -> None:
    """Loads, reads, changes, makes and writes cassettes."""
    file = tmp_path / "chat.yaml"
    file.write_text(TEXT)
    (prompt,) = user_code.prompts(str(file))
    cassette = user_code.by_the_package(file)

    assert (0, "https://api.example.com/v1/chat", b'{"model":"m"}') == prompt
    assert ("text/event-stream",) == user_code.content_types(cassette.interactions[0].response)
    assert [429] == [each.response.code for each in user_code.busy(cassette).interactions]
    assert TEXT.encode() == user_code.round_trip(TEXT.encode())
    assert "https://api.example.com/v1/models" == loads(user_code.made_by_hand()).interactions[0].request.url
    with pytest.raises(FrozenInstanceError):
        user_code.what_types_refuse(cassette)


def test_what_is_wrong_is_told_in_parts(tmp_path: Path) -> None:
    """File, line and key, what was found and what was expected; nothing of a file that is none."""
    file = tmp_path / "chat.yaml"
    file.write_text(TEXT)
    assert "" == user_code.why_not(file)

    file.write_text(TEXT.replace("code: 200", "code: none"))
    assert f"{file}, line " in user_code.why_not(file)
    assert "line None" in user_code.why_not(tmp_path / "nowhere.yaml")
