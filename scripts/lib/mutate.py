"""Takes each row of the redaction's tables away in turn, and shows that a test fails then.

    scripts/mutate [FILE ...]      files of addon/tapehead/redact, such as format_rows.py; all with tables by default

A row is a line of a table's literal. Works on a copy of the package. Exits with 1 if a row can go unnoticed.
"""

import argparse
import ast
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[2]
REDACT = ROOT / "addon" / "tapehead" / "redact"
# File: the tables in it whose rows are taken away.
TABLES: Mapping[str, tuple[str, ...]] = {
    "header_rules.py": ("REQUEST_HEADERS", "RESPONSE_HEADERS"),
    "names.py": ("ROWS",),
    "format_rows.py": ("AI_FORMATS",),
    "service_rows.py": ("SERVICE_FORMATS",),
    "dummy_keys.py": ("EXAMPLES",),
    "known_secrets.py": ("ENVIRONMENT",),
    "streams.py": ("_STREAM_INDEX_FIELDS",),
}
TESTS = ("tests/unit/redact/test_rows.py", "tests/unit/redact/test_dummy_keys.py")


def rows(source: str, tables: tuple[str, ...]) -> Iterator[tuple[str, ast.expr]]:
    """The innermost collection's elements of each table."""
    for node in ast.walk(ast.parse(source)):
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(target, ast.Name) and target.id in tables:
            assert node.value is not None
            yield from ((target.id, element) for element in _elements(node.value))


def _elements(value: ast.expr) -> list[ast.expr]:
    collections = [each for each in ast.walk(value) if isinstance(each, ast.Tuple | ast.Set | ast.Dict)]
    for each in collections:
        elements = each.keys if isinstance(each, ast.Dict) else each.elts
        if elements and all(elements):
            return [element for element in elements if element is not None]
    return []


def without(source: str, element: ast.expr) -> str:
    """The source without one element, and the comma behind it; a dict's value goes with its key."""
    lines = source.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line.encode()))
    data = source.encode()
    start = starts[element.lineno - 1] + element.col_offset
    end = starts[(element.end_lineno or 0) - 1] + (element.end_col_offset or 0)
    rest = data[end:]
    if rest.lstrip().startswith(b":"):  # a dict: up to the comma or the brace
        end += min(at for at in (rest.find(b","), rest.find(b"}")) if at >= 0)
    comma = data[end:].lstrip().startswith(b",")
    return (data[:start] + (data[end:].lstrip()[1:] if comma else data[end:])).decode()


def noticed(file: str, source: str) -> bool:
    """Whether a test fails with this source in the file's place."""
    with tempfile.TemporaryDirectory(prefix="tapehead-mutate-") as folder:
        shutil.copytree(ROOT / "addon", Path(folder) / "addon", ignore=shutil.ignore_patterns("__pycache__"))
        (Path(folder) / "addon" / "tapehead" / "redact" / file).write_text(source)
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
        command += ["-o", f"pythonpath={folder}/addon {ROOT}", *TESTS]
        env = os.environ | {"PYTHONPATH": f"{folder}/addon"}
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=120)
    if done.returncode not in (0, 1):
        raise SystemExit(f"mutate: the tests could not be run:\n{done.stdout}{done.stderr}")
    return done.returncode == 1


def main() -> int:
    """0 when every row is held by a test."""
    parser = argparse.ArgumentParser(prog="scripts/mutate", description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("files", nargs="*", metavar="FILE", help=f"of {', '.join(TABLES)}; all of them by default")
    arguments = parser.parse_args()
    if unknown := set(arguments.files) - TABLES.keys():
        parser.error(f"no tables known in {', '.join(sorted(unknown))}; there are {', '.join(TABLES)}")
    unnoticed = 0
    for file in arguments.files or TABLES:
        source = (REDACT / file).read_text()
        found = list(rows(source, TABLES[file]))
        if missing := {*TABLES[file]} - {table for table, _ in found}:
            raise SystemExit(f"mutate: {file}: no rows in {', '.join(sorted(missing))}; TABLES names the tables")
        if noticed(file, source):
            raise SystemExit(f"mutate: {file}: the tests fail as it is")
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            held = list(threads.map(lambda row: noticed(file, without(source, row[1])), found))  # noqa: B023  # read at once
        for (table, element), is_held in zip(found, held, strict=True):
            if not is_held:
                unnoticed += 1
                print(f"{file}:{element.lineno}: {table}: {ast.unparse(element)[:80]} can go unnoticed", flush=True)
        print(f"{file}: {len(found)} rows, {len(found) - sum(held)} unnoticed", flush=True)
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main())
