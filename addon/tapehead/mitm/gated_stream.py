"""A paced response whose parts may have to wait for something else than their time: what its client is to say elsewhere.

What they wait for is the gate's to know (`paced_response`). The stream asks it before each part, and is asked again by
way of a hook that does not hold up its other events: the client may leave meanwhile. A gate is told when its stream is over.
"""

import dataclasses
from dataclasses import dataclass
from typing import Any

from mitmproxy.proxy import commands, events, layer
from mitmproxy.proxy.layers.http._events import RequestProtocolError, ResponseProtocolError

from tapehead.mitm.http_stream import PacedStream
from tapehead.mitm.paced_response import Gate, PacedResponse
from tapehead.mitm.stream_state import StreamState


@dataclass
class GateHook(commands.StartHook):
    """A stream waits for a gate: the hook is over when that is to be asked again."""

    name = "tapehead_gate"
    gate: Gate


class GatedStream(PacedStream):
    """Sends the parts of a response that has a gate when that lets them go, and it is their time."""

    _waiting: GateHook | None = None

    def _handle_event(self, event: events.Event) -> layer.CommandGenerator[None]:
        if type(event) is events.HookCompleted and type(event.command) is GateHook:
            self._waiting = None
            return self.send_due_parts() if self._state is StreamState.SLEEPING else _nothing()
        return super()._handle_event(event)

    def sleep_until(self, due: float) -> layer.CommandGenerator[bool]:
        response = self.flow.response
        gate = response.gate if isinstance(response, PacedResponse) else None
        return super().sleep_until(due) if gate is None else self._wait(due, gate)

    def _wait(self, due: float, gate: Gate) -> layer.CommandGenerator[bool]:
        schedule, position = self.schedule, self.position
        released = gate.released(position)
        if released is None:
            self._state = StreamState.SLEEPING
            if self._waiting is None:
                hook: Any = GateHook(gate)
                hook.blocking = self  # who is told, and nobody has to wait for it
                self._waiting = hook
                yield hook
            return True
        late = released - (schedule.start + due)
        if late > 0:
            self.schedule = schedule = dataclasses.replace(schedule, start=schedule.start + late)
        if (yield from super().sleep_until(due)):
            return True
        gate.sent(position)
        if 0 <= position < len(schedule.chunks):
            chunk = gate.edited(schedule.chunks[position])
            if chunk is not schedule.chunks[position]:
                chunks = (*schedule.chunks[:position], chunk, *schedule.chunks[position + 1 :])
                self.schedule = dataclasses.replace(schedule, chunks=chunks)
        elif position == len(schedule.chunks):
            gate.leave()
        return False

    def handle_protocol_error(
        self, event: RequestProtocolError | ResponseProtocolError
    ) -> layer.CommandGenerator[None]:
        response: Any = self.flow.response
        if isinstance(response, PacedResponse) and response.gate is not None:
            response.gate.leave()
        yield from super().handle_protocol_error(event)


def _nothing() -> layer.CommandGenerator[None]:
    yield from ()
