"""Which cassette a test or a fixture has, and with which options: by its mark, or by its own name.

Knows pytest's items and what a cassette may be named. Knows no proxy.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tapehead.option_names import RENAMED, renamed

_LONGEST = 180


@dataclass(frozen=True, slots=True, kw_only=True)
class CassetteSpec:
    """A test's cassette."""

    cassette: str
    mode: str = ""
    options: dict[str, Any]
    named: bool = False
    """By a mark: several tests may share it."""
    warnings: tuple[str, ...] = ()
    """A line for each option that the mark gives under an old name."""


def cassette_spec_for(item: pytest.Item) -> CassetteSpec:
    """Returns what the test's marks say; the nearest mark counts most. Raises ValueError for a mark that cannot be."""
    cassette, mode, options, named = cassette_name(item.nodeid), "", dict[str, Any](), False
    warnings = []
    for mark in reversed([*item.iter_markers("tapehead")]):
        if len(mark.args) > 1 or not all(isinstance(each, str) for each in mark.args):
            raise ValueError("tapehead(...): expected the cassette's name, and options by name")
        if mark.args:
            cassette, named = mark.args[0], True
        for name, value in mark.kwargs.items():
            if name == "mode":
                mode = str(value)
            else:
                name = name if name.startswith("cassette") else f"cassette_{name}"
                if new := RENAMED.get(name):
                    warnings.append(renamed(name, new.setting(value)))
                    name, value = new.name, new.value(value)
                options[name] = value
    return CassetteSpec(cassette=cassette, mode=mode, options=options, named=named, warnings=tuple(warnings))


def fixture_name(fixturedef: Any, request: Any) -> str:
    """Returns the cassette's name of a fixture that several tests share: by where it lives, and its parameter."""
    where = request.node.nodeid
    if fixturedef.scope == "session":
        where = "/".join(["session", *(part for part in [getattr(fixturedef, "baseid", "")] if part not in ("", "."))])
    number = f"-{request.param_index}" if hasattr(request, "param") else ""
    return cassette_name(f"{where}::fixture-{fixturedef.argname}{number}")


def cassette_name(nodeid: str) -> str:
    """Returns a name for a cassette: the path, what it is called, and a short digest where that alone is not safe."""
    path, *rest = nodeid.split("::")
    raw = "/".join([path.removesuffix(".py"), *rest])
    safe = "/".join(_parts(raw))
    if safe == raw and len(safe) <= _LONGEST:
        return safe
    return f"{safe[:_LONGEST].rstrip('/')}-{hashlib.sha256(nodeid.encode(errors='replace')).hexdigest()[:8]}"


def _parts(raw: str) -> Iterator[str]:
    for part in raw.split("/"):
        safe = re.sub(r"[^A-Za-z0-9._-]+", "-", part).strip("-")
        if safe not in ("", ".", ".."):
            yield safe
