"""Options of commands that have a new name: the old one is taken for one release more, and listed nowhere.

Knows click. Which option was called what is told where the option is.
"""

from collections.abc import Callable
from typing import Any

import click

from tapehead.option_names import renamed


def old_option(old: str, new: str, **settings: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Returns a click option that has its old name; one line on standard error tells whoever uses it the new one."""

    def told(_: click.Context, __: click.Parameter, value: Any) -> Any:
        if value:
            click.echo(f"tapehead: {renamed(old, new)}", err=True)
        return value

    return click.option(old, hidden=True, callback=told, **settings)
