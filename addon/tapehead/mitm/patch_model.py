"""What a patch of mitmproxy, h2, h11 or asyncio is, as values: why it is there, and on which names it stands.

Knows which versions were tested, and no patch: those are in the table (`patches`).
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

TESTED: Mapping[str, tuple[str, str]] = MappingProxyType(
    {"mitmproxy": ("12.2.3", "12.3.1"), "h2": ("4.3.0", "4.4.1"), "h11": ("0.16.0", "0.16.0")}
)
"""The first and the last version that this package's tests passed with; fix releases of their feature releases will do."""


class PatchKind(enum.Enum):
    """Why a patch is there."""

    CORRECTNESS = "correctness"
    """Without it something is wrong: it is always on."""
    SPEED = "speed"
    """Without it the same comes out, later: `TAPEHEAD_WITHOUT=NAME` turns it off."""


class How(enum.Enum):
    """What is done with a name."""

    USED = "used"
    REPLACED = "replaced"
    OVERRIDDEN = "overridden"
    """By a method of a subclass."""


@dataclass(frozen=True, slots=True)
class Row:
    """One name of another's."""

    name: str
    """`module:attributes`; of a class also what only its instances have."""
    how: How
    module: str
    """Of this package: where it is done."""
    what_for: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """What is on or off together."""

    name: str
    kind: PatchKind
    install: str = ""
    """`module:function` of this package, called once; "": the module does it when it is used."""
    of_master: bool = False
    """Whether the function is given the master."""
    without_it: str
    """What breaks, or costs more."""
    until: str
    """When it may go."""
    in_mitmdump: bool = True
    """Whether it makes a difference there, and not in the `tapehead` command alone."""
    tested: Mapping[str, tuple[str, str]] = TESTED
    """By library, the first and the last version."""
    rows: tuple[Row, ...]
