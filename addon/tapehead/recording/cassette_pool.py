"""A cassette that is being written: made or opened, the old one kept until the new one is worth having.

Sessions of one process that record into the same file share it. Knows files and their life cycle, and no flow.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from tapehead.cassette.backup import Backup
from tapehead.cassette.dialect import Dialect
from tapehead.cassette.errors import CassetteError
from tapehead.cassette.store import Recorded, Store
from tapehead.recording.write_queue import WriteQueue


class SharedCassette:
    """One cassette open for appending, for one session or several."""

    def __init__(self, path: Path, *, overwrite: bool, dialect: Dialect, refuse: Callable[[bytes], str | None]) -> None:
        """Opens or makes the cassette at `path`. `overwrite`: what is there is moved aside first.

        Raises CassetteError when it cannot be opened; all is as before then.
        """
        self._backup = Backup.create(path) if overwrite else None
        try:
            self.store = Store(path, dialect=dialect, refuse=refuse)
        except CassetteError:
            if self._backup:
                self._backup.restore()
            raise
        self.queue = WriteQueue(self.store)
        self.refcount = 1
        self.shared = False
        """Whether it ever had two."""

    def __repr__(self) -> str:
        return f"<SharedCassette {self.store!r}, {self.refcount} sessions>"

    def close(self, last: Sequence[Recorded] = ()) -> list[CassetteError]:
        """Writes what waits and `last`, and closes the file. Returns why some of it must not be written.

        Raises CassetteError when it cannot be written.
        """
        try:
            return self.queue.close(last)
        finally:
            if self._backup:
                (self._backup.discard if self.store.appended else self._backup.restore)()


class CassettePool:
    """Those of a process that are open, by file."""

    def __init__(self) -> None:
        self._open: dict[Path, SharedCassette] = {}

    def __repr__(self) -> str:
        return f"<CassettePool {len(self._open)} open>"

    def open(
        self, path: Path, *, overwrite: bool, dialect: Dialect, refuse: Callable[[bytes], str | None]
    ) -> SharedCassette:
        """Returns the cassette of this file: the one that is open already, or a new one, as `SharedCassette` opens it.

        Raises CassetteError when it cannot be opened; all is as before then.
        """
        key = path.resolve()
        if known := self._open.get(key):
            known.refcount += 1
            known.shared = True
            return known
        self._open[key] = made = SharedCassette(path, overwrite=overwrite, dialect=dialect, refuse=refuse)
        return made

    def is_recording(self, path: Path) -> bool:
        """Returns whether the file is being recorded now: it is there only because of that."""
        return path.resolve() in self._open

    def close(self, recording: SharedCassette, last: Sequence[Recorded] = ()) -> list[CassetteError]:
        """Writes `last` and lets go of one; the last who does closes it. Returns why some of it must not be written.

        Raises CassetteError when it cannot be written.
        """
        recording.refcount -= 1
        if recording.refcount:
            return [each for each in recording.store.append(last) or () if isinstance(each, CassetteError)]
        self._open = {path: each for path, each in self._open.items() if each is not recording}
        return recording.close(last)
