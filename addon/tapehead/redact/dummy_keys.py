"""What looks like a key and is none: the examples of documentation, and what stands where a key is to be put.

`sk-ant-your-api-key-here`, `AKIAIOSFODNN7EXAMPLE`, `ghp_xxxxxxxx`: nobody's, and a program that sends one is to be
replayed with it. A rule each, and a table of published examples that no rule tells from a key.
"""

import re

# The vendors' own documentation, tests and tutorials have these.
EXAMPLES = frozenset(
    {
        b"sk_test_4eC39HqLyjWDarjtT1zdp7dc",  # docs.stripe.com
        b"sk_test_BQokikJOvBiI2HlWgH4olfQ2",  # docs.stripe.com, formerly
        b"sk_test_26PHem9AhJZvU623DfE1x4sd",  # docs.stripe.com, formerly
        b"AIzaSyabcdefghijklmnopqrstuvwxyz1234567",  # Firebase's tests
        b"ghp_16C7e42F292c6912E7710c838347Ae178B4a",  # docs.github.com
        b"gho_16C7e42F292c6912E7710c838347Ae178B4a",  # docs.github.com
        b"ghu_16C7e42F292c6912E7710c838347Ae178B4a",  # docs.github.com
        b"ghr_1B4a2e77838347a7E420ce178F2E7c6912E169246c34E1ccbF66C46812d16D5B1A9Dc86A1498",  # docs.github.com
        b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",  # standardwebhooks.com
        b"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",  # standardwebhooks.com
        b"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ."
        b"SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",  # jwt.io
    }
)

_EXAMPLE = re.compile(rb"EXAMPLE|example")
_TO_BE_PUT = re.compile(
    rb"(?:\A|[-_.])(?:your|fake|dummy|sample|insert|replace|changeme|change-me|placeholder|not-needed|no-key"
    rb"|YOUR|FAKE|DUMMY|SAMPLE|INSERT|REPLACE|CHANGEME|CHANGE_ME|PLACEHOLDER)(?![A-Za-z0-9])"
)
_HEAD = 200  # bytes: what is longer is to be put nowhere


def is_dummy(key: bytes, literal: bytes) -> bool:
    """Returns whether a key that begins with this literal is nobody's: an example, or what is to be replaced."""
    if key in EXAMPLES:
        return True
    if _EXAMPLE.search(key, 0, _HEAD):
        return True
    part = key[key.find(literal) + len(literal) :] if literal in key else key
    if not part or len(part) > _HEAD:
        return False
    letters = part.replace(b"-", b"").replace(b"_", b"")
    if 2 * max(letters.count(b"x"), letters.count(b"X"), letters.count(b"0")) >= len(letters):
        return True
    return _TO_BE_PUT.search(part) is not None
