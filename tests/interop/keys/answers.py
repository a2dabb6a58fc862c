"""What the origin answers where the harness has no route of its own: files, Gemini, Bedrock.

The shapes are the providers', as their SDKs parse them. Chat and streams of OpenAI and Anthropic are the harness's.
"""

import json

from tests.interop.keys import GEMINI_VERSION, MODEL
from tests.support.harness import Answer, Origin
from tests.support.harness.answers import EVENT_STREAM, spaced
from tests.support.harness.routes import frame

WORDS = ("Oi", "!", " Tudo", " bem", "?")
PAUSES = (0.02, 0.01, 0.03, 0.02, 0.01, 0.02, 0.03, 0.01, 0.02)
BEDROCK = "/model/anthropic.claude-3-haiku-20240307-v1:0"


def openai_files(origin: Origin) -> None:
    """POST /v1/files, twice."""
    origin.script("/v1/files", *(_openai_file(n) for n in (1, 2)))


def anthropic_files(origin: Origin) -> None:
    """POST /v1/files?beta=true, twice."""
    origin.script("/v1/files", *(_anthropic_file(n) for n in (1, 2)))


def gemini(origin: Origin) -> None:
    """Plain and streamed."""
    model = f"/{GEMINI_VERSION}/models/{MODEL}"
    events = [f"data: {json.dumps(_candidate(word))}\r\n\r\n".encode() for word in WORDS]
    origin.script(f"{model}:generateContent", Answer.of_json(_candidate("".join(WORDS))))
    origin.script(f"{model}:streamGenerateContent", Answer(headers=EVENT_STREAM, chunks=spaced(events, pauses=PAUSES)))


def gemini_files(origin: Origin) -> None:
    """The start of an upload names another URL, to which the bytes go: twice."""
    numbers = (1, 2)
    start = f"/upload/{GEMINI_VERSION}/files"
    urls = [f"{origin.url}{start}/{n}?upload_id=id-{n}&upload_protocol=resumable" for n in numbers]
    origin.script(
        start,
        *(Answer.of_json({}, headers=(("x-goog-upload-url", url), ("x-goog-upload-status", "active"))) for url in urls),
    )
    for n in numbers:
        file = {"name": f"files/{n}", "mimeType": "application/octet-stream", "sizeBytes": "9", "state": "ACTIVE"}
        final = (("x-goog-upload-status", "final"),)
        origin.script(f"{start}/{n}", Answer.of_json({"file": file}, headers=final))


def bedrock(origin: Origin) -> None:
    """Converse and ConverseStream."""
    message = {"role": "assistant", "content": [{"text": "".join(WORDS)}]}
    usage = {"inputTokens": 9, "outputTokens": 5, "totalTokens": 14}
    whole = {
        "output": {"message": message},
        "stopReason": "end_turn",
        "usage": usage,
        "metrics": {"latencyMs": 321},
    }
    frames = [
        _event("messageStart", {"role": "assistant"}),
        *(_event("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": word}}) for word in WORDS),
        _event("contentBlockStop", {"contentBlockIndex": 0}),
        _event("messageStop", {"stopReason": "end_turn"}),
        _event("metadata", {"usage": usage, "metrics": {"latencyMs": 321}}),
    ]
    kind = (("content-type", "application/vnd.amazon.eventstream"), ("x-amzn-requestid", "request-2"))
    origin.script(f"{BEDROCK}/converse", Answer.of_json(whole, headers=(("x-amzn-requestid", "request-1"),)))
    origin.script(f"{BEDROCK}/converse-stream", Answer(headers=kind, chunks=spaced(frames, pauses=PAUSES)))


def _openai_file(number: int) -> Answer:
    return Answer.of_json(
        {
            "id": f"file-{number}",
            "object": "file",
            "bytes": 9,
            "created_at": 1758698629,
            "filename": "upload.bin",
            "purpose": "user_data",
            "status": "processed",
        }
    )


def _anthropic_file(number: int) -> Answer:
    return Answer.of_json(
        {
            "id": f"file_{number}",
            "type": "file",
            "filename": "upload.bin",
            "mime_type": "application/octet-stream",
            "size_bytes": 9,
            "created_at": "2025-09-24T07:23:49Z",
            "downloadable": False,
        }
    )


def _candidate(text: str) -> dict[str, object]:
    content = {"role": "model", "parts": [{"text": text}]}
    return {"candidates": [{"content": content, "index": 0}], "modelVersion": MODEL, "responseId": "response-1"}


def _event(kind: str, payload: object) -> bytes:
    headers = {":event-type": kind, ":content-type": "application/json", ":message-type": "event"}
    return frame(headers, json.dumps(payload).encode())
