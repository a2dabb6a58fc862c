"""Answers by which a provider refuses a key: which they are, and what a verdict says of them.

They are recorded like any other answer, as tests of them need it; only nobody is to take a cassette of them for a good one.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

_REFUSED = "the provider refused the key"
# RFC 9110, 15.5.2 and 15.5.4; AWS and some gateways answer 403 to a wrong signature or an unknown key.
SENTENCES: Mapping[int, str] = MappingProxyType({400: _REFUSED, 401: _REFUSED, 403: "the provider refused access"})
"""By status."""

# google.rpc.ErrorInfo, whose `reason` Google's APIs give in a 400 for a key that is wrong, expired or deleted.
_INVALID = b"API_KEY_INVALID"
_LONGEST = 64 * 1024  # bytes of an error


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRefusal:
    """An answer by which a key is refused."""

    status: int
    is_challenge: bool = False
    """Whether it says how to log in: it may be what a login begins with, and is none if the same is granted later."""


def refusal_in(code: int, body: bytes, challenges: Collection[str] = ()) -> KeyRefusal | None:
    """Returns how a decoded response refuses a key; None for any other response.

    `challenges` are the values of its WWW-Authenticate. One that names the metadata of the resource (RFC 9728, 5.1) is
    how MCP clients that have no token yet learn where they get one.
    """
    if code == 400:
        is_told = len(body) <= _LONGEST and _INVALID in body and _is_invalid(body)
        return KeyRefusal(status=code) if is_told else None
    if code not in SENTENCES or (code == 401 and any("resource_metadata" in each.lower() for each in challenges)):
        return None
    return KeyRefusal(status=code, is_challenge=code == 401 and bool(challenges))


def told(counts: Mapping[int, int]) -> list[str]:
    """Returns what a verdict says of so many answers of each status: nothing where there was none."""
    present = [(status, counts.get(status, 0)) for status in SENTENCES if counts.get(status, 0)]
    return [f"{'a' if count == 1 else f'{count} times'} {status}: {SENTENCES[status]}" for status, count in present]


def are_all(counts: Mapping[int, int]) -> bool:
    """Returns whether all answers, of which there are some, are such; those that are not are counted as 0."""
    return any(counts.values()) and all(status in SENTENCES for status, count in counts.items() if count)


def _is_invalid(body: bytes) -> bool:
    """Whether the error's details say it; a stream's error stands in a list."""
    try:
        value: Any = json.loads(body)
        errors = value if isinstance(value, list) else [value]
        return any(each["reason"] == _INVALID.decode() for error in errors for each in error["error"]["details"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return False
