"""What is written is read back by those for whom it is written."""

import json
import shutil
import subprocess

import pytest

from tapehead.clients.env_formats import FORMATS, docker, dotenv, github, shell

ENVIRONMENT = {
    "PLAIN": "http://name:tapehead@127.0.0.1:8080/a?b=c",
    "EMPTY": "",
    "BLANK": " a  b ",
    "SINGLE": "it's",
    "DOUBLE": 'say "x" #1',
    "DOLLAR": "$HOME `x` !",
    "MANY": "localhost,127.0.0.1,::1",
}
HARD = {"LINES": "one\ntwo\n", "BOTH": "'\"", "BACK": "a\\b\\n"}


def test_shell() -> None:
    """A POSIX shell takes any value."""
    every = {**ENVIRONMENT, **HARD}
    script = shell(every) + "".join(f'printf "%s\\0" "${name}"\n' for name in every)

    done = subprocess.run(["sh", "-c", script], check=True, capture_output=True, text=True, env={})

    assert list(every.values()) == done.stdout.split("\0")[:-1]


def test_json() -> None:
    """One object."""
    assert ENVIRONMENT == json.loads(FORMATS["json"](ENVIRONMENT))


def test_dotenv() -> None:
    """Quotes that say the same to every reader."""
    expected = (
        "PLAIN='http://name:tapehead@127.0.0.1:8080/a?b=c'\nEMPTY=\nBLANK=' a  b '\nSINGLE=\"it's\"\n"
        "DOUBLE='say \"x\" #1'\nDOLLAR='$HOME `x` !'\nMANY=localhost,127.0.0.1,::1\n"
    )

    assert expected == dotenv(ENVIRONMENT)


@pytest.mark.skipif(not shutil.which("node"), reason="no node on PATH")
def test_dotenv_in_node() -> None:
    """Node's own reader agrees."""
    code = "process.stdout.write(JSON.stringify(require('util').parseEnv(require('fs').readFileSync(0, 'utf8'))))"

    done = subprocess.run(["node", "-e", code], input=dotenv(ENVIRONMENT), check=True, capture_output=True, text=True)

    assert ENVIRONMENT == json.loads(done.stdout)


@pytest.mark.parametrize("value", [*HARD.values(), "${HOME}"])
def test_dotenv_cannot(value: str) -> None:
    """What readers take for different things is refused."""
    with pytest.raises(ValueError, match="X: its value cannot be written"):
        dotenv({"X": value})


def test_docker() -> None:
    """A file for --env-file has values as they are; one of two lines is refused."""
    assert 'A=it\'s "x" \nB=\n' == docker({"A": 'it\'s "x" ', "B": ""})
    with pytest.raises(ValueError, match="LINES: a value of two lines"):
        docker(HARD)


def test_docker_arguments() -> None:
    """Arguments for a shell."""
    assert "-e A=b -e 'C=d e'\n" == FORMATS["docker-arguments"]({"A": "b", "C": "d e"})


def test_github() -> None:
    """Lines end at a word that is not in them; NODE_OPTIONS would stop the runner."""
    expected = "A=b c\nB<<END__\nEND\nEND_x\n\nEND__\n"

    assert expected == github({"A": "b c", "NODE_OPTIONS": "x", "B": "END\nEND_x\n"})


@pytest.mark.parametrize("name", ["", "a b", "a=b", "1a", "a\n"])
def test_name(name: str) -> None:
    """A name that is none would be code."""
    with pytest.raises(ValueError, match="no name of a variable"):
        shell({name: ""})
