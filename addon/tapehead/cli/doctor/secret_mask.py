"""Text that is printed with no credential in it: what recordings are cleaned by, and what a proxy's address may hold.

Programs repeat the address of a proxy in their errors, with the user and the password.
"""

import re
from collections.abc import Callable, Mapping
from urllib.parse import unquote

from tapehead.redact.redact_rules import parse_rules
from tapehead.redact.redactor import Redactor

_MASK = "***"
_USER = re.compile(r"(?<=://)[^\s'\"<>]*@")
"""Greedy: a password may have an `@` in it, and a little too much is better than a little too less."""
_SHORTEST = 4  # below that a password would be found in words


def masking(environment: Mapping[str, str]) -> Callable[[str], str]:
    """Returns a function that masks what this environment, or the look of it, says to be a credential."""
    redactor = Redactor(parse_rules([], []), environment)
    secrets = sorted(set(_passwords(environment)), key=len, reverse=True)

    def mask(text: str) -> str:
        text = _USER.sub(f"{_MASK}@", text)
        for secret in secrets:
            text = text.replace(secret, _MASK)
        return redactor.text(text)

    return mask


def _passwords(environment: Mapping[str, str]) -> list[str]:
    found = []
    for name, value in environment.items():
        if name.lower().endswith("_proxy") and "@" in value:
            password = value.rpartition("@")[0].rpartition("//")[2].partition(":")[2]
            found += [each for each in (password, unquote(password)) if len(each) >= _SHORTEST]
    return found
