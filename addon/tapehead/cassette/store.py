"""A cassette as a file: opened, appended to, with the timing file beside.

Gives interactions their ids, and sees to it that nothing is written that must not be. A write that fails is the last.
How a file is held and added to is `cassette_file`'s matter, what is in it `reader`'s and `writer`'s.
"""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tapehead.cassette import timing, writer
from tapehead.cassette.cassette_file import CassetteFile, as_errors_of
from tapehead.cassette.dialect import REFERENCE, Dialect
from tapehead.cassette.errors import CassetteError, InteractionRefusedError
from tapehead.cassette.flow_style import is_json
from tapehead.cassette.http_rules import http_faults
from tapehead.cassette.model import Cassette, Interaction, Request, Response
from tapehead.cassette.reader import MAX_BYTES, loads
from tapehead.cassette.rewriting import Change, rewritten
from tapehead.cassette.splicing import Span, moved, replace_line, spans_in
from tapehead.cassette.start_order import find_moves, moved_lines, out_of_order
from tapehead.cassette.timing import Timing
from tapehead.cassette.timing_writer import TimingWriter
from tapehead.cassette.torn import load_and_split_tail

type KeyOf = Callable[[Request], bytes]

logger = logging.getLogger(__name__)

_BLOCK_LIST = b"version: 2\ninteractions:\n%b"
_FLOW_LIST = b'{"version": 2, "interactions": [%b]}'


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
    replaces: int | None = None
    """The id of what was written of it before, in whose place it is put."""
    key: bytes | KeyOf | None = None
    """Of one that was not alone: what is equal for those whose requests nothing tells apart, or what gives it."""

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
        self,
        path: Path,
        *,
        dialect: Dialect = REFERENCE,
        refuse: Callable[[bytes], str | None] = lambda _: None,
        overwrite: bool = False,
        code_of: Callable[[Response], int] = lambda response: response.code,
        redaction: Callable[[], str] = lambda: "",
    ) -> None:
        """Opens the cassette at `path`, which is made by the first interaction. `dialect` is for a new one.

        With `overwrite` the first interaction also moves the old one to its backup. `refuse` looks at the text of each
        interaction before it is written, and says what is wrong with it if anything. `redaction` gives the digest of the
        rules by which requests are redacted. Raises CassetteError when the file
        cannot be written (CassetteAccessError), is no cassette (NotACassetteError, UnsupportedVersionError), or has
        another writer (CassetteBusyError).
        """
        self.path = path
        self.appended = 0
        self.codes: Counter[int] = Counter()
        """Of the responses that were appended, as `code_of` tells them."""
        self.write_error: CassetteError | None = None
        """Why nothing can be written any more."""
        self._lock = threading.Lock()
        self._closed = False
        self._refuse = refuse
        self._code_of = code_of
        self._overwrite = overwrite
        self._spans: dict[int, Span] = {}
        """Where those are that this run has written."""
        self._starts: list[tuple[float, int]] = []
        """When the requests of those were made that were not alone, and their ids."""
        self._keys: dict[int, bytes | KeyOf] = {}
        self._file = CassetteFile(path, overwrite=overwrite, dialect=dialect)
        try:
            if self._file.torn:
                size, aside = self._file.torn
                logger.warning("%s: its torn last interaction (%d bytes) was moved to %s", path, size, aside)
            self.loaded = self._file.loaded
            self.dialect = self._file.dialect
            """The file's."""
            self._count = len(self.loaded.interactions)
            self.own_from = self._count
            """Where in the list of interactions those begin that this run has written, and may rewrite."""
            self._next_id = max((each.id for each in self.loaded.interactions), default=-1) + 1
            with as_errors_of(path):
                self._timings = TimingWriter(path, anew=overwrite, redaction=redaction)
        except BaseException:
            self._file.close()
            raise

    def __repr__(self) -> str:
        state = "closed" if self._closed else "broken" if self.write_error else "open"
        return f"<Store {str(self.path)!r} {state}, {self.appended} appended>"

    def append(self, recorded: Iterable[Recorded]) -> list[Interaction | InteractionRefusedError] | None:
        """Writes interactions at the end, with the ids that they get there, and returns them; None when it is closed.

        Those that replace one are put in its place, which makes the file anew. They are on disk then; in the place of
        one that is refused, or has no room, is the reason. Raises CassetteError when they cannot be written; the file is
        as before, and stays so.
        """
        with self._lock:
            if self._closed:
                return None
            results: list[Interaction | InteractionRefusedError] = []
            items: list[Sequence[bytes]] = []
            lines: list[bytes] = []
            grown: list[tuple[int, int, Recorded]] = []
            size = self._file.size
            for each in recorded:
                if each.replaces is not None:
                    grown.append((len(results), each.replaces, each))
                    results.append(each.interaction.with_id(each.replaces))
                    continue
                number = self._next_id + len(items)
                item, line, refused = self._text(each, number)
                if error := self._error(each.interaction, refused, item, size):
                    results.append(error)
                    continue
                if each.key:
                    self._starts.append((each.timing.start, number))
                    self._keys[number] = each.key
                size += sum(map(len, item))
                results.append(each.interaction.with_id(number))
                self.codes[self._code_of(each.interaction.response)] += 1
                items.append(item)
                lines.append(line)
            if items:
                self._spans |= enumerate(self._write(items, lines), self._next_id)
            self._next_id += len(items)
            self._count += len(items)
            self.appended += len(items)
            for place, number, each in grown:
                if error := self._put_in_place(each, number):
                    results[place] = error
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
                self._file.require_unchanged()
                with as_errors_of(self.path):
                    if only_if:
                        written = self._file.read()
                        if not any(text in written for text in only_if):
                            return {}
                    new = rewritten(load(self.path), self.own_from, self._timings.read(), change, self.dialect)
                    if new.changed:
                        self._file.rewrite(new.cassette)
                        self._spans = {}
            except Exception as e:  # whatever it is, what is not to be there may be there
                found = f"that it cannot be rewritten ({type(e).__name__})"
                error = CassetteError(file=str(self.path), found=found, expected="a cassette that can be")
                self.write_error = e if isinstance(e, CassetteError) else error
                raise self.write_error from e
            if new.timings is not None:
                self._timings.replace(new.timings)
            return new.changed

    def put_in_order(self) -> int:
        """Puts what this run has written, where nothing else tells it apart, in the order in which it was asked.

        Ids keep their places. Returns how many have another place. Raises CassetteError, OSError: the file is as before.
        """
        with self._lock:
            mixed = [] if self._closed or self.write_error else [*out_of_order(self._starts)]
            if not mixed:
                return 0
            if not self._spans.keys() >= {number for _, number in mixed}:  # the file was made anew since
                if not self._file.is_block:
                    return 0
                self._spans = spans_in(load(self.path))
            moves = find_moves(mixed, self._key)
            if not moves:
                return 0
            spans = {at: (self._spans[at], self._spans[number]) for at, number in moves.items()}
            if self._file.rearrange(spans):
                self._timings.replace(moved_lines(self._timings.read(), moves))
                return len(spans)
            return 0

    def note_failures(self) -> None:
        """Notes that there is a file of failures beside the cassette."""
        with self._lock:
            if not self._closed:
                self._timings.note_failures()

    def close(self) -> None:
        """Ends writing. A second call does nothing."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._timings.close()
                self._file.close()

    def _key(self, number: int) -> bytes:
        """Of what this run has written. It is read again for that: requests that are kept add up in a long run."""
        key = self._keys[number]
        if isinstance(key, bytes):
            return key
        item = self._file.read(self._spans[number])
        text = _BLOCK_LIST % item if self._file.is_block else _FLOW_LIST % item
        return key(loads(text, file=str(self.path)).interactions[0].request)

    def _put_in_place(self, recorded: Recorded, number: int) -> InteractionRefusedError | None:
        """Writes the file anew with one in the place of what was written of it. Why it is as before, if it is."""
        item, line, refused = self._text(recorded, number)
        try:
            span = self._spans.get(number) or spans_in(load(self.path))[number]
            if error := self._error(recorded.interaction, refused, item, self._file.size - (span[1] - span[0])):
                return error
            self._file.splice(span, item)
        except (OSError, KeyError, CassetteError) as e:
            found = f"that what was written before cannot be replaced ({e})"
            return InteractionRefusedError(
                file=str(self.path), found=found, expected="room for the file to be made anew"
            )
        self._spans = moved(self._spans, [(span, item)])
        self._spans[number] = span[0], span[0] + sum(map(len, item))
        self._timings.replace(replace_line(self._timings.read(), number, line))
        return None

    def _text(self, each: Recorded, number: int) -> tuple[Sequence[bytes], bytes, str | None]:
        """Item and line with the id, and why they must not be written, if so."""
        if each.rendered:
            block, line = _numbered(each.rendered, number)
            return self._file.text_of(block), line, each.rendered.refused
        whole = writer.render_interaction(each.interaction.with_id(number), self.dialect).encode()
        line = timing.dump_line(replace(each.timing, id=number)).encode()
        return self._file.text_of([whole]), line, self._refuse(whole)

    def _error(
        self, interaction: Interaction, refused: str | None, item: Sequence[bytes], size: int
    ) -> InteractionRefusedError | None:
        """Why an item is not to be written into a file of that size, if it is not."""
        if fault := next(http_faults(interaction), None):  # no replay would take it
            found = f"{fault.field}: found {fault.found}"
            return InteractionRefusedError(file=str(self.path), found=found, expected=fault.expected)
        if refused:
            return InteractionRefusedError(file=str(self.path), found=refused, expected="none in what is written")
        length = sum(map(len, item))
        if size + length > MAX_BYTES:  # with it the file could not be read any more
            found = f"no room in the cassette for {length} bytes"
            return InteractionRefusedError(file=str(self.path), found=found, expected=f"at most {MAX_BYTES} in all")
        if self._file.is_strict_json and not is_json(b"".join(item).decode()):
            found = "bytes that are not UTF-8, which JSON cannot say"
            return InteractionRefusedError(file=str(self.path), found=found, expected="a cassette in YAML")
        return None

    def _write(self, items: Sequence[Sequence[bytes]], lines: Sequence[bytes]) -> Sequence[Span]:
        if self.write_error:
            raise self.write_error
        try:
            with as_errors_of(self.path):
                makes, spans = self._file.write(items)
        except CassetteError as e:
            self.write_error = e
            raise
        if makes and self._overwrite:
            self._timings.begin_anew()
        self._timings.write(b"".join(lines))
        return spans


def _numbered(rendered: Rendered, number: int) -> tuple[list[bytes], bytes]:
    """Block and line with the id."""
    first, *rest = rendered.block
    line = rendered.line.replace(b'{"id":0,', b'{"id":%d,' % number, 1)
    return [first.replace(b"- id: 0\n", b"- id: %d\n" % number, 1), *rest], line
