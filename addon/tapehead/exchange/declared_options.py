"""The `cassette*` options as mitmproxy has them: declared, given what its file and `--set` say, refused where they are none.

What is wrong is a BadOptionError of one line. Which options there are, and what their values mean, is `options`'.
"""

import difflib
import logging
from collections.abc import Sequence

from mitmproxy import addonmanager, exceptions, optmanager

from tapehead.exchange.options import OPTIONS, PREFIX, shown
from tapehead.modes import Mode
from tapehead.option_names import RENAMED, as_text, renamed
from tapehead.root import BadOptionError

logger = logging.getLogger(__name__)


def declare(loader: addonmanager.Loader, default_mode: Mode) -> None:
    """Adds the options to mitmproxy, and gives them the user's values. `default_mode` is the script's.

    Raises BadOptionError for a value of the wrong type.
    """
    for name, option in OPTIONS.items():
        default = default_mode.value if name == "cassette_mode" else option.default
        loader.add_option(name, option.type, default, option.help)  # type: ignore[arg-type]  # it takes any typespec
    # mitmproxy would do it next, but log what is wrong with a value as an error in the script, and go on without it.
    try:
        _take_old_names(loader.master.options)
        _take_file_values(loader.master.options)
        loader.master.options.process_deferred()
    except exceptions.OptionsError as e:
        raise BadOptionError(str(e)) from e


def _take_old_names(options: optmanager.OptManager) -> None:
    """Gives the new names what was set under the old ones, and says so. BadOptionError when both are set."""
    for old in [name for name in options.deferred if name in RENAMED]:
        new, given = RENAMED[old], options.deferred.pop(old)
        if new.name in options.deferred:
            raise BadOptionError(f"{old} and {new.name} are one option; leave {old} out", option=old)
        texts = getattr(given, "val", [given])  # of --set all that was given, of a file one value
        settings = [new.setting(each) for each in texts] or [new.name]
        logger.warning("%s", renamed(old, settings[-1]))
        options.set(*settings)


def _take_file_values(options: optmanager.OptManager) -> None:
    """Gives what a file of settings says the types that the options have. BadOptionError for what has none of them."""
    for name in options.deferred.keys() & OPTIONS.keys():
        value = options.deferred[name]
        if not hasattr(value, "val"):  # of --set, whose texts mitmproxy converts itself
            options.deferred[name] = from_file(name, value)


def from_file(name: str, value: object) -> str | bool | Sequence[str]:
    """Returns a value as YAML or TOML has it, of the type that the option has. Raises BadOptionError for another one."""
    default, values = OPTIONS[name].default, value if isinstance(value, list) else [value]
    if isinstance(default, bool):
        if isinstance(value, bool):
            return value
        raise BadOptionError(f"{name}={shown(value)}: expected true or false", option=name)
    if not all(isinstance(each, str | int | float) for each in values):
        raise BadOptionError(f"{name}={shown(value)}: expected a text or a number", option=name)
    texts = [as_text(each) for each in values]
    if not isinstance(default, str):
        return texts
    if len(texts) == 1:
        return texts[0]
    raise BadOptionError(f"{name}={shown(texts)}: expected one value", option=name)


def refuse_unknown(options: optmanager.OptManager) -> None:
    """Raises BadOptionError when an option looks like one of ours and is none: mitmproxy would ignore it in silence."""
    for name in options.deferred:
        if name in RENAMED:
            raise BadOptionError(renamed(name, RENAMED[name].name), option=name)
        near = difflib.get_close_matches(name, OPTIONS, n=1, cutoff=0.85)
        if name not in OPTIONS and (near or name.startswith(PREFIX)):
            advice = f"did you mean {near[0]}?" if near else f"the options are {', '.join(OPTIONS)}"
            raise BadOptionError(f"{name}: no such option; {advice}", option=name)
