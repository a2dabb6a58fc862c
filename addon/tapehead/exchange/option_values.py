"""What the values of options are, one function for each kind. Each raises ValueError, which says what is expected.

Knows no option by its name.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tapehead.exchange.config import Repeat
from tapehead.exchange.session_paths import check_directory
from tapehead.matching.index import Replayable
from tapehead.redact.header_rules import HeaderRules
from tapehead.redact.redact_rules import parse_rules

if TYPE_CHECKING:
    from mitmproxy.flowfilter import TFilter

_REPEATS = {"never": Replayable.NO, "last": Replayable.LAST, "all": Replayable.ALL}
_MAX_READ_ON = 10_000  # milliseconds: the end of a run waits for it


def parse_path(value: str) -> Path:
    """Returns the path of a file, `~` taken for the home directory."""
    if not value.strip() or "\0" in value:
        raise ValueError("expected the path of a file")
    return Path(value).expanduser()


def parse_directory(value: str) -> Path | None:
    """Returns the path of a folder of sessions; None for nothing."""
    if not value:
        return None
    directory = parse_path(value)
    check_directory(directory)
    return directory


def parse_choice(table: Mapping[str, Any]) -> Callable[[str], Any]:
    """Returns what takes one of the words in a table, and gives what it stands for there."""

    def parse(value: str) -> Any:
        if value not in table:
            raise ValueError(f"expected one of {', '.join(table)}")
        return table[value]

    return parse


def parse_speed(value: str) -> float:
    """Returns the pace of replay: 0 at once, 1 as recorded."""
    return _positive(value, "0 (at once), 1 (as recorded), 2 (twice as fast) or any other positive number")


def parse_read_on(value: str) -> float:
    """Returns seconds; they are given as milliseconds."""
    if not (value.isascii() and value.isdigit()) or int(value) > _MAX_READ_ON:
        raise ValueError(f"expected milliseconds, at most {_MAX_READ_ON}; 0: not at all")
    return int(value) / 1000


def parse_header_patterns(values: Sequence[str]) -> HeaderRules:
    """Returns the rules that keep more headers, by names or patterns."""
    names = [name.strip().lower() for value in values for name in value.split(",") if name.strip()]
    for name in names:
        if not all(c.isascii() and (c.isalnum() or c in "!#$%&'*+-.^_`|~?") for c in name):
            raise ValueError(f"{name!r} is no header name or pattern such as x-ratelimit-*")
    return HeaderRules(extra=tuple(names))


def parse_waiting(value: str) -> float | None:
    """Returns seconds; None for nothing."""
    return _positive(value, "seconds, such as 0 or 2; nothing: as recorded") if value else None


def parse_most_requests(value: str) -> int | None:
    """Returns a whole number; None for nothing."""
    if not value:
        return None
    if not (value.isascii() and value.isdigit()):
        raise ValueError("expected a whole number, such as 20; nothing: as many as come")
    return int(value)


def parse_most_usd(value: str) -> float | None:
    """Returns US dollars; None for nothing."""
    return _positive(value, "US dollars, such as 0.5; nothing: whatever it costs") if value else None


def parse_repeat(value: str) -> Repeat:
    """Returns what answers again: a word, a filter, or a word and a filter."""
    word, _, rest = value.strip().partition(" ")
    what = _REPEATS.get(word)
    if what is None:
        what, rest = Replayable.LAST, value.strip()
    if word in _REPEATS and not rest:
        return Repeat(what=what)
    try:
        if "~" in rest:  # without, it would be a part of any URL
            return Repeat(what=what, text=rest, filter=parse_filter(rest))
    except ValueError:
        pass
    raise ValueError(f"expected one of {', '.join(_REPEATS)}, ~m GET")  # or any other filter


def parse_redact(values: Sequence[str]) -> tuple[str, ...]:
    """Returns the entries of what is redacted besides the tables, each of them good."""
    parse_rules(values, ())
    return tuple(values)


def parse_redact_keep(values: Sequence[str]) -> tuple[str, ...]:
    """Returns the entries of what is not redacted, each of them good."""
    parse_rules((), values)
    return tuple(values)


def parse_filter(value: str) -> "TFilter | None":
    """Returns a mitmproxy filter; None for nothing."""
    if not value:
        return None
    try:
        from mitmproxy import flowfilter  # takes longer to import than all of ours

        return flowfilter.parse(value)
    except ValueError as e:
        raise ValueError("expected a mitmproxy filter expression, such as '~d example.com'") from e


def _positive(value: str, expected: str) -> float:
    """A number that is not below 0, and has an end."""
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise ValueError(f"expected {expected}")
    return number
