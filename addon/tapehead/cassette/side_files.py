"""The names of the files beside a cassette, each after the cassette's whole name: `c.yaml` has `c.yaml.timing.jsonl`.

Also knows the names of before version 0.2, `c.timing.jsonl`, which `c.yml` and `c.yaml` shared. Looks which files are
there; does not open them.
"""

import os
import re
from pathlib import Path

TIMING = ".timing.jsonl"
MISSES = ".misses.jsonl"
ERRORS = ".errors.jsonl"
_CASSETTES = ("", ".yaml", ".yml")
"""What the name of a cassette ends with that may have shared an old name with another."""
_ASIDE = re.compile(r"\.torn|\.bak\d*")
"""What is added to the name of a file that was moved aside."""


def timing_path(cassette: Path) -> Path:
    """Returns where the timing file of a cassette is written."""
    return _beside(cassette, TIMING)


def misses_path(cassette: Path) -> Path:
    """Returns where the misses of a replay are written."""
    return _beside(cassette, MISSES)


def errors_path(cassette: Path) -> Path:
    """Returns where the failures and cut streams of a recording are."""
    return _beside(cassette, ERRORS)


def torn_path(file: Path) -> Path:
    """Returns where the torn tail of a cassette, or of its timing file, goes; behind what is there already."""
    return _beside(file, ".torn")


def backup_path(file: Path, number: int = 1) -> Path:
    """Returns where a file waits while it is recorded anew: `.bak`, then `.bak2` and so on."""
    return _beside(file, ".bak" if number == 1 else f".bak{number}")


def find_timing(cassette: Path) -> Path:
    """Returns where the timing file of a cassette is read: under its old name where only that is there, and only its own."""
    path, old = timing_path(cassette), old_path(cassette, TIMING)
    if os.path.lexists(path) or not os.path.lexists(old) or owners(cassette) != (cassette,):
        return path
    return old


def old_path(cassette: Path, suffix: str) -> Path:
    """Returns the name that the side file with this suffix had before version 0.2."""
    return cassette.with_name(f"{cassette.stem}{suffix}")


def owners(cassette: Path) -> tuple[Path, ...]:
    """Returns the cassette and the others beside it that shared the old names with it, by name."""
    others = (cassette.with_name(f"{cassette.stem}{ending}") for ending in _CASSETTES)
    return tuple(sorted({cassette, *(each for each in others if each.is_file())}))


def old_names(cassette: Path) -> tuple[tuple[Path, Path], ...]:
    """Returns the files beside a cassette that have an old name, each with its new one; also those moved aside."""
    found = []
    for suffix in (TIMING, MISSES):
        old, new = old_path(cassette, suffix), _beside(cassette, suffix)
        if old == new:  # a cassette without an ending
            continue
        for name in sorted(os.listdir(cassette.parent)):
            rest = name.removeprefix(old.name)
            if name == old.name or (name.startswith(old.name) and _ASIDE.fullmatch(rest)):
                found.append((cassette.with_name(name), _beside(new, rest if name != old.name else "")))
    return tuple(found)


def _beside(file: Path, suffix: str) -> Path:
    return file.with_name(f"{file.name}{suffix}")
