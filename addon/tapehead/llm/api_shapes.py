"""What the bodies of requests look like, by which the API that they speak is told: predicates for the table in `apis`.

Knows field names only.
"""

from collections.abc import Callable, Mapping
from typing import Any

type Json = Any


def has(name: str) -> Callable[[Mapping[str, Json]], bool]:
    """Returns what says whether a body has a name."""
    return lambda body: name in body


def has_all(*names: str) -> Callable[[Mapping[str, Json]], bool]:
    """Returns what says whether a body has all of some names."""
    return lambda body: all(name in body for name in names)


def is_call_of(*methods: str) -> Callable[[Mapping[str, Json]], bool]:
    """Returns what says whether a call is of one of these methods; those that end with a slash are all that begin so."""
    prefixes = tuple(each for each in methods if each.endswith("/"))

    def is_one(body: Mapping[str, Json]) -> bool:
        method = body.get("method")
        return isinstance(method, str) and (method in methods or method.startswith(prefixes))

    return is_one


def call_title(api: str) -> Callable[[Mapping[str, Json]], str]:
    """Returns what gives the method, and what of its kind is called."""

    def title(body: Mapping[str, Json]) -> str:
        params = body.get("params")
        name = params.get("name", params.get("uri")) if isinstance(params, dict) else None
        said = (api, body.get("method"), name)
        return " ".join([each for each in said if isinstance(each, str)])

    return title


def is_ui_chat(body: Mapping[str, Json]) -> bool:
    """Returns whether messages have parts, as those of the AI SDK have in a browser."""
    messages = body.get("messages")
    return (
        isinstance(messages, list)
        and "runId" not in body
        and any(isinstance(each, dict) and "role" in each and isinstance(each.get("parts"), list) for each in messages)
    )


def is_llama_cpp(body: Mapping[str, Json]) -> bool:
    """Returns whether a completion is asked of llama.cpp itself, which needs no model."""
    return "n_predict" in body or "model" not in body


def is_gradio(body: Mapping[str, Json]) -> bool:
    """Returns whether values of components are sent."""
    return isinstance(body.get("data"), list)


def is_lang_serve(body: Mapping[str, Json]) -> bool:
    """Returns whether an input is sent, and neither to a model nor to an assistant."""
    return ("input" in body or "inputs" in body) and "assistant_id" not in body and "model" not in body


def has_texts(body: Mapping[str, Json]) -> bool:
    """Returns whether texts, or their tokens, are sent."""
    given = body.get("input")
    return isinstance(given, str) or (isinstance(given, list) and all(isinstance(each, str | int) for each in given))


def is_converse(body: Mapping[str, Json]) -> bool:
    """Returns whether a body is one of Bedrock Converse."""
    return "messages" in body and ("inferenceConfig" in body or "toolConfig" in body)


def is_anthropic(body: Mapping[str, Json]) -> bool:
    """Returns whether a body is one of Anthropic messages."""
    return "messages" in body and ("system" in body or "anthropic_version" in body)


def is_responses(body: Mapping[str, Json]) -> bool:
    """Returns whether items of OpenAI responses are sent."""
    items = body.get("input")
    return isinstance(items, list) and any(
        isinstance(item, dict) and ("role" in item or "type" in item) for item in items
    )


def is_ag_ui(body: Mapping[str, Json]) -> bool:
    """Returns whether a body is an AG-UI run."""
    return "messages" in body and "threadId" in body and "runId" in body
