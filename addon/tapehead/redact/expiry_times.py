"""Until when a credential is good: a client that finds it expired asks for another, which nobody recorded.

Knows how services write such a time beside what they issue, and puts it into the year 2100; not what a credential is.
"""

import bisect
import re

from tapehead.redact.edits import Edit, merge

DATE = b"2100-01-01"
EXPIRES = 4102444800
"""The same in seconds since 1970."""

# Of names that end so, in any spelling.
NAMES = (
    rb"expiration",  # AWS: STS in XML, containers and instances, SSO, Cognito
    rb"expires_?at",  # GitHub's apps, Copilot, AWS SSO, OpenAI's client secrets, RFC 7591
    rb"expires_?on",  # Azure's managed identities
    rb"expire_?time",  # Google's generateAccessToken, Gemini's ephemeral tokens
)
# How the time itself is written, and what stands in its place; of a date with a time of day, that stays.
_SPELLINGS: tuple[tuple[bytes, bytes], ...] = (
    (rb"[0-9]{4}-[0-9]{2}-[0-9]{2}(?=[T ][0-9])", DATE),
    (rb"[0-9]{13}(?![0-9])", b"%d" % (EXPIRES * 1000)),
    (rb"[0-9]{10}(?![0-9])", b"%d" % EXPIRES),
    (rb"1\.[0-9]{1,12}E9", b"4.1024448E9"),
)
_BETWEEN = rb'(?:\\*+"[ \t\r\n]*+:[ \t\r\n]*+(?:\\*+")?+|>)'
_TIME = re.compile(
    b"(?i:%b)%b(?:%b)" % (b"|".join(NAMES), _BETWEEN, b"|".join(b"(%b)" % spelling for spelling, _ in _SPELLINGS))
)
_SIGN = re.compile(rb"(?i)expir")
_STEPS = re.compile(rb"[{\[}\]]|</?(?=[A-Za-z])")
_FARTHEST = 4096  # bytes
_NEAREST = 8  # credentials on either side


def with_expiry_times(data: bytes, edits: list[Edit]) -> list[Edit]:
    """Returns the edits of a text, and one for each time that stands in one object, or element, with what they replace."""
    if not edits or not _SIGN.search(data):
        return edits
    starts = [edit.start for edit in edits]
    found = []
    for match in _TIME.finditer(data):
        number = match.lastindex or 0
        start, end = match.span(number)
        at = bisect.bisect(starts, start)
        before, behind = edits[max(at - _NEAREST, 0) : at], edits[at : at + _NEAREST]
        if any(_are_beside(data, edit.end, start) for edit in before) or any(
            _are_beside(data, end, edit.start) for edit in behind
        ):
            found.append(Edit(start, end, _SPELLINGS[number - 1][1]))
    return merge([edits, found])


def _are_beside(data: bytes, start: int, end: int) -> bool:
    """Whether nothing of what is between the two leads out of the object, or of the element around both."""
    if not 0 <= end - start <= _FARTHEST:
        return False
    brackets = elements = 0
    for step in _STEPS.findall(data, start, end):
        if step.startswith(b"<"):
            elements += 1 if step == b"<" else -1
        else:
            brackets += 1 if step in b"{[" else -1
        if brackets < 0 or elements < -1:  # the first of two elements is left, before the other begins
            return False
    return brackets == elements == 0
