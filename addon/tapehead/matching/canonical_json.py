"""JSON in one spelling: keys sorted, no spaces, strings in ASCII, numbers by value. What it spells is JSON again.

Most texts are spelt by the standard library's C code. A text with a repeated key, or a number that a float or a short
integer does not hold exactly, is read and spelt a second way, slower and exact; both ways give the same spelling. Does
not know which bodies are JSON, nor what in them counts.
"""

import itertools
import json
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from operator import itemgetter
from typing import Any

MAX_DEPTH = 1000  # far below what the C code can nest at any depth of the stack, so that it never depends on that
READ_DEPTH = 200  # what is read to be compared is gone through by functions that call themselves

_STARTS = (b"{", b"[")
_BLANKS = b" \t\r\n"
_BOM = b"\xef\xbb\xbf"  # RFC 8259, 8.1: nobody may send it, everybody may ignore it
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_NESTING = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}

# An integer of up to 40 digits is written out. Another number that is just what some float prints is written as that
# float; the rest as digits and exponent. Up to 15 digits every number is what its float prints, but for tiny ones.
_INTEGER_DIGITS = 40
_FLOAT_DIGITS = 15
_FLOAT_MIN, _FLOAT_MAX = 1e-290, 1e15


def canonicalize(body: bytes, edit: Callable[[Any], None] | None = None, *, scalars: bool = False) -> bytes | None:
    """Returns the one spelling of a JSON object or array, with `scalars` of any JSON text; None for anything else.

    `edit` may change the value in place before it is spelt: objects are dicts (see `DuplicateKeyDict`), arrays lists. What nests
    deeper than MAX_DEPTH is no JSON here. NaN and Infinity are values, as some clients send them and some servers read them.
    """
    body = body.removeprefix(_BOM)
    if not scalars and not body.lstrip(_BLANKS).startswith(_STARTS):
        return None
    write: Callable[[Any], str] = _FAST_ENCODER.encode
    try:
        text = body.decode("utf-8", "surrogatepass")
        try:
            value = _FAST_DECODER.decode(text)
        except _NeedsExactPathError:
            value, write = _EXACT_DECODER.decode(text), dump_canonical
    except (ValueError, InvalidOperation, RecursionError):
        return None
    if _is_deep(body, MAX_DEPTH):
        return None
    if edit is not None:
        edit(value)
    return write(value).encode()


def parse_json(body: bytes) -> Any | None:
    """Returns the object or array that a body is, numbers as Decimal; None for anything else, and beyond READ_DEPTH."""
    body = body.removeprefix(_BOM)
    if not body.lstrip(_BLANKS).startswith(_STARTS):
        return None
    try:
        value = _EXACT_DECODER.decode(body.decode("utf-8", "surrogatepass"))
    except (ValueError, InvalidOperation, RecursionError):
        return None
    return None if _is_deep(body, READ_DEPTH) else value


class DuplicateKeyDict(dict[str, Any]):
    """A JSON object in which a key came twice: `all` has every pair, in their order, so that no difference is lost."""

    all: list[tuple[str, Any]]


def dump_canonical(value: Any) -> str:
    """Returns the one spelling of a value that `parse_json` gave. The values of a repeated key stay in their order."""
    written: list[str] = []
    todo: list[tuple[str, Any]] = [("", value)]  # each with the text before it
    while todo:
        before, value = todo.pop()
        written.append(before)
        if isinstance(value, dict):
            pairs = sorted(value.all if isinstance(value, DuplicateKeyDict) else value.items(), key=itemgetter(0))
            todo.append(("}", _NOTHING))
            items = [(f"{',' if place else '{'}{json.dumps(name)}:", each) for place, (name, each) in enumerate(pairs)]
            todo += reversed(items or [("{", _NOTHING)])
        elif isinstance(value, list):
            todo.append(("]", _NOTHING))
            todo += reversed([("," if place else "[", each) for place, each in enumerate(value)] or [("[", _NOTHING)])
        elif value is not _NOTHING:
            written.append(dump_number(value) if isinstance(value, Decimal) else json.dumps(value))
    return "".join(written)


def dump_number(number: Decimal) -> str:
    """Returns the one spelling of a number: `1`, `1.0` and `10e-1` have the same.

    Exact at any size: an exponent is never written out in zeros.
    """
    if not number.is_finite():
        return str(number)
    sign, digits, exponent = number.as_tuple()
    text = "".join(map(str, digits)).lstrip("0")
    short = text.rstrip("0")
    if not short:
        return "0"
    power = int(exponent) + len(text) - len(short)  # the value is `short` times ten to this power
    minus = "-" if sign else ""
    if power < 0:
        printed = repr(float(f"{minus}{short}e{power}"))
        if Decimal(printed) == number:
            return printed
    elif len(short) + power <= _INTEGER_DIGITS:
        return f"{minus}{short}{'0' * power}"
    return f"{minus}{short}e{power}"


class _NeedsExactPathError(Exception):
    """The fast way would not be exact. No ValueError: the text may well be JSON."""


def _fast_integer(literal: str) -> int:
    if len(literal) > _INTEGER_DIGITS:
        raise _NeedsExactPathError
    return int(literal)


def _fast_float(literal: str) -> int | float:
    number = float(literal)
    digits = len(literal) - 1  # the point or the `e` is none
    if (digits <= _FLOAT_DIGITS and _FLOAT_MIN < abs(number) < _FLOAT_MAX) or repr(number) == literal:
        if not number.is_integer():
            return number
        if abs(number) < _FLOAT_MAX:
            return int(number)
    raise _NeedsExactPathError


def _fast_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise _NeedsExactPathError
    return value


def _exact_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) == len(pairs):
        return value
    double = DuplicateKeyDict(value)
    double.all = pairs
    return double


_NOTHING = object()
# One object each: NaN is equal to nothing else, and is to be equal to itself.
_CONSTANTS = {name: Decimal(name) for name in ("NaN", "Infinity", "-Infinity")}

_FAST_DECODER = json.JSONDecoder(
    object_pairs_hook=_fast_object, parse_float=_fast_float, parse_int=_fast_integer, parse_constant=float
)
_EXACT_DECODER = json.JSONDecoder(
    object_pairs_hook=_exact_object, parse_float=Decimal, parse_int=Decimal, parse_constant=_CONSTANTS.__getitem__
)
_FAST_ENCODER = json.JSONEncoder(check_circular=False, sort_keys=True, separators=(",", ":"))


def _is_deep(body: bytes, most: int) -> bool:
    """Whether a JSON text nests deeper than `most`."""
    if body.count(b"[") + body.count(b"{") <= most:
        return False
    brackets = _STRING.sub(b"", body).translate(None, _NOT_BRACKETS)
    return max(itertools.accumulate(map(_NESTING.__getitem__, brackets)), default=0) > most
