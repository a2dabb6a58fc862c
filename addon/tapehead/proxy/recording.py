"""A cassette that is being written: made or opened, the old one kept until the new one is worth having.

Sessions of one process that record into the same file share it. Knows files and their life cycle, and no flow.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from tapehead.cassette.dialect import Dialect
from tapehead.cassette.errors import CassetteError
from tapehead.cassette.store import Recorded, Store
from tapehead.proxy.appender import Appender
from tapehead.proxy.backup import Backup


class Recording:
    """One cassette open for appending, for one session or several."""

    def __init__(self, path: Path, *, anew: bool, dialect: Dialect, refuse: Callable[[bytes], str | None]) -> None:
        """`anew`: what is there is moved aside first. CassetteError when it cannot be opened; all is as before then."""
        self._backup = Backup.make(path) if anew else None
        try:
            self.store = Store(path, dialect=dialect, refuse=refuse)
        except CassetteError:
            if self._backup:
                self._backup.restore()
            raise
        self.appender = Appender(self.store)
        self.users = 1
        self.shared = False
        """Whether it ever had two."""

    def close(self, last: Sequence[Recorded] = ()) -> list[CassetteError]:
        """Writes what waits and `last`, and closes the file. Returns why some of it must not be written.

        Raises CassetteError when it cannot be written.
        """
        try:
            return self.appender.close(last)
        finally:
            if self._backup:
                (self._backup.discard if self.store.appended else self._backup.restore)()


class Recordings:
    """Those of a process that are open, by file."""

    def __init__(self) -> None:
        self._open: dict[Path, Recording] = {}

    def open(self, path: Path, *, anew: bool, dialect: Dialect, refuse: Callable[[bytes], str | None]) -> Recording:
        """The one of this file: the one that is open already, or a new one. CassetteError: see Recording."""
        key = path.resolve()
        if known := self._open.get(key):
            known.users += 1
            known.shared = True
            return known
        self._open[key] = made = Recording(path, anew=anew, dialect=dialect, refuse=refuse)
        return made

    def being_made(self, path: Path) -> bool:
        """Whether the file is there only because it is being recorded now."""
        return path.resolve() in self._open

    def close(self, recording: Recording, last: Sequence[Recorded] = ()) -> list[CassetteError]:
        """Writes `last` and lets go of one; the last who does closes it. Returns why some of it must not be written.

        Raises CassetteError when it cannot be written.
        """
        recording.users -= 1
        if recording.users:
            return [each for each in recording.store.append(last) or () if isinstance(each, CassetteError)]
        self._open = {path: each for path, each in self._open.items() if each is not recording}
        return recording.close(last)
