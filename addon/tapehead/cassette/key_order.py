"""The order in which Go's YAML libraries write the keys of a map: letters last, numbers inside a key by value."""

import functools
import re
from collections.abc import Iterable

_PLAIN = re.compile(r"[A-Za-z]+(-[A-Za-z]+)*")


def sort_keys(keys: Iterable[str]) -> list[str]:
    """Returns the keys as Go writes them. Source: gopkg.in/yaml.v3 sorter.go, keyList.Less."""
    every = list(keys)
    if all(map(_PLAIN.fullmatch, every)):
        return sorted(every)
    return sorted(every, key=functools.cmp_to_key(_compare))


def _compare(a: str, b: str) -> int:
    return -1 if _less(a, b) else 1


def _less(a: str, b: str) -> bool:
    common = next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), None)
    if common is None:
        return len(a) < len(b)
    x, y = a[common], b[common]
    if x.isalpha() and y.isalpha():
        return x < y
    if x.isalpha() or y.isalpha():
        after_digit = common > 0 and a[common - 1].isdecimal()
        return x.isalpha() if after_digit else y.isalpha()
    lead = 1 if "0" in (x, y) and _significant(a[:common]) else 0
    (number_a, end_a), (number_b, end_b) = _number(a, common, lead), _number(b, common, lead)
    if number_a != number_b:
        return number_a < number_b
    if end_a != end_b:
        return end_a < end_b
    return x < y


def _significant(prefix: str) -> bool:
    """Whether the digits that a prefix ends in are not all zeros: then a zero behind them counts as a digit."""
    digits = prefix[len(prefix.rstrip("0123456789")) :]
    return digits.strip("0") != ""


def _number(key: str, start: int, lead: int) -> tuple[int, int]:
    """The number whose digits begin at `start`, behind a digit `lead`, and where it ends."""
    end = start
    while end < len(key) and key[end].isdecimal():
        lead = lead * 10 + ord(key[end]) - ord("0")
        end += 1
    return lead, end
