"""A cassette as a file: opened, locked, appended to.

An interaction is appended as one block at the end, in the file's own dialect, with one write and one `fdatasync`, so
the cost does not grow with the file. A write that fails is the last. Knows files; what is in them is `reader`'s and
`writer`'s matter.
"""

import contextlib
import logging
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tapehead.cassette import timing, writer
from tapehead.cassette.dialect import REFERENCE, Dialect
from tapehead.cassette.errors import CassetteChangedError, CassetteError, InteractionRefusedError
from tapehead.cassette.file_lock import lock, replace_locked, require_single_link, require_unchanged
from tapehead.cassette.files import as_cassette_error, require_regular_file, sync_folder, write_all
from tapehead.cassette.model import Cassette, Interaction
from tapehead.cassette.reader import MAX_BYTES
from tapehead.cassette.rewriting import Change, rewritten
from tapehead.cassette.timing import Timing
from tapehead.cassette.timing_writer import TimingWriter
from tapehead.cassette.torn import load_and_split_tail, move_tail

logger = logging.getLogger(__name__)

_EMPTY_LIST = b" []\n"
_ONE_WRITE = 1024 * 1024  # bytes
_sync = getattr(os, "fdatasync", os.fsync)  # macOS has no fdatasync


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """The text of an interaction, written and looked through by somebody else, as if its id was 0."""

    block: tuple[bytes, ...]
    """In the store's dialect, cut anywhere behind the id."""
    line: bytes
    """Of the timing file."""
    size: int
    chunks: int
    refused: str | None = None
    """Why it must not be written, if so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What is appended: an interaction, whose id the file gives, and when its chunks came."""

    interaction: Interaction
    timing: Timing
    rendered: Rendered | None = None
    """Where it is: then neither bodies nor chunks need be in what is above."""

    @property
    def size(self) -> int:
        """Bytes of the response's body."""
        return self.rendered.size if self.rendered else len(self.interaction.response.body)

    @property
    def chunks(self) -> int:
        """How many chunks the response came in."""
        return self.rendered.chunks if self.rendered else len(self.timing.chunks)


def load(path: Path | str) -> Cassette:
    """Returns the cassette in a file. A torn last interaction, which a crash leaves, is left out with a warning in the log.

    Raises CassetteError: CassetteNotFoundError, CassetteAccessError when it cannot be read, UnsupportedVersionError, or
    NotACassetteError.
    """
    cassette, torn = load_and_split_tail(Path(path))
    if torn:
        logger.warning("%s: its last interaction is torn (%d bytes) and left out", path, len(torn))
    return cassette


class Store:
    """One cassette open for appending, and its timing file. The only writer of both; safe to use from threads."""

    def __init__(
        self, path: Path, *, dialect: Dialect = REFERENCE, refuse: Callable[[bytes], str | None] = lambda _: None
    ) -> None:
        """Opens or makes the cassette at `path`. `dialect` is for a new one; an existing file keeps its own.

        `refuse` looks at the text of each interaction before it is written, and says what is wrong with it if anything.
        Raises CassetteError when the file cannot be written (CassetteAccessError), is no cassette (NotACassetteError,
        UnsupportedVersionError), or has another writer (CassetteBusyError).
        """
        self.path = path
        self.appended = 0
        self.write_error: CassetteError | None = None
        """Why nothing can be written any more."""
        self._lock = threading.Lock()
        self._closed = False
        self._refuse = refuse
        self.dialect = dialect
        """The file's."""
        self._next_id = 0
        self._is_empty = True
        self._end = 0
        with _as_cassette_error(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._made = not path.exists()
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK  # a FIFO would block
            self._file = os.open(path, flags, 0o600)
            try:
                require_regular_file(os.fstat(self._file), path, "a cassette")
                require_single_link(self._file, path)
                lock(self._file, path)
                status = os.fstat(self._file)
                require_unchanged(status, path, status.st_size)  # before we had the lock
                self.loaded = self._prepare(dialect)
                self._count = len(self.loaded.interactions)
                self.own_from = self._count
                """Where in the list of interactions those begin that this run has written, and may rewrite."""
                self._held = os.fstat(self._file)
                self._timings = TimingWriter(path)
            except BaseException:
                os.close(self._file)
                raise

    def __repr__(self) -> str:
        state = "closed" if self._closed else "broken" if self.write_error else "open"
        return f"<Store {str(self.path)!r} {state}, {self.appended} appended>"

    def append(self, recorded: Iterable[Recorded]) -> list[Interaction | InteractionRefusedError] | None:
        """Writes interactions at the end, with the ids that they get there, and returns them; None when it is closed.

        They are on disk then; in the place of one that is refused, or has no room, is the reason. Raises CassetteError
        when they cannot be written; the file is as before, and stays so.
        """
        with self._lock:
            if self._closed:
                return None
            results: list[Interaction | InteractionRefusedError] = []
            blocks: list[bytes] = []
            lines: list[bytes] = []
            count, end = 0, self._end
            for each in recorded:
                number = self._next_id + count
                interaction = replace(each.interaction, id=number)
                if each.rendered:
                    block, line = _numbered(each.rendered, number)
                    refused = each.rendered.refused
                else:
                    block = [writer.render_interaction(interaction, self.dialect).encode()]
                    line = timing.dump_line(replace(each.timing, id=number)).encode()
                    refused = self._refuse(block[0])
                size = sum(map(len, block))
                if error := self._error(refused, size, end):
                    results.append(error)
                    continue
                end += size
                results.append(interaction)
                blocks += block
                lines.append(line)
                count += 1
            if blocks:
                if self.write_error:
                    raise self.write_error
                try:
                    require_unchanged(self._held, self.path, self._end)
                    with _as_cassette_error(self.path):
                        self._write(blocks)
                except CassetteError as e:
                    self.write_error = e
                    raise
                self._timings.write(b"".join(lines))
            self._next_id += count
            self._count += count
            self.appended += count
            return results

    def rewrite(self, change: Change, only_if: Sequence[bytes] = ()) -> Mapping[int, Interaction]:
        """Writes anew what this run has written and `change` changes, with its timings, atomically. Returns what changed, by id.

        With `only_if` nothing is done unless one of these texts is in it. Raises CassetteError when the file cannot be
        written; it is as before then, and nothing is appended to it any more.
        """
        with self._lock:
            if self._closed or self.own_from >= self._count:
                return {}
            try:
                require_unchanged(self._held, self.path, self._end)
                with _as_cassette_error(self.path):
                    if only_if:
                        written = os.pread(self._file, self._end, 0)
                        if not any(text in written for text in only_if):
                            return {}
                    new = rewritten(load(self.path), self.own_from, self._timings.read(), change, self.dialect)
                    if new.changed:
                        self._replace(new.cassette)
                        self._held, self._end = os.fstat(self._file), len(new.cassette)
            except Exception as e:  # whatever it is, what is not to be there may be there
                found = f"that it cannot be rewritten ({type(e).__name__})"
                error = CassetteError(file=str(self.path), found=found, expected="a cassette that can be")
                self.write_error = e if isinstance(e, CassetteError) else error
                raise self.write_error from e
            if new.timings is not None:
                self._timings.replace(new.timings)
            return new.changed

    def note_failures(self) -> None:
        """Notes that there is a file of failures beside the cassette."""
        with self._lock:
            if not self._closed:
                self._timings.note_failures()

    def close(self) -> None:
        """Ends writing, and removes files that it made and never wrote to. A second call does nothing."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._timings.close()
                with contextlib.suppress(CassetteChangedError):  # what is there now is another's
                    require_unchanged(self._held, self.path, self._end)
                    if self._made and not self.appended:
                        self.path.unlink()
                os.close(self._file)

    def _error(self, refused: str | None, size: int, end: int) -> InteractionRefusedError | None:
        """Why a block of that size is not to be written at `end`, if it is not."""
        if refused:
            return InteractionRefusedError(file=str(self.path), found=refused, expected="none in what is written")
        if end + size > MAX_BYTES:  # with it the file could not be read any more
            found = f"no room in the cassette for {size} bytes"
            return InteractionRefusedError(file=str(self.path), found=found, expected=f"at most {MAX_BYTES} in all")
        return None

    def _write(self, blocks: Sequence[bytes]) -> None:
        start = self._end
        if self._is_empty:  # the blocks take the place of ` []`
            start, blocks = start - len(_EMPTY_LIST), [b"\n", *blocks]
        end = start
        try:
            if self._is_empty:
                os.ftruncate(self._file, start)  # written over, it would be neither, for a moment
            for data in _in_one(blocks):
                write_all(self._file, data, end)
                end += len(data)
            _sync(self._file)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, start)
                if self._is_empty:
                    write_all(self._file, _EMPTY_LIST, start)
            raise
        self._end = end
        self._is_empty = False

    def _prepare(self, dialect: Dialect) -> Cassette:
        """Makes the file one that a block can be appended to. Returns what it holds."""
        if os.fstat(self._file).st_size == 0:
            write_all(self._file, writer.EMPTY.encode(), 0)
            self._end = len(writer.EMPTY)
            return Cassette()
        cassette, torn = load_and_split_tail(self.path)
        if torn:
            aside = move_tail(self._file, self.path, torn)
            logger.warning("%s: its torn last interaction (%d bytes) was moved to %s", self.path, len(torn), aside)
        data = writer.dumps(cassette)
        appendable = _appendable(cassette, data)
        self.dialect = writer.detect(cassette) if cassette.interactions else dialect
        if appendable != data:
            self._replace(appendable)
            cassette = load(self.path)
        self._next_id = len(cassette.interactions)
        self._is_empty = not cassette.interactions
        self._end = len(appendable)
        return cassette

    def _replace(self, data: bytes) -> None:
        """Writes the whole file anew, atomically, and goes on with the new one."""
        handle = replace_locked(self._file, self.path, data)
        os.close(self._file)
        self._file = handle
        sync_folder(self.path.parent)


def _numbered(rendered: Rendered, number: int) -> tuple[list[bytes], bytes]:
    """Block and line with the id."""
    first, *rest = rendered.block
    line = rendered.line.replace(b'{"id":0,', b'{"id":%d,' % number, 1)
    return [first.replace(b"- id: 0\n", b"- id: %d\n" % number, 1), *rest], line


def _in_one(blocks: Sequence[bytes]) -> Sequence[bytes]:
    """One piece to write, unless it would be so large that it is not to be held twice."""
    return [b"".join(blocks)] if sum(map(len, blocks)) <= _ONE_WRITE else blocks


def _appendable(cassette: Cassette, data: bytes) -> bytes:
    """`data`, a cassette's bytes, in a form that ends with its list of interactions: itself, when it does already."""
    source = cassette.source
    if not cassette.interactions:
        return writer.EMPTY.encode()
    if source is not None and source.texts is not None and not source.tail.strip() and b"\r" not in data:
        return data.rstrip(b"\n") + b"\n" if source.tail or not data.endswith(b"\n") else data
    return writer.dumps(replace(cassette, source=None), dialect=writer.detect(cassette))


@contextlib.contextmanager
def _as_cassette_error(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as e:
        raise as_cassette_error(e, Path(e.filename or path), "a file to write", is_new=True) from e
