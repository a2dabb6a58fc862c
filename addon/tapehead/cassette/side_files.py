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
OPEN = ".open"
_CASSETTES = ("", ".yaml", ".yml")
"""What the name of a cassette ends with that may have shared an old name with another."""
_ASIDE = re.compile(r"\.torn|\.bak\d*")
"""What is added to the name of a file that was moved aside."""


def real_path(cassette: Path) -> Path:
    """Returns the file that a cassette's path leads to, where that is a symbolic link: its side files count."""
    return Path(os.path.realpath(cassette)) if os.path.islink(cassette) else cassette


def timing_path(cassette: Path) -> Path:
    """Returns where the timing file of a cassette is written."""
    return _beside(real_path(cassette), TIMING)


def misses_path(cassette: Path) -> Path:
    """Returns where the misses of a replay are written."""
    return _beside(real_path(cassette), MISSES)


def errors_path(cassette: Path) -> Path:
    """Returns where failures and cut streams are written."""
    return _beside(real_path(cassette), ERRORS)


def open_path(cassette: Path) -> Path:
    """Returns the journal of the conversations that are under way while it is recorded."""
    return _beside(real_path(cassette), OPEN)


def lock_path(cassette: Path) -> Path:
    """Returns the file that whoever makes a cassette holds as long as it is not there, or is the old one."""
    return _beside(real_path(cassette), ".lock")


def swap_path(file: Path) -> Path:
    """Returns where a file is for a moment, while two change places."""
    return _beside(file, ".swap")


def torn_path(file: Path) -> Path:
    """Returns where the torn tail of a cassette, or of its timing file, goes; behind what is there already."""
    return _beside(file, ".torn")


def backup_path(file: Path) -> Path:
    """Returns where a file waits while it is recorded anew."""
    return _beside(file, ".bak")


def find_timing(cassette: Path) -> Path:
    """Returns where the timing file of a cassette is read: under its old name where only that is there, and only its own."""
    cassette = real_path(cassette)
    path, old = timing_path(cassette), old_path(cassette, TIMING)
    if os.path.lexists(path) or not os.path.lexists(old) or owners(cassette) != (cassette,):
        return path
    return old


def old_path(cassette: Path, suffix: str) -> Path:
    """Returns the name that the side file with this suffix had before version 0.2."""
    cassette = real_path(cassette)
    return cassette.with_name(f"{cassette.stem}{suffix}")


def owners(cassette: Path) -> tuple[Path, ...]:
    """Returns the cassette and the others beside it that shared the old names with it, by name."""
    cassette = real_path(cassette)
    others = (cassette.with_name(f"{cassette.stem}{ending}") for ending in _CASSETTES)
    return tuple(sorted({cassette, *(each for each in others if each.is_file())}))


def old_names(cassette: Path) -> tuple[tuple[Path, Path], ...]:
    """Returns the files beside a cassette that have an old name, each with its new one; also those moved aside."""
    cassette, found = real_path(cassette), []
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
