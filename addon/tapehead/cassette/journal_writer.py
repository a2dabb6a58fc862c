"""Writing the journal of conversations: each message is in the file before the other side gets it.

The file is there as long as a conversation is under way. It survives the death of this process, not that of the machine:
nothing is forced to the disk before the conversation is in the cassette. Whoever writes it holds the cassette's lock.
"""

import os
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tapehead.cassette.errors import CassetteError
from tapehead.cassette.files import as_cassette_error, read_regular, replace_file, require_regular_file, write_all
from tapehead.cassette.frame_order import CLIENT
from tapehead.cassette.journal import (
    MAX_BYTES,
    OpenConversation,
    OpenMessage,
    again_line,
    done_line,
    event_line,
    head_line,
    message_line,
    open_line,
    parse,
)
from tapehead.cassette.model import Interaction
from tapehead.cassette.rewriting import Change
from tapehead.cassette.side_files import open_path

_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_EXPECTED = "a journal of conversations"
_MOST_DONE = 4 * 1024 * 1024
"""Bytes of conversations that are done and still in the file."""


class Journal:
    """The conversations of one cassette that are under way, for one run. Safe to use from threads."""

    def __init__(self, cassette: Path) -> None:
        """Takes the cassette's path. The file is made by the first conversation."""
        self.path = open_path(cassette)
        self._lock = threading.Lock()
        self._file: int | None = None
        self._sizes: dict[int, int] = {}
        """Bytes in the file of each that is under way."""
        self._size = 0
        self._last = 0

    def __repr__(self) -> str:
        return f"<Journal {str(self.path)!r}, {len(self._sizes)} under way>"

    def begin(self, conversation: OpenConversation) -> int:
        """Begins one, redacted, and returns its number. Raises CassetteError when it cannot be written."""
        with self._lock:
            self._last += 1
            self._sizes[self._last] = 0
            self._write(self._last, open_line(self._last, conversation))
            return self._last

    def add(self, number: int, at: float, event: bytes) -> None:
        """Adds what was said, an event of a transcript, redacted, `at` milliseconds after the request's end.

        Raises CassetteError when it cannot be written.
        """
        with self._lock:
            if number in self._sizes:
                self._write(number, event_line(number, at, event))

    def add_message(self, number: int, message: OpenMessage) -> None:
        """Adds what one side said in a body of its own, redacted. Raises CassetteError when it cannot be written."""
        with self._lock:
            if number in self._sizes:
                self._write(number, message_line(number, message))

    def amend(self, number: int, place: int, text: bytes, *, hides: bool, is_message: bool = False) -> None:
        """Has what was said at a place, counted from 0, say something else, redacted.

        `hides`: what stood there is not to be in the file any more; `is_message`: each side has a body of its own. Raises
        CassetteError when it cannot be written.
        """
        with self._lock:
            if number not in self._sizes:
                return
            if not hides:
                self._write(number, again_line(number, place, text, is_message=is_message))
                return
            every = parse(self._read())
            if every[number].amend(place, text):
                self._replace(every)

    def end(self, number: int) -> None:
        """Lets go of one: it is in the cassette, or is not to be. Raises CassetteError when it cannot be written."""
        with self._lock:
            if self._sizes.pop(number, None) is None or self._file is None:
                return
            if not self._sizes:
                self._close()
                self.path.unlink(missing_ok=True)
            else:
                self._append(done_line(number))
                if self._size - sum(self._sizes.values()) > _MOST_DONE:
                    self._replace(parse(self._read()))

    def rewrite(self, change: Change, only_if: Sequence[bytes]) -> None:
        """Writes anew, atomically, what `change` changes of those under way in which one of these texts is.

        Raises CassetteError.
        """
        with self._lock:
            if self._file is None:
                return
            old = parse(self._read())
            new = {number: _changed(each, change, only_if) for number, each in old.items()}
            if new != old:
                self._replace(new)

    def discard(self) -> None:
        """Lets go of all that is under way: it is in the cassette, as conversations that end there."""
        with self._lock:
            if self._file is not None:
                self._close()
                self.path.unlink(missing_ok=True)
            self._sizes.clear()

    def close(self) -> None:
        """Ends writing. What is still under way stays in the file."""
        with self._lock:
            self._close()
            self._sizes.clear()

    def _write(self, number: int, line: bytes) -> None:
        self._append(line)
        self._sizes[number] += len(line)

    def _append(self, line: bytes) -> None:
        try:
            if self._file is None:
                self._file = self._open()
                line = head_line() + line
            if self._size + len(line) > MAX_BYTES:
                found = f"no room for {len(line)} bytes"
                raise CassetteError(file=str(self.path), found=found, expected=f"at most {MAX_BYTES} in all")
            try:
                write_all(self._file, line)
            except OSError:
                os.ftruncate(self._file, self._size)
                raise
        except OSError as e:
            raise as_cassette_error(e, self.path, _EXPECTED, is_new=True) from e
        self._size += len(line)

    def _open(self) -> int:
        """What a run before left is in the cassette by now, or was not understood."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self.path, _FLAGS, 0o600)
        try:
            require_regular_file(os.fstat(file), self.path, _EXPECTED)
            os.ftruncate(file, 0)
        except BaseException:
            os.close(file)
            raise
        self._size = 0
        return file

    def _close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _read(self) -> bytes:
        return read_regular(self.path, max_bytes=MAX_BYTES, expected=_EXPECTED)

    def _replace(self, conversations: dict[int, OpenConversation]) -> None:
        lines = {number: _lines(number, each) for number, each in conversations.items()}
        data = head_line() + b"".join(lines.values())
        try:
            replace_file(self.path, data)
            assert self._file is not None
            os.close(self._file)
            self._file = os.open(self.path, _FLAGS)
        except OSError as e:
            raise as_cassette_error(e, self.path, _EXPECTED) from e
        self._size = len(data)
        self._sizes = {number: len(line) for number, line in lines.items()}


def _lines(number: int, conversation: OpenConversation) -> bytes:
    events = (event_line(number, at, event) for at, event in conversation.events)
    messages = (message_line(number, each) for each in conversation.messages)
    return b"".join([open_line(number, conversation), *events, *messages])


def _changed(conversation: OpenConversation, change: Change, only_if: Sequence[bytes]) -> OpenConversation:
    old, when = conversation.as_recorded()
    texts = (old.response.body, old.request.body, repr((old.request, old.response.headers)).encode())
    if not any(each in text for each in only_if for text in texts):
        return conversation
    if conversation.messages:
        return _with_changed_messages(conversation, change)
    new, new_when = change(old, when)
    if new is old or new_when is None:
        return conversation
    events, start = [], 0
    for at, size in new_when.chunks:
        events.append((at, new.response.body[start : start + size]))
        start += size
    return replace(conversation, request=new.request, response=replace(new.response, body=b""), events=events)


def _with_changed_messages(conversation: OpenConversation, change: Change) -> OpenConversation:
    """Each by itself: what is cut at its length stays whole so."""
    bare = Interaction(id=0, request=conversation.request, response=conversation.response)
    head, _ = change(bare, None)
    messages = []
    for each in conversation.messages:
        if each.by == CLIENT:
            alone, _ = change(replace(bare, request=replace(bare.request, body=each.data)), None)
            messages.append(replace(each, data=alone.request.body))
        else:
            alone, _ = change(replace(bare, response=replace(bare.response, body=each.data)), None)
            messages.append(replace(each, data=alone.response.body))
    return replace(conversation, request=head.request, response=head.response, messages=messages)
