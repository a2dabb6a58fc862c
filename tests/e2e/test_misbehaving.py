"""Origins that misbehave at a chosen byte: `scripts/chaos origins` prints the table of what clients get."""

import re

import pytest

from tests.support.chaos import misbehaving
from tests.support.harness import Certs, Mitmdump
from tests.support.wires import Tape


@pytest.mark.slow
def test_clients_get_what_mitmproxy_alone_gives(tape: Tape, certs: Certs) -> None:
    """Or better, where the table says why; and what is recorded is whole, or not there at all."""
    bare = Mitmdump(confdir=tape.confdir, trust=certs.ca, options={"stream_large_bodies": "1"})
    with bare, tape.record() as ours:
        rows = [*misbehaving.compare(bare, ours, certs, lambda: ours.output.count("] recorded "))]
        assert [] == [each.row() for each in rows if not each.is_as_it_should_be]
        assert 1 == ours.stop()  # what went away before it answered is recorded as a failure, a code 999 is not at all
    assert 1 == len(re.findall(r"NOT RECORDED: .* found 999, expected 200 to 599", ours.output)), ours.output
    assert "Traceback" not in ours.output
    assert sum(each.case.whole for each in rows) == len(tape.load().interactions)
