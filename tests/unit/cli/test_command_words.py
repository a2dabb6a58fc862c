"""The summaries of commands, their examples, their completion, and the version."""

import re
import shlex
import shutil

import click
import pytest

from tapehead.cli.command_words import EXAMPLES, SUMMARIES
from tapehead.cli.main import COMMANDS, main
from tapehead.root import __version__
from tests.unit.cli.wrapped import TAPEHEAD, Wrapped

LINES = [(name, line) for name, lines in EXAMPLES.items() for line in lines]


def test_each_command_has_its_words() -> None:
    """In the order of the commands; none is cut on a terminal of 80 columns."""
    assert [*COMMANDS] == [*SUMMARIES]
    assert {*COMMANDS} == {*EXAMPLES}
    assert max(map(len, SUMMARIES.values())) <= 64


def test_help_imports_no_command(tape: Wrapped) -> None:
    """It is to be there at once."""
    shown = (
        "import sys\n"
        "from tapehead.cli.main import main\n"
        "try:\n"
        "    main.main(['--help'], standalone_mode=False)\n"
        "finally:\n"
        "    print(*sorted(name for name in sys.modules if name.startswith('tapehead.cli.commands.')))\n"
    )
    done = tape.run("-c", shown, command=(str(TAPEHEAD.with_name("python")),))
    assert "auto        Record a cassette" in done.output, done.errors
    assert "" == done.output.splitlines()[-1]


@pytest.mark.parametrize(("name", "line"), LINES)
def test_examples(name: str, line: str) -> None:
    """Each is one of its command, and its words are taken."""
    inner = re.search(r"\$\((.*?)\)", line)
    words = [
        each for each in shlex.split(inner[1] if inner else line.partition(" | ")[0]) if "=" not in each or "/" in each
    ]
    assert ["tapehead", name] == words[:2]
    command = main.get_command(click.Context(main, info_name="tapehead"), name)
    assert command
    assert f"  {line}\n" in f"{command.get_help(click.Context(command, info_name=name))}\n"
    if not isinstance(command, click.Group):
        command.make_context(name, words[2:], parent=click.Context(main)).close()


def test_completion(tape: Wrapped) -> None:
    """In a shell that evaluates it: commands, options, and the values that one takes."""
    if shutil.which("bash") is None:
        pytest.skip("no bash")
    asked = (
        f'eval "$({shlex.quote(str(TAPEHEAD))} completion bash)"\n'
        'COMPREPLY=(); COMP_WORDS=(tapehead rec); COMP_CWORD=1; _tapehead_completion tapehead; echo "${COMPREPLY[@]}"\n'
        'COMPREPLY=(); COMP_WORDS=(tapehead completion ""); COMP_CWORD=2; _tapehead_completion tapehead; echo "${COMPREPLY[@]}"\n'
        'COMPREPLY=(); COMP_WORDS=(tapehead auto --new); COMP_CWORD=2; _tapehead_completion tapehead; echo "${COMPREPLY[@]}"\n'
    )
    done = tape.run("-c", asked, command=("bash",), env={"PATH": f"{TAPEHEAD.parent}:/usr/bin:/bin"})
    assert ["record recover", "bash zsh fish", "--new-episodes"] == done.output.splitlines(), done.errors


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells(tape: Wrapped, shell: str) -> None:
    """Each has its own text."""
    done = tape.run("completion", shell)
    assert (0, True) == (done.code, "_TAPEHEAD_COMPLETE" in done.output)


def test_version(tape: Wrapped) -> None:
    """One line for an issue."""
    assert re.fullmatch(
        rf"tapehead {re.escape(__version__)} \(Python \S+, mitmproxy \S+\)\n", tape.run("version").output
    )
