"""Hooks delivered without asking every addon each time whether it has them, and at once where none of them waits.

mitmproxy looks through its 40 addons for each of a flow's ten events and each line of its log, which is a third of a
flow's cost. Here who has a hook is remembered until an addon comes or goes; order, errors and halts are as in
mitmproxy's own `AddonManager`. It also starts a task for each hook and takes it up again in the next round of the event
loop; with `begin` only what an addon has to wait for goes that way. Pays for what recording costs.
"""

import inspect
import logging
from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from mitmproxy import exceptions, flow, hooks
from mitmproxy.addonmanager import AddonManager, safecall, traverse
from mitmproxy.log import AddLogHook
from mitmproxy.proxy.commands import StartHook

from tapehead.mitm.patches import replace

if TYPE_CHECKING:
    from mitmproxy import master  # brings all addons of mitmproxy's along

type _HandlerGroups = list[list[Any]]
"""The addons that have one hook, children with their parent: an error in one ends its group's turn only."""
type _HandlerCalls = Generator[Awaitable[Any], None, None]
type StartHookNow = Callable[[StartHook], StartHook | None]

_MARK = "_tapehead_begin"
_field_names: dict[type[Any], tuple[str, ...]] = {}  # of each hook


@dataclass(init=False)
class RemainingHandlers(StartHook):
    """What is left of a hook that was begun: an addon's turn takes time."""

    name = "tapehead_rest"
    data: Any

    def __init__(self, data: Any, turns: _HandlerCalls, waits: Awaitable[Any] | None) -> None:
        self.data = data
        self.turns = turns
        self.waits = waits


def install_in(to: "master.Master") -> None:
    """Replaces the ways in which a master triggers events. A second call does nothing."""
    install(to.addons)


def begin_of(manager: AddonManager) -> StartHookNow:
    """Returns what begins a hook of a layer: what `install` has put in, else what leaves it to mitmproxy."""
    installed: StartHookNow = getattr(manager, _MARK, _as_it_is)
    return installed


def _as_it_is(event: StartHook) -> StartHook:
    return event


def install(manager: AddonManager) -> StartHookNow:
    """Replaces the manager's ways to trigger events, once. Returns what begins a hook of a layer.

    That calls each addon, and returns None when it is over. Where an addon waits, the flow is intercepted or mitmproxy
    has views, it returns the hook that the layer is to wait for.
    """
    installed: StartHookNow | None = getattr(manager, _MARK, None)
    if installed:
        return installed
    known: dict[str, _HandlerGroups] = {}
    changes = 0  # under way
    their_lifecycle, their_trigger = manager.handle_lifecycle, manager.trigger

    def having(name: str) -> _HandlerGroups:
        groups = known.get(name)
        if groups is None:
            groups = _handler_groups(manager, name)
            if not changes:
                known[name] = groups
        return groups

    def begun(event: hooks.Hook) -> tuple[_HandlerCalls, Awaitable[Any] | None]:
        turns = _call_handlers(having(event.name), event)
        return turns, next(turns, None)

    def begin(event: StartHook) -> StartHook | None:
        if having(hooks.UpdateHook.name):
            return event
        turns, waits = begun(event)
        (data,) = _arguments(event)
        if waits is None and not (isinstance(data, flow.Flow) and data.intercepted):
            return None
        return RemainingHandlers(data, turns, waits)

    async def trigger_event(event: hooks.Hook) -> None:
        await _finish(*((event.turns, event.waits) if type(event) is RemainingHandlers else begun(event)))

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

    setattr(manager, _MARK, begin)
    replace(manager, "trigger_event", trigger_event)
    replace(manager, "handle_lifecycle", handle_lifecycle)
    replace(manager, "trigger", trigger)
    # Each line of the log would be formatted once more, and wake the loop up, for addons that want `add_log`.
    manager.master._legacy_log_events.addFilter(has_listener)
    # Whatever changes the addons calls one of these and has finished before anything else is triggered: it is sync.
    # What is triggered meanwhile, an option's first `configure` or a line of the log, is not to be remembered.
    replace(manager, "register", forgetting(manager.register))
    replace(manager, "remove", forgetting(manager.remove))
    replace(manager, "clear", forgetting(manager.clear))
    return begin


def _call_handlers(groups: _HandlerGroups, event: hooks.Hook) -> _HandlerCalls:
    """Calls each addon, and gives what is to be awaited before the next one's turn. What that raises is thrown in."""
    name, arguments = event.name, _arguments(event)
    for group in groups:
        try:
            for addon in group:
                if name == "request" and not getattr(addon, "should_serve", _true)(*arguments):
                    continue  # mitmproxy's ASGIApp, whose coroutine looks at this first
                result = getattr(addon, name)(*arguments)
                if result is not None and inspect.isawaitable(result):
                    yield result
        except exceptions.AddonHalt:
            return
        except Exception:
            with safecall():
                raise


def _arguments(event: hooks.Hook) -> list[Any]:
    """What `Hook.args` gives, with the names of its fields remembered by its class."""
    names = _field_names.get(kind := type(event))
    if names is None:
        _field_names[kind] = names = tuple(each.name for each in fields(event))  # type: ignore[arg-type]
    return [getattr(event, name) for name in names]


def _true(_: Any) -> bool:
    return True


async def _finish(turns: _HandlerCalls, waits: Awaitable[Any] | None) -> None:
    """Awaits what the turns wait for."""
    while waits is not None:
        try:
            await waits
        except Exception as e:
            waits = _thrown(turns, e)
        else:
            waits = next(turns, None)


def _thrown(turns: _HandlerCalls, error: Exception) -> Awaitable[Any] | None:
    try:
        return turns.throw(error)
    except StopIteration:
        return None


def _handler_groups(manager: AddonManager, name: str) -> _HandlerGroups:
    every = ([addon for addon in traverse([top]) if callable(getattr(addon, name, None))] for top in manager.chain)
    return [group for group in every if group]
