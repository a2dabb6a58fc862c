"""What is not reached is said in full sentences."""

from tapehead.clients.unsupported import UNSUPPORTED


def test_gaps() -> None:
    """Each says what, why, and what to do; none twice."""
    assert all(gap.what and gap.why and gap.remedy for gap in UNSUPPORTED)
    assert len(UNSUPPORTED) == len({gap.what for gap in UNSUPPORTED})
