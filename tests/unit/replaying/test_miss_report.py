import os
from pathlib import Path

from tapehead.redact.redactor import Redactor
from tapehead.replaying.miss_report import MissReport


def test_what_is_learned_later(tmp_path: Path) -> None:
    """A value that is learned after a miss was written is taken out of it; nothing is made where nothing was written."""
    report, redactor = MissReport(tmp_path / "a.yaml"), Redactor()
    report.redact(redactor)
    assert [] == os.listdir(tmp_path)
    report.path.write_bytes(b'{"headline": "plain-looking-value"}\n')
    before = report.path.stat()
    report.redact(redactor)
    assert os.path.samestat(before, report.path.stat())
    redactor.learn(["plain-looking-value"])
    report.redact(redactor)

    assert b'{"headline": "[REDACTED:value]"}\n' == report.path.read_bytes()
    assert ["a.yaml.misses.jsonl"] == os.listdir(tmp_path)
