"""A stream put together: its events as the response that the same API gives when it does not stream.

Each provider's own rule, and for those that send partial responses (OpenAI chat and completions, Mistral, Gemini,
Ollama) one rule for all. Does not read what the response says (see `response_summary`), and takes nothing that a stream says for
granted: what does not fit is left out.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from tapehead.llm import ag_ui, framework_streams
from tapehead.llm.apis import Json
from tapehead.llm.conversation import lookup
from tapehead.llm.events import Event, Message, message_in

type Response = dict[str, Json]

# The fields whose texts are spread over events; another text in a later event takes the place of the earlier.
_SPREAD = frozenset(
    {
        "arguments",
        "content",
        "input",
        "partial_json",
        "reasoning",
        "reasoning_content",
        "refusal",
        "response",
        "signature",
        "text",
        "thinking",
        "tool_plan",
    }
)
_MAX_OPEN_ITEMS = 256  # choices, blocks or calls that are under way at once; looking through all would be quadratic


class _Pieces(list[str]):
    """A text that is not complete yet: adding to it costs the same however long it is."""


def assemble(events: Sequence[Event]) -> Response:
    """Returns the response that a stream's events make; what came of it, when the stream is cut."""
    if framework := framework_streams.rule_for(events):
        return framework(events)
    for event in events:
        for begin, rule in _RULES.items():
            if event.name.startswith(begin):
                return rule(events)
    return _partial_responses(events)


def _partial_responses(events: Iterable[Event]) -> Response:
    response: Any = {}
    for event in events:
        response = _merged(response, event.message)
    whole = _own(_join_pieces(response))
    # OpenAI API reference, chat completion chunk: `delta` is what is `message` in a whole one.
    for choice in _objects(whole.get("choices")):
        if "delta" in choice:
            choice["message"] = choice.pop("delta")
    return whole


def _anthropic(events: Iterable[Event]) -> Response:
    """Claude docs, Streaming messages: the flow of events."""
    message: Any = {}
    for event in events:
        got = event.message
        match event.name:
            case "message_start":
                message = _merged(message, got.get("message"))
            case "content_block_start":
                message = _merged(message, {"content": [_block(got, "index", "content_block")]})
            case "content_block_delta":
                message = _merged(message, {"content": [_block(got, "index", "delta", without="type")]})
            case "message_delta":
                message = _merged(_merged(message, got.get("delta")), {"usage": got.get("usage")})
            case "error":
                message = _merged(message, {"error": got.get("error")})
    whole = _own(_join_pieces(message))
    for block in _objects(whole.get("content")):
        if "partial_json" in block:
            block["input"] = _json_or_text(block.pop("partial_json"))
    return whole


def _converse(events: Iterable[Event]) -> Response:
    """Amazon Bedrock API reference, ConverseStreamOutput."""
    message: Any = {}
    rest: Any = {}
    for event in events:
        got = event.message
        match event.name:
            case "messageStart":
                message = _merged(message, got)
            case "contentBlockStart":
                message = _merged(message, {"content": [_block(got, "contentBlockIndex", "start")]})
            case "contentBlockDelta":
                message = _merged(message, {"content": [_block(got, "contentBlockIndex", "delta")]})
            case _:
                rest = _merged(rest, got)
    message = _own(_join_pieces(message))
    for block in _objects(message.get("content")):
        if isinstance(given := lookup(block, ("toolUse", "input")), str):
            block["toolUse"]["input"] = _json_or_text(given)
    return {"output": {"message": message}, **_own(_join_pieces(rest))}


def _cohere(events: Iterable[Event]) -> Response:
    """Cohere docs, Streaming responses (v2): each event has a part of the message in `delta.message`."""
    message: Any = {}
    rest: Any = {}
    for event in events:
        delta = event.message.get("delta")
        if event.name == "message-end" or not isinstance(delta, dict):
            rest = _merged(rest, delta)
            continue
        part = _own(delta.get("message"))
        for key in ("content", "tool_calls"):
            if isinstance(piece := part.get(key), dict):
                part = {**part, key: [{"index": event.message.get("index"), **piece}]}
        message = _merged(message, part)
    return {"message": _own(_join_pieces(message)), **_own(_join_pieces(rest))}


def _responses(events: Iterable[Event]) -> Response:
    """OpenAI API reference, streaming events of the Responses API: the last event has the whole response."""
    response: Any = {}
    items: Any = []
    for event in events:
        got = event.message
        if isinstance(got.get("response"), dict):
            response = got["response"]
        elif event.name == "error":
            response = {**response, "error": got.get("error") or got}
        elif event.name == "response.output_item.done":
            items = [each for each in items if each.get("index") != got.get("output_index")]
            items = _merged(items, [_block(got, "output_index", "item")])
        elif event.name in _ITEM_PARTS:
            items = _merged(items, [_item(got, *_ITEM_PARTS[event.name])])
    return {**response, "output": response.get("output") or _join_pieces(items)}


# In what an event's `delta` goes on: the list within the item, which the event has a position in, and the field.
_ITEM_PARTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "response.output_item.added": ("", "item"),
        "response.output_text.delta": ("content", "text"),
        "response.refusal.delta": ("content", "refusal"),
        "response.reasoning_text.delta": ("content", "text"),
        "response.reasoning_summary_text.delta": ("summary", "text"),
        "response.function_call_arguments.delta": ("", "arguments"),
        "response.custom_tool_call_input.delta": ("", "input"),
    }
)


def _item(got: Message, holder: str, field: str) -> Response:
    if field == "item":
        return _block(got, "output_index", "item")
    piece: Response = {field: got.get("delta")}
    if holder:
        position = got.get("content_index", got.get("summary_index"))
        piece = {holder: [{"index": position, "type": f"output_{field}", **piece}]}
    return {"index": got.get("output_index"), **piece}


_RULES: Mapping[str, Callable[[Sequence[Event]], Response]] = MappingProxyType(
    {
        "message_start": _anthropic,
        "messageStart": _converse,
        "message-start": _cohere,
        "response.": _responses,
        ag_ui.FIRST: ag_ui.messages_of_run,
    }
)


def _block(got: Message, index: str, key: str, *, without: str | None = None) -> Response:
    """The object under a key, with its position as `index`, so that what belongs to it finds it."""
    value = got.get(key)
    fields = value if isinstance(value, dict) else {}
    return {**{name: each for name, each in fields.items() if name != without}, "index": got.get(index)}


def _merged(old: Any, new: Json, key: str = "") -> Any:
    """What was there, and what has come. Changes `old` where it can.

    As openai-python lib/streaming/_deltas.py, accumulate_delta: objects by key, lists by the `index` of what is in
    them, texts (here the known ones) added.
    """
    if isinstance(new, str) and key in _SPREAD:
        new = _Pieces([new])
    if old is None or new is None or new == "":
        return old if new is None or new == "" else _begun(new, key)
    if isinstance(old, dict) and isinstance(new, dict):
        for name, value in new.items():
            old[name] = _merged(old.get(name), value, name)
        return old
    if isinstance(new, list) and isinstance(old, list):
        # Mistral API reference, chat: `content` is a text or a list of parts, also within one stream.
        if isinstance(old, _Pieces) and isinstance(new, _Pieces):
            old.extend(new)
            return old
        return _with_items(_parts(old), _parts(new))
    return _begun(new, key)


def _begun(new: Any, key: str) -> Any:
    """A value that is safe to change, its texts ready to be added to."""
    if isinstance(new, dict):
        return _merged({}, new)
    if isinstance(new, list) and not isinstance(new, _Pieces):
        return _with_items([], new)
    return new


def _parts(values: list[Any]) -> list[Any]:
    return [{"type": "text", "text": values}] if isinstance(values, _Pieces) else values


def _with_items(old: list[Any], new: list[Any]) -> list[Any]:
    for value in new:
        index = value.get("index") if isinstance(value, dict) else None
        if index is not None:
            near = reversed(old[-_MAX_OPEN_ITEMS:])
            same = next((each for each in near if isinstance(each, dict) and each.get("index") == index), None)
        else:
            same = old[-1] if old and _continues(old[-1], value) else None
        if same is None:
            old.append(_begun(value, ""))
        else:
            _merged(same, value)
    return old


def _continues(last: Any, value: Any) -> bool:
    """Whether a part without a position only goes on with the text, or the thought, of the one before; or a candidate.

    Gemini API reference, Candidate: `index` may be missing; there is one candidate then.
    """
    if not isinstance(last, dict) or not isinstance(value, dict):
        return False
    if "content" in last and "content" in value:
        return True
    return any(key in last and key in value for key in ("text", "thinking")) and all(
        last.get(key) == value.get(key) for key in ("type", "thought")
    )


def _join_pieces(value: Any) -> Any:
    if isinstance(value, _Pieces):
        return "".join(value)
    if isinstance(value, list):
        return [_join_pieces(each) for each in value]
    return {key: _join_pieces(each) for key, each in value.items()} if isinstance(value, dict) else value


def _own(response: Any) -> Response:
    return response if isinstance(response, dict) else {}


def _objects(values: Json) -> list[Response]:
    return [each for each in values if isinstance(each, dict)] if isinstance(values, list) else []


def _json_or_text(value: Json) -> Json:
    """What a tool is called with: JSON, once it has come whole. No tool takes anything but an object."""
    return message_in(value) or value if isinstance(value, str) else value
