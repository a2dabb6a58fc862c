"""The same request, spelt another way; and another request, different in one place. All by chance, from a `Random`.

Knows how JSON, parameters and multipart bodies may be spelt. Does not know how they are compared.
"""

import copy
import json
from collections.abc import Sequence
from decimal import Decimal
from random import Random
from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st

NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=5), children, max_size=4),
    max_leaves=12,
)
DOCUMENTS = st.lists(JSON, max_size=4) | st.dictionaries(st.text(max_size=5), JSON, max_size=4)
RANDOMS = st.integers(0, 2**32).map(Random)

type Path = tuple[str | int, ...]


def json_text(value: Any, random: Random) -> str:
    """A value as JSON: keys in any order, any spacing, any escapes, numbers of any spelling."""

    def blank() -> str:
        return random.choice(("", "", " ", "\n\t", "\r\n  "))

    def write(value: Any) -> str:
        if isinstance(value, dict):
            pairs = random.sample(sorted(value.items(), key=lambda pair: pair[0]), len(value))
            inside = [f"{blank()}{_string(name, random)}{blank()}:{blank()}{write(each)}" for name, each in pairs]
            return "{" + f"{blank()},".join(inside) + blank() + "}"
        if isinstance(value, list):
            return "[" + f"{blank()},".join(blank() + write(each) for each in value) + blank() + "]"
        if isinstance(value, str):
            return _string(value, random)
        if isinstance(value, bool) or value is None:
            return json.dumps(value)
        return _number(value, random)

    return blank() + write(value) + blank()


def paths(value: Any, path: Path = ()) -> list[Path]:
    """The places in a value, itself not among them."""
    items: Sequence[tuple[str | int, Any]] = ()
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    return [found for key, each in items for found in ((*path, key), *paths(each, (*path, key)))]


def replaced(value: Any, path: Path, new: Any) -> Any:
    """A copy with another value in one place."""
    value = copy.deepcopy(value)
    inside = value
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = new
    return value


def at(value: Any, path: Path) -> Any:
    """What is in a place."""
    for key in path:
        value = value[key]
    return value


def parameters(pairs: Sequence[tuple[str, str]], random: Random) -> str:
    """Names and values as a query: names in any order, the values of one in theirs, with any characters escaped."""

    def escape(text: str) -> str:
        safe = "".join(random.sample("abcABC/:,@!$'()*", 9))
        escaped = "".join(f"%{ord(c):02x}" if c.isascii() and random.random() < 0.2 else quote(c, safe) for c in text)
        return escaped.replace("%20", "+") if random.random() < 0.5 else escaped

    values = {name: iter([value for each, value in pairs if each == name]) for name, _ in pairs}
    shuffled = [(name, next(values[name])) for name, _ in random.sample(pairs, len(pairs))]
    spelt = [f"{escape(name)}={escape(value)}" for name, value in shuffled]
    return "&".join(
        each[:-1] if each.endswith("=") and random.random() < 0.5 and len(each) > 1 else each for each in spelt
    )


def multipart(parts: Sequence[tuple[str, bytes]], random: Random) -> tuple[str, bytes]:
    """Named parts as a body with a boundary of its own, and its Content-Type."""
    boundary = f"----{random.getrandbits(64):016x}"
    lines = []
    for name, body in parts:
        headers = [f'Content-Disposition: form-data; name="{name}"', "Content-Type: application/octet-stream"]
        head = "\r\n".join(_any_case(each, random) for each in random.sample(headers, 2))
        lines.append(b"--%b\r\n%b\r\n\r\n%b\r\n" % (boundary.encode(), head.encode(), body))
    end = b"--%b--%b" % (boundary.encode(), random.choice((b"", b"\r\n")))
    quoted = f'"{boundary}"' if random.random() < 0.5 else boundary
    return f"multipart/form-data; boundary={quoted}", b"".join(lines) + end


def _any_case(header: str, random: Random) -> str:
    name, colon, value = header.partition(":")
    return random.choice((name, name.lower(), name.upper())) + colon + value


def _string(text: str, random: Random) -> str:
    spelt = []
    for c in text:
        escaped = json.dumps(c)[1:-1]
        if random.random() < 0.3:
            spelt.append("".join(f"\\u{unit:04x}" for unit in _units(c)))
        else:
            spelt.append(escaped if random.random() < 0.5 or c in '"\\' or c < " " else c)
    return f'"{"".join(spelt)}"'


def _units(c: str) -> list[int]:
    data = c.encode("utf-16-be", "surrogatepass")
    return [int.from_bytes(data[n : n + 2]) for n in range(0, len(data), 2)]


def _number(value: int | float, random: Random) -> str:
    number = Decimal(repr(value))
    sign, digits, exponent = number.as_tuple()
    shift = random.randrange(4)
    minus = "-" if sign else ""
    whole = "".join(map(str, digits)) + "0" * shift
    power = int(exponent) - shift
    e = random.choice(("e", "E")) + (random.choice(("", "+")) if power >= 0 else "") + str(power)
    return random.choice(
        (
            repr(value),
            f"{minus}{int(whole)}{e}",
            f"{minus}{int(whole)}.{'0' * shift}0{e}",
            f"{minus}0.{whole}e{power + len(whole)}",
        )
    )
