"""Hooks delivered without asking every addon each time whether it has them.

mitmproxy looks through its 40 addons for each of a flow's ten events and each line of its log, which is a third of a
flow's cost. Here who has a hook is remembered until an addon comes or goes; order, errors and halts are as in
mitmproxy's own `AddonManager`. Pays for what recording costs.
"""

import inspect
import logging
from typing import Any

from mitmproxy import exceptions, hooks
from mitmproxy.addonmanager import AddonManager, safecall, traverse
from mitmproxy.log import AddLogHook

type _Groups = list[list[Any]]
"""The addons that have one hook, children with their parent: an error in one ends its group's turn only."""

_MARK = "_tapehead_dispatch"


def install(manager: AddonManager) -> None:
    """Replaces the manager's ways to trigger events. A second call does nothing."""
    if hasattr(manager, _MARK):
        return
    known: dict[str, _Groups] = {}
    changes = 0  # under way
    their_lifecycle, their_trigger = manager.handle_lifecycle, manager.trigger

    def having(name: str) -> _Groups:
        groups = known.get(name)
        if groups is None:
            groups = _groups(manager, name)
            if not changes:
                known[name] = groups
        return groups

    async def trigger_event(event: hooks.Hook) -> None:
        groups = having(event.name)
        if not groups:
            return
        arguments = event.args()
        for group in groups:
            try:
                await _invoke(group, event.name, arguments)
            except exceptions.AddonHalt:
                return
            except Exception:
                with safecall():
                    raise

    async def handle_lifecycle(event: hooks.Hook) -> None:
        # What follows theirs is only an `update` of the flow: for mitmproxy's views, of which mitmdump has none.
        await (their_lifecycle if having(hooks.UpdateHook.name) else trigger_event)(event)

    def trigger(event: hooks.Hook) -> None:
        if having(event.name):
            their_trigger(event)

    def has_listener(_: logging.LogRecord) -> bool:
        return bool(having(AddLogHook.name))

    def forgetting(method: Any) -> Any:
        def changed(*arguments: Any) -> Any:
            nonlocal changes
            changes += 1
            known.clear()
            try:
                return method(*arguments)
            finally:
                changes -= 1

        return changed

    setattr(manager, _MARK, True)
    manager.trigger_event = trigger_event  # type: ignore[method-assign]
    manager.handle_lifecycle = handle_lifecycle  # type: ignore[method-assign]
    manager.trigger = trigger  # type: ignore[method-assign]
    # Each line of the log would be formatted once more, and wake the loop up, for addons that want `add_log`.
    manager.master._legacy_log_events.addFilter(has_listener)
    # Whatever changes the addons calls one of these and has finished before anything else is triggered: it is sync.
    # What is triggered meanwhile, an option's first `configure` or a line of the log, is not to be remembered.
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
