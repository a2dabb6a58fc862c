"""What stands where a credential stood: a constant for each kind, so that the same input gives the same output.

A cassette tells several values of one kind apart by numbers (see `placeholder_numbers`).
"""

import re

_ONE = re.compile(rb"\[REDACTED:[^\[\]]{1,80}\]")


def placeholder(kind: str) -> bytes:
    """Returns `[REDACTED:kind]`, which is safe in JSON strings, forms, URLs and YAML."""
    return b"[REDACTED:%s]" % kind.encode()


def is_placeholder(data: bytes) -> bool:
    """Returns whether a text is one already, as it is after a first redaction."""
    return _ONE.fullmatch(data) is not None
