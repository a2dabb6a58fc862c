"""Which cassette a session's name means: a file below one folder, and never anywhere else.

Knows names and paths. Does not know who says a name, nor what a session is.
"""

import os
import re
from pathlib import Path

from tapehead.text.escape import for_log

# pytest-recording's are among them: a test's name with its parameters, but for what no file's name may have.
_NAME = re.compile(r"(?! )[A-Za-z0-9._~/\[\](){},;=+@!#$&^` -]{1,200}(?<! )")
_NOT_IN_A_USER_NAME = re.compile(r"[^A-Za-z0-9._~/-]+")
_SUFFIXES = (".yaml", ".yml")


def check_name(name: str) -> str:
    """Returns the name, if it can be a session's. Raises ValueError of one line if not."""
    shown = for_log(name[:80])
    if not _NAME.fullmatch(name):
        raise ValueError(f"session {shown!r}: expected 1 to 200 of A-Z a-z 0-9 . _ ~ / - [ ] and the like")
    if name.startswith("/") or any(part in ("", ".", "..") for part in name.split("/")):
        raise ValueError(f"session {shown!r}: expected a path below the folder, without '..'")
    return name


def in_user_name(cassette: str) -> str:
    """Returns a cassette's name as it can stand in the user name of a URL as it is: other characters are hyphens."""
    return _NOT_IN_A_USER_NAME.sub("-", cassette)


def path_of(name: str, directory: Path) -> Path:
    """Returns the path of the cassette that a name means.

    Raises ValueError when the name is none, or the path not below the directory, by a symbolic link for instance.
    """
    check_name(name)
    path = directory / (name if name.endswith(_SUFFIXES) else f"{name}.yaml")
    if not path.resolve().is_relative_to(directory.resolve()):
        raise ValueError(f"session {name!r}: its cassette would not be in {directory}")
    return path


def check_directory(directory: Path) -> None:
    """Raises ValueError of one line when it can be no folder: it, or what would be above it, is something else."""
    for path in (directory, *directory.parents):
        if os.path.lexists(path):
            if not path.is_dir():
                whose = "" if path == directory else f" at {for_log(str(path))}"
                raise ValueError(f"found a file{whose}, expected a folder for the cassettes of sessions")
            return
