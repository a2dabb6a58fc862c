"""The `tapehead` command and its words. Knows their names, and imports none before it is asked for: starting is to be quick."""

import importlib
import os
import signal
import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NoReturn

import click

from tapehead.cli.command_words import SUMMARIES, epilog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "record": "tapehead.cli.commands.record:record",
        "replay": "tapehead.cli.commands.replay:replay",
        "auto": "tapehead.cli.commands.auto:auto",
        "mcp": "tapehead.cli.commands.mcp:mcp",
        "env": "tapehead.cli.commands.env:env",
        "addon": "tapehead.cli.commands.addon:addon",
        "ca": "tapehead.cli.commands.ca:ca",
        "options": "tapehead.cli.commands.options:options",
        "doctor": "tapehead.cli.commands.doctor:doctor",
        "show": "tapehead.cli.commands.show:show",
        "check": "tapehead.cli.commands.check:check",
        "recover": "tapehead.cli.commands.recover:recover",
        "restore": "tapehead.cli.commands.restore:restore",
        "upgrade": "tapehead.cli.commands.upgrade:upgrade",
        "completion": "tapehead.cli.commands.completion:completion",
        "version": "tapehead.cli.commands.version:version",
        "help": "tapehead.cli.commands.help:help_",
    }
)
"""Each word, and the `module:function` that is its click command."""
ALIASES: Mapping[str, str] = MappingProxyType(
    {"once": "auto", "record_only": "record", "record_once": "auto", "replay_only": "replay"}
)
"""Other words for one of them, which --help does not list."""


_MITM = "tapehead.mitm"
"""What is missing, to an ImportError, where mitmproxy is not what the proxy was made for."""


class _CannotStart(click.ClickException):
    """A command that needs a proxy, where there can be none: one line."""

    exit_code = 4  # NO_PROXY of run_verdict, which importing would cost every command

    def show(self, file: Any = None) -> None:
        click.echo(f"tapehead: {self.format_message()}", err=True)


class _NoCommand(click.ClickException):
    """A word that is no command: one line."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        from tapehead.text.escape import for_log

        click.echo(f"tapehead: {for_log(self.format_message())}", err=True)


class LazyGroup(click.Group):
    def __call__(self, *args: Any, **kwargs: Any) -> NoReturn:
        """As a process of its own."""
        # Ctrl-C ends it as it ends any program, without a word on where it was.
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
        try:
            super().__call__(*args, **kwargs)
        except SystemExit as e:
            _leave(e.code if isinstance(e.code, int) else int(e.code is not None))
        _leave(0)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        target = COMMANDS.get(ALIASES.get(cmd_name, cmd_name))
        if target is None:
            return None
        module, _, function = target.partition(":")
        try:
            command = getattr(importlib.import_module(module), function)
        except ImportError as e:
            if e.name != _MITM:
                raise
            raise _CannotStart(str(e)) from e
        assert isinstance(command, click.Command)
        command.epilog = command.epilog or epilog(command.name or "")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Returns what click does. Raises an error of one line for a word that is no command, with the right one."""
        if args and not args[0].startswith("-") and args[0] not in COMMANDS and args[0] not in ALIASES:
            from tapehead.cli.wrong_command import instead_of  # rarely wanted

            raise _NoCommand(f"{args[0]}: {instead_of(args, [*COMMANDS, *ALIASES])}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the table of commands without asking them, which would import all of them."""
        with formatter.section("Commands"):
            formatter.write_dl([*SUMMARIES.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        """Returns the words that may come next, without asking the commands either."""
        from click.shell_completion import CompletionItem

        named = [CompletionItem(name, help=text) for name, text in SUMMARIES.items() if name.startswith(incomplete)]
        return [*named, *click.Command.shell_complete(self, ctx, incomplete)]


def _leave(code: int) -> NoReturn:
    """Ends this process without taking Python apart, in which CPython 3.13 crashes when a thread of mitmproxy_rs still runs.

    It takes 50 ms, too. What is to be finished has been, but for what waits to be written.
    """
    for stream, counts in ((sys.stdout, True), (sys.stderr, False)):
        try:
            if stream:
                stream.flush()
        except (OSError, ValueError):
            code = code or int(counts)
    os._exit(code)


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tapehead")
def main() -> None:
    """Record what a program says to LLM providers into a cassette, and play it back offline."""
