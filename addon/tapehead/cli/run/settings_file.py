"""`tapehead.toml`, or `[tool.tapehead]` in `pyproject.toml`: found in the folder where a run begins, or the nearest above.

Knows the files and TOML. Which names are options, and what their values mean, is told by `run_settings`.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tapehead.root import BadOptionError

OWN = "tapehead.toml"
SHARED = "pyproject.toml"
_TABLE = b"tapehead"  # somewhere in it, if there is one: most need not be parsed


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsFile:
    """One that was found."""

    path: Path
    values: Mapping[str, Any]
    """As they are written."""

    @property
    def name(self) -> str:
        """As a person in the folder where the run begins calls it."""
        return os.path.relpath(self.path)

    def beside(self, path: str) -> str:
        """Returns a path that is written in it, from the folder where the run begins."""
        expanded = os.path.expanduser(path)
        return os.path.relpath(self.path.parent / expanded) if not os.path.isabs(expanded) else expanded


def find_settings(folder: Path) -> SettingsFile | None:
    """Returns the nearest; None where there is none. Raises BadOptionError of one line for one that cannot be read."""
    for above in (folder, *folder.parents):
        for name in (OWN, SHARED):
            found = _read(above / name)
            if found is not None:
                return SettingsFile(path=above / name, values=found)
    return None


def _read(path: Path) -> Mapping[str, Any] | None:
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, PermissionError, IsADirectoryError):
        return None
    if path.name == SHARED and _TABLE not in data:
        return None
    import tomllib  # slow to import, and rarely wanted

    try:
        values: Any = tomllib.loads(data.decode())
    except ValueError as e:  # no UTF-8, or no TOML
        raise BadOptionError(f"{os.path.relpath(path)}: {' '.join(str(e).split())}") from e
    if path.name == SHARED:
        tool = values.get("tool")
        values = tool.get("tapehead") if isinstance(tool, dict) else None
        if values is not None and not isinstance(values, dict):
            raise BadOptionError(f"{os.path.relpath(path)}: tool.tapehead: expected a table")
    return None if values is None else dict(values)
