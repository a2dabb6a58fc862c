"""A cassette that is being written: made or opened, the old one kept until the new one is worth having.

Sessions of one process that record into the same file share it. Knows files and their life cycle, and no flow.
"""

import asyncio
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tapehead.cassette import backup
from tapehead.cassette.dialect import Dialect
from tapehead.cassette.errors import CassetteError
from tapehead.cassette.failure_writer import FailureWriter
from tapehead.cassette.failures import load_failures
from tapehead.cassette.journal_recovery import recover_conversations
from tapehead.cassette.journal_writer import Journal
from tapehead.cassette.model import Interaction, Response
from tapehead.cassette.store import Recorded, Store
from tapehead.exchange import key_refusals
from tapehead.exchange.body_jobs import redact_again
from tapehead.exchange.failure_jobs import redact_failure_again
from tapehead.recording.write_queue import WriteQueue
from tapehead.redact.known_secrets import spellings
from tapehead.redact.placeholder_numbers import PlaceholderNumbers, names_in
from tapehead.redact.redactor import Redactor
from tapehead.redact.rules_digest import rules_digest
from tapehead.redact.written_index import WrittenIndex

logger = logging.getLogger(__name__)

type Changed = Mapping[int, Interaction]
"""Interactions that were rewritten, by id."""


@dataclass(slots=True, kw_only=True)
class Written:
    """What this run has written to one file."""

    own_from: int
    """Where in the file's list of interactions that begins."""
    index: WrittenIndex = field(default_factory=WrittenIndex)
    numbers: PlaceholderNumbers = field(default_factory=PlaceholderNumbers)
    """Of the values whose placeholders the file has."""
    failures: FailureWriter
    """Of the file beside it."""


class SharedCassette:
    """One cassette open for appending, for one session or several."""

    def __init__(
        self, path: Path, *, overwrite: bool, dialect: Dialect, redactor: Redactor, before: Written | None = None
    ) -> None:
        """Opens the cassette at `path`. `overwrite`: what is there gives way to the first interaction.

        `before` is what this run has written to it already. Raises CassetteError when it cannot be opened; all is as before then.
        """
        self._redactor = redactor
        self._overwrite = overwrite
        if count := recover_conversations(path, dialect=dialect, refuse=redactor.find_leak):
            told = "%s: %d conversations that were under way when a run was killed are interactions now"
            logger.warning(told, path, count)
        self._replaces = overwrite and os.path.lexists(path)
        self.store = Store(
            path,
            dialect=dialect,
            refuse=redactor.find_leak,
            overwrite=overwrite,
            code_of=_refused_code,
            redaction=partial(rules_digest, redactor.rules),
        )
        self.doubts: list[str] = []
        """Why what was recorded is perhaps not worth having, as a clause."""
        self.queue = WriteQueue(self.store)
        loaded = self.store.loaded.interactions
        self.written = before or Written(own_from=self.store.own_from, failures=FailureWriter(path, anew=not loaded))
        self.failures = self.written.failures
        self.journal = Journal(path)
        """Of the conversations that are under way."""
        self.failures.open(is_of_another=self._is_of_another)
        self.store.own_from = self.written.own_from
        self.numbers = self.written.numbers
        failed = (each.as_interaction(0) for each in (load_failures(path) if loaded else ()))
        self.numbers.note(names_in([*loaded, *failed]))
        self.on_changed: list[Callable[[Changed], None]] = []
        """Told of interactions that were rewritten."""
        self.refcount = 1
        self.shared = False
        """Whether it ever had two."""

    def __repr__(self) -> str:
        return f"<SharedCassette {self.store!r}, {self.refcount} sessions>"

    def close(self, last: Sequence[Recorded] = ()) -> list[CassetteError]:
        """Writes what waits and `last`, and closes the file. Returns why some of it must not be written.

        Raises CassetteError when it cannot be written.
        """
        troubles: list[CassetteError] = []
        if self.failures.has_lines:
            self.store.note_failures()
        try:
            troubles = self.queue.close(last, self._before_the_end)
            self.failures.settle()
            if not troubles:
                self.journal.discard()
        except CassetteError as e:
            self.doubts.append(f"it could not all be written ({e.found})")
            raise
        finally:
            self.failures.close()
            self.journal.close()
            if self.store.appended:
                self.failures.drop_stale()
            if self._overwrite and self.store.appended:
                self._judge(troubles)
        return troubles

    def _is_of_another(self) -> bool:
        """Whether what lies beside the cassette is that of a recording which this one is to replace, still."""
        return self._replaces and not self.store.appended

    def _judge(self, troubles: Sequence[CassetteError]) -> None:
        """Lets the old recording go, or says that both are there, and why."""
        path = self.store.path
        bak = backup.find_backup(path)
        if bak is None:
            return
        if troubles:
            self.doubts.append(f"{len(troubles)} could not be written")
        if key_refusals.are_all(self.store.codes):
            self.doubts.append(f"every answer is {' or '.join(map(str, sorted(self.store.codes)))}")
        try:
            if not self.doubts:
                backup.discard(path)
                return
        except OSError as e:
            self.doubts.append(f"it cannot be removed: {(e.strerror or str(e)).lower()}")
        why = "; ".join(dict.fromkeys(self.doubts))
        told = "%s: %s; the recording before is kept as %s: %s brings it back"
        logger.warning(told, path, why, bak.name, backup.restoring(path))

    async def erase(self, values: Sequence[str]) -> None:
        """Takes values out of what was written. Raises CassetteError when it cannot be written."""
        found, texts = self.written.index.look_for(values)
        spelled = [text for value in values for text in spellings(value)]
        self.journal.rewrite(partial(redact_again, self._redactor, self.numbers), spelled)
        if found or texts:
            redactor = self._redactor.snapshot()
            changed = await self.queue.rewrite(partial(redact_again, redactor, self.numbers), () if found else texts)
            if self.failures.has_lines:
                again = partial(redact_failure_again, redactor, self.numbers)
                await asyncio.get_running_loop().run_in_executor(None, self.failures.rewrite, again)
            for tell in self.on_changed if changed else ():
                tell(changed)

    def _before_the_end(self) -> None:
        self._look_once_more()
        try:
            self.store.put_in_order()
        except (CassetteError, OSError) as e:  # all is there, and the timing file tells the order as well
            logger.warning(
                "%s: what was asked at the same time stays in the order of its answers: %s", self.store.path, e
            )

    def _look_once_more(self) -> None:
        values = self._redactor.learned_since(0)
        found, texts = self.written.index.look_for(values)
        if found:
            texts = [text for value in values for text in spellings(value)]
        if texts:
            self.store.rewrite(partial(redact_again, self._redactor, self.numbers), texts)
            self.failures.rewrite(partial(redact_failure_again, self._redactor, self.numbers))


class CassettePool:
    """Those of a process that are open, by file; and which it has written before."""

    def __init__(self) -> None:
        self._open: dict[Path, SharedCassette] = {}
        self._closed: dict[Path, Written] = {}
        self.reports: list[Callable[[Redactor], None]] = []
        """Takes what is known to be a credential out of a side file."""

    def __repr__(self) -> str:
        return f"<CassettePool {len(self._open)} open>"

    def open(self, path: Path, *, overwrite: bool, dialect: Dialect, redactor: Redactor) -> SharedCassette:
        """Returns the cassette of this file: the one that is open already, or a new one, as `SharedCassette` opens it.

        Raises CassetteError when it cannot be opened; all is as before then.
        """
        key = path.resolve()
        if known := self._open.get(key):
            known.refcount += 1
            known.shared = True
            return known
        before = None if overwrite else self._closed.get(key)
        made = SharedCassette(path, overwrite=overwrite, dialect=dialect, redactor=redactor, before=before)
        self._open[key] = made
        self._closed.pop(key, None)
        return made

    def is_recording(self, path: Path) -> bool:
        """Returns whether the file is being recorded now: it is there only because of that."""
        return path.resolve() in self._open

    def doubt(self, reasons: Sequence[str]) -> None:
        """Notes of each that is open why it is perhaps not worth having."""
        for each in self._open.values():
            each.doubts += reasons

    def close(self, recording: SharedCassette, last: Sequence[Recorded] = ()) -> list[CassetteError]:
        """Writes `last` and lets go of one; the last who does closes it. Returns why some of it must not be written.

        Raises CassetteError when it cannot be written.
        """
        recording.refcount -= 1
        if recording.refcount:
            return [each for each in recording.store.append(last) or () if isinstance(each, CassetteError)]
        for path in [path for path, each in self._open.items() if each is recording]:
            del self._open[path]
            self._closed[path] = recording.written
        return recording.close(last)

    async def erase(self, values: Sequence[str], redactor: Redactor) -> list[str]:
        """Takes values out of all that this run has written, also out of files that are closed.

        Returns where that could not be done, and why; a recording that is under way has stopped there.
        """
        troubles: list[str] = []
        for recording in [*self._open.values()]:
            try:
                await recording.erase(values)
            except CassetteError as e:
                troubles.append(_left(e))
        for path, written in [*self._closed.items()]:
            found, texts = written.index.look_for(values)
            if (found or texts) and (path.exists() or written.failures.written):
                rewrite = partial(_rewrite_closed, path, written, redactor.snapshot(), () if found else texts)
                try:
                    await asyncio.get_running_loop().run_in_executor(None, rewrite)
                except CassetteError as e:
                    troubles.append(_left(e))
        for clean in self.reports:
            try:
                clean(redactor)
            except OSError as e:
                troubles.append(_left(e))
        for trouble in troubles:
            logger.error("%s", trouble)
        return troubles


def _left(error: Exception) -> str:
    return f"a credential that was learned just now may be left in what was written before: {error}"


def _rewrite_closed(path: Path, written: Written, redactor: Redactor, only_if: Sequence[bytes]) -> None:
    written.failures.rewrite(partial(redact_failure_again, redactor, written.numbers))
    if not path.exists():
        return
    store = Store(path)
    try:
        store.own_from = written.own_from
        store.rewrite(partial(redact_again, redactor, written.numbers), only_if)
    finally:
        store.close()


def _refused_code(response: Response) -> int:
    """The status by which a response refuses a key; 0 for any other."""
    refusal = key_refusals.refusal_in(response.code, response.body)
    return refusal.status if refusal else 0
