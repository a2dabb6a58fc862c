"""Twenty tests: parametrised, with odd ids, in a class, with fixtures of each scope."""

import os

import app
import pytest
from openai import OpenAI

PROMPTS = [
    "Say hi",
    "Say olá, já!",
    "a/b/../c",
    "../../etc/passwd",
    "x" * 200,
    "[brackets] {braces} <tags>",
    "tab\tand\nnewline",
    "%2e%2e/~user",
    "",
    "🙂",
]


@pytest.mark.parametrize("prompt", PROMPTS)
def test_ask(openai_client: OpenAI, prompt: str) -> None:
    assert "answer number" in app.ask(openai_client, prompt)


def test_streamed(openai_client: OpenAI) -> None:
    assert "answer number" in app.ask_streamed(openai_client, os.environ.get("SAMPLE_PROMPT", "Say hi in pieces"))


def test_twice(openai_client: OpenAI) -> None:
    first, second = (app.ask(openai_client, "Say hi") for _ in range(2))
    assert first != second


def test_rules(openai_client: OpenAI, house_rules: str) -> None:
    assert "answer number" in app.ask(openai_client, f"Obey: {house_rules}")


def test_rules_again(house_rules: str) -> None:
    assert "answer number" in house_rules


def test_manner(openai_client: OpenAI, manner: str) -> None:
    assert "answer number" in app.ask(openai_client, f"Speak like this: {manner}")


def test_greeting(greeting: str) -> None:
    assert "answer number" in greeting


class TestCareless:
    def test_shrug(self, openai_client: OpenAI) -> None:
        assert app.ask_or_shrug(openai_client, os.environ.get("SAMPLE_SHRUG", "Do you care?"))

    @pytest.mark.tapehead("careless/again", speed=1)
    def test_shrug_again(self, openai_client: OpenAI) -> None:
        assert app.ask_or_shrug(openai_client, "Do you still care?")


def test_without_traffic() -> None:
    assert app.MODEL
