"""hook_dispatch: hooks reach whom they reached before, whoever comes and goes."""

import asyncio
import logging
from typing import Any

from mitmproxy import exceptions, hooks
from mitmproxy.log import AddLogHook, LogEntry
from mitmproxy.proxy.layers.http._hooks import HttpResponseHook
from mitmproxy.test import taddons, tflow

from tapehead.mitm import hook_dispatch


class _Listener:
    def __init__(self, name: str, said: list[str], error: Exception | None = None) -> None:
        self.name = name
        self._said = said
        self._error = error

    def _hear(self, what: str) -> None:
        self._said.append(f"{self.name} {what}")
        if self._error:
            raise self._error


class _OfFlows(_Listener):
    async def response(self, _: Any) -> None:
        self._hear("response")


class _OfUpdates(_Listener):
    def update(self, flows: Any) -> None:
        self._hear(f"update {len(flows)}")


class _OfLog(_Listener):
    def add_log(self, entry: LogEntry) -> None:
        self._hear(f"log {entry.msg}")


def test_who_hears_what() -> None:
    """Each in order; an error ends nobody else's turn, a halt ends all; updates and log lines only where wanted."""

    async def run() -> list[str]:
        said: list[str] = []
        with taddons.context() as context:
            addons = context.master.addons
            hook_dispatch.install(addons)
            hook_dispatch.install(addons)
            heard = HttpResponseHook(tflow.tflow(resp=True))
            addons.add(_OfFlows("a", said, ValueError("wrong")), _OfFlows("b", said))
            await addons.handle_lifecycle(heard)
            addons.add(_OfUpdates("u", said))
            await addons.handle_lifecycle(heard)
            addons.remove(addons.get("a"))
            addons.add(_OfFlows("h", said, exceptions.AddonHalt()), _OfFlows("never", said))
            await addons.handle_lifecycle(heard)
            addons.trigger(AddLogHook(LogEntry("lost", "info")))
            logging.getLogger("x").error("unheard")
            await asyncio.sleep(0)
            addons.add(_OfLog("l", said))
            addons.trigger(AddLogHook(LogEntry("kept", "info")))
            await addons.trigger_event(hooks.RunningHook())
        return said

    expected = ["a response", "b response"]
    expected += ["a response", "b response", "u update 1"]
    expected += ["b response", "h response", "u update 1"]
    assert [*expected, "l log kept"] == asyncio.run(run())


class _Sync(_Listener):
    def response(self, _: Any) -> None:
        self._hear("at once")


class _Waiting(_Listener):
    async def response(self, _: Any) -> None:
        await asyncio.sleep(0)
        self._hear("later")


def test_what_is_begun() -> None:
    """An addon that waits is waited for, and those behind it; an error ends nobody else's turn, a halt ends all."""

    async def run() -> list[str]:
        said: list[str] = []
        with taddons.context() as context:
            addons = context.master.addons
            begin = hook_dispatch.install(addons)
            heard = HttpResponseHook(tflow.tflow(resp=True))
            addons.add(_Sync("a", said), _Sync("b", said, ValueError("wrong")), _Sync("c", said))
            assert begin(heard) is None
            said.append("waits")
            addons.add(_Waiting("d", said, ValueError("wrong")), _Waiting("e", said), _Sync("f", said))
            rest = begin(heard)
            assert isinstance(rest, hook_dispatch.RemainingHandlers)
            said.append("goes on")
            await addons.handle_lifecycle(rest)
            addons.add(_Waiting("h", said, exceptions.AddonHalt()), _Sync("never", said))
            rest = begin(heard)
            assert rest
            await addons.handle_lifecycle(rest)
        return said

    before = ["a at once", "b at once", "c at once"]
    behind = ["d later", "e later", "f at once"]
    assert [*before, "waits", *before, "goes on", *behind, *before, *behind, "h later"] == asyncio.run(run())


def test_what_is_not_begun() -> None:
    """Who looks at each flow's changes is told as mitmproxy tells it; a flow that is held up is waited for."""

    async def run() -> list[str]:
        said: list[str] = []
        with taddons.context() as context:
            begin = hook_dispatch.install(context.master.addons)
            flow = tflow.tflow(resp=True)
            heard = HttpResponseHook(flow)
            context.master.addons.add(_Sync("a", said))
            flow.intercept()
            rest = begin(heard)
            assert isinstance(rest, hook_dispatch.RemainingHandlers)
            await context.master.addons.handle_lifecycle(rest)  # whose caller waits until it is resumed
            flow.resume()
            context.master.addons.add(_OfUpdates("u", said))
            assert begin(heard) is heard
        return said

    assert ["a at once"] == asyncio.run(run())
