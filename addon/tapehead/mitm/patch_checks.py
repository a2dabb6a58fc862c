"""Whether what is installed is what `patches` was made for, and which patches the user wants to do without.

Knows how to look a name up, and to say what is wrong in one line. Does not end a process.
"""

import functools
import importlib
import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

from tapehead.mitm.patch_model import TESTED, Patch, PatchKind
from tapehead.mitm.patches import PATCHES

WITHOUT = "TAPEHEAD_WITHOUT"
"""The environment variable with names of speed patches that stay out, separated by commas: for measuring."""


class PatchError(ImportError):
    """The proxy cannot start with what is installed, or with what it is told to do without; the text is one line.

    An ImportError, as it is raised by modules that cannot work here.
    """

    def __init__(self, line: str) -> None:
        super().__init__(line, name="tapehead.mitm")


def check() -> None:
    """Raises PatchError for the first name of the table that is not there, or a wrong `TAPEHEAD_WITHOUT`."""
    left_out()
    require(PATCHES)


def require(patches: Iterable[Patch]) -> None:
    """Raises PatchError for the first of the names of these patches that is not there."""
    for patch in patches:
        for row in patch.rows:
            if not exists(row.name):
                library = row.name.partition(":")[0].partition(".")[0]
                tested = TESTED.get(library)
                wanted = f"; {' to '.join(tested)} will do" if tested else ""
                raise PatchError(
                    f"{_installed(library)} has no {row.name.replace(':', '.')}, which {patch.name} needs{wanted}"
                )


def exists(name: str) -> bool:
    """Returns whether there is `module:attributes`; the last of them may be one that only instances of a class have."""
    module, _, path = name.partition(":")
    *owners, last = path.split(".")
    try:
        owner: Any = importlib.import_module(module)
        for each in owners:
            owner = getattr(owner, each)
    except (ImportError, AttributeError):
        return False
    return hasattr(owner, last) or (isinstance(owner, type) and _is_set_by_a_constructor(owner, last))


def _is_set_by_a_constructor(owner: type, name: str) -> bool:
    made = (vars(each).get("__init__") for each in owner.__mro__)
    return any(name in code.co_names for each in made if (code := getattr(each, "__code__", None)))


def warning(installed: Mapping[str, str] | None = None) -> str:
    """Returns one line about the libraries whose version is outside the range that was tested; "" when none is."""
    versions = {library: _version(library) for library in TESTED} if installed is None else installed
    strange = [
        f"{library} {version} (tested: {first} to {last})"
        for library, version in versions.items()
        for first, last in [TESTED[library]]
        if not _feature(first) <= _feature(version) <= _feature(last)
    ]
    return f"not tested with {', '.join(strange)}" if strange else ""


def left_out(environment: Mapping[str, str] | None = None) -> frozenset[str]:
    """Returns the names of the patches that `TAPEHEAD_WITHOUT` turns off. Raises PatchError for one that cannot be."""
    text = (os.environ if environment is None else environment).get(WITHOUT, "")
    return frozenset(speed_patch(name.strip()).name for name in text.split(",") if name.strip())


def speed_patch(name: str) -> Patch:
    """Returns the speed patch of that name. Raises PatchError when there is none."""
    known = {patch.name: patch for patch in PATCHES}
    there_are = f"there are {', '.join(patch.name for patch in PATCHES if patch.kind is PatchKind.SPEED)}"
    if name not in known:
        raise PatchError(f"{WITHOUT}: found {name}, no such patch; {there_are}")
    if known[name].kind is not PatchKind.SPEED:
        raise PatchError(f"{WITHOUT}: {name} cannot be turned off: {known[name].without_it}; {there_are}")
    return known[name]


@functools.cache
def _version(library: str) -> str:
    module = importlib.import_module("mitmproxy.version" if library == "mitmproxy" else library)
    return str(getattr(module, "VERSION" if library == "mitmproxy" else "__version__", ""))


def _installed(library: str) -> str:
    return f"{library} {_version(library)}" if library in TESTED else library


def _feature(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)[:2]))
