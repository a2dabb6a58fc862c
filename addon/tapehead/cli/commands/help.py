"""`tapehead help`: the guides that come with the package, printed where one is needed.

Knows where they are, and how a page is shown: laid out on a terminal, as plain text to anything else. Knows nothing of
what they say: each page begins with its title, and a paragraph that says in one line what it is about.
"""

import difflib
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import click

from tapehead.cli.output import say, warn

_PACKAGE = Path(__file__).parents[2]
_WRONG_USAGE = 2  # click's own
_WIDEST = 100  # columns: longer lines are hard to read
_FOR_PAPER: Sequence[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]] = (
    (re.compile(r"(?m)^<!--.*?-->\n+"), ""),  # for the tests
    (re.compile(r"\[([^\]]+)\]\(([\w-]+)\.md(?:#[^)]*)?\)"), r"\1 (`tapehead help \2`)"),
    (re.compile(r"\[([^\]]+)\]\((?:#|\.\./)[^)]*\)"), r"\1"),
    (re.compile(r"\[[^\]]+\]\((schemas/[^)]*)\)"), lambda match: f"`{folder() / match[1]}`"),
)
"""What a page has for its readers in the repository, and what takes its place in a terminal, where no link leads on."""


def folder() -> Path:
    """Returns where the guides are: in a wheel within the package, in a checkout beside it."""
    installed = _PACKAGE / "docs"
    return installed if installed.is_dir() else _PACKAGE.parent / "docs"


def topics() -> Mapping[str, Path]:
    """Returns the page of each topic, by name, in alphabetical order."""
    return {path.stem: path for path in sorted(folder().glob("*.md"))}


@click.command("help", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("topic", required=False)
@click.pass_context
def help_(ctx: click.Context, topic: str | None) -> None:
    """Print the guide on TOPIC; without one, the list of topics.

    TOPIC may be a command, too: tapehead help record.

    Exit code 2: there is no such topic.
    """
    pages = topics()
    if topic is None:
        _print_list(pages)
    elif topic in pages:
        _print_page(_text(pages[topic]))
    elif command := _command(ctx, topic):
        with click.Context(command, info_name=topic, parent=ctx.parent) as of_command:
            say(command.get_help(of_command))
    else:
        near = difflib.get_close_matches(topic, pages, n=1)
        warn(f"no topic {topic!r}; {f'did you mean {near[0]}?' if near else f'the topics are {", ".join(pages)}'}")
        ctx.exit(_WRONG_USAGE)


def _print_list(pages: Mapping[str, Path]) -> None:
    width = max(map(len, pages), default=0)
    for name, path in pages.items():
        say(f"{name:{width}}  {_text(path).split('\n\n')[1]}")


def _print_page(text: str) -> None:
    if not sys.stdout.isatty():
        say(text.rstrip("\n"))
        return
    # They take longer to import than all else here.
    from rich.console import Console
    from rich.markdown import Markdown, TableDataElement

    class Cell(TableDataElement):
        """A cell that breaks a long word where rich would cut it off."""

        def __init__(self, *args: object, **kwargs: object) -> None:
            super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # rich's own, whatever they are
            self.content.overflow = "fold"

    class Page(Markdown):
        elements = {**Markdown.elements, "td_open": Cell, "th_open": Cell}  # noqa: RUF012  # as rich declares it

    console = Console(no_color="NO_COLOR" in os.environ or None)
    console.width = min(console.width, _WIDEST)
    console.print(Page(text, hyperlinks=False))


def _text(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    for pattern, instead in _FOR_PAPER:
        text = pattern.sub(instead, text)
    return text


def _command(ctx: click.Context, name: str) -> click.Command | None:
    group = ctx.parent.command if ctx.parent else None
    return group.get_command(ctx, name) if isinstance(group, click.Group) else None
