"""What is beside a cassette as an earlier version wrote it, brought to what this one writes: names, head lines.

Each change is atomic, and leaves files that are read as before it. Does not touch the cassette.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from tapehead.cassette.errors import CassetteError
from tapehead.cassette.file_lock import lock
from tapehead.cassette.files import read_regular, replace_file, sync_folder
from tapehead.cassette.side_files import TIMING, errors_path, old_names, old_path, owners, timing_path
from tapehead.cassette.timing import MAX_BYTES, wrong_version
from tapehead.cassette.timing_head import VERSION, dump_head, new_head, parse_head, with_failures
from tapehead.cassette.torn import load_and_split_tail


@dataclass(frozen=True, slots=True)
class Renaming:
    """A file that gets its new name."""

    file: Path
    to: Path


@dataclass(frozen=True, slots=True)
class AddedHead:
    """A timing file, by its new name, that gets a head line."""

    file: Path


@dataclass(frozen=True, slots=True)
class Left:
    """A file of an old name that stays, and why."""

    file: Path
    why: str


@dataclass(frozen=True, slots=True)
class SideFileUpgrade:
    """All that is to be done beside one cassette, in that order, and what is left for a person to do."""

    changes: tuple[Renaming | AddedHead, ...]
    left: tuple[Left, ...]


def plan_upgrade(cassette: Path) -> SideFileUpgrade:
    """Returns what would be done beside a cassette, and changes nothing.

    Raises CassetteError when the cassette or its timing file cannot be read.
    """
    load_and_split_tail(cassette)  # what is none has nothing beside it
    several = owners(cassette)
    changes: list[Renaming | AddedHead] = []
    left: list[Left] = []
    for old, new in old_names(cassette):
        if len(several) > 1:
            names = " or ".join(each.name for each in several)
            left.append(Left(old, f"it may be of {names}; name it {new.name} if it is of this one"))
        elif os.path.lexists(new):
            left.append(Left(old, f"{new.name} is there already, and counts; remove one of the two"))
        elif not old.is_file():
            left.append(Left(old, "it is no file"))
        else:
            changes.append(Renaming(old, new))
    beside = timing_path(cassette)
    old_timing = old_path(cassette, TIMING)
    source = old_timing if Renaming(old_timing, beside) in changes else beside
    if os.path.lexists(source) and _lacks_head(source):
        changes.append(AddedHead(beside))
    return SideFileUpgrade(tuple(changes), tuple(left))


def upgrade(cassette: Path) -> SideFileUpgrade:
    """Renames and writes what `plan_upgrade` says, and returns what was done.

    Raises CassetteError as `plan_upgrade` does, and when another program is writing the cassette; OSError when a file
    cannot be renamed or written.
    """
    planned = plan_upgrade(cassette)
    if not planned.changes:
        return planned
    with open(cassette, "rb") as file:
        lock(file.fileno(), cassette)
        planned = plan_upgrade(cassette)  # it may have been written before we had the lock
        for change in planned.changes:
            if isinstance(change, Renaming):
                os.rename(change.file, change.to)
            else:
                head = with_failures(new_head()) if os.path.lexists(errors_path(cassette)) else new_head()
                replace_file(change.file, dump_head(head).encode() + _read(change.file))
        sync_folder(cassette.parent)
    return planned


def _lacks_head(path: Path) -> bool:
    data = _read(path)
    head = parse_head(data.partition(b"\n")[0])
    if wrong := wrong_version(head):
        raise CassetteError(file=str(path), line=1, found=wrong, expected=f"at most {VERSION}")
    return bool(data) and head is None


def _read(path: Path) -> bytes:
    return read_regular(path, max_bytes=MAX_BYTES, expected="a timing file")
