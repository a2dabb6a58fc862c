"""A line of a log without its credentials: more is taken out than of what is recorded, as nothing is compared with it.

Besides what a redactor finds: the user and password of any URL, the credential parameters of any query, and the values of
credential headers, however broken the request line or header is that the line tells of.
"""

import re

from tapehead.redact.header_rules import PLACEHOLDER
from tapehead.redact.looks_random import SHORT, looks_random
from tapehead.redact.names import CredentialName, Names, Proof, Where
from tapehead.redact.redactor import Redactor

_USERINFO = re.compile(r"""(\b[A-Za-z][A-Za-z0-9+.-]{1,20}://|\bCONNECT )[^/\s@"'<>]{1,1000}@""")
_QUERY = re.compile(r"""[^\s"'<>()?]*\?[^\s"'<>()]+""")
# What may be a header's name, and what stands between it and its value.
_HEAD = re.compile(
    r"""(?i)(?<![A-Za-z0-9_-])(?P<name>[A-Za-z0-9_-]{3,64}+)['"]?"""
    r"""(?:\s*[:=]\s*(?:b?['"])?|\s*,\s*b?['"]|\s+(?=(?:bearer|basic|digest|token)\s)|\s+(?=[^\s'"]{16,}(?:['"\\]|$)))\s*"""
)
# It ends with the line, also an escaped one, or with the quotes around all of it.
_VALUE = re.compile(r"""(?:(?!\\[rn]|['"](?:[\s,)\]}]|$))[^\r\n])+""")
_NAMES = Names(Where.HEADER)


def redact_line(line: str, redactor: Redactor) -> str:
    """Returns the line as it is logged. Idempotent."""
    if "@" in line:
        line = _USERINFO.sub(r"\1", line)
    if "?" in line:
        line = _QUERY.sub(lambda match: redactor.url(match[0]), line)
    return redactor.text(_without_headers(line))


def _without_headers(line: str) -> str:
    parts: list[str] = []
    done = position = 0
    while head := _HEAD.search(line, position):
        position = head.end("name")
        row = _NAMES.row(head["name"])
        if row and (value := _VALUE.match(line, head.end())):
            if not value[0].startswith("[REDACTED:") and _is_secret(row, head["name"], value[0]):
                parts += (line[done : head.end()], PLACEHOLDER)
                done = value.end()
            position = max(position, done)
    return "".join([*parts, line[done:]])


def _is_secret(row: CredentialName, name: str, value: str) -> bool:
    """Whether the header is one that carries credentials for sure; of a single word, as `key` is one, by its value."""
    if row.proof in (Proof.NAME, Proof.PASSWORD) or row.kind == "cookie" or "-" in name:
        return True
    return any(looks_random(word, SHORT) for word in value.split())
