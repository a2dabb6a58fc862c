"""Real SDKs where nobody has a key, as in CI: what was recorded with one is replayed."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.unit.cli.wrapped import Wrapped

PROGRAMS = Path(__file__).parents[2] / "interop" / "matrix" / "python"
AWS = {"AWS_ACCESS_KEY_ID": "AKIAY34FZKBOKMUTVV7A", "AWS_SECRET_ACCESS_KEY": "q" * 40, "AWS_REGION": "us-east-1"}
SDKS = {
    "openai_chat": {"OPENAI_API_KEY": "sk-recorded-0123456789abcdefghijkl"},
    "anthropic_messages": {"ANTHROPIC_API_KEY": "sk-ant-recorded-0123456789abcdefg"},
    "gemini": {"GEMINI_API_KEY": "recorded-0123456789abcdefghijklmnopq"},
    "bedrock": {**AWS, "AWS_DEFAULT_REGION": "us-east-1"},
}
NOWHERE = {"AWS_EC2_METADATA_DISABLED": "true"}


@pytest.mark.parametrize(("program", "keys"), SDKS.items(), ids=[*SDKS])
def test_replay_needs_no_key(tape: Wrapped, program: str, keys: Mapping[str, str]) -> None:
    """The SDK starts with a stand-in, which `-v` names, and gets the recorded answer."""
    command = (sys.executable, str(PROGRAMS / f"{program}.py"), "plain")
    recorded = tape.record("--", *command, env=keys)
    assert 0 == recorded.code, recorded.errors
    replayed = tape.run("replay", "-v", "--", *command, env=NOWHERE)
    assert (0, recorded.output) == (replayed.code, replayed.output), replayed.errors
    [line] = [each for each in replayed.lines if "stand-ins" in each]
    assert {*keys} == {*line.rpartition(": ")[2].split(", ")}
    quiet = tape.run("auto", "--", *command, env=NOWHERE)
    assert (0, recorded.output) == (quiet.code, quiet.output), quiet.errors
    assert "stand-ins" not in quiet.errors


SHOW = (sys.executable, "-I", "-c", "import os; print(os.environ.get('OPENAI_API_KEY', 'none'))")


def test_only_while_nothing_goes_out(tape: Wrapped) -> None:
    """A run that may ask a provider gets none: it would be sent. With a folder, all its cassettes count on replay."""
    tape.record("--cassette", "tapes/one.yaml", "--", sys.executable, str(PROGRAMS / "openai_chat.py"), "plain",
                env=SDKS["openai_chat"])  # fmt: skip
    one, folder = ("--cassette", "tapes/one.yaml"), ("--cassette-dir", "tapes")
    shown = {
        words: tape.run(*words, "--", *SHOW).output.strip()[:6]
        for words in (
            ("auto", *one),
            ("replay", *one),
            ("auto", "--new-episodes", *one),
            ("replay", *folder),
            ("auto", *folder),
        )
    }
    assert ["sk-000", "sk-000", "none", "sk-000", "none"] == [*shown.values()]


def test_the_user_s_stays(tape: Wrapped) -> None:
    """What is set is not replaced, and serving says them, too."""
    tape.record("--", sys.executable, str(PROGRAMS / "openai_chat.py"), "plain", env=SDKS["openai_chat"])
    assert "mine\n" == tape.run("replay", "--", *SHOW, env={"OPENAI_API_KEY": "mine"}).output
    serving = tape.run("replay", "--ready-json")
    assert json.loads(serving.output)["environment"]["OPENAI_API_KEY"].startswith("sk-000")
