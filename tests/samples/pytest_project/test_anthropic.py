"""Twelve tests with a client that lives as long as the module."""

import app
import pytest
from anthropic import Anthropic, AsyncAnthropic
from openai import AsyncOpenAI


@pytest.mark.parametrize("number", range(6))
def test_tell(anthropic_client: Anthropic, number: int) -> None:
    assert "answer number" in app.tell(anthropic_client, f"Tell me about {number}")


@pytest.mark.parametrize("number", range(2))
def test_streamed(anthropic_client: Anthropic, number: int) -> None:
    assert "answer number" in app.tell_streamed(anthropic_client, f"Tell me slowly about {number}")


@pytest.mark.anyio
@pytest.mark.parametrize("number", range(2))
async def test_soon(number: int) -> None:
    async with AsyncAnthropic(api_key="sk-ant-of-the-sample") as client:
        assert "answer number" in await app.tell_soon(client, f"Tell me soon about {number}")


@pytest.mark.anyio
@pytest.mark.parametrize("number", range(2))
async def test_openai_soon(number: int) -> None:
    async with AsyncOpenAI(api_key="sk-of-the-sample") as client:
        assert "answer number" in await app.ask_soon(client, f"Answer soon about {number}")
