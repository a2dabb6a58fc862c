"""What agent frameworks stream, put together: JSON-RPC (MCP, A2A), Vercel's UI messages, Gradio's queue.

Known by the events themselves. Gives messages as `output`, as `ag_ui` does; takes nothing that a stream says for granted.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tapehead.llm.apis import Json
from tapehead.llm.events import Event, Message

type _Rule = Callable[[Sequence[Event]], dict[str, Json]]

_UI_EVENTS = ("text-start", "text-delta", "reasoning-start", "tool-input-", "start-step")
_GRADIO = frozenset({"process_starts", "process_generating", "process_completed", "estimation", "close_stream"})


def rule_for(events: Sequence[Event]) -> _Rule | None:
    """Returns by what rule a stream is put together; None for one of no framework."""
    first = events[0].message if events else {}
    if first.get("jsonrpc") == "2.0":
        return messages_of_rpc
    if any(each.message.get("msg") in _GRADIO for each in events[:20] if isinstance(each.message.get("msg"), str)):
        return outputs_of_queue
    if any(each.name.startswith(_UI_EVENTS) for each in events[:20]):
        return messages_of_ui
    return None


def messages_of_rpc(events: Sequence[Event]) -> dict[str, Json]:
    """Returns what the results say: MCP's content, A2A's messages and artifacts, whose pieces are put together.

    MCP specification, Tools, CallToolResult; A2A specification, Message, TaskStatusUpdateEvent, TaskArtifactUpdateEvent.
    """
    said: dict[str, list[Json]] = {}
    error: Json = None
    state = ""
    for number, event in enumerate(events):
        result = _object(event.message.get("result"))
        error = event.message.get("error") or error
        if isinstance(result.get("content"), list):
            said[f"content {number}"] = result["content"]
            continue
        update = next((value for name in _UPDATES if (value := _object(result.get(name)))), result)
        status = _object(update.get("status"))
        state = _text(status, "state") or state
        for each in (update, _object(status.get("message"))):
            _say(said, f"message {_text(each, 'messageId') or number}", each)
        artifacts = update.get("artifacts")
        for each in [update.get("artifact"), *(artifacts if isinstance(artifacts, list) else ())]:
            _say(said, f"artifact {_text(_object(each), 'artifactId')}", _object(each))
    output = [{"role": "assistant", "content": parts} for parts in said.values()]
    return {"output": output, **({"error": error} if error else {}), **({"status": state} if state else {})}


_UPDATES = ("statusUpdate", "artifactUpdate", "task", "message")  # A2A 1.0 says by a name what an update is


def _say(said: dict[str, list[Json]], key: str, message: Message) -> None:
    parts = message.get("parts")
    for part in parts if isinstance(parts, list) else ():
        known = said.setdefault(key, [])
        if known and _is_text(known[-1]) and _is_text(part):
            known[-1] = {"text": f"{known[-1]['text']}{part['text']}"}
        else:
            known.append({"text": part["text"]} if _is_text(part) else part)


def _is_text(part: Json) -> bool:
    return isinstance(part, dict) and isinstance(part.get("text"), str)


def messages_of_ui(events: Sequence[Event]) -> dict[str, Json]:
    """Returns the message that a UI message stream makes. AI SDK docs, Stream protocols, Data stream protocol."""
    parts: dict[str, _UiPart] = {}
    error: Json = None
    for event in events:
        got = event.message
        kind, _, step = event.name.rpartition("-")
        if kind in ("text", "reasoning"):
            part = parts.setdefault(f"{kind} {_text(got, 'id')}", _UiPart(kind=kind))
            part.pieces.append(_text(got, "delta") if step == "delta" else "")
        elif kind in ("tool-input", "tool-output"):
            part = parts.setdefault(f"{kind} {_text(got, 'toolCallId')}", _UiPart(kind=kind))
            part.name = _text(got, "toolName") or part.name
            part.pieces.append(_text(got, "inputTextDelta"))
            part.whole = got.get("input", got.get("output", part.whole))
        elif event.name == "error":
            error = {"message": _text(got, "errorText")}
    output = [part.message() for part in parts.values()]
    return {"output": output, **({"error": error} if error else {})}


@dataclass(slots=True, kw_only=True)
class _UiPart:
    """A part under way."""

    kind: str
    name: str = ""
    whole: Json = None
    pieces: list[str] = field(default_factory=list)

    def message(self) -> dict[str, Json]:
        text = "".join(self.pieces)
        if self.kind == "text":
            return {"role": "assistant", "content": text}
        if self.kind == "reasoning":
            return {"role": "assistant", "reasoning": text}
        value = text if self.whole is None else self.whole
        if self.kind == "tool-output":
            return {"role": "tool", "content": [{"type": "text", "text": value}]}
        call = {"type": "function", "function": {"name": self.name, "arguments": value}}
        return {"role": "assistant", "tool_calls": [call]}


def outputs_of_queue(events: Sequence[Event]) -> dict[str, Json]:
    """Returns the last output of a Gradio queue: each takes the place of the one before. gradio_client utils.py."""
    output: Mapping[str, Json] = {}
    for event in events:
        output = _object(event.message.get("output")) or output
    data: Any = output.get("data")
    error = output.get("error")
    said = [{"role": "assistant", "content": each} for each in data] if isinstance(data, list) else []
    return {"output": said, **({"error": error} if error else {})}


def _object(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}


def _text(got: Message, name: str) -> str:
    value = got.get(name)
    return value if isinstance(value, str) else ""
