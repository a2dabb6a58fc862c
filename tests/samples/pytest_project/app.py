"""The program under test: it talks to providers as programs do, and has never heard of tapehead."""

import httpx
from anthropic import Anthropic, AsyncAnthropic
from openai import AsyncOpenAI, OpenAI

MODEL = "gpt-4.1-mini"
CLAUDE = "claude-opus-4-5"


def ask(client: OpenAI, prompt: str) -> str:
    answer = client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": prompt}])
    return answer.choices[0].message.content or ""


def ask_streamed(client: OpenAI, prompt: str) -> str:
    stream = client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": prompt}], stream=True)
    return "".join(event.choices[0].delta.content or "" for event in stream if event.choices)


async def ask_soon(client: AsyncOpenAI, prompt: str) -> str:
    answer = await client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": prompt}])
    return answer.choices[0].message.content or ""


def tell(client: Anthropic, prompt: str) -> str:
    message = client.messages.create(model=CLAUDE, max_tokens=100, messages=[{"role": "user", "content": prompt}])
    return "".join(block.text for block in message.content if block.type == "text")


def tell_streamed(client: Anthropic, prompt: str) -> str:
    with client.messages.stream(model=CLAUDE, max_tokens=100, messages=[{"role": "user", "content": prompt}]) as stream:
        return "".join(stream.text_stream)


async def tell_soon(client: AsyncAnthropic, prompt: str) -> str:
    message = await client.messages.create(model=CLAUDE, max_tokens=100, messages=[{"role": "user", "content": prompt}])
    return "".join(block.text for block in message.content if block.type == "text")


def post(client: httpx.Client, prompt: str) -> str:
    body = {"model": MODEL, "messages": [{"role": "user", "content": prompt}]}
    answer = client.post("https://api.openai.com/v1/chat/completions", json=body).raise_for_status()
    return str(answer.json()["choices"][0]["message"]["content"])


def ask_or_shrug(client: OpenAI, prompt: str) -> str:
    """As careless programs do it: whatever goes wrong, it is no matter."""
    try:
        return ask(client, prompt)
    except Exception:
        return "whatever"
