"""All exchanges recorded twice, once for each protocol and dialect: by go-vcr in the client, by tapehead beside it.

Knows the two command lines. Does not compare.
"""

import functools
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tapehead.cassette import Interaction, load
from tests.interop.govcr import ADDON, KEPT, ODD_HEADER, Report, client, origin
from tests.interop.govcr.differences import H1, NOT_CARRIED
from tests.support.harness import Mitmdump, make_certs


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What both wrote and what their clients saw, by the exchange's name."""

    flags: tuple[str, ...]
    """What the client was told to speak this protocol."""
    port: int
    theirs: Path
    ours: Path
    direct: list[Report]
    proxied: list[Report]
    log: str

    def govcr(self) -> dict[str, Interaction]:
        """go-vcr's interactions."""
        return _named(self.theirs, self.direct)

    def tapehead(self) -> dict[str, Interaction]:
        """Ours."""
        return _named(self.ours, self.proxied)


def record(protocol: str, dialect: str = "reference") -> Recording:
    """One run of all exchanges that can be carried, over HTTP/1.1 or HTTP/2; made once in a session."""
    return _record(protocol, dialect)


@functools.cache
def _record(protocol: str, dialect: str) -> Recording:
    folder = Path(_folder().name) / f"{protocol.replace('/', '')}-{dialect}"
    certs = make_certs(folder / "certs")
    theirs, ours = folder / "govcr.yaml", folder / "tapehead.yaml"
    flags = ("-http1",) if protocol == H1 else ()
    options = {
        "cassette": str(ours),
        "cassette_layout": dialect,
        "cassette_headers": ODD_HEADER,
        "cassette_record_host": "true",
    }
    with (
        origin(certs, *flags) as port,
        Mitmdump(ADDON / "record.py", confdir=folder / "conf", trust=certs.ca, options=options) as proxy,
    ):
        common = ("-origin", f"https://127.0.0.1:{port}", "-skip", ",".join(NOT_CARRIED[protocol]), *flags)
        direct = client(*common, "-ca", certs.ca, "-vcr", theirs, "-keep", KEPT)
        proxied = client(*common, "-ca", proxy.ca, "-proxy", proxy.url)
        assert proxy.stop() == 0, proxy.output
    return Recording(flags=flags, port=port, theirs=theirs, ours=ours, direct=direct, proxied=proxied, log=proxy.output)


@functools.cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="govcr-recordings-")  # removed when the interpreter ends


def _named(cassette: Path, reports: list[Report]) -> dict[str, Interaction]:
    interactions = load(cassette).interactions
    assert len(reports) == len(interactions), [f"{i.request.method} {i.request.url}" for i in interactions]
    return {report.name: i for report, i in zip(reports, interactions, strict=True)}
