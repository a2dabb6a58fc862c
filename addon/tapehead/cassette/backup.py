"""Recording anew over an existing cassette: the old one waits as `NAME.yaml.bak` until the new one is worth having.

A crash so never costs the old recording. Its timing file and that of its failures go with it.
"""

import logging
import os
from dataclasses import dataclass
from pathlib import Path

from tapehead.cassette.file_lock import lock
from tapehead.cassette.files import as_cassette_error, sync_folder
from tapehead.cassette.side_files import backup_path, errors_path, find_timing

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Backup:
    """Files moved out of the way: (where each was, where it is)."""

    moved: tuple[tuple[Path, Path], ...]

    @classmethod
    def create(cls, cassette: Path) -> "Backup":
        """Moves a cassette and the files beside it aside; does nothing where there is none.

        Raises CassetteAccessError when that cannot be done, CassetteBusyError when another program is writing the cassette.
        """
        moved: list[tuple[Path, Path]] = []
        if cassette.exists() and not cassette.is_file():
            return cls(())  # a folder or a device, which opening it will refuse
        try:
            if cassette.is_file():
                with open(cassette, "rb") as file:
                    lock(file.fileno(), cassette)
            for path in (cassette, find_timing(cassette), errors_path(cassette)):
                if path.is_file():
                    moved.append((path, _free_name(path)))
                    os.rename(*moved[-1])
            if moved:
                sync_folder(cassette.parent)
        except OSError as e:
            raise as_cassette_error(e, cassette, "a cassette to replace") from e
        return cls(tuple(moved))

    def restore(self) -> None:
        """Puts everything back."""
        for original, aside in self.moved:
            os.replace(aside, original)
            logger.info("nothing was recorded: %s is the old one again", original)

    def discard(self) -> None:
        """Removes what was moved aside: the new recording takes its place for good."""
        for _, aside in self.moved:
            aside.unlink(missing_ok=True)


def _free_name(path: Path) -> Path:
    """`.bak`, or, where a crash has left one, `.bak2` and so on: that one may be all there is of a recording."""
    aside = backup_path(path)
    number = 1
    while aside.exists():
        if number == 1:
            logger.warning("%s is left from a run that did not end cleanly; it is kept", aside)
        number += 1
        aside = backup_path(path, number)
    return aside
