"""The options that `record`, `replay` and `auto` share, and what they mean: parsed once into a frozen Run.

What is wrong is a click.UsageError. Does not know how a run is run.
"""

import re
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import click
from click.core import ParameterSource

from tapehead.cli.run.run_settings import RunCommand, proxy_options
from tapehead.cli.run.run_words import started_by_words
from tapehead.clients.base_urls import TABLE as BASE_URLS
from tapehead.clients.env_table import TABLE as ENVIRONMENT
from tapehead.exchange.options import OPTIONS
from tapehead.exchange.session_paths import check_directory
from tapehead.modes import MODES, VERBS
from tapehead.started_by import StartedBy
from tapehead.text.escape import for_log

_LOOPBACK_PORTS = range(1, 65536)
_PATIENCE = 600.0  # seconds
_OWN_VARIABLES = frozenset(name for row in ENVIRONMENT for name in row.names)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """What is to be run, and how."""

    verb: str
    """`record`, `replay`, `auto` or `off`."""
    command: tuple[str, ...]
    """Empty: serve until interrupted."""
    cassette: str
    directory: str
    speed: str
    settings: tuple[str, ...]
    new_episodes: bool
    strict: bool
    quiet: bool
    verbose: bool
    live: bool | None
    port: int
    report: Path | None
    base_urls: Mapping[str, str]
    """Variable to the upstream's URL."""
    include_loopback: bool
    direct: tuple[str, ...]
    """Hosts that the program reaches past the proxy."""
    sandbox: bool
    allow_ports: tuple[int, ...]
    reverse: Mapping[int, str]
    """Port inside the sandbox to the URL of the server that it leads to."""
    wait: float
    """Seconds for which another writer of the cassette is waited for."""
    drop_refused: bool
    max_requests: int | None
    max_usd: float | None
    ready_json: bool
    token: str
    elsewhere: tuple[str, ...] = ()
    """As `settings`, out of a file or the environment: whatever else is said counts more."""
    started_by: StartedBy
    """Whom a miss advises."""
    stdio: bool = False
    """Whether the command is a server that speaks by its standard input and output, which is recorded too."""

    @property
    def path(self) -> Path:
        """The cassette of requests that name no session."""
        settings = dict(each.split("=", 1) for each in self.all_settings())
        return Path(settings.get("cassette", "") or str(OPTIONS["cassette"].default)).expanduser()

    @property
    def mode(self) -> str:
        """The value of cassette_mode."""
        return MODES["new-episodes" if self.new_episodes else self.verb].value

    def all_settings(self, more: Sequence[str] = ()) -> tuple[str, ...]:
        """Returns values as of --set: the user's own, and those that `more` and options of this command stand for.

        The user's own come last, and what they say is left out of the others.
        """
        named = {"cassette": self.cassette, "cassette_dir": self.directory, "cassette_speed": self.speed}
        made = [*more, f"cassette_mode={self.mode}", *(f"{name}={value}" for name, value in named.items() if value)]
        bounds = {"cassette_max_requests": self.max_requests, "cassette_max_usd": self.max_usd}
        made += [f"{name}={value}" for name, value in bounds.items() if value is not None]
        if self.drop_refused:
            made.append("cassette_drop_refused=true")
        if self.strict:
            made.append("cassette_unused=warn")
        users, own = _names(self.settings), _names(made)
        return (
            *(each for each in self.elsewhere if each.partition("=")[0] not in users | own),
            *(each for each in made if each.partition("=")[0] not in users),
            *self.settings,
        )


def _names(settings: Iterable[str]) -> set[str]:
    return {each.partition("=")[0] for each in settings}


def check_settings(_: Any, __: Any, values: Sequence[str]) -> tuple[str, ...]:
    """Returns the values of --set. Raises BadParameter for one that is none."""
    for value in values:
        if not re.match(r"[a-z_0-9]+=", value):
            raise click.BadParameter(f"{value!r}: expected NAME=VALUE")
    return tuple(values)


def _base_urls(_: Any, __: Any, values: Sequence[str]) -> Mapping[str, str]:
    known = {row.variable: row.upstream for row in BASE_URLS if row.upstream and "{" not in row.upstream}
    found = {}
    for value in values:
        variable, equals, url = value.partition("=")
        if not equals:
            url = known.get(variable, "")
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", variable) or not _is_url(url):
            raise click.BadParameter(
                f"{value!r}: expected NAME=URL, such as OPENAI_BASE_URL=https://api.openai.com/v1, "
                f"or one of {', '.join(known)} alone"
            )
        if variable in found:
            raise click.BadParameter(f"{variable}: given twice; a variable has one value")
        if variable in _OWN_VARIABLES:
            raise click.BadParameter(f"{variable}: leads to the proxy already, it cannot lead to a server as well")
        found[variable] = url
    return found


def _reverse(_: Any, __: Any, values: Sequence[str]) -> Mapping[int, str]:
    found = {}
    for value in values:
        port, _equals, url = value.partition("=")
        if not port.isascii() or not port.isdigit() or int(port) not in _LOOPBACK_PORTS or not _is_url(url):
            raise click.BadParameter(f"{value!r}: expected PORT=URL, such as 11434=http://127.0.0.1:11434")
        if int(port) in found:
            raise click.BadParameter(f"{int(port)}: given twice; a port leads to one server")
        found[int(port)] = url
    return found


def _direct(_: Any, __: Any, values: Sequence[str]) -> tuple[str, ...]:
    for value in values:
        if not re.fullmatch(r"\.?[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?(?::\d{1,5})?|\[?[0-9A-Fa-f:]+\]?", value):
            raise click.BadParameter(f"{value!r}: expected the name of a host, such as packages.example.com")
    return tuple(values)


def _is_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        is_server = bool(parts.hostname) and (parts.port is None or parts.port > 0)
        return parts.scheme in ("http", "https") and is_server and not parts.query and not parts.fragment
    except ValueError:
        return False


_OPTIONS = (
    click.option("--cassette", metavar="FILE", default="", help="The cassette.  [default: cassettes/recorded.yaml]"),
    click.option("--cassette-dir", "directory", metavar="DIR", default="", help="Where sessions have their cassettes."),
    click.option("--speed", metavar="N", default="", help="Pace of replay: 0 at once, 1 as recorded, 2 twice as fast."),
    click.option("--set", "settings", metavar="NAME=VALUE", multiple=True, callback=check_settings,
                 help="An option of the proxy, or one of mitmproxy's: see tapehead help options. Again for each."),
    click.option("--mode", metavar="MODE", type=click.Choice([*MODES]), default=None,
                 help="Another mode, by any of its names: record, replay, new-episodes, off, record_once, ..."),
    click.option("--new-episodes", is_flag=True, help="Replay what is recorded, record the rest."),
    click.option("--strict", is_flag=True, help="Fail too when a recorded interaction was not asked for."),
    click.option("--wait", metavar="SECONDS", type=click.FloatRange(0), default=0.0, is_flag=False, flag_value=_PATIENCE,
                 help=f"Wait for another program that is writing the cassette; without a number {_PATIENCE:g} seconds."),
    click.option("--drop-refused", is_flag=True, help="Do not record answers by which a provider refuses a key."),
    click.option("--max-requests", metavar="N", type=click.IntRange(0), default=None,
                 help="Let no more than N requests go to providers."),
    click.option("--max-usd", metavar="X", type=click.FloatRange(0), default=None,
                 help="Let no more go out once that has cost X US dollars, by list prices."),
    click.option("--report", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False),
                 help="Write the run as JSON, or as JUnit XML if FILE ends in .xml."),
    click.option("--port", metavar="N", type=click.IntRange(0, 65535), default=0,
                 help="The proxy's port.  [default: any that is free]"),
    click.option("--base-url", "base_urls", metavar="NAME=URL", multiple=True, callback=_base_urls,
                 help="Give the program a local address in variable NAME, in front of the server at URL."),
    click.option("--include-loopback", is_flag=True, help="Send what is for this machine through the proxy too."),
    click.option("--direct", metavar="HOST", multiple=True, callback=_direct,
                 help="Let the program reach HOST past the proxy: not recorded, not replayed. Again for each."),
    click.option("--sandbox", is_flag=True, help="Run the command where the proxy is the only way out (Linux)."),
    click.option("--allow-port", "allow_ports", metavar="N", multiple=True, type=click.IntRange(1, 65535),
                 help="With --sandbox: a port of this machine that the command may use."),
    click.option("--reverse", metavar="PORT=URL", multiple=True, callback=_reverse,
                 help="With --sandbox: what the command finds at PORT is the server at URL, recorded."),
    click.option("--live/--no-live", default=None, help="A line that shows what is going on while recording."),
    click.option("-q", "--quiet", is_flag=True, help="No verdict, no warnings."),
    click.option("-v", "--verbose", is_flag=True, help="A line for each exchange."),
    click.option("--ready-json", "--announce", "ready_json", is_flag=True, hidden=True),
    click.argument("command", nargs=-1, type=click.UNPROCESSED),
)  # fmt: skip
_VERBS_OF = MappingProxyType(
    {
        "mode": ("auto",),
        "speed": ("replay", "auto"),
        "new_episodes": ("replay", "auto"),
        "strict": ("replay", "auto"),
        "live": ("record", "auto"),
        "drop_refused": ("record", "auto"),
        "max_requests": ("record", "auto"),
        "max_usd": ("record", "auto"),
    }
)
"""What the others do not list."""
_DEFAULTS_OF = MappingProxyType({"speed": "", "new_episodes": False, "strict": False, "drop_refused": False})


def run_command(word: str, help_text: str) -> Callable[[Callable[[RunOptions], int]], click.Command]:
    """Makes a click command of a function that is given the options and returns the exit code."""

    def decorate(function: Callable[[RunOptions], int]) -> click.Command:
        def called(**values: Any) -> None:
            click.get_current_context().exit(function(_run(word, values)))

        for option in reversed(_OPTIONS):
            called = option(called)
        settings = {"allow_interspersed_args": False, "help_option_names": ["-h", "--help"]}
        command = click.command(word, RunCommand, help=help_text, context_settings=settings)(called)
        for each in command.params:
            if isinstance(each, click.Option) and word not in _VERBS_OF.get(each.name or "", (word,)):
                each.hidden = True
        return command

    return decorate


class _NoFolderError(click.ClickException):
    """Wrong use, told in one line."""

    exit_code = 2


def _refuse_others(word: str) -> None:
    """Raises UsageError for an option that another command takes; `replay` leaves alone what is for recording."""
    ctx = click.get_current_context()
    for name, words in _VERBS_OF.items():
        is_given = ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE
        if is_given and word not in words and (word == "record" or name == "mode"):
            does = "records everything anew" if word == "record" else "replays"
            raise click.UsageError(f"{word} {does}; --{name.replace('_', '-')} is for {' and '.join(words)}.")


def _drop_what_does_not_go_together(ctx: click.Context, values: dict[str, Any]) -> None:
    """Leaves out what a file or the environment says where the command line says otherwise."""
    given = {name for name in values if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE}
    for one, other in (("cassette", "directory"), ("directory", "cassette")):
        if one in given and other not in given:
            values[other] = ""
    if not values["command"] and "sandbox" not in given:
        values |= {"sandbox": False}
        values |= {name: type(values[name])() for name in ("allow_ports", "reverse") if name not in given}


def _run(word: str, values: dict[str, Any]) -> RunOptions:
    _refuse_others(word)
    ctx = click.get_current_context()
    for name, words in _VERBS_OF.items():  # said in a file or the environment, for whichever takes it
        if word not in words and ctx.get_parameter_source(name) is not ParameterSource.COMMANDLINE:
            values[name] = _DEFAULTS_OF.get(name)
    _drop_what_does_not_go_together(ctx, values)
    if mode := values.pop("mode"):
        word, is_adding = VERBS[MODES[mode]]
        values["new_episodes"] = values["new_episodes"] or is_adding
    started_by = started_by_words("auto --new-episodes", "record")
    elsewhere = proxy_options(ctx)
    token = secrets.token_urlsafe(24)
    run = RunOptions(verb=word, token=token, started_by=started_by, elsewhere=elsewhere, **values)
    if not run.sandbox and (run.allow_ports or run.reverse):
        raise click.UsageError("--allow-port and --reverse are for --sandbox.")
    if both := {*run.reverse} & {*run.allow_ports}:
        raise click.UsageError(f"{min(both)}: given to --reverse and to --allow-port; a port leads to one server.")
    if run.sandbox and run.direct:
        raise click.UsageError("--direct is not for --sandbox, where the proxy is the only way out.")
    if run.sandbox and not run.command:
        raise click.UsageError("--sandbox needs a command to run in it.")
    if run.cassette and run.directory and Path(run.cassette).is_dir():
        raise click.UsageError(f"--cassette {run.cassette}: is a folder.")
    settings = dict(each.split("=", 1) for each in run.all_settings())
    if directory := settings.get("cassette_dir", ""):
        try:
            check_directory(Path(directory).expanduser())
        except (ValueError, RuntimeError) as e:  # the latter expanduser's
            raise _NoFolderError(f"--cassette-dir {for_log(directory)}: {e}.") from e
    return run
