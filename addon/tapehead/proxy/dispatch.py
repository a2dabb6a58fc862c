"""Hooks delivered without asking every addon each time whether it has them.

mitmproxy looks through its 40 addons for each of a flow's ten events, which is a third of a flow's cost. Here who has a
hook is remembered until an addon comes or goes; order, errors and halts are as in mitmproxy's own
`AddonManager.trigger_event`. Pays for what recording costs.
"""

import inspect
from typing import Any

from mitmproxy import exceptions, hooks
from mitmproxy.addonmanager import AddonManager, safecall, traverse

type _Groups = list[list[Any]]
"""The addons that have one hook, children with their parent: an error in one ends its group's turn only."""

_MARK = "_tapehead_dispatch"


def install(manager: AddonManager) -> None:
    """Replaces the manager's `trigger_event`. A second call does nothing."""
    if hasattr(manager, _MARK):
        return
    known: dict[str, _Groups] = {}

    async def trigger_event(event: hooks.Hook) -> None:
        name = event.name
        groups = known.get(name)
        if groups is None:
            groups = known[name] = _groups(manager, name)
        if not groups:
            return
        arguments = event.args()
        for group in groups:
            try:
                with safecall():
                    await _invoke(group, name, arguments)
            except exceptions.AddonHalt:
                return

    def forgetting(method: Any) -> Any:
        def changed(*arguments: Any) -> Any:
            known.clear()
            return method(*arguments)

        return changed

    setattr(manager, _MARK, True)
    manager.trigger_event = trigger_event  # type: ignore[method-assign]
    # Whatever changes the addons calls one of these, and nothing is triggered before it has finished: both are sync.
    for name in ("register", "remove", "clear"):
        setattr(manager, name, forgetting(getattr(manager, name)))


async def _invoke(group: list[Any], name: str, arguments: list[Any]) -> None:
    for addon in group:
        result = getattr(addon, name)(*arguments)
        if result is not None and inspect.isawaitable(result):
            await result


def _groups(manager: AddonManager, name: str) -> _Groups:
    every = ([addon for addon in traverse([top]) if callable(getattr(addon, name, None))] for top in manager.chain)
    return [group for group in every if group]
