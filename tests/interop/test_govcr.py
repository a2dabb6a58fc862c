"""The same exchanges, recorded by go-vcr inside the client and by tapehead beside it: every field must be equal.

`duration` apart, and what differs on purpose: that stands in one table with reasons, `govcr/differences.py`.
"""

from dataclasses import fields, replace
from pathlib import Path

import pytest

from tapehead.cassette import Interaction
from tests.interop.govcr import client, origin
from tests.interop.govcr.differences import DIFFERENCES, H1, H2, NOT_CARRIED, REASON_RESPELT, changes
from tests.interop.govcr.recording import record
from tests.support.harness import Mitmdump, make_certs

pytestmark = pytest.mark.slow

PROTOCOLS = pytest.mark.parametrize("protocol", [H1, H2])


def _values(interaction: Interaction) -> dict[str, object]:
    """Every field but `duration`, by its name in a cassette."""
    values: dict[str, object] = {"id": interaction.id}
    for part in ("request", "response"):
        of = getattr(interaction, part)
        values |= {f"{part}.{field.name}": getattr(of, field.name) for field in fields(of)}
    del values["response.duration"]
    return values


@PROTOCOLS
def test_the_client_is_served_the_same_through_the_proxy(protocol: str) -> None:
    """At least 30 exchanges give the client the same status, body and trailers as without a proxy."""
    recording = record(protocol)
    expected = [replace(r, status="") if r.name in REASON_RESPELT else r for r in recording.direct]
    actual = [replace(r, status="") if r.name in REASON_RESPELT else r for r in recording.proxied]

    assert len(expected) >= 30
    assert [r for r in expected if r.error] == []
    assert expected == actual


@PROTOCOLS
def test_every_field_is_what_go_vcr_writes(protocol: str) -> None:
    """All fields of all exchanges are equal, `duration` and the deliberate differences apart."""
    recording = record(protocol)
    ours, tapehead = changes(protocol), recording.tapehead()
    unequal = []
    for name, theirs in recording.govcr().items():
        expected = _values(ours[name](theirs) if name in ours else theirs)
        actual = _values(tapehead[name])
        unequal += [
            f"{name}: {key}: go-vcr {expected[key]!r:.200}, tapehead {actual[key]!r:.200}"
            for key in expected
            if expected[key] != actual[key]
        ]

    assert unequal == [], "\n".join(unequal)


@PROTOCOLS
def test_no_difference_is_listed_that_is_none(protocol: str) -> None:
    """Each entry of the table changes what go-vcr wrote: it claims no more than there is."""
    theirs = record(protocol).govcr()
    idle = [
        f"{name}: {difference.reason}"
        for difference in DIFFERENCES
        if protocol in difference.protocols
        for name in difference.exchanges
        if difference.ours(theirs[name]) == theirs[name]
    ]

    assert idle == []


def test_what_is_not_carried_is_not_carried_without_us_either(tmp_path: Path) -> None:
    """A bare mitmdump fails in the same exchanges: when one comes through, its line in the table is to go."""
    certs = make_certs(tmp_path / "certs")
    with origin(certs) as port, Mitmdump(confdir=tmp_path / "conf", trust=certs.ca) as proxy:
        common = ("-origin", f"https://127.0.0.1:{port}", "-only", ",".join(NOT_CARRIED[H2]))
        direct = client(*common, "-ca", certs.ca)
        proxied = client(*common, "-ca", proxy.ca, "-proxy", proxy.url)

    assert sorted(NOT_CARRIED[H2]) == sorted(r.name for r in direct)
    assert [actual for expected, actual in zip(direct, proxied, strict=True) if expected == actual] == []


@PROTOCOLS
def test_the_summary_counts_every_exchange(protocol: str) -> None:
    """The recorder's last line says that all exchanges were recorded."""
    recording = record(protocol)

    assert f"{len(recording.proxied)} recorded" in recording.log, recording.log[-2000:]
