"""The words of a command line, and the same for a run that records what this one lacks.

Knows which options take a value, and which are for one mode alone. Does not know what they mean.
"""

import shlex
from collections.abc import Collection, Iterator, Sequence

import click

from tapehead.started_by import StartedBy

_WORDS = "tapehead.words"
_MODE_OPTIONS = ("--new-episodes", "--mode")
_REPLAY_OPTIONS = ("--speed", "--strict")
_LONGEST = 400  # characters of a command that is repeated


class WordsCommand(click.Command):
    """A command that remembers its words as they were given."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta[_WORDS] = tuple(args)
        return super().parse_args(ctx, args)


def started_by_words(add: str, make: str) -> StartedBy:
    """Returns the advice of the command that runs now: its own words behind `tapehead` and these.

    `add` records what is missing, `make` records anew.
    """
    ctx = click.get_current_context()
    words: Sequence[str] = ctx.meta[_WORDS]
    valued = {name for each in ctx.command.params if _takes_value(each) for name in each.opts}
    return StartedBy(
        add=_written(add, _without(words, _MODE_OPTIONS, valued)),
        make=_written(make, _without(words, (*_MODE_OPTIONS, *_REPLAY_OPTIONS), valued)),
    )


def _takes_value(parameter: click.Parameter) -> bool:
    return isinstance(parameter, click.Option) and not parameter.is_flag


def _without(words: Sequence[str], dropped: Collection[str], valued: Collection[str]) -> Iterator[str]:
    """The words but for some options; what is behind them, from the first that is none, is the program's."""
    left = [*words]
    while left:
        word = left.pop(0)
        if word == "--" or not word.startswith("-"):
            yield from (word, *left)
            return
        name, equals, _ = word.partition("=")
        has_value = not equals and name in valued and left and not (name == "--wait" and left[0].startswith("-"))
        value = [left.pop(0)] if has_value else []
        if name not in dropped:
            yield from (word, *value)


def _written(verb: str, words: Iterator[str]) -> str:
    text = shlex.join(["tapehead", *verb.split(), *words])
    return text if len(text) <= _LONGEST and text.isprintable() else f"tapehead {verb}, as this run was started"
