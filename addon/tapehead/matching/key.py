"""What two requests must have in common to be the same: method, URL, body; JSON compared as JSON.

In JSON neither the order of keys nor spacing nor the spelling of a number or a string counts. Requests are compared as
they are recorded, after redaction.
"""

import hashlib
import json
from decimal import Decimal, InvalidOperation
from typing import Any

_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
_JSON_STARTS = (b"{", b"[")
_BLANKS = b" \t\r\n"


def request_key(method: str, url: str, body: bytes) -> bytes:
    """Equal for requests that are the same, and for no others."""
    parts = (
        method.encode(errors="surrogateescape"),
        normal_url(url).encode(errors="surrogateescape"),
        normal_body(body),
    )
    hashed = hashlib.blake2b(digest_size=32)
    for part in parts:
        hashed.update(b"%d:" % len(part))
        hashed.update(part)
    return hashed.digest()


def normal_url(url: str) -> str:
    """Scheme and host in lower case, the default port dropped, an empty path a slash. The rest is as sent."""
    scheme, slashes, rest = url.partition("://")
    if not slashes:
        return url
    end = min((n for n in map(rest.find, "/?#") if n >= 0), default=len(rest))
    authority, path = rest[:end].lower(), rest[end:]
    scheme = scheme.lower()
    authority = authority.removesuffix(_DEFAULT_PORTS.get(scheme, ":"))
    return f"{scheme}://{authority}{'' if path.startswith('/') else '/'}{path}"


def normal_body(body: bytes) -> bytes:
    """A JSON object or array in one spelling; any other body as it is."""
    value = parse_json(body)
    return body if value is None else b"json:" + spell(value).encode(errors="surrogatepass")


def parse_json(body: bytes) -> Any | None:
    """The object or array that a body is, numbers as Decimal; None for anything else."""
    if not body.lstrip(_BLANKS).startswith(_JSON_STARTS):
        return None
    try:
        return json.loads(body, parse_float=Decimal, parse_int=Decimal, object_pairs_hook=_pairs)
    except (ValueError, InvalidOperation, RecursionError):
        return None


class Pairs(dict[str, Any]):
    """A JSON object in which a key came twice: `all` has every pair, so that no difference is lost."""

    all: tuple[tuple[str, Any], ...] = ()


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) == len(pairs):
        return value
    double = Pairs(value)
    double.all = tuple(pairs)
    return double


def spell(value: Any) -> str:
    """A JSON value in its one spelling: keys sorted, no spaces, numbers by value."""
    if isinstance(value, dict):
        pairs = value.all if isinstance(value, Pairs) else value.items()
        every = sorted((json.dumps(name), spell(each)) for name, each in pairs)
        return "{" + ",".join([f"{name}:{each}" for name, each in every]) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(spell, value)) + "]"
    if isinstance(value, Decimal):
        return spell_number(value)
    return json.dumps(value)


def spell_number(number: Decimal) -> str:
    """`1`, `1.0` and `10e-1` are one number. Exact at any size: the digits are never written out."""
    _, digits, exponent = number.as_tuple()
    if not any(digits):
        return "0"
    text = "".join(map(str, digits)).lstrip("0")
    short = text.rstrip("0")
    sign = "-" if number.is_signed() else ""
    return f"{sign}{short}e{int(exponent) + len(text) - len(short)}"
