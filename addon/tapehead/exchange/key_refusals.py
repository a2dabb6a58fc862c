"""Answers by which a provider refuses a key: which they are, and what a verdict says of them.

They are recorded like any other answer, as tests of them need it; only nobody is to take a cassette of them for a good one.
"""

from collections.abc import Mapping
from types import MappingProxyType

# RFC 9110, 15.5.2 and 15.5.4; AWS and some gateways answer 403 to a wrong signature or an unknown key.
SENTENCES: Mapping[int, str] = MappingProxyType(
    {401: "the provider refused the key", 403: "the provider refused access"}
)
"""By status."""


def told(counts: Mapping[int, int]) -> list[str]:
    """Returns what a verdict says of so many answers of each status: nothing where there was none."""
    present = [(status, counts.get(status, 0)) for status in SENTENCES if counts.get(status, 0)]
    return [f"{'a' if count == 1 else f'{count} times'} {status}: {SENTENCES[status]}" for status, count in present]


def are_all(counts: Mapping[int, int]) -> bool:
    """Returns whether all answers, of which there are some, are such."""
    return any(counts.values()) and all(status in SENTENCES for status, count in counts.items() if count)
