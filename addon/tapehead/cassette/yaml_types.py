"""Would a plain scalar be read as something other than a string?

Knows the implicit types of the Go YAML libraries, as their encoders ask for them before they leave a string without
quotes. Knows no styles, and makes no values. All patterns are ASCII: Go looks at bytes.
"""

import math
import re
from dataclasses import dataclass

# resolve.go, resolveMap. `<<` is there too, but the letter table of yaml.v3 and v4 rc.2 does not lead to it.
_WORDS = frozenset(
    [
        *("", "~", "null", "Null", "NULL", "true", "True", "TRUE", "false", "False", "FALSE", ".nan", ".NaN", ".NAN"),
        *(sign + word for sign in ("", "+", "-") for word in (".inf", ".Inf", ".INF")),
    ]
)
# encode.go, isOldBool: YAML 1.1 words that the libraries quote for the sake of others.
OLD_BOOLS = frozenset(
    ("y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "n", "N", "no", "No", "NO", "off", "Off", "OFF")
)
_LONGEST_WORD = 5  # so that no body is hashed
# encode.go, base60float.
_BASE60 = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")

_FIRST = frozenset("+-.0123456789~nNtTfF")  # resolve.go, resolveTable; the rest of its letters lead nowhere
# resolve.go, yamlStyleFloat. It takes every decimal integer and YAML 1.1 octal as well, so those need no pattern.
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
# strconv.ParseFloat of a text that begins with a point: underscores stand between digits.
_POINT = re.compile(r"\.[0-9](?:_?[0-9])*(?:[eE][-+]?[0-9](?:_?[0-9])*)?")
_PREFIXED = re.compile(r"([-+]?)0(?:[xX]([0-9a-fA-F]+)|[oO]([0-7]+)|[bB]([01]+))")
# resolve.go of yaml.v3 and v4 rc.2 parses again what follows `0b` and `0o`, and that may have a sign.
_SIGN_INSIDE = re.compile(r"0(?:o([-+])([0-7]+)|b([-+])([01]+))")

# resolve.go, allowedTimestampFormats, as time.Parse takes them: one or two digits, comma or point.
_DATE = r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
_TIME = r"([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,][0-9]+)?"
_TIMESTAMP = re.compile(rf"{_DATE}(?:[Tt]{_TIME}(?:Z|[-+]([0-9]{{2}}):([0-9]{{2}}))| +{_TIME})?")
_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolver:
    """What one version of the library does differently."""

    sign_inside: bool = False
    """`0b-1` is an integer."""
    unsigned_plus: bool = False
    """`+0xFFFFFFFFFFFFFFFF` is an integer."""
    merge: bool = True
    """`<<` counts as a YAML 1.1 word."""

    def is_other_type(self, text: str) -> bool:
        """Returns whether the plain text would not be read as a string. Source: resolve.go, resolve."""
        if len(text) <= _LONGEST_WORD and text in _WORDS:
            return True
        if text[0] not in _FIRST:
            return False
        if text[0] == ".":
            return _POINT.fullmatch(text) is not None and _is_finite(text)
        plain = text.replace("_", "")
        return (
            (_FLOAT.fullmatch(plain) is not None and _is_finite(plain))
            or is_date(_TIMESTAMP.fullmatch(text))
            or self._is_prefixed(plain)
        )

    def is_yaml11(self, text: str) -> bool:
        """Returns whether YAML 1.1 reads the text as a boolean, a base-60 number or a merge, which these libraries do not."""
        if len(text) <= _LONGEST_WORD and (text in OLD_BOOLS or (self.merge and text == "<<")):
            return True
        return _BASE60.fullmatch(text) is not None

    def _is_prefixed(self, plain: str) -> bool:
        if match := _PREFIXED.fullmatch(plain):
            sign, hexadecimal, octal, binary = match.groups()
            number = int(hexadecimal or octal or binary, 16 if hexadecimal else 8 if octal else 2)
            unsigned = not sign or (sign == "+" and self.unsigned_plus)
            return number < 2**64 if unsigned else _is_int64(sign, number)
        if self.sign_inside and (match := _SIGN_INSIDE.fullmatch(plain)):
            octal_sign, octal, binary_sign, binary = match.groups()
            return _is_int64(octal_sign or binary_sign, int(octal or binary, 8 if octal else 2))
        return False


def is_date(match: re.Match[str] | None) -> bool:
    """Returns whether the numbers of a date (groups 1 to 3), a time and an offset are ones that Go's time.Parse allows."""
    if match is None:
        return False
    year, month, day = int(match[1]), int(match[2]), int(match[3])
    if not 1 <= month <= 12:
        return False
    leap = month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if not 1 <= day <= _DAYS[month - 1] + leap:
        return False
    # Hour, minute, second, offset hour and minute (Go allows 24 and 60 there), hour, minute, second.
    limits = (23, 59, 59, 24, 60, 23, 59, 59)
    return all(int(part or 0) <= limit for part, limit in zip(match.groups()[3:], limits, strict=False))


def _is_finite(text: str) -> bool:
    # Go's ParseFloat fails where Python's float gives infinity.
    return math.isfinite(float(text.replace("_", "")))


def _is_int64(sign: str, number: int) -> bool:
    return number <= 2**63 - (sign != "-")
