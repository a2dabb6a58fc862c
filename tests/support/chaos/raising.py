"""A mitmproxy script that makes a hook of ours raise: the one that the file `TAPEHEAD_RAISE` names, `Class.method`."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mitmproxy import hooks

from tapehead.mitm.http_layer import PacedLayerAddon
from tapehead.network.guard import Guard
from tapehead.proxy.addon import Tapehead
from tapehead.replaying.player import Player
from tapehead.sessions.session import Session

_LIFE = {"load", "configure", "running", "done"}
_INNER = ((Session, "request"), (Player, "replay_or_miss"), (Player, "try_replay"))


def places() -> list[tuple[type, str]]:
    """Every hook of every addon of ours, and what the first of them rests on."""
    names = ({*hooks.all_hooks} | {"tapehead_terminal_event"}) - _LIFE
    ours = [(kind, name) for kind in (Tapehead, Guard, PacedLayerAddon) for name in vars(kind) if name in names]
    return [*ours, *_INNER]


def _raising(kind: type, name: str, file: Path) -> Callable[..., Any]:
    theirs = getattr(kind, name)

    def method(*arguments: Any) -> Any:
        if file.read_text() == f"{kind.__name__}.{name}":
            raise RuntimeError("injected")
        return theirs(*arguments)

    return method


if "TAPEHEAD_RAISE" in os.environ:
    for each in places():
        setattr(*each, _raising(*each, Path(os.environ["TAPEHEAD_RAISE"])))
