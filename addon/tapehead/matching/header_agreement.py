"""How well a recorded request's headers agree with a live one's: those that say what is asked must, others break ties.

Public cassettes have few headers: one that was not recorded is no difference. Does not know which headers count by a
rule (see `normalize`).
"""

import re
from collections.abc import Collection, Iterable
from functools import lru_cache

from tapehead.cassette.model import Values
from tapehead.text.placeholder_names import has_placeholder
from tapehead.wire.asking_headers import ASKING
from tapehead.wire.headers import canonical_name
from tapehead.wire.multipart import without_boundary

_COMMA = re.compile(r"[ \t]*,[ \t]*")
_ASKING = re.compile(rb"\n *+(?:%b):" % "|".join(ASKING).encode(), re.IGNORECASE)


def by_name(headers: Iterable[tuple[str, str]]) -> Values:
    """Returns headers as a client sent them by canonical name, their values stripped."""
    values: dict[str, tuple[str, ...]] = {}
    for name, value in headers:
        canonical = canonical_name(name)
        values[canonical] = (*values.get(canonical, ()), value.strip(" \t"))
    return values


def asking_headers(headers: Values, ignored: Collection[str] = ()) -> Values:
    """Returns those recorded headers that must be a client's, by canonical name. What was redacted says nothing."""
    found = {}
    for name, values in headers.items():
        canonical = canonical_name(name)
        if canonical in ASKING and canonical not in ignored and not any(map(_is_redacted, values)):
            found[canonical] = values
    return found


@lru_cache(256)  # programs send the same few again and again
def may_ask(text: bytes) -> bool:
    """Returns whether a request may have headers that must be a client's: a line of `text` begins with each one's name."""
    return _ASKING.search(text) is not None


def asks_the_same(asking: Values, live: Values) -> bool:
    """Returns whether a client sent these headers: several values are the same as one with commas (RFC 9110, 5.3)."""
    return all(_listed(values) == _listed(live.get(name, ())) for name, values in asking.items())


def _listed(values: Iterable[str]) -> str:
    return _COMMA.sub(",", ",".join(values).strip(" \t"))


def _is_redacted(value: str) -> bool:
    return has_placeholder(value.encode(errors="surrogateescape"))


def header_rank(recorded: Values, live: Values) -> tuple[int, int]:
    """Returns how many recorded headers differ, and minus how many are the same: less is better.

    A multipart boundary is no difference, nor is what stands in the place of a credential.
    """
    differ = same = 0
    for name, values in recorded.items():
        if any(map(_is_redacted, values)):
            continue
        if tuple(map(without_boundary, values)) == tuple(map(without_boundary, live.get(canonical_name(name), ()))):
            same += 1
        else:
            differ += 1
    return differ, -same
