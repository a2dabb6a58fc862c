"""The file of a cassette that is being written: held from the start, made with the first interaction, then added to.

Until then nothing is there that was not, or the old cassette is untouched. What is added takes one write and one
`fdatasync` where it goes to the end; where a person has written something behind the list the whole is written anew,
atomically. Does not know what an interaction is called or when it came.
"""

import contextlib
import logging
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

from tapehead.cassette import backup, writer
from tapehead.cassette.append_point import AppendPoint, Style, find_append_point
from tapehead.cassette.dialect import Dialect
from tapehead.cassette.errors import CassetteAccessError, CassetteChangedError
from tapehead.cassette.file_lock import (
    MakingLock,
    is_named,
    lock,
    replace_locked,
    require_single_link,
    require_unchanged,
    write_locked,
)
from tapehead.cassette.files import as_cassette_error, require_regular_file, sync_folder, write_all
from tapehead.cassette.model import Cassette
from tapehead.cassette.side_files import real_path
from tapehead.cassette.splicing import Piece, Span, read_pieces, splice_locked
from tapehead.cassette.start_order import HEAD, renumbered
from tapehead.cassette.torn import is_recorded, load_and_split_tail, move_tail

logger = logging.getLogger(__name__)

_ONE_WRITE = 1024 * 1024  # bytes
_FLAGS = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK  # a FIFO would block
_NEW = AppendPoint(keep=0, opening=writer.HEAD.encode(), after=b"")
_sync = getattr(os, "fdatasync", os.fsync)  # macOS has no fdatasync


class CassetteFile:
    """One file, held by this process alone."""

    def __init__(self, path: Path, *, overwrite: bool, dialect: Dialect) -> None:
        """Opens the cassette at `path` and holds it. With `overwrite` what is there is replaced by the first interaction.

        `dialect` is for a new one. Raises CassetteError when it cannot be written, is no cassette, or has another writer.
        """
        self.path = path
        """As it was given."""
        self.loaded = Cassette()
        self.torn: tuple[int, Path] | None = None
        """Bytes of the torn end that was there, and where they are now."""
        self.dialect = dialect
        self._real = real_path(path)
        self._point = _NEW
        self._file: int | None = None
        self._making: MakingLock | None = None
        self._size = 0
        """Of what is there now."""
        self._overwrites = False
        """What is there is the old one still."""
        with as_errors_of(path), contextlib.ExitStack() as undo:
            undo.callback(self.close)
            if path.is_symlink() and not path.exists():
                raise CassetteAccessError(file=str(path), found="a link to no file", expected="a file to write")
            self._real.parent.mkdir(parents=True, exist_ok=True)
            self._hold(overwrite=overwrite)
            if self._file is not None and not overwrite:
                self._prepare(self._file)
            undo.pop_all()

    @property
    def size(self) -> int:
        """Bytes that it has, or begins with."""
        return self._point.keep + len(self._point.opening) + len(self._point.after)

    @property
    def is_strict_json(self) -> bool:
        """Whether nothing can be added that JSON cannot say."""
        return self._point.style is Style.JSON

    @property
    def is_block(self) -> bool:
        """Whether items stand one below the other, with nothing between them."""
        return self._point.style is Style.BLOCK

    def text_of(self, block: Sequence[bytes]) -> Sequence[bytes]:
        """Returns an item, rendered in the dialect, as it stands in this file."""
        if self._point.style is Style.BLOCK and self._point.newline == b"\n":
            return block
        return [self._point.text_of(b"".join(block))]

    def require_unchanged(self) -> None:
        """Raises CassetteChangedError when another program has changed, removed or made the file."""
        if self._file is None:
            if os.path.lexists(self._real):
                raise CassetteChangedError(
                    file=str(self.path), found="that another program made it", expected="no file"
                )
            return
        require_unchanged(os.fstat(self._file), self._real, self._size)

    def write(self, items: Sequence[Sequence[bytes]]) -> tuple[bool, Sequence[Span]]:
        """Adds items, which are on disk then. Returns whether that has made the file, and where each item is.

        Raises CassetteError, OSError; the file is as before then.
        """
        self.require_unchanged()
        point = self._point
        blocks = [point.opening]
        spans: list[Span] = []
        size = len(point.opening)
        for number, item in enumerate(items):
            if number:
                blocks.append(point.between)
                size += len(point.between)
            blocks += item
            start, size = size, size + sum(map(len, item))
            spans.append((point.keep + start, point.keep + size))
        makes = self._file is None or self._overwrites
        if makes:
            self._make(_in_one(blocks))
        elif self._file and point.keep and point.keep == self._size:
            self._append(self._file, blocks)
        else:
            self._replace(b"".join([self.read()[: point.keep], *blocks, point.after]))
        self._point = point.behind(size)
        self._size = self._point.keep + len(point.after)
        return makes, spans

    def read(self, span: Span | None = None) -> bytes:
        """Returns all that is in it, or a part. Raises OSError."""
        if self._file is None:
            return b""
        start, stop = span or (0, os.fstat(self._file).st_size)
        return b"".join(read_pieces(self._file, start, stop))

    def rewrite(self, data: bytes) -> None:
        """Writes all of it anew, atomically; what is behind the last item is to be as it was. Raises OSError."""
        self._replace(data)
        self._size = len(data)
        self._point = replace(self._point, keep=len(data) - len(self._point.after))

    def splice(self, span: Span, item: Sequence[bytes]) -> None:
        """Writes all of it anew, atomically, with another item where one is. Raises CassetteError, OSError: it is as before."""
        self.require_unchanged()
        assert self._file is not None
        self._go_on_with(splice_locked(self._file, self._real, [(span, item)], self._size))
        longer = sum(map(len, item)) - (span[1] - span[0])
        self._size += longer
        self._point = replace(self._point, keep=self._point.keep + longer)

    def rearrange(self, spans: Mapping[int, tuple[Span, Span]]) -> bool:
        """Writes all of it anew, atomically, with blocks in the places of others: by id where it is to be, and where it was.

        Returns False, and has done nothing, where an id could not be changed. Raises CassetteError, OSError.
        """
        self.require_unchanged()
        assert self._file is not None
        pieces: list[Piece] = []
        for number, (place, (start, stop)) in sorted(spans.items(), key=lambda each: each[1][0]):
            size = min(HEAD, stop - start)
            head = renumbered(os.pread(self._file, size, start), number)
            if head is None:
                return False
            pieces.append((place, chain([head], read_pieces(self._file, start + size, stop))))
        self._go_on_with(splice_locked(self._file, self._real, pieces, self._size))
        return True

    def close(self) -> None:
        """Lets go of it."""
        if self._file is not None:
            os.close(self._file)
        self._file = None
        self._release()

    def _release(self) -> None:
        if self._making:
            self._making.release()
        self._making = None

    def _hold(self, *, overwrite: bool) -> None:
        """Opens the file and becomes its writer, or the one who makes it."""
        while True:
            if overwrite or not os.path.lexists(self._real):
                self._making = self._making or MakingLock.take(self._real)
            if not os.path.lexists(self._real):
                return  # and whoever makes it is us
            file = os.open(self._real, _FLAGS)
            try:
                status = os.fstat(file)
                require_regular_file(status, self.path, "a cassette")
                backup.drop_second_names(self._real)
                require_single_link(file, self.path)
                lock(file, self.path)
                if not is_named(status, self._real):  # before we had the lock
                    os.close(file)
                    continue
            except BaseException:
                os.close(file)
                raise
            self._file, self._overwrites, self._size = file, overwrite, status.st_size
            if not overwrite:
                self._release()  # it was made before we had the lock
                MakingLock.sweep(self._real)
            return

    def _prepare(self, file: int) -> None:
        """Finds where in the file an item can be added, and moves a torn one aside."""
        if not self._size:
            return
        self.loaded, torn = load_and_split_tail(self.path)
        whole = self._size - len(torn)
        self._point, self.dialect = find_append_point(self.loaded, whole, self.dialect, str(self.path))
        if torn:
            self.torn = len(torn), move_tail(file, self._real, torn)
            self._size = whole

    def _make(self, texts: Sequence[bytes]) -> None:
        mode = 0o600 if self._file is None else stat.S_IMODE(os.fstat(self._file).st_mode)
        if self._overwrites and is_recorded(self._real):
            backup.keep(self._real)
        made = write_locked(self._real, texts, mode=mode)
        if self._file is not None:
            os.close(self._file)
        self._file = made
        sync_folder(self._real.parent)
        self._release()
        if self._overwrites:
            self._overwrites = False
            try:
                backup.drop_beside(self._real)
            except OSError as e:  # an aid, which says itself whose it is
                logger.warning("%s: what lies beside it is of the recording before: %s", self.path, e)

    def _append(self, file: int, blocks: Sequence[bytes]) -> None:
        start = end = self._point.keep
        try:
            for data in _in_one(blocks):
                write_all(file, data, end)
                end += len(data)
            _sync(file)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(file, start)
            raise

    def _replace(self, data: bytes) -> None:
        """Writes the whole file anew, atomically, and goes on with the new one."""
        assert self._file is not None  # it is made by then
        self._go_on_with(replace_locked(self._file, self._real, data))

    def _go_on_with(self, handle: int) -> None:
        assert self._file is not None
        os.close(self._file)
        self._file = handle
        sync_folder(self._real.parent)


def _in_one(blocks: Sequence[bytes]) -> Sequence[bytes]:
    """One piece to write, unless it would be so large that it is not to be held twice."""
    return [b"".join(blocks)] if sum(map(len, blocks)) <= _ONE_WRITE else blocks


@contextlib.contextmanager
def as_errors_of(path: Path) -> Iterator[None]:
    """Makes errors of the system errors of the cassette."""
    try:
        yield
    except OSError as e:
        raise as_cassette_error(e, Path(e.filename or path), "a file to write", is_new=True) from e
