"""The right command in the place of one that is none, for the mistakes that people make. Looks for programs; runs none."""

import difflib
import os
import re
import shlex
import shutil
from collections.abc import Collection, Sequence

_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL)


def instead_of(words: Sequence[str], commands: Collection[str], path: str | None = None) -> str:
    """Returns what is said of words after `tapehead` of which the first is none of its commands."""
    wrong, *rest = words
    split = _as_program(words, path)
    if split and not difflib.get_close_matches(wrong, commands, n=1, cutoff=0.8):
        return f"no such command; to run a program: tapehead auto -- {shlex.join(split)}"
    if near := difflib.get_close_matches(wrong, commands, n=1):
        return f"no such command; did you mean: {shlex.join(['tapehead', near[0], *rest])}"
    return "no such command; tapehead --help lists them"


def program_instead_of(words: Sequence[str], path: str | None = None) -> str:
    """Returns what is to be written behind `--` for a program that was not found; "" where that is not known."""
    if split := _as_program(words, path):
        return shlex.join(split) if split != list(words) else ""
    near = difflib.get_close_matches(words[0], _programs(path), n=1, cutoff=0.75) if "/" not in words[0] else []
    return shlex.join([near[0], *words[1:]]) if near else ""


def _as_program(words: Sequence[str], path: str | None) -> list[str] | None:
    """The words of a program that is there: as they are, out of one word, or behind `env` where a shell would set variables."""
    given = [*words]
    if len(given) == 1 and re.search(r"\s", given[0]):
        try:
            given = shlex.split(given[0])
        except ValueError:
            return None
    first = next((place for place, word in enumerate(given) if not _ASSIGNMENT.fullmatch(word)), None)
    if first is None or shutil.which(given[first], path=path) is None:
        return None
    return ["env", *given] if first else given


def _programs(path: str | None) -> list[str]:
    found: set[str] = set()
    for folder in (os.environ.get("PATH", os.defpath) if path is None else path).split(os.pathsep):
        try:
            found.update(os.listdir(folder))
        except OSError:
            continue
    return sorted(found)
