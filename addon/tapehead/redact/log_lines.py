"""A line of a log without its credentials: more is taken out than of what is recorded, as nothing is compared with it.

Besides what a redactor finds: the user and password of any URL, the credential parameters of any query, and the values of
credential headers, however broken the request line or header is that the line tells of.
"""

import re

from tapehead.redact.header_rules import CREDENTIALS, PLACEHOLDER
from tapehead.redact.redactor import Redactor

_USERINFO = re.compile(r"""(\b[A-Za-z][A-Za-z0-9+.-]{1,20}://|\bCONNECT )[^/\s@"'<>]{1,1000}@""")
_QUERY = re.compile(r"""[^\s"'<>()?]*\?[^\s"'<>()]+""")
_NAMES = "|".join(re.escape(name) for name in sorted(CREDENTIALS, key=len, reverse=True))
# A header's value ends with the line, also an escaped one, or with the quotes around all of it.
_HEADER = re.compile(
    rf"""(?i)(?<![A-Za-z0-9-])((?:{_NAMES})['"]?\s*(?:[:=]\s*(?:b?['"])?|,\s*b?['"]"""
    r"""|(?=(?:bearer|basic|digest|token)\s)|(?=[^\s'"]{16,}(?:['"\\]|$)))\s*)"""
    r"""((?:(?!\\[rn]|['"](?:[\s,)\]}]|$))[^\r\n])+)"""
)
# What each of the names has.
_HINT = re.compile("(?i)auth|cookie|key|token|openai|anthropic|protocol")


def redact_line(line: str, redactor: Redactor) -> str:
    """Returns the line as it is logged. Idempotent."""
    if "@" in line:
        line = _USERINFO.sub(r"\1", line)
    if "?" in line:
        line = _QUERY.sub(lambda match: redactor.url(match[0]), line)
    if _HINT.search(line):  # the names one by one are slow, and each exchange has its line
        line = _HEADER.sub(
            lambda match: match[1] + (match[2] if match[2].startswith("[REDACTED:") else PLACEHOLDER), line
        )
    return redactor.text(line)
