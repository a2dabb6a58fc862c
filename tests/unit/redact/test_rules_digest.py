"""Equal digests are equal rules."""

import pytest

from tapehead.redact import rules_digest as module
from tapehead.redact.redact_rules import parse_rules
from tapehead.redact.rules_digest import rules_digest


@pytest.mark.parametrize(
    ("redact", "keep"),
    [
        (["json:a"], []),
        ([], ["json:a"]),
        (["regex:a"], []),
        (["regex:b"], []),
        (["/a"], []),
        (["off:shapes"], []),
        ([], ["env:A"]),
    ],
)
def test_other_rules(redact: list[str], keep: list[str]) -> None:
    """Whatever the user adds makes other rules."""
    digest = rules_digest(parse_rules(redact, keep))

    assert 32 == len(digest)
    assert digest != rules_digest(parse_rules([], []))
    assert digest == rules_digest(parse_rules(redact, keep))


def test_order_of_names() -> None:
    """In which order names are given makes no difference; that of expressions may make one."""
    assert rules_digest(parse_rules(["json:a", "json:b"], [])) == rules_digest(parse_rules(["json:b", "json:a"], []))
    assert rules_digest(parse_rules(["regex:a", "regex:b"], [])) != rules_digest(
        parse_rules(["regex:b", "regex:a"], [])
    )


def test_other_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the tables are is among it."""
    before = rules_digest(parse_rules([], []))
    monkeypatch.setattr(module, "_code", lambda: "other")

    assert before != rules_digest(parse_rules([], []))
