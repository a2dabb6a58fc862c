"""The stand-in for a realtime server says what OpenAI's published types have."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.interop.pip import python_with
from tests.support.realtime.sequences import SEQUENCES

HERE = Path(__file__).parent / "realtime"

pytestmark = pytest.mark.slow


def test_every_event() -> None:
    """Twelve sequences, of 48 kinds of events."""
    events = [(step.from_client, step.event) for script in SEQUENCES.values() for step in script.steps]
    assert 12 == len(SEQUENCES)
    assert 48 == len({event["type"] for _, event in events})
    python = python_with(HERE / "requirements.txt")
    done = subprocess.run(
        [python, HERE / "validate.py"],
        input=json.dumps(events),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (0, "", "") == (done.returncode, done.stdout, done.stderr)
