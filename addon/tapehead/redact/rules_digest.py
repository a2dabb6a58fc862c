"""What tells whether two redactors go by the same rules: the tables and what is made of them, and what the user adds.

Values that were learned, or stand in the environment, are none of the rules.
"""

import hashlib
from dataclasses import fields
from functools import cache
from pathlib import Path

from tapehead.redact.redact_rules import RedactRules
from tapehead.root import __version__

_HERE = Path(__file__).parent
_BELOW = ("redact", "text", "wire")  # whose code says what is redacted


def rules_digest(rules: RedactRules) -> str:
    """Returns 32 hexadecimal digits. Another version of this package has others."""
    said = [(each.name, _said(getattr(rules, each.name))) for each in fields(rules)]
    return hashlib.blake2b(repr((_code(), said)).encode(), digest_size=16).hexdigest()


def _said(value: object) -> object:
    """In one order, whatever the order in which the user named them."""
    return sorted(map(repr, value)) if isinstance(value, frozenset) else value


@cache
def _code() -> str:
    hashed = hashlib.blake2b(__version__.encode())
    for folder in _BELOW:
        for file in sorted((_HERE.parent / folder).glob("*.py")):
            hashed.update(file.name.encode() + file.read_bytes())
    return hashed.hexdigest()
