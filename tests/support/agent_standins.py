"""WebSockets of speech and agent services, as far as their SDKs look at them: `WebSocketServer`'s behaviours by name.

Each makes ids up anew, and what it says depends on what it heard.
"""

import base64
import json
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from websockets.sync.server import ServerConnection


def codex(connection: ServerConnection) -> None:
    """The Responses API as Codex has it: asked for the first time it has a command run, then it says what came of that."""
    for message in _heard(connection):
        call = json.loads(message)
        response = {"id": _made("resp"), "object": "response", "status": "in_progress", "output": []}
        _say(connection, "response.created", response=response)
        if call.get("generate", True):  # else its tools and instructions are sent ahead
            _say(connection, "response.output_item.done", output_index=0, item=_codex_item(call["input"][-1]))
        details = {"input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}
        usage = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2, **details}
        _say(connection, "response.completed", response={**response, "status": "completed", "usage": usage})


def _codex_item(last: dict[str, Any]) -> dict[str, Any]:
    if last["type"] != "function_call_output":
        run = {"name": "exec_command", "arguments": json.dumps({"cmd": "echo tapehead"})}
        return {"type": "function_call", "id": _made("fc"), "call_id": _made("call"), **run}
    said = last["output"].partition("Output:\n")[2].strip()
    content = [{"type": "output_text", "text": f"It said: {said}", "annotations": []}]
    return {"type": "message", "id": _made("msg"), "role": "assistant", "content": content}


def listen(connection: ServerConnection) -> None:
    """Deepgram's live transcription (`/v1/listen`): sound in binary messages, a result for each second of it."""
    request, size, seconds = str(uuid.uuid4()), 0, 0
    metadata = {
        "request_id": request,
        "model_info": {"name": "nova", "version": "1", "arch": "nova"},
        "model_uuid": request,
    }
    for message in _heard(connection):
        if isinstance(message, bytes):
            size += len(message)
            while size >= (seconds + 1) * 32_000:
                _result(connection, seconds, metadata, from_finalize=False)
                seconds += 1
            continue
        match json.loads(message)["type"]:
            case "Finalize":
                _result(connection, seconds, metadata, from_finalize=True)
            case "CloseStream":
                made = {"transaction_key": "deprecated", "sha256": "", "created": "2026-01-01T00:00:00Z"}
                _say(connection, "Metadata", request_id=request, **made, duration=size / 32_000, channels=1)
                connection.close()
                return


def _result(connection: ServerConnection, second: int, metadata: dict[str, Any], *, from_finalize: bool) -> None:
    words = [{"word": "second", "start": float(second), "end": second + 0.5, "confidence": 0.9}]
    alternatives = [{"transcript": f"second {second}", "confidence": 0.9, "words": words}]
    _say(
        connection,
        "Results",
        channel_index=[0, 1],
        duration=1.0,
        start=float(second),
        is_final=True,
        speech_final=from_finalize,
        channel={"alternatives": alternatives},
        metadata=metadata,
        from_finalize=from_finalize,
    )


def stream_input(connection: ServerConnection) -> None:
    """ElevenLabs' speech from text that comes in pieces (`/v1/text-to-speech/VOICE/stream-input`)."""
    for message in _heard(connection):
        text = json.loads(message)["text"]
        if not text:
            connection.send(json.dumps({"audio": None, "isFinal": True}))
            connection.close()
            return
        if text.strip():
            sound = base64.b64encode(text.encode() * 20).decode()
            connection.send(json.dumps({"audio": sound, "isFinal": None, "normalizedAlignment": None}))


def _say(connection: ServerConnection, kind: str, **fields: Any) -> None:
    connection.send(json.dumps({"type": kind, **fields}))


def _made(kind: str) -> str:
    return f"{kind}_{uuid.uuid4().hex[:16]}"


def _heard(connection: ServerConnection) -> Iterable[str | bytes]:
    while True:
        yield connection.recv()


AGENT_STANDINS: dict[str, Callable[[ServerConnection], None]] = {
    "listen": listen,
    "stream-input": stream_input,
}
