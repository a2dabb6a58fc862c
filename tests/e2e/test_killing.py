"""kill -9 of a recording proxy in real traffic, a few times; `scripts/chaos kill` does it by the thousand."""

import asyncio
from pathlib import Path

from tests.support.chaos import killing
from tests.support.harness import Certs


def test_a_few_kills(tmp_path: Path, certs: Certs) -> None:
    """Nothing that a client saw the end of is lost, and each cassette can be read and gone on with."""
    tally = killing.Tally()
    asyncio.run(killing.run(tmp_path, certs, iter(range(10)), tally))

    assert [] == tally.failures
    assert 10 == tally.kills
    assert 0 < tally.finished
