"""Which of several recordings is nearer, where something is ignored: the one that differs in nothing but dates and ids.

Only breaks ties between requests that match. Does not know which of them have answered.
"""

import re
from collections.abc import Callable
from dataclasses import replace

from tapehead.cassette.model import Request
from tapehead.matching.key import request_key
from tapehead.matching.rules import Ignore, IgnoredText, Rules
from tapehead.text.made_up import PATTERNS

type Nearer = Callable[[Request], bytes]
"""Gives the same for requests that differ in nothing but what is made up for each run, whatever else is ignored."""

_LARGE = 64 * 1024  # bytes of a body: a larger one is not gone through for a tie
_MADE_UP = Ignore(texts=tuple(IgnoredText(pattern=re.compile(each)) for each in PATTERNS))


def nearer(rules: Rules) -> Nearer | None:
    """Returns what tells requests apart that match by these rules; None where they ignore no part of a body."""
    if not (rules.ignore.pointers or rules.ignore.form):
        return None
    others = replace(rules, ignore=replace(_MADE_UP, query=rules.ignore.query, headers=rules.ignore.headers))
    return lambda request: request_key(request, others) if len(request.body) <= _LARGE else b""
