"""Go durations: `641.195667ms`, `1m16.747004292s`, `0s`, as integers of nanoseconds.

Knows Go's `time.Duration.String` and `time.ParseDuration`; does not know what is being measured.
"""

import re
from decimal import Decimal

_NANOSECONDS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,  # U+00B5, what Go writes
    "μs": 1_000,  # U+03BC, what Go also reads
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
_MAX = 2**63  # Go's Duration is an int64
# Possessive: a long run of digits without a unit is looked at once.
_PART = re.compile(r"([0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(ns|us|µs|μs|ms|s|m|h)")
# Most are so, and need no Decimal.
_USUAL = re.compile(r"([0-9]{1,9}+)(?:\.([0-9]{1,9}+))?(ms|s)")
_TENS: tuple[int, ...] = tuple(10**digits for digits in range(10))


def format_duration(nanoseconds: int) -> str:
    """Returns the text that Go writes. Source: Go src/time/time.go, Duration.String."""
    if nanoseconds == 0:
        return "0s"
    sign, rest = ("-", -nanoseconds) if nanoseconds < 0 else ("", nanoseconds)
    if rest < 1_000:
        return f"{sign}{rest}ns"
    if rest < 1_000_000:
        return f"{sign}{_decimal(rest, 3)}µs"
    if rest < 1_000_000_000:
        return f"{sign}{_decimal(rest, 6)}ms"
    minutes, rest = divmod(rest, _NANOSECONDS["m"])
    hours, minutes = divmod(minutes, 60)
    text = f"{_decimal(rest, 9)}s"
    if hours:
        return f"{sign}{hours}h{minutes}m{text}"
    return f"{sign}{minutes}m{text}" if minutes else f"{sign}{text}"


def parse_duration(text: str) -> int:
    """Returns the nanoseconds of a Go duration. Raises ValueError when it is none. Source: Go src/time/format.go, ParseDuration.

    A bare integer counts as nanoseconds, as Go's YAML libraries read it.
    """
    if usual := _USUAL.fullmatch(text):
        whole, fraction, unit = usual.groups("0")
        digits = len(fraction)
        return (int(whole) * _TENS[digits] + int(fraction)) * _NANOSECONDS[unit] // _TENS[digits]
    unsigned = text.removeprefix("-") if text.startswith("-") else text.removeprefix("+")
    if unsigned.isascii() and unsigned.isdigit():
        total = int(unsigned) if len(unsigned) < 20 else _MAX
    else:
        total, position = 0, 0
        while position < len(unsigned):
            part = _PART.match(unsigned, position)
            if part is None:
                raise ValueError(f"not a duration: {text[:40]!r}")
            total += int(Decimal(part[1]) * _NANOSECONDS[part[2]])
            position = part.end()
        if not position:
            raise ValueError("an empty duration")
    if total >= _MAX:
        raise ValueError(f"a duration beyond Go's range: {text[:40]!r}")
    return -total if text.startswith("-") else total


def _decimal(value: int, digits: int) -> str:
    whole, fraction = divmod(value, 10**digits)
    return f"{whole}.{fraction:0{digits}d}".rstrip("0").rstrip(".") if fraction else str(whole)
