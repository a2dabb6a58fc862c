"""What models cost, to bound what a run may spend: list prices in US dollars for a million tokens, read and written.

A bound and no bill: no less than what public price lists said from March to May 2026 of OpenAI's, Anthropic's and Google's
models, without discounts for caches and batches. A model that no row names, a newer version among them, counts as the
dearest of all, and an answer without a count of its tokens by its length.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tapehead.llm.response_summary import Usage, summarize_response

_MILLION = 1_000_000
_OTHER_VERSION = (".", "-pro", *"0123456789")
_BYTES_A_TOKEN = 2
"""Fewer than any tokenizer needs for common text, so that the estimate is above the truth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """Of the models in whose names a word stands."""

    model: str
    input: float
    output: float


def _row(model: str, input: float, output: float) -> Price:
    return Price(model=model, input=input, output=output)


# The first that fits counts: narrower names stand before wider ones.
TABLE: Sequence[Price] = (
    _row("text-embedding", 0.13, 0),
    _row("gpt-5-nano", 0.05, 0.4),
    _row("gpt-5-mini", 0.25, 2),
    _row("gpt-5-pro", 15, 120),
    _row("gpt-5.4", 2.5, 15),
    _row("gpt-5.2", 1.75, 14),
    _row("gpt-5.1", 1.25, 10),
    _row("gpt-5", 1.25, 10),
    _row("gpt-4.1-nano", 0.1, 0.4),
    _row("gpt-4.1-mini", 0.4, 1.6),
    _row("gpt-4.1", 2, 8),
    _row("gpt-4o-mini", 0.15, 0.6),
    _row("gpt-4o", 5, 20),
    _row("gpt-3.5", 1.5, 2),
    _row("o4-mini", 1.1, 4.4),
    _row("o3-mini", 1.1, 4.4),
    _row("o3-pro", 20, 80),
    _row("o3", 2, 8),
    _row("haiku", 1, 5),
    _row("sonnet", 6, 22.5),
    _row("opus-4-5", 5, 25),
    _row("opus", 15, 75),
    _row("flash-lite", 0.25, 1.5),
    _row("flash", 1.5, 9),
    _row("gemini", 4, 18),
)
DEAREST = _row("", max(each.input for each in TABLE), max(each.output for each in TABLE))


def price_of(model: str) -> Price:
    """Returns what a model costs; that of the dearest for one that no row names."""
    name = model.lower()
    return next((each for each in TABLE if _is_of(name, each.model)), DEAREST)


def _is_of(name: str, word: str) -> bool:
    """Whether a name has a word in it, and not the beginning of another version."""
    _, found, rest = name.partition(word)
    return bool(found) and not rest.startswith(_OTHER_VERSION)


def usd_of(*, model: str, sent: bytes, content_type: str | None, body: bytes) -> float:
    """Returns what an exchange cost, at most: `sent` is the request's body, `model` what it asked for."""
    said = summarize_response(content_type, body)
    price, usage = price_of(said.model or model), said.usage or Usage(input=None, output=None)
    read = len(sent) / _BYTES_A_TOKEN if usage.input is None else usage.input
    written = len(body) / _BYTES_A_TOKEN if usage.output is None else usage.output
    return (read * price.input + written * price.output) / _MILLION
