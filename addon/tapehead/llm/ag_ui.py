"""AG-UI's streams put together: the events of a run as the messages that they make.

AG-UI docs, Events. Knows which event begins, goes on with or is a message; takes nothing that a stream says for granted.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from tapehead.llm.apis import Json
from tapehead.llm.events import Event, Message

FIRST = "RUN_STARTED"
"""What every run begins with."""
_TEXTS: Mapping[str, str] = MappingProxyType(
    {"TEXT_MESSAGE": "content", "REASONING_MESSAGE": "reasoning", "THINKING_TEXT_MESSAGE": "reasoning"}
)
_GOES_ON = ("_START", "_CONTENT", "_CHUNK", "_ARGS")


def messages_of_run(events: Iterable[Event]) -> dict[str, Json]:
    """Returns the messages of a run as `output`, in the order in which they began, and its `error`, if it ended so."""
    output: dict[str, _Spoken] = {}
    error: Json = None
    for event in events:
        got, name = event.message, event.name
        stem = next((name.removesuffix(end) for end in _GOES_ON if name.endswith(end)), name)
        if stem in _TEXTS:
            key, of = f"{stem} {_text(got, 'messageId')}", _Spoken(role=_text(got, "role") or "assistant", kind=stem)
        elif stem == "TOOL_CALL":
            key, of = f"{stem} {_text(got, 'toolCallId')}", _Spoken(call=_text(got, "toolCallName"), kind=stem)
        elif name == "TOOL_CALL_RESULT":
            key, of = f"{name} {len(output)}", _Spoken(role="tool", kind="TEXT_MESSAGE")
        else:
            error = {"message": got.get("message"), "code": got.get("code")} if name == "RUN_ERROR" else error
            continue
        output.setdefault(key, of).pieces.append(_text(got, "delta") or _text(got, "content"))
    return {"output": [each.message() for each in output.values()], **({"error": error} if error else {})}


@dataclass(slots=True, kw_only=True)
class _Spoken:
    """A message under way."""

    kind: str
    role: str = "assistant"
    call: str = ""
    """Which tool is called, if one is."""
    pieces: list[str] = field(default_factory=list)

    def message(self) -> Json:
        text = "".join(self.pieces)
        if self.kind in _TEXTS:
            return {"role": self.role, _TEXTS[self.kind]: text}
        call = {"type": "function", "function": {"name": self.call, "arguments": text}}
        return {"role": self.role, "tool_calls": [call]}


def _text(got: Message, name: str) -> str:
    value = got.get(name)
    return value if isinstance(value, str) else ""
