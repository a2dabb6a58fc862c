"""A cassette with an interaction of every API, and what `tapehead show` prints of it, as goldens."""

import json
from pathlib import Path

from click.testing import CliRunner, Result

from tapehead.cassette import Cassette, Interaction, Request, Response, dumps, timing
from tapehead.cassette.side_files import timing_path
from tapehead.cassette.timing import Timing
from tapehead.cli.main import main
from tapehead.llm.apis import Json
from tests.support import streams
from tests.support.streams import AWS, NDJSON, SSE

GOLDENS = Path(__file__).parents[1] / "unit" / "cli" / "goldens"
_USER: Json = [{"role": "user", "content": "Say hi"}]
_PARTS: Json = [{"role": "user", "content": [{"text": "Say hi"}]}]
_CHAT: Json = {
    "model": "gpt",
    "messages": [
        {"role": "system", "content": "Be brief.\nUse C:\\new."},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Add"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
            ],
        },
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}],
        },
        {"role": "tool", "tool_call_id": "1", "content": "1"},
    ],
    "tools": [{"type": "function", "function": {"name": "add"}}],
    "temperature": 0,
    "stream": True,
}
HOSTILE = "\x1b]0;pwned\x07\u202eevil\x9b31m\U000e0041\r\n[31m fine é 日本"
_EXCHANGES: tuple[tuple[str, Json, int, str, bytes], ...] = (
    ("https://api.openai.com/v1/chat/completions", _CHAT, 200, SSE, streams.CHAT),
    (
        "https://api.openai.com/v1/responses",
        {"model": "gpt", "input": "Say hi", "instructions": "Be brief."},
        200,
        SSE,
        streams.RESPONSES,
    ),
    (
        "https://api.openai.com/v1/embeddings",
        {"model": "embed", "input": ["a", "b"]},
        200,
        "application/json",
        b'{"data":[{"embedding":[1,2,3]},{"embedding":[1,2,3]}],"usage":{"prompt_tokens":2,"total_tokens":2}}',
    ),
    ("https://api.anthropic.com/v1/messages", {"model": "claude", "messages": _USER}, 200, SSE, streams.ANTHROPIC),
    (
        "https://generativelanguage.googleapis.com/v1beta/models/gemini:streamGenerateContent?alt=sse",
        {"contents": [{"role": "user", "parts": [{"text": "Say hi"}]}]},
        200,
        SSE,
        streams.GEMINI,
    ),
    (
        "https://bedrock-runtime.us-east-1.amazonaws.com/model/eu.claude%3A0/converse-stream",
        {"messages": _PARTS, "inferenceConfig": {"maxTokens": 9}},
        200,
        AWS,
        streams.CONVERSE,
    ),
    (
        "https://bedrock-runtime.us-east-1.amazonaws.com/model/claude/invoke-with-response-stream",
        {"messages": _USER},
        200,
        AWS,
        streams.ANTHROPIC_ON_BEDROCK,
    ),
    ("http://127.0.0.1:11434/api/chat", {"model": "llama", "messages": _USER}, 200, NDJSON, streams.OLLAMA),
    ("https://api.cohere.com/v2/chat", {"model": "command", "messages": _USER}, 200, SSE, streams.COHERE),
    ("https://api.mistral.ai/v1/chat/completions", {"model": "mistral", "messages": _USER}, 200, SSE, streams.MISTRAL),
    (
        "https://api.openai.com/v1/chat/completions",
        {"model": "gpt\x1b[31m", "messages": [{"role": "user\x07", "content": HOSTILE}], "\u202ex": HOSTILE},
        429,
        "application/json",
        json.dumps({"error": {"message": HOSTILE}}).encode(),
    ),
    ("https://example.com/upload?key=x", None, 204, "", b""),
    ("https://example.com/\x1b[2J", None, 200, "text/plain", HOSTILE.encode() + b"\xff\n"),
)
SHOWN = {
    "table": (),
    "table.json": ("--json",),
    "chat": ("0", "--headers"),
    "chat.json": ("0", "--json"),
    "responses": ("1",),
    "embeddings": ("2",),
    "anthropic": ("3",),
    "gemini": ("4",),
    "converse": ("5",),
    "invoke": ("6",),
    "ollama": ("7",),
    "cohere": ("8",),
    "mistral": ("9",),
    "hostile": ("10", "--headers"),
    "hostile-raw": ("10", "--raw"),
    "hostile.json": ("10", "--json"),
    "nothing": ("11",),
    "text": ("12", "--headers"),
}
"""Golden to the arguments behind the file."""


def write_sample(folder: Path) -> Path:
    """The cassette, with a timing of its first interaction."""
    path = folder / "sample.yaml"
    interactions = tuple(map(_interaction, range(len(_EXCHANGES))))
    path.write_bytes(dumps(Cassette(interactions=interactions)))
    body = interactions[0].response.body
    chunks = ((700.0, 100), (1200.0, len(body) - 100))
    timed = Timing(id=0, sha256=timing.digest(body), start=0, headers=650.0, end=1234.5, chunks=chunks)
    timing_path(path).write_text(timing.dump_line(timed))
    return path


def run(*arguments: object) -> Result:
    """`tapehead` with these arguments, in this process."""
    return CliRunner().invoke(main, [str(each) for each in arguments], catch_exceptions=False)


def golden(name: str, folder: Path) -> str:
    """What is printed for a golden, the folder left out."""
    return run("show", write_sample(folder), *SHOWN[name]).stdout.replace(f"{folder}/", "")


def _interaction(number: int) -> Interaction:
    url, asked, code, kind, body = _EXCHANGES[number]
    sent = b"" if asked is None else json.dumps(asked).encode()
    headers = {"Content-Type": ("application/json",), "User-Agent": ("x\x1b[1m",)} if sent else {}
    return Interaction(
        id=number,
        request=Request(
            method="POST" if sent else "GET", url=url, body=sent, content_length=len(sent), headers=headers
        ),
        response=Response(
            code=code,
            status=f"{code} Fine\x07" if number == 10 else str(code),
            body=body,
            headers={"Content-Type": (kind,)} if kind else {},
            duration=(number + 1) * 7_000_000_000 // (number + 3) ** 2,
        ),
    )
