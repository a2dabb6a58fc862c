"""Takes the credentials out of every record of the process's log, mitmproxy's own included, before any handler sees it.

Works where records are made: a filter of the root logger would miss those of its children. Knows how a record is put
together; what is a credential in a line is `log_lines`'.
"""

import logging
import traceback
from types import TracebackType
from typing import Any, Self

from tapehead.redact.log_lines import redact_line
from tapehead.redact.redactor import Redactor

_made = logging.getLogRecordFactory()
_active: list["LogRedaction"] = []


class LogRedaction:
    """One proxy's part in it: what its redactor knows is taken out of all lines as long as it is installed."""

    def __init__(self) -> None:
        self.redactor = Redactor()
        """Finds what has a shape or a name; one that knows values comes with the options."""

    def install(self) -> None:
        """Begins to redact every record. Does nothing the second time."""
        global _made
        if self in _active:
            return
        if not _active:
            _made = logging.getLogRecordFactory()
            logging.setLogRecordFactory(_redacted_record)
        _active.append(self)

    def remove(self) -> None:
        """Ends it: the log is as before."""
        _active.remove(self)
        if not _active and logging.getLogRecordFactory() is _redacted_record:
            logging.setLogRecordFactory(_made)

    def __enter__(self) -> Self:
        self.install()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()


def _redacted_record(*args: Any, **kwargs: Any) -> logging.LogRecord:
    record = _made(*args, **kwargs)
    message = _message(record)
    redacted = _redacted(message)
    if redacted != message:
        record.msg, record.args = redacted, None
    if record.exc_info and (error := record.exc_info[1]):
        text = "".join(traceback.format_exception(error))
        if (redacted := _redacted(text)) != text:  # a handler would print the exception itself
            record.msg, record.args, record.exc_info = f"{_message(record)}\n{redacted.rstrip()}", None, None
    return record


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # the arguments do not fit: logging says so, and prints both
        return f"{record.msg} {record.args!r}"


def _redacted(text: str) -> str:
    for each in _active:
        text = "\n".join(redact_line(line, each.redactor) for line in text.split("\n"))
    return text
