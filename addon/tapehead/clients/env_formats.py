"""An environment as text that a shell, a file reader or a CI system reads back. Knows their quoting; not the variables."""

import json
import re
import shlex
from collections.abc import Callable, Mapping
from types import MappingProxyType

NOT_IN_GITHUB = frozenset({"NODE_OPTIONS"})
"""What GitHub's runner refuses in GITHUB_ENV, and stops at: it is to be set in a step's `env`."""

_PLAIN = re.compile(r"[\w@%+:,./=-]*", re.ASCII)


def shell(environment: Mapping[str, str]) -> str:
    """Returns lines for `eval` in a POSIX shell."""
    return "".join(f"export {_name(name)}={shlex.quote(value)}\n" for name, value in environment.items())


def as_json(environment: Mapping[str, str]) -> str:
    """Returns one JSON object."""
    return json.dumps(environment, indent=2) + "\n"


def dotenv(environment: Mapping[str, str]) -> str:
    """Returns a .env file.

    In single quotes nothing is replaced, by no reader; what cannot stand there is escaped in double ones. Raises
    ValueError for a value that readers take for different things: with a line feed, a backslash, both quotes, or a
    `${`, which python-dotenv fills in whatever the quotes.
    """
    return "".join(f"{_name(name)}={_dotenv(name, value)}\n" for name, value in environment.items())


def _dotenv(name: str, value: str) -> str:
    if _PLAIN.fullmatch(value):
        return value
    if not re.search(r"['\\\n\r]|\$\{", value):
        return f"'{value}'"
    if not re.search(r'["\\\n\r$`]', value):
        return f'"{value}"'
    raise ValueError(f"{name}: its value cannot be written so that every reader of .env files reads the same")


def docker(environment: Mapping[str, str]) -> str:
    """Returns a file for `docker run --env-file`: nothing is quoted. Raises ValueError for a value of two lines."""
    return "".join(f"{_name(name)}={_one_line(name, value)}\n" for name, value in environment.items())


def docker_arguments(environment: Mapping[str, str]) -> str:
    """Returns `-e NAME=VALUE` for each, on one line, quoted for a shell."""
    return shlex.join(part for name, value in environment.items() for part in ("-e", f"{_name(name)}={value}")) + "\n"


def github(environment: Mapping[str, str]) -> str:
    """Returns lines to append to the file that GITHUB_ENV names, without what the runner refuses there."""
    return "".join(_github(_name(name), value) for name, value in environment.items() if name not in NOT_IN_GITHUB)


def _github(name: str, value: str) -> str:
    if not re.search(r"[\n\r]", value):
        return f"{name}={value}\n"
    end = "END"
    while end in value:
        end += "_"
    return f"{name}<<{end}\n{value}\n{end}\n"


def _one_line(name: str, value: str) -> str:
    if re.search(r"[\n\r]", value):
        raise ValueError(f"{name}: a value of two lines cannot stand in this file")
    return value


def _name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII):
        raise ValueError(f"{name!r}: no name of a variable")
    return name


FORMATS: Mapping[str, Callable[[Mapping[str, str]], str]] = MappingProxyType(
    {
        "shell": shell,
        "json": as_json,
        "dotenv": dotenv,
        "docker": docker,
        "docker-arguments": docker_arguments,
        "github": github,
    }
)
"""By the name of the option that asks for it."""
