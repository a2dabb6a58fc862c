"""One made-up value, and what such values are made of. Knows no format."""

import string
from dataclasses import dataclass
from random import Random

ALNUM = string.ascii_letters + string.digits
LOWER = string.ascii_lowercase + string.digits
UPPER = string.ascii_uppercase + string.digits
WORD = ALNUM + "_-"
HEX = "0123456789abcdef"
BASE32 = string.ascii_uppercase + "234567"
BASE64 = ALNUM + "+/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """One value. Only `distinctive` is looked for: what stands around it is the same in every key of its kind."""

    before: str = ""
    distinctive: str
    after: str = ""

    @property
    def text(self) -> str:
        """All of it."""
        return self.before + self.distinctive + self.after


def some(choose: Random, alphabet: str, least: int, most: int = 0) -> str:
    """Random characters, `least` of them, or up to `most`."""
    return "".join(choose.choices(alphabet, k=choose.randint(least, max(least, most))))
