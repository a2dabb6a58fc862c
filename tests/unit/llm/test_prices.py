"""What an exchange cost, at most."""

import json

import pytest

from tapehead.llm.prices import DEAREST, TABLE, price_of, usd_of

CHAT = {"model": "gpt-4.1-mini-2025-04-14", "usage": {"prompt_tokens": 1000, "completion_tokens": 500}}


@pytest.mark.parametrize(
    ("model", "row"),
    [
        ("gpt-4.1-mini-2025-04-14", "gpt-4.1-mini"),
        ("GPT-4.1", "gpt-4.1"),
        ("gpt-4o-mini", "gpt-4o-mini"),
        ("us.anthropic.claude-haiku-4-5-20251001-v1:0", "haiku"),
        ("models/gemini-2.5-flash-lite", "flash-lite"),
        ("gemini-2.5-pro", "gemini"),
        ("claude-opus-4-5", "opus-4-5"),
        ("claude-opus-4", "opus"),
        ("gpt-5-codex", "gpt-5"),
        ("gpt-5-pro-2025-10-06", "gpt-5-pro"),
    ],
)
def test_narrower_rows_first(model: str, row: str) -> None:
    """By what stands in its name, whoever serves it."""
    assert row == price_of(model).model


@pytest.mark.parametrize("model", ["", "somebody-s-finetune", "gpt-5.9", "gpt-55", "gpt-5.2-pro"])
def test_what_nobody_knows(model: str) -> None:
    """Counts as the dearest: a bound holds for it, too."""
    assert DEAREST is price_of(model)
    assert all(DEAREST.input >= each.input and DEAREST.output >= each.output for each in TABLE)


def test_tokens_that_are_counted() -> None:
    """By the answer, with the model that it names."""
    body = json.dumps(CHAT).encode()
    cost = usd_of(model="gpt-4.1-mini", sent=b"x" * 99, content_type="application/json", body=body)
    assert (1000 * 0.4 + 500 * 1.6) / 1e6 == pytest.approx(cost)


def test_tokens_that_are_not() -> None:
    """By the lengths: a stream without a count, an answer that is none."""
    cost = usd_of(model="gpt-4.1", sent=b"x" * 200, content_type="text/plain", body=b"y" * 100)
    assert (100 * 2 + 50 * 8) / 1e6 == pytest.approx(cost)
