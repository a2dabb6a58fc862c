"""One exchange laid out for reading: what was asked, what was answered.

What a provider or a program wrote stands indented below a heading, so that nothing in it looks like one, and is made
safe to print here.
"""

from collections.abc import Iterable, Iterator
from enum import Enum

import click

from tapehead.cassette.model import Values
from tapehead.cassette.transcript import Message
from tapehead.cli.conversation_lines import said_lines
from tapehead.cli.exchange_view import ExchangeView, first
from tapehead.cli.message_lines import message_lines
from tapehead.cli.proto_schema import method_of
from tapehead.llm.turns import TEXT, Turn
from tapehead.text.escape import line, lines
from tapehead.wire.descriptor_set import Schema


class Bodies(Enum):
    """How bodies are shown."""

    READ = "what they say"
    RAW = "as they are"


def page(one: ExchangeView, *, headers: bool, bodies: Bodies, schema: Schema | None = None) -> str:
    """Returns the exchange as text with colours. The `schema` has the names of protobuf's fields."""
    request, response = one.interaction.request, one.interaction.response
    asked, answered = schema.methods.get(method_of(request.url), ("", "")) if schema else ("", "")
    facts = [
        line(response.status) or str(response.code),
        f"{span(one.seconds)}{'' if one.timed else ' to the headers'}",
        "1 chunk" if one.chunks == 1 else f"{one.chunks} chunks",
        *_tokens(one),
    ]
    parts = [
        _head(f"{one.interaction.id}  {line(one.endpoint)}{_of(one.model)}"),
        f"{line(request.method)} {line(request.url)}",
        ", ".join(facts),
        *_section("Request"),
        *(_headers(request.headers) if headers else ()),
    ]
    if one.request_summary and bodies is Bodies.READ:
        parts += _named("parameters", [f"{line(name)}={line(value)}" for name, value in one.request_summary.parameters])
        parts += _named("tools", map(line, one.request_summary.tools))
        parts += _turns(one.request_summary.turns)
    else:
        parts += _body(one.request_body, first(request.headers, "Content-Type"), bodies, schema, asked)
    parts += _section("Response" if one.messages is None else "Conversation")
    parts += _headers(response.headers) if headers else ()
    if one.messages is not None and bodies is Bodies.READ:
        return "\n".join([*parts, "", *_conversation(one.messages)])
    answer = one.response_summary
    if bodies is Bodies.READ and (answer.turns or answer.error):
        parts += _turns(answer.turns)
        parts += _named("error", [line(answer.error)] if answer.error else ())
        parts += _named("finish", [line(answer.finish)] if answer.finish else ())
    else:
        parts += _body(one.response_body, first(response.headers, "Content-Type"), bodies, schema, answered)
    return "\n".join(parts)


def span(seconds: float) -> str:
    """Returns a time, given in seconds, in three or four digits: `641ms`, `2.41s`, `1m17s`."""
    if seconds < 1:
        return f"{seconds * 1000:.0f}ms"
    if seconds < 60:
        return f"{seconds:.2f}s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}m{rest:02d}s"


def _tokens(one: ExchangeView) -> Iterator[str]:
    if one.tokens_in is not None:
        yield f"{one.tokens_in} tokens in"
    if one.tokens_out is not None:
        yield f"{one.tokens_out} tokens out"


def _of(model: str) -> str:
    return f", {line(model)}" if model else ""


def _section(title: str) -> Iterator[str]:
    yield from ("", _head(title))


def _headers(values: Values) -> Iterator[str]:
    for name, texts in values.items():
        for text in texts:
            yield f"{_dim(f'{line(name)}:')} {line(text)}"


def _named(name: str, values: Iterable[str]) -> Iterator[str]:
    if text := ", ".join(values):
        yield f"{_dim(f'{name}:')} {text}"


def _turns(turns: Iterable[Turn]) -> Iterator[str]:
    for turn in turns:
        yield from ("", click.style(line(turn.role), fg="cyan"))
        for part in turn.parts:
            if part.noun == TEXT:
                yield from _indented(part.text, "  ")
            else:
                yield f"  {_dim(part.noun)}"
                yield from _indented(part.text, "    ")


def _conversation(messages: Iterable[Message]) -> Iterator[str]:
    for each in said_lines(messages):
        many = f" x{each.count}" if each.count > 1 else ""
        name = f" {line(each.name)}{many}" if each.name or many else ""
        text = f"  {line(each.text)}" if each.text else ""
        yield f"{click.style(f'{each.who:6}', fg='cyan')}{name}{text}"


def _body(
    body: bytes, content_type: str | None, bodies: Bodies, schema: Schema | None, type_name: str
) -> Iterator[str]:
    messages = message_lines(content_type, body, schema, type_name) if bodies is Bodies.READ else []
    if messages:
        yield from ("", *_indented("\n".join(messages), "  "))
    elif body:
        yield from ("", *_indented(body.decode(errors="surrogateescape").removesuffix("\n"), "  "))


def _indented(text: str, pad: str) -> Iterator[str]:
    for each in lines(text):
        yield f"{pad}{each}".rstrip()


def _head(text: str) -> str:
    return click.style(text, bold=True)


def _dim(text: str) -> str:
    return click.style(text, dim=True)
