"""The walls of the house: which room imports which, who touches mitmproxy, and that no two things have one name."""

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "addon" / "tapehead"

_FOUNDATION = {"text", "wire", "cassette", "llm"}
_EXCHANGE = _FOUNDATION | {"redact", "matching", "lane", "door", "mitm", "exchange"}
_CONVERSATIONS = _EXCHANGE | {"explain", "recording", "replaying"}
_SESSIONS = _CONVERSATIONS | {"network", "conversations", "sessions"}

# What stands in the package itself, beside the rooms: every room may import it, and it imports none of them. That is
# the root of the errors (`__init__.py`, which reaches for the kinds in `cassette` only when it is asked for one) and:
BESIDE = {"modes", "option_names", "root", "started_by"}
# What each room may import, itself left out: the rooms above it in this table at most.
ALLOWED: dict[str, set[str]] = {
    "text": set(),
    "wire": set(),
    "cassette": set(),
    "clients": set(),
    "sandbox": set(),
    "llm": {"text", "wire"},
    "redact": {"text", "wire", "cassette"},
    "lane": {"text", "wire"},
    "door": {"wire", "lane"},
    "mitm": {"wire", "lane", "door"},
    "network": {"mitm", "wire", "text"},
    "matching": {"text", "wire", "llm", "cassette"},
    "explain": {"matching", "text", "wire", "llm", "cassette"},
    "exchange": _EXCHANGE - {"exchange"},
    "recording": _EXCHANGE,
    "replaying": _EXCHANGE | {"explain"},
    "conversations": _CONVERSATIONS,
    "sessions": _SESSIONS - {"sessions"},
    "proxy": _SESSIONS,
    "pytest_plugin": {"clients", "text"},
    "cli": _SESSIONS | {"proxy", "clients", "sandbox"},
}
MITMPROXY = {"mitmproxy", "mitmproxy_rs"}
MAY_IMPORT_MITMPROXY = {"mitm", "network", "exchange", "recording", "replaying", "conversations", "sessions", "proxy"}
MAY_TOUCH_PRIVATE = {"mitm"}
"""Names of mitmproxy that begin with an underscore, and names of its classes that are replaced."""
LIBRARIES_OF_MITM = {"h2", "h11", "hyperframe", "hpack"}
ALSO_IMPORTS = {("lane", "hpack")}

MAY_SHARE_A_NAME = {
    "addon": "cli/commands has a module for each verb, which has the verb's name",
    "ca": "likewise",
    "options": "likewise",
}
NOT_OURS = ("injected",)
"""Folders of files that run in the programs of others."""


@dataclass(frozen=True, slots=True)
class Import:
    """One name that a module imports."""

    line: int
    module: str
    """With the name that is taken from it: `from a import b` is `a.b`."""
    is_relative: bool


@dataclass(frozen=True)
class Module:
    """One file of the package."""

    file: Path
    root: Path

    @property
    def parts(self) -> tuple[str, ...]:
        """Its path below the package."""
        return self.file.relative_to(self.root).parts

    @property
    def room(self) -> str | None:
        """The package that it is in; None for those beside the packages."""
        return self.parts[0] if len(self.parts) > 1 else None

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax."""
        return ast.parse(self.file.read_bytes())

    def where(self, line: int) -> str:
        """A place in it, for a message."""
        return f"addon/tapehead/{'/'.join(self.parts)}:{line}"

    def imports(self) -> Iterator[Import]:
        """Each name that it imports, relative ones as what they mean."""
        package = ["tapehead", *self.parts[:-1]]
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield Import(node.lineno, alias.name, is_relative=False)
            elif isinstance(node, ast.ImportFrom):
                above = package[: len(package) - node.level + 1] if node.level else []
                base = ".".join([*above, *([node.module] if node.module else [])])
                for alias in node.names:
                    yield Import(node.lineno, f"{base}.{alias.name}", is_relative=node.level > 0)


def modules(root: Path = PACKAGE) -> list[Module]:
    """The modules of the package."""
    every = (Module(file, root) for file in sorted(root.rglob("*.py")))
    return [each for each in every if not set(NOT_OURS) & set(each.parts)]


def wrong_directions(module: Module) -> Iterator[str]:
    """One line for each import that goes the wrong way, or is relative."""
    if module.room is not None and module.room not in ALLOWED:
        yield f"{module.where(1)}: {module.room} is no room of the table"
        return
    is_beside = module.room is None and module.file.stem in BESIDE
    for each in module.imports():
        where = module.where(each.line)
        names = each.module.split(".")
        if is_beside and names[0] == "tapehead":
            yield f"{where}: {module.file.stem} imports nothing of tapehead"
        if each.is_relative:
            yield f"{where}: a relative import"
        if names[0] in MITMPROXY and module.room not in MAY_IMPORT_MITMPROXY:
            yield f"{where}: {module.room} does not import mitmproxy"
        if (
            names[0] in LIBRARIES_OF_MITM
            and module.room not in MAY_TOUCH_PRIVATE
            and (module.room, names[0]) not in ALSO_IMPORTS
        ):
            yield f"{where}: {module.room} does not import {names[0]}"
        other = names[1] if names[0] == "tapehead" and len(names) > 1 else None
        if module.room and other in ALLOWED and other not in {module.room, *ALLOWED[module.room]}:
            yield f"{where}: {module.room} does not import {other}"


def private_names(module: Module) -> Iterator[str]:
    """One line for each private name of mitmproxy that a room other than `mitm` touches, and each that it replaces."""
    if module.room in MAY_TOUCH_PRIVATE or module.room not in MAY_IMPORT_MITMPROXY:
        return
    theirs = set()
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            theirs |= {(a.asname or a.name).split(".")[0] for a in node.names if a.name.split(".")[0] in MITMPROXY}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in MITMPROXY:
            theirs |= {alias.asname or alias.name for alias in node.names}
    for each in module.imports():
        names = each.module.split(".")
        if names[0] in MITMPROXY and any(_is_private(name) for name in names):
            yield f"{module.where(each.line)}: only mitm imports {each.module}"
    own = _own_private_names(module.tree)
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and _is_private(node.attr) and node.attr not in own and _root(node) != "os":
            yield f"{module.where(node.lineno)}: .{node.attr} is a private name, and not of this module"
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store | ast.Del) and _root(node) in theirs:
            yield f"{module.where(node.lineno)}: only mitm replaces a name of mitmproxy's"
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("setattr", "delattr"):
            yield f"{module.where(node.lineno)}: only mitm sets attributes by their names"
        if isinstance(node, ast.ClassDef):
            for base in node.bases:
                if (root := _root(base)) in theirs:
                    yield f"{module.where(node.lineno)}: only mitm subclasses {root}"


@dataclass(frozen=True, slots=True)
class Touch:
    """A name of another's that a module of `mitm` stands on."""

    line: int
    name: str
    """`module.name` of an import; else the attribute alone."""
    is_replaced: bool = False


def touches(module: Module) -> Iterator[Touch]:
    """Each private name of mitmproxy, h2, h11 or asyncio that a module imports or asks for, and each that it replaces.

    An attribute counts as theirs when the module itself defines no such name, or asks `super()` for it.
    """
    for each in module.imports():
        names = each.module.split(".")
        if names[0] in MITMPROXY | LIBRARIES_OF_MITM | {"asyncio"} and any(_is_private(name) for name in names):
            yield Touch(each.line, each.module)
    own = _own_private_names(module.tree)
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and _is_private(node.attr) and _root(node) != "os":
            is_supers = isinstance(node.value, ast.Call) and getattr(node.value.func, "id", "") == "super"
            if is_supers or node.attr not in own:
                yield Touch(node.lineno, node.attr)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "replace":
            name = node.args[1]
            assert isinstance(name, ast.Constant), module.where(node.lineno)
            yield Touch(node.lineno, str(name.value), is_replaced=True)


def replaced_otherwise(module: Module) -> Iterator[str]:
    """One line for each name of an imported class or module that `mitm` replaces without `patches.replace`."""
    theirs = set()
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in MITMPROXY | LIBRARIES_OF_MITM:
            theirs |= {alias.asname or alias.name for alias in node.names}
    for node in ast.walk(module.tree):  # `connection: Any = BufferedH2Connection`
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            theirs |= {node.target.id} if _root(node.value) in theirs else set()
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store | ast.Del) and _root(node) in theirs:
            yield f"{module.where(node.lineno)}: .{node.attr} is replaced without `replace`"
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("setattr", "delattr"):
            if _is_constant(node.args[1]) or module.file.stem == "patches":
                continue
            yield f"{module.where(node.lineno)}: setattr, where `replace` tells what is replaced"


def shared_names(every: list[Module]) -> Iterator[str]:
    """One line for each name that two modules or two classes have."""
    named: dict[str, list[str]] = defaultdict(list)
    for module in every:
        if module.file.stem not in ("__init__", "__main__"):
            named[module.file.stem].append(module.where(1))
    classes: dict[str, list[str]] = defaultdict(list)
    for module in every:
        for node in module.tree.body:
            if isinstance(node, ast.ClassDef):
                classes[node.name].append(module.where(node.lineno))
    for name, places in named.items():
        if len(places) > 1 and name not in MAY_SHARE_A_NAME:
            yield f"two modules are called {name}: {', '.join(places)}"
    for name, places in classes.items():
        if len(places) > 1:
            yield f"two classes are called {name}: {', '.join(places)}"


def faults(root: Path = PACKAGE) -> Iterator[str]:
    """One line for each wall that does not hold."""
    every = modules(root)
    for module in every:
        yield from wrong_directions(module)
        yield from private_names(module)
        if module.room in MAY_TOUCH_PRIVATE:
            yield from replaced_otherwise(module)
    yield from shared_names(every)


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def _is_constant(name: ast.expr) -> bool:
    """Whether it is a constant of the module's: a mark of ours."""
    return isinstance(name, ast.Name) and name.id.isupper()


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _own_private_names(tree: ast.Module) -> set[str]:
    """What the module itself defines or sets on its own objects."""
    own = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            own.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            own.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and _root(node) == "self":
            own.add(node.attr)
    return own


if __name__ == "__main__":
    found = list(faults())
    print("\n".join(found) or "the walls hold")
    sys.exit(bool(found))
