"""`--report FILE`: a run's exchanges for programs, as JSON, or as JUnit XML where the file's name ends in .xml.

Knows both formats. Nothing in an exchange's result holds a credential.
"""

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from tapehead.cli.run.run_verdict import RunVerdict
from tapehead.exchange.outcomes import AS_WANTED, ExchangeResult, Outcome
from tapehead.sessions.control import as_json
from tapehead.sessions.side_traffic import SideFate
from tapehead.sessions.verdict import Verdict

_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
VERSION = 1
"""Of the JSON: docs/schemas/report.schema.json has its fields."""
_TOLD_ONCE = ("problems", "troubles")
"""Of a session's verdict: they are among the exchanges."""


def write(
    path: Path,
    entries: Sequence[ExchangeResult],
    run: RunVerdict,
    verdicts: Sequence[Verdict],
    tried: Sequence[str] = (),
    *,
    exit_code: int,
) -> None:
    """Writes the report. `tried`: past the proxy, out of the sandbox. Raises OSError when it cannot be written."""
    is_xml = path.suffix.lower() == ".xml"
    data = _junit(entries, run, tried) if is_xml else _json(entries, run, verdicts, tried, exit_code)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _json(
    entries: Sequence[ExchangeResult],
    run: RunVerdict,
    verdicts: Sequence[Verdict],
    tried: Sequence[str],
    exit_code: int,
) -> bytes:
    value = {
        "version": VERSION,
        "line": run.line(),
        "exit_code": exit_code,
        "counts": {each.name.lower(): run.counts[each] for each in Outcome} | {"not_used": run.unused},
        "sessions": [{k: v for k, v in as_json(each).items() if k not in _TOLD_ONCE} for each in verdicts],
        "exchanges": [_exchange(each) for each in entries],
        "unseen": [
            {"outcome": kind.name.lower(), "what": kind.name.lower(), "where": where, "count": count}
            for (kind, where), count in run.unseen.items()
        ],
        "distrusted": dict(run.distrust),
        "package_managers": _side(run),
        "past_the_proxy": list(tried),
    }
    return json.dumps(value, ensure_ascii=False, indent=2).encode(errors="replace") + b"\n"


def _side(run: RunVerdict) -> dict[str, dict[str, int]]:
    names = dict.fromkeys(name for name, _ in run.side)
    return {name: {each.name.lower(): run.side.get((name, each), 0) for each in SideFate} for name in names}


def _exchange(entry: ExchangeResult) -> dict[str, Any]:
    return {
        "outcome": entry.outcome.name.lower(),
        "what": entry.outcome.name.lower(),
        "session": entry.session,
        "method": entry.method,
        "url": entry.url,
        "start": datetime.fromtimestamp(entry.start / 1000, UTC).isoformat(),
        "seconds": None if entry.seconds is None else round(entry.seconds, 6),
        "interaction": entry.interaction,
        "status": entry.status,
        "bytes": entry.size,
        "chunks": entry.chunks,
        "by_order": entry.by_order,
        "reason": entry.reason or None,
        "explanation": entry.explanation,
    }


def _junit(entries: Sequence[ExchangeResult], run: RunVerdict, tried: Sequence[str]) -> bytes:
    beside = [
        *(("tapehead.sandbox", "past the proxy", each) for each in tried),
        *(("tapehead.proxy", kind.value, where) for kind, where in run.unseen),
        *(("tapehead.proxy", "the proxy's CA is not trusted", host) for host in run.distrust),
    ]
    failures = len(beside) + sum(1 for each in entries if each.outcome not in AS_WANTED)
    tests = len(entries) + len(beside)
    suite = ET.Element("testsuite", name="tapehead", tests=str(tests), failures=str(failures), errors="0", skipped="0")
    for entry in entries:
        case = ET.SubElement(
            suite,
            "testcase",
            classname=_xml(f"tapehead.{entry.session or 'cassette'}"),
            name=_xml(f"{entry.method} {entry.url}"),
            time=f"{entry.seconds or 0:.3f}",
        )
        if entry.outcome not in AS_WANTED:
            failure = ET.SubElement(case, "failure", type=entry.outcome.name.lower(), message=_xml(entry.reason))
            failure.text = _xml("\n".join(entry.details) if entry.details else entry.reason)
    for where, what, name in beside:
        case = ET.SubElement(suite, "testcase", classname=where, name=_xml(name), time="0.000")
        ET.SubElement(case, "failure", type=what, message=_xml(name))
    suites = ET.Element("testsuites")
    suites.append(suite)
    return bytes(ET.tostring(suites, encoding="utf-8", xml_declaration=True)) + b"\n"


def _xml(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
