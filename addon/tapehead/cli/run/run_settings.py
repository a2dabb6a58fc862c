"""Where the options of a run come from: the command line, `TAPEHEAD_...` variables, a settings file, in this order.

Knows click. What is wrong in a file or a variable is told in one line, with its place. What an option means is told in
`run_options`.
"""

import difflib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from tapehead.cli.run.run_words import WordsCommand
from tapehead.cli.run.settings_file import SettingsFile, find_settings
from tapehead.exchange.options import OPTIONS
from tapehead.root import BadOptionError

_PREFIX = "TAPEHEAD_"
_PATHS = ("cassette", "cassette-dir", "report")
_FILE, _PROXY_OPTIONS = "tapehead.settings_file", "tapehead.proxy_options"
_SAID_BY_COMMAND = (
    "cassette",
    "cassette_dir",
    "cassette_mode",
    "cassette_speed",
    "cassette_drop_refused",
    "cassette_max_requests",
    "cassette_max_usd",
)
"""Options of the proxy that the command has one of its own for."""
_NEVER = ("--ready-json", "--help")


class SettingsError(click.ClickException):
    """Something wrong in a file or a variable: one line."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        click.echo(f"tapehead: {self.message}", err=True)


class RunCommand(WordsCommand):
    """A command whose options may be said elsewhere, too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for each in self._options():
            each.envvar = variable(each)

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        try:
            file = None if {*args} & {"-h", "--help"} else find_settings(Path.cwd())
            known = {each.opts[0].removeprefix("--"): each for each in self._options()}
            defaults, proxy_options = _sorted(file, known) if file else ({}, {})
        except BadOptionError as e:
            raise SettingsError(str(e)) from e
        except FileNotFoundError:  # the folder is gone
            file, defaults, proxy_options = None, {}, {}
        self._found = (file, {**proxy_options, **_in_environment()})
        return super().make_context(info_name, args, parent, default_map=defaults, **extra)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta[_FILE], ctx.meta[_PROXY_OPTIONS] = self._found
        try:
            return super().parse_args(ctx, args)
        except click.BadParameter as e:
            source = ctx.get_parameter_source(e.param.name) if e.param and e.param.name else None
            place = _place(source, e.param, ctx)
            if place is None:
                raise
            raise SettingsError(f"{place}: {e.message.removesuffix('.')}") from e

    def _options(self) -> Iterator[click.Option]:
        for each in self.params:
            if isinstance(each, click.Option) and not {*each.opts} & {*_NEVER}:
                yield each


def variable(option: click.Option) -> str:
    """Returns the variable that an option may be set by."""
    return f"{_PREFIX}{_long(option).replace('-', '_').upper()}"


def proxy_options(ctx: click.Context) -> tuple[str, ...]:
    """Returns options of the proxy that a file or the environment sets, as `--set` takes them.

    Raises SettingsError for a value that is none.
    """
    found: Mapping[str, tuple[tuple[str, ...], str]] = ctx.meta[_PROXY_OPTIONS]
    for name, (values, place) in found.items():
        _check(name, values, place)
    return tuple(f"{name}={value}" for name, (values, _) in found.items() for value in values)


def listed(ctx: click.Context) -> Iterator[tuple[str, str, str]]:
    """Yields each option, its value and where that comes from: those of the command, then the proxy's others."""
    for each in ctx.command.params:
        if isinstance(each, click.Option) and each.name in ctx.params and not {*each.opts} & {*_NEVER}:
            place = _place(ctx.get_parameter_source(each.name), each, ctx)
            yield f"--{_long(each)}", _shown(ctx.params[each.name]), place or "default"
    found: Mapping[str, tuple[tuple[str, ...], str]] = ctx.meta[_PROXY_OPTIONS]
    for name, option in OPTIONS.items():
        values, place = found.get(name, (None, "default"))
        if values is None and name in _SAID_BY_COMMAND:
            continue
        yield name, _shown(option.default if values is None else list(values)), place


def _place(source: ParameterSource | None, option: click.Parameter | None, ctx: click.Context) -> str | None:
    if source is ParameterSource.ENVIRONMENT and isinstance(option, click.Option):
        return variable(option)
    if source is ParameterSource.DEFAULT_MAP and isinstance(option, click.Option):
        return f"{ctx.meta[_FILE].name}: {_long(option)}"
    return None


def _long(option: click.Option) -> str:
    return next(each for each in option.opts if each.startswith("--")).removeprefix("--")


def _in_environment() -> dict[str, tuple[tuple[str, ...], str]]:
    return {
        name: ((os.environ[found],), found)
        for name in OPTIONS
        if os.environ.get(found := f"{_PREFIX}{name.upper()}")
        and name not in ("cassette", "cassette_dir", "cassette_mode")
    }


def _sorted(
    file: SettingsFile, known: Mapping[str, click.Option]
) -> tuple[dict[str, Any], dict[str, tuple[tuple[str, ...], str]]]:
    """What the file says: by the names of click's parameters, and of the proxy's own options. Raises BadOptionError."""
    defaults: dict[str, Any] = {}
    others: dict[str, tuple[tuple[str, ...], str]] = {}
    for key, value in file.values.items():
        place = f"{file.name}: {key}"
        name, own = key.replace("_", "-"), key.replace("-", "_")
        values = _texts(value, place)
        if option := known.get(name):
            if name in _PATHS:
                values = [file.beside(each) for each in values]
            assert option.name
            defaults[option.name] = _as_click_takes(option, value, values, place)
        elif own == "cassette_mode":
            raise BadOptionError(f"{place}: expected mode, which is that of tapehead auto")
        elif own in OPTIONS:
            others[own] = tuple(values), place
        else:
            near = difflib.get_close_matches(name, [*known, *(each.replace("_", "-") for each in OPTIONS)], n=1)
            raise BadOptionError(f"{place}: no such option; {f'did you mean {near[0]}?' if near else _LISTED}")
    return defaults, others


_LISTED = "tapehead options lists them"


def _check(name: str, values: tuple[str, ...], place: str) -> None:
    option = OPTIONS[name]
    try:
        if isinstance(option.default, bool) and values not in (("true",), ("false",)):
            raise ValueError("expected true or false")
        if isinstance(option.default, str) and len(values) != 1:
            raise ValueError("expected one value")
        option.parse(values[0] if isinstance(option.default, str) else list(values))
    except ValueError as e:
        raise SettingsError(f"{place}: {e}") from e


def _as_click_takes(option: click.Option, value: Any, values: list[str], place: str) -> Any:
    if option.multiple:
        return values
    if isinstance(value, bool) and (option.is_flag or option.flag_value):
        return value if option.is_flag else option.flag_value if value else None
    if len(values) != 1 or option.is_flag:
        raise BadOptionError(f"{place}: expected {'true or false' if option.is_flag else 'one value'}")
    return values[0]


def _texts(value: Any, place: str) -> list[str]:
    """The values as a command line has them; of a table its entries, as `NAME=VALUE`."""
    if isinstance(value, dict):
        return [f"{name}={each}" for name, inner in value.items() for each in _texts(inner, f"{place}.{name}")]
    if isinstance(value, list):
        return [each for inner in value for each in _texts(inner, place)]
    if isinstance(value, bool):
        return [str(value).lower()]
    if isinstance(value, str | int | float):
        return [str(value)]
    raise BadOptionError(f"{place}: expected a text, a number, true or false, or a list of these")


def _shown(value: Any) -> str:
    if value is None or value in ("", (), [], {}):
        return "-"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return " ".join(f"{name}={each}" for name, each in value.items())
    if isinstance(value, float):
        return f"{value:g}"
    return " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
