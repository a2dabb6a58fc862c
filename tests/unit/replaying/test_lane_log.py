"""lane_log: which lines are said one by one, and what is said of the others."""

import logging

import pytest

from tapehead.replaying.lane_log import LaneLog


def test_many_in_a_second(caplog: pytest.LogCaptureFixture) -> None:
    """The first twenty of each second are said; how many were not is told with the next, or at the end."""
    now = 0.0
    logger = logging.getLogger("test_lane_log")
    log = LaneLog(logger, lambda: now)
    assert not log.may_say()  # nobody wants them
    caplog.set_level(logging.INFO)
    assert [True] * 20 + [False] * 5 == [log.may_say() for _ in range(25)]
    assert [] == caplog.messages
    now = 1.0
    assert log.may_say()
    assert ["replayed 5 more"] == caplog.messages
    log.flush()
    assert 1 == len(caplog.messages)
