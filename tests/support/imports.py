"""The import directions: each room of `addon/tapehead` imports only rooms below it, and only `proxy` mitmproxy."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "addon" / "tapehead"

# What each room may import, itself left out.
ALLOWED: dict[str, set[str]] = {
    "cassette": set(),
    "wire": set(),
    "llm": {"wire", "cassette"},
    "redact": {"wire", "cassette"},
    "matching": {"llm", "wire", "cassette"},
    "proxy": {"matching", "redact", "llm", "wire", "cassette"},
    "clients": {"matching", "redact", "llm", "wire", "cassette"},
    "sandbox": set(),
    "pytest_plugin": {"clients", "llm"},
    "cli": {"proxy", "clients", "sandbox", "matching", "redact", "llm", "wire", "cassette"},
}
ONLY_PROXY = {"mitmproxy", "mitmproxy_rs"}


def imported(file: Path) -> Iterator[tuple[int, str]]:
    """Each module that a file imports, and in which line."""
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            # `from tapehead.proxy import guard` names a module in its alias
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def faults() -> Iterator[str]:
    """One line for each import that goes the wrong way."""
    for file in sorted(PACKAGE.rglob("*.py")):
        parts = file.relative_to(PACKAGE).parts
        room = parts[0] if len(parts) > 1 else None
        for line, module in imported(file):
            names = module.split(".")
            where = f"addon/tapehead/{'/'.join(parts)}:{line}"
            if names[0] in ONLY_PROXY and room != "proxy":
                yield f"{where}: only proxy imports mitmproxy"
            other = names[1] if names[0] == "tapehead" and len(names) > 1 else None
            if room and other in ALLOWED and other not in {room, *ALLOWED[room]}:
                yield f"{where}: {room} does not import {other}"


if __name__ == "__main__":
    found = list(faults())
    print("\n".join(found) or "import directions: all as they should be")
    sys.exit(bool(found))
