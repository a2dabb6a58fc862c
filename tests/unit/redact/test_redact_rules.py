import re

import pytest

from tapehead.redact.redact_rules import Layer, parse_rules


def test_entries() -> None:
    """Each kind of entry adds to what its name says."""
    rules = parse_rules(
        ["/a/*/b~1c~0", "header:X-Mine", "query:Q", "json:Secret", "regex:a+b", "off:shapes"],
        ["header:X-Yours", "query:Code", "json:account_id", "shape:jwt", "env:MY_TOKEN", "regex:.*test.*"],
    )

    assert (("a", "*", "b/c~"),) == rules.pointers
    assert [{"x-mine"}, {"q"}, {"secret"}] == [set(rules.headers), set(rules.query), set(rules.json)]
    assert [b"a+b"] == [each.pattern for each in rules.patterns]
    assert {Layer.SHAPES} == rules.off
    assert not rules.has(Layer.SHAPES)
    assert rules.has(Layer.VALUES)
    assert ["x-yours", "code", "account_id"] == [*rules.kept_headers, *rules.kept_query, *rules.kept_json]
    assert ["jwt", "MY_TOKEN"] == [*rules.kept_shapes, *rules.kept_variables]
    assert [b".*test.*"] == [each.pattern for each in rules.kept_patterns]


@pytest.mark.parametrize(
    ("redact", "keep", "message"),
    [
        (["off"], [], "'off': expected a JSON pointer (/a/*/b) or one of header:…, query:…, json:…, regex:…, off:…"),
        (["off:everything"], [], "'off:everything': expected one of headers, names, json, shapes, values"),
        (["cookie:x"], [], "'cookie:x': expected a JSON pointer"),
        (["header:"], [], "'header:': expected a JSON pointer"),
        (["regex:("], [], "'regex:(': expected a regular expression (missing )"),
        ([], ["/a"], "'/a': expected one of header:…, query:…, json:…, shape:…, env:…, regex:…"),
        ([], ["shape:x"], "'shape:x': expected one of adobe-secret, age-key, "),
    ],
)
def test_mistakes(redact: list[str], keep: list[str], message: str) -> None:
    """A wrong entry is named, with what is expected."""
    with pytest.raises(ValueError, match=re.escape(message)):
        parse_rules(redact, keep)
