"""The five modes, and each name that one of them has. Every door takes every name: options, verbs, control, pytest.

Knows names. What happens in a mode is told elsewhere. Imports nothing, so that every room may import it.
"""

import enum
from collections.abc import Mapping
from types import MappingProxyType


class Mode(enum.Enum):
    """What happens to a request. go-vcr v4.0.7 pkg/recorder/recorder.go, type Mode."""

    RECORD_ONLY = "record_only"
    RECORD_ONCE = "record_once"
    REPLAY_ONLY = "replay_only"
    REPLAY_WITH_NEW_EPISODES = "replay_with_new_episodes"
    PASSTHROUGH = "passthrough"


MODES: Mapping[str, Mode] = MappingProxyType(
    {
        **{mode.value: mode for mode in Mode},
        "record": Mode.RECORD_ONLY,
        "auto": Mode.RECORD_ONCE,
        "once": Mode.RECORD_ONCE,
        "replay": Mode.REPLAY_ONLY,
        "new-episodes": Mode.REPLAY_WITH_NEW_EPISODES,
        "off": Mode.PASSTHROUGH,
    }
)
"""Each name, go-vcr's first."""

VERBS: Mapping[Mode, tuple[str, bool]] = MappingProxyType(
    {
        Mode.RECORD_ONLY: ("record", False),
        Mode.RECORD_ONCE: ("auto", False),
        Mode.REPLAY_ONLY: ("replay", False),
        Mode.REPLAY_WITH_NEW_EPISODES: ("auto", True),
        Mode.PASSTHROUGH: ("off", False),
    }
)
"""How the command says each: its word, and whether with --new-episodes."""

AUTO_IN_CI = "CI is set, so auto only replays"
_NOT_CI = ("", "0", "false", "no", "off")


def is_ci(environment: Mapping[str, str]) -> bool:
    """Returns whether this is a CI system, where `auto` records nothing: nobody would commit it, and nobody pays for it."""
    return environment.get("CI", "").strip().lower() not in _NOT_CI
