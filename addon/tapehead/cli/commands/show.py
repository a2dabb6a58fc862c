"""`tapehead show`: a cassette as a table, or one of its exchanges to read.

Knows the columns, and the JSON of both. What a conversation is, is `llm`'s matter; how one is laid out, `exchange_page`'s.
"""

import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from tapehead.cli.exchange_page import Bodies, page, span
from tapehead.cli.exchange_view import ExchangeView, view_exchange
from tapehead.cli.output import CommandFailed, open_cassette, open_timings, say, say_json
from tapehead.cli.proto_schema import schema_of_files, schema_of_reflection
from tapehead.cli.table import Column, print_table
from tapehead.text.escape import line, lines

VERSION = 1
"""Of the JSON: docs/schemas/show.schema.json has its fields."""
_COLUMNS = (
    Column(head="id", right=True, style="dim"),
    Column(head="endpoint", style="cyan"),
    Column(head="model"),
    Column(head="status", right=True),
    Column(head="messages", right=True),
    Column(head="in", right=True),
    Column(head="out", right=True),
    Column(head="chunks", right=True),
    Column(head="time", right=True, style="dim"),
)


@click.command(short_help="Show a cassette as a table, or one exchange to read.")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("number", metavar="[ID]", type=click.IntRange(min=0), required=False)
@click.option("--headers", is_flag=True, help="With ID: the headers too.")
@click.option("--raw", is_flag=True, help="With ID: the bodies themselves, instead of what they say.")
@click.option(
    "--body", type=click.Choice(["request", "response"]), help="With ID: only this body, decoded; piped, byte for byte."
)
@click.option(
    "--proto",
    "protos",
    type=click.Path(path_type=Path),
    multiple=True,
    help="With ID: names the fields of gRPC's messages, from a descriptor set or a .proto file. May be given several times.",
)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def show(
    file: Path,
    number: int | None,
    headers: bool,
    raw: bool,
    body: str | None,
    protos: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Show the cassette FILE as a table, or its interaction ID to read, streams put together.

    "in" and "out" are tokens, cached ones and thoughts included. "chunks" are those that came and "time" is until the
    last of them, if the timing file beside the cassette knows; else the stream's events, and the time until the headers.

    Exit code 1: FILE cannot be read, is no cassette, or has no interaction ID.
    """
    if number is None and (headers or raw or body or protos):
        raise click.UsageError("--headers, --raw, --body and --proto need an ID.")
    if body and (headers or raw or protos or as_json):
        raise click.UsageError("--body goes with no other option.")
    cassette = open_cassette(file)
    timings = open_timings(file, cassette)
    chosen = [each for each in cassette.interactions if number is None or each.id == number]
    if number is not None and not chosen:
        raise CommandFailed(f"{file}: no interaction {number}; {_ids([each.id for each in cassette.interactions])}")
    exchanges = [view_exchange(each, timings) for each in chosen]
    if number is None:
        _show_table(file, exchanges, as_json=as_json)
    elif body:
        _show_body(exchanges[0].request_body if body == "request" else exchanges[0].response_body)
    elif as_json:
        say_json([_details(each) for each in exchanges])
    else:
        bodies = Bodies.RAW if raw else Bodies.READ
        schema = schema_of_reflection(cassette.interactions) | schema_of_files(protos)
        say("\n\n".join(page(each, headers=headers, bodies=bodies, schema=schema) for each in exchanges))


def _show_table(file: Path, exchanges: Sequence[ExchangeView], *, as_json: bool) -> None:
    if as_json:
        say_json({"version": VERSION, "file": str(file), "interactions": [_facts(each) for each in exchanges]})
    else:
        print_table(_COLUMNS, [_row(each) for each in exchanges], _caption(exchanges))


def _show_body(body: bytes) -> None:
    if sys.stdout.isatty():
        say("\n".join(lines(body.decode(errors="surrogateescape"))))
    else:
        sys.stdout.buffer.write(body)


def _row(one: ExchangeView) -> list[str]:
    return [
        str(one.interaction.id),
        line(one.endpoint),
        line(one.model),
        str(one.interaction.response.code),
        str(one.request_summary.messages) if one.request_summary else "",
        _number(one.tokens_in),
        _number(one.tokens_out),
        str(one.chunks),
        span(one.seconds),
    ]


def _facts(one: ExchangeView) -> dict[str, Any]:
    """An exchange in the table's terms; None for what is not known."""
    return {
        "id": one.interaction.id,
        "endpoint": one.endpoint,
        "method": one.interaction.request.method,
        "url": one.interaction.request.url,
        "model": one.model or None,
        "status": one.interaction.response.code,
        "messages": one.request_summary.messages if one.request_summary else None,
        "tokens_in": one.tokens_in,
        "tokens_out": one.tokens_out,
        "chunks": one.chunks,
        "seconds": round(one.seconds, 6),
        "timed": one.timed,
    }


def _details(one: ExchangeView) -> dict[str, Any]:
    request, response = one.interaction.request, one.interaction.response
    asked, answer = one.request_summary, one.response_summary
    return {
        "version": VERSION,
        **_facts(one),
        "request": {
            "headers": {name: list(values) for name, values in request.headers.items()},
            "messages": [asdict(turn) for turn in asked.turns] if asked else [],
            "tools": list(asked.tools) if asked else [],
            "parameters": dict(asked.parameters) if asked else {},
        },
        "response": {
            "status": response.status,
            "headers": {name: list(values) for name, values in response.headers.items()},
            "model": answer.model or None,
            "messages": [asdict(turn) for turn in answer.turns],
            "finish": answer.finish or None,
            "error": answer.error or None,
        },
    }


def _caption(exchanges: Sequence[ExchangeView]) -> str:
    tokens_in, tokens_out = (
        sum(tokens or 0 for tokens in some)
        for some in ([one.tokens_in for one in exchanges], [one.tokens_out for one in exchanges])
    )
    count = "1 interaction" if len(exchanges) == 1 else f"{len(exchanges)} interactions"
    return f"{count}, {tokens_in} tokens in, {tokens_out} out, {span(sum(one.seconds for one in exchanges))}"


def _ids(ids: Sequence[int]) -> str:
    if not ids:
        return "it has none"
    return f"its ids are {min(ids)} to {max(ids)}"


def _number(value: int | None) -> str:
    return "" if value is None else str(value)
