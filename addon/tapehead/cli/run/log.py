"""Lines on standard error: each begins with `tapehead: `, and holds nothing that a terminal would obey."""

import contextlib
import logging
import sys
from collections.abc import Iterator

from tapehead.text.escape import for_log

_PREFIX, _LINE_FEED = "tapehead: ", "\n"


def say(line: str) -> None:
    """Prints one line on standard error; nothing when that is closed."""
    if sys.stderr is None:  # print would take standard output instead
        return
    with contextlib.suppress(OSError, ValueError):
        print(f"{_PREFIX}{for_log(line.removeprefix(_PREFIX), keep=_LINE_FEED)}", file=sys.stderr, flush=True)


class _Handler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if record.exc_info and record.exc_info[1]:
            text += f" ({record.exc_info[1]!r})"
        say(text)


@contextlib.contextmanager
def to_standard_error(*, quiet: bool, verbose: bool) -> Iterator[None]:
    """Prints what is logged meanwhile: warnings; with `quiet` errors alone, with `verbose` each exchange as well."""
    root, ours = logging.getLogger(), logging.getLogger("tapehead")
    handler = _Handler()
    before = root.level, ours.level
    root.addHandler(handler)
    root.setLevel(logging.ERROR if quiet else logging.WARNING)
    ours.setLevel(logging.INFO if verbose else logging.NOTSET)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(before[0])
        ours.setLevel(before[1])
