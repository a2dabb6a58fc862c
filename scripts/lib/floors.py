"""Holds the coverage of each package: `scripts/test --coverage` has measured it, in all processes that the tests start.

Knows the floors: what was reached, rounded down. Does not measure.
"""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "addon" / "tapehead"

FLOORS: dict[str, float] = {
    ".": 94,
    "cassette": 100,
    "cli": 90,
    "clients": 100,
    "conversations": 85,
    "exchange": 96,
    "explain": 100,
    "llm": 100,
    "matching": 100,
    "mitm": 92,
    "network": 94,
    "proxy": 93,
    "pytest_plugin": 94,
    "recording": 92,
    "redact": 99,
    "replaying": 100,
    "sandbox": 92,
    "sessions": 91,
    "text": 100,
    "wire": 100,
}
"""In percent of lines and branches; `.` are the modules beside the packages.

What a process did that was killed is lost, so that the figures differ a little from run to run.
"""


def main(config: str) -> int:
    """Prints a line for each package, and returns 1 when one is below its floor or has none."""
    report = subprocess.run(
        [sys.executable, "-m", "coverage", "json", f"--rcfile={config}", "--quiet", "-o", "-"],
        cwd=ROOT, check=True, stdout=subprocess.PIPE,
    )  # fmt: skip
    found, missing = _by_package(json.loads(report.stdout)["files"])
    failed = False
    for package, percent in sorted(found.items()):
        floor = FLOORS.get(package)
        is_low = floor is None or percent < floor
        failed |= is_low
        print(f"{package:15} {percent:6.1f} % {'below' if is_low else 'floor'} {floor}")
        if is_low:
            print("\n".join(f"    {line}" for line in missing.get(package, ())))
    for package in FLOORS.keys() - found.keys():
        print(f"{package:15} has a floor, and is not there")
        failed = True
    return int(failed)


def _by_package(files: dict[str, dict[str, object]]) -> tuple[dict[str, float], dict[str, list[str]]]:
    """Of each package what is covered in percent, and a line for each module that is not wholly so."""
    covered: Counter[str] = Counter()
    every: Counter[str] = Counter()
    missing: dict[str, list[str]] = {}
    for name, measured in files.items():
        inside = (ROOT / name).relative_to(PACKAGE)
        package = inside.parts[0] if len(inside.parts) > 1 else "."
        summary = measured["summary"]
        assert isinstance(summary, dict)
        covered[package] += summary["covered_lines"] + summary["covered_branches"]
        every[package] += summary["num_statements"] + summary["num_branches"]
        if summary["percent_covered"] < 100:
            missing.setdefault(package, []).append(
                f"{inside} {summary['percent_covered']:.0f} %: {measured['missing_lines']} {measured['missing_branches']}"
            )
    return {each: 100 * covered[each] / every[each] for each in every if every[each]}, missing


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
