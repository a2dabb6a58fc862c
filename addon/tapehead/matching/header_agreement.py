"""How well a recorded request's headers agree with a live one's: what breaks ties between requests that match.

Public cassettes have few headers: one that was not recorded is no difference. Does not know which headers count by a
rule (see `normalize`).
"""

from collections.abc import Iterable

from tapehead.cassette.model import Values
from tapehead.text.placeholder_names import has_placeholder
from tapehead.wire.headers import canonical_name
from tapehead.wire.multipart import without_boundary


def by_name(headers: Iterable[tuple[str, str]]) -> Values:
    """Returns headers as a client sent them by canonical name, their values stripped."""
    values: dict[str, tuple[str, ...]] = {}
    for name, value in headers:
        canonical = canonical_name(name)
        values[canonical] = (*values.get(canonical, ()), value.strip(" \t"))
    return values


def header_rank(recorded: Values, live: Values) -> tuple[int, int]:
    """Returns how many recorded headers differ, and minus how many are the same: less is better.

    A multipart boundary is no difference, nor is what stands in the place of a credential.
    """
    differ = same = 0
    for name, values in recorded.items():
        if any(has_placeholder(value.encode(errors="surrogateescape")) for value in values):
            continue
        if tuple(map(without_boundary, values)) == tuple(map(without_boundary, live.get(canonical_name(name), ()))):
            same += 1
        else:
            differ += 1
    return differ, -same
