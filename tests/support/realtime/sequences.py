"""Twelve sequences of a realtime server and its client, as OpenAI's guide and types describe them.

Text, speech of 30 seconds both ways, server VAD, a tool call, an interruption, an error in mid-session, changes of the
session, items read and deleted, manual turns, answers beside the conversation, MCP tools, transcription.
"""

from tests.support.realtime.events import Event, Script, audio, place_of, response_of

_TOOL = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather of a place.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


def _text() -> Script:
    made = Script("text")
    made.update(output_modalities=["text"], instructions="Be brief.")
    made.user_says("item_a", "What is the capital of France?")
    made.client("response.create", response={"output_modalities": ["text"]})
    made.says("resp_1", "item_b", "Paris is the capital of France.", after="{{item_a}}")
    made.server("rate_limits.updated", rate_limits=[_limit("requests", 1000, 999), _limit("tokens", 50000, 49950)])
    made.user_says("item_c", "And of Spain?", after="item_b")
    made.client("response.create")
    made.says("resp_2", "item_d", "Madrid.", after="{{item_c}}")
    return made


def _speech() -> Script:
    made = Script("speech")
    made.update(audio={"input": {"turn_detection": None}})
    made.listens(30.0)
    made.client("input_audio_buffer.commit")
    made.server("input_audio_buffer.committed", item_id="item_a", previous_item_id=None)
    made.server("conversation.item.added", previous_item_id=None, item=_heard("item_a", None))
    made.client("response.create")
    made.speaks("resp_1", "item_b", 30.0, "It is a long story and I tell it slowly.", after="item_a")
    return made


def _vad() -> Script:
    made = Script("vad")
    made.update(audio={"input": {"transcription": {"model": "gpt-4o-mini-transcribe", "language": "en"}}})
    made.listens(1.0)
    made.server("input_audio_buffer.speech_started", audio_start_ms=120, item_id="item_a")
    made.listens(1.0)
    made.server("input_audio_buffer.speech_stopped", audio_end_ms=1800, item_id="item_a")
    made.server("input_audio_buffer.committed", item_id="item_a", previous_item_id=None)
    made.server("conversation.item.added", previous_item_id=None, item=_heard("item_a", None))
    for word in ("Good ", "morning."):
        kind = "conversation.item.input_audio_transcription.delta"
        made.server(kind, item_id="item_a", content_index=0, delta=word)
    _transcribed(made, "item_a", "Good morning.")
    made.speaks("resp_1", "item_b", 1.0, "Good morning to you.", after="item_a")
    return made


def _tool() -> Script:
    made = Script("tool")
    made.update(tools=[_TOOL], output_modalities=["text"])
    made.user_says("item_a", "What is the weather in Oslo?")
    made.client("response.create")
    call: Event = {
        "id": "item_b",
        "object": "realtime.item",
        "type": "function_call",
        "name": "get_weather",
        "call_id": "call_1",
        "arguments": "",
    }
    made.server("response.created", response=response_of("resp_1", "in_progress"))
    made.server(
        "response.output_item.added", response_id="resp_1", output_index=0, item={**call, "status": "in_progress"}
    )
    where: Event = {"response_id": "resp_1", "item_id": "item_b", "output_index": 0, "call_id": "call_1"}
    for part in ('{"ci', 'ty":', ' "Oslo"}'):
        made.server("response.function_call_arguments.delta", delta=part, **where)
    made.server("response.function_call_arguments.done", arguments='{"city": "Oslo"}', name="get_weather", **where)
    done = {**call, "arguments": '{"city": "Oslo"}', "status": "completed"}
    made.server("response.output_item.done", response_id="resp_1", output_index=0, item=done)
    made.server("response.done", response=response_of("resp_1", "completed", output=[done]))
    given = {"id": "{{item_c}}", "type": "function_call_output", "call_id": "call_1", "output": '{"celsius": -4}'}
    made.client("conversation.item.create", item=given)
    told = {**given, "object": "realtime.item", "status": "completed"}
    made.server("conversation.item.added", previous_item_id="item_b", item=told)
    made.server("conversation.item.done", previous_item_id="item_b", item=told)
    made.client("response.create")
    made.says("resp_2", "item_d", "It is four below zero in Oslo.", after="{{item_c}}")
    return made


def _interruption() -> Script:
    made = Script("interruption")
    made.user_says("item_a", "Count to a hundred.")
    made.client("response.create")
    made.begin("resp_1", "item_b", {"type": "audio", "transcript": ""}, after="{{item_a}}")
    for delta in audio(0.5, 0.1):
        made.server("response.output_audio.delta", delta=delta, **place_of("resp_1", "item_b"))
    made.listens(0.3)
    made.server("input_audio_buffer.speech_started", audio_start_ms=300, item_id="item_c")
    made.client("response.cancel", response_id="resp_1")
    made.client("conversation.item.truncate", item_id="item_b", content_index=0, audio_end_ms=320)
    details = {"type": "cancelled", "reason": "client_cancelled"}
    made.server("response.done", response=response_of("resp_1", "cancelled", details=details))
    made.server("conversation.item.truncated", item_id="item_b", content_index=0, audio_end_ms=320)
    made.server("input_audio_buffer.speech_stopped", audio_end_ms=900, item_id="item_c")
    made.server("input_audio_buffer.committed", item_id="item_c", previous_item_id="item_b")
    made.speaks("resp_2", "item_d", 0.4, "I stop.", after="item_c")
    return made


def _error() -> Script:
    made = Script("error")
    made.client("conversation.item.truncate", item_id="item_none", content_index=0, audio_end_ms=10)
    number = len(made.steps) - 1
    made.server(
        "error",
        error={
            "type": "invalid_request_error",
            "code": "item_truncate_invalid_item_id",
            "message": "Error truncating item: item with id 'item_none' not found",
            "param": None,
            "event_id": f"{{{{event{number}}}}}",
        },
    )
    made.user_says("item_a", "Are you still there?")
    made.client("response.create", response={"output_modalities": ["text"]})
    made.says("resp_1", "item_b", "I am.", after="{{item_a}}")
    return made


def _session() -> Script:
    made = Script("session")
    made.update(audio={"output": {"voice": "marin", "speed": 1.1}})
    made.update(tools=[_TOOL], tool_choice="required")
    made.update(tool_choice="none", max_output_tokens=400)
    made.update(instructions="Speak like a pirate.\nAlways.", output_modalities=["text"])
    made.user_says("item_a", "Hello")
    made.client("response.create", response={"instructions": "Only this once, be polite.", "max_output_tokens": 20})
    made.says("resp_1", "item_b", "Ahoy.", after="{{item_a}}")
    return made


def _items() -> Script:
    made = Script("items")
    made.user_says("item_a", "Remember the number seven.")
    made.user_says("item_b", "And forget the number eight.", after="{{item_a}}")
    made.client("conversation.item.retrieve", item_id="{{item_a}}")
    content = [{"type": "input_text", "text": "Remember the number seven."}]
    item = {"id": "{{item_a}}", "object": "realtime.item", "type": "message", "role": "user", "content": content}
    made.server("conversation.item.retrieved", item={**item, "status": "completed"})
    made.client("conversation.item.delete", item_id="{{item_b}}")
    made.server("conversation.item.deleted", item_id="{{item_b}}")
    made.client("response.create", response={"output_modalities": ["text"]})
    made.says("resp_1", "item_c", "Seven.", after="{{item_a}}")
    return made


def _manual() -> Script:
    made = Script("manual")
    made.update(audio={"input": {"turn_detection": None}})
    made.listens(0.5)
    made.client("input_audio_buffer.clear")
    made.server("input_audio_buffer.cleared")
    made.listens(0.7)
    made.client("input_audio_buffer.commit")
    made.server("input_audio_buffer.committed", item_id="item_a", previous_item_id=None)
    made.server("conversation.item.added", previous_item_id=None, item=_heard("item_a", None))
    made.server("conversation.item.done", previous_item_id=None, item=_heard("item_a", None))
    made.client("response.create")
    made.speaks("resp_1", "item_b", 0.5, "Understood.", after="item_a")
    return made


def _beside() -> Script:
    made = Script("beside")
    made.user_says("item_a", "I would like to return a lamp.")
    for number, topic in enumerate(("topic", "mood"), 1):
        response = {"conversation": "none", "metadata": {"about": topic}, "output_modalities": ["text"]}
        made.client("response.create", response=response)
        made.says(f"resp_{number}", f"item_{topic}", f"The {topic} is plain.", metadata={"about": topic})
    return made


def _mcp() -> Script:
    made = Script("mcp")
    server = {
        "type": "mcp",
        "server_label": "docs",
        "server_url": "https://mcp.example/mcp",
        "require_approval": "never",
    }
    made.update(tools=[server], output_modalities=["text"])
    made.server("mcp_list_tools.in_progress", item_id="item_l")
    made.server("mcp_list_tools.completed", item_id="item_l")
    made.user_says("item_a", "Look it up.")
    made.client("response.create")
    made.server("response.created", response=response_of("resp_1", "in_progress"))
    call = {"id": "item_b", "type": "mcp_call", "server_label": "docs", "name": "search", "arguments": ""}
    made.server("response.output_item.added", response_id="resp_1", output_index=0, item=call)
    where: Event = {"response_id": "resp_1", "item_id": "item_b", "output_index": 0}
    made.server("response.mcp_call_arguments.delta", delta='{"query":', **where)
    made.server("response.mcp_call_arguments.delta", delta='"it"}', **where)
    made.server("response.mcp_call_arguments.done", arguments='{"query":"it"}', **where)
    made.server("response.mcp_call.in_progress", item_id="item_b", output_index=0)
    made.server("response.mcp_call.completed", item_id="item_b", output_index=0)
    done = {**call, "arguments": '{"query":"it"}', "output": "found\nit"}
    made.server("response.output_item.done", response_id="resp_1", output_index=0, item=done)
    made.server("response.done", response=response_of("resp_1", "completed", output=[done]))
    made.client("response.create")
    made.says("resp_2", "item_c", "It was found.", after="item_b")
    return made


def _transcription() -> Script:
    made = Script("transcription")
    made.update(audio={"input": {"transcription": {"model": "whisper-1"}}})
    for number, said in enumerate(("One.", "Two."), 1):
        item, before = f"item_{number}", f"item_{number - 1}" if number > 1 else None
        made.listens(0.5)
        made.server("input_audio_buffer.speech_started", audio_start_ms=100 * number, item_id=item)
        made.server("input_audio_buffer.speech_stopped", audio_end_ms=400 * number, item_id=item)
        made.server("input_audio_buffer.committed", item_id=item, previous_item_id=before)
        made.server("conversation.item.added", previous_item_id=before, item=_heard(item, None))
        segment: Event = {"id": f"seg_{number}", "text": said, "start": 0.0, "end": 0.4, "speaker": "A"}
        kind = "conversation.item.input_audio_transcription.segment"
        made.server(kind, item_id=item, content_index=0, **segment)
        _transcribed(made, item, said)
    made.listens(0.2)
    made.server("input_audio_buffer.committed", item_id="item_3", previous_item_id="item_2")
    made.server(
        "conversation.item.input_audio_transcription.failed",
        item_id="item_3",
        content_index=0,
        error={"type": "transcription_error", "code": "audio_unintelligible", "message": "No words were heard."},
    )
    made.server("input_audio_buffer.timeout_triggered", audio_start_ms=1200, audio_end_ms=7200, item_id="item_3")
    return made


def _heard(item: str, transcript: str | None) -> Event:
    content = [{"type": "input_audio", "transcript": transcript}]
    told = {"object": "realtime.item", "type": "message", "status": "completed", "role": "user"}
    return {"id": item, **told, "content": content}


def _transcribed(made: Script, item: str, text: str) -> None:
    usage = {"type": "duration", "seconds": 1.0}
    kind = "conversation.item.input_audio_transcription.completed"
    made.server(kind, item_id=item, content_index=0, transcript=text, usage=usage)


def _limit(name: str, limit: int, remaining: int) -> Event:
    return {"name": name, "limit": limit, "remaining": remaining, "reset_seconds": 60.0}


SEQUENCES: dict[str, Script] = {
    each.name: each
    for each in (
        _text(),
        _speech(),
        _vad(),
        _tool(),
        _interruption(),
        _error(),
        _session(),
        _items(),
        _manual(),
        _beside(),
        _mcp(),
        _transcription(),
    )
}
