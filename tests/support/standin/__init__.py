"""What stands in for the providers' own hosts: an origin with certificates for all of them, and the way to it.

The way is a corporate proxy that dials the origin whatever it is asked for, so that no program is told another URL.
Knows nothing of tapehead.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.harness import Origin, make_certs
from tests.support.standin.corporate import Corporate
from tests.support.standin.hosts import HOSTS

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn:
    """Both, serving."""

    origin: Origin
    corporate: Corporate

    @property
    def ca(self) -> Path:
        """The authority of the origin's certificate."""
        return self.origin.certs.ca


@contextmanager
def stand_in(folder: Path) -> Iterator[StandIn]:
    """Serve for all `HOSTS`, with a certificate authority made in `folder`, until the block is left."""
    certs = make_certs(folder, HOSTS)
    with (
        Origin(certs, root=ROOT, module=f"{__name__}.serve") as origin,
        Corporate(tls=origin.port, plain=origin.plain_port) as corporate,
    ):
        yield StandIn(origin=origin, corporate=corporate)
