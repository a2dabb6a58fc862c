from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from mitmproxy.test import tflow

from tapehead import BadOptionError
from tapehead.cassette.dialect import COMPACT, REFERENCE
from tapehead.exchange.config import Unused
from tapehead.exchange.options import OPTIONS, parse
from tapehead.matching.index import Replayable
from tapehead.modes import MODES, Mode
from tapehead.redact.redact_rules import Layer


def options(**values: Any) -> Any:
    defaults = {name: option.default for name, option in OPTIONS.items()} | {"cassette_mode": "record_only"}
    return SimpleNamespace(**defaults | values)


@pytest.mark.parametrize(
    ("mode", "in_ci", "expected"),
    [
        ("auto", True, (Mode.REPLAY_ONLY, True)),
        ("record_once", True, (Mode.REPLAY_ONLY, True)),
        ("auto", False, (Mode.RECORD_ONCE, False)),
        ("record", True, (Mode.RECORD_ONLY, False)),
        ("new-episodes", True, (Mode.REPLAY_WITH_NEW_EPISODES, False)),
        ("replay", True, (Mode.REPLAY_ONLY, False)),
        ("off", True, (Mode.PASSTHROUGH, False)),
    ],
)
def test_auto_in_ci(mode: str, in_ci: bool, expected: tuple[Mode, bool]) -> None:
    """There it only replays; what asks for a recording by name still records."""
    config = parse(options(cassette_mode=mode), in_ci=in_ci)
    assert expected == (config.mode, config.auto_in_ci)


def test_defaults() -> None:
    """What the user does not set."""
    config = parse(options())

    assert (Path("cassettes/recorded.yaml"), Mode.RECORD_ONLY, 0.0, Replayable.NO) == (
        config.path,
        config.mode,
        config.speed,
        config.repeat.what,
    )
    assert (None, False, REFERENCE, ()) == (
        config.passthrough,
        config.host_is_authority,
        config.dialect,
        config.headers.extra,
    )


def test_the_cassette_of_no_session(tmp_path: Path) -> None:
    """Where there are sessions it is in their folder, unless the user names another."""
    folder = str(tmp_path)

    assert tmp_path / "_unnamed.yaml" == parse(options(cassette_dir=folder)).path
    assert Path("a.yaml") == parse(options(cassette_dir=folder, cassette="a.yaml")).path


def test_values() -> None:
    """Each value is parsed once."""
    config = parse(
        options(
            cassette_speed="2.5",
            cassette_mode="replay_only",
            cassette_headers=["X-Ratelimit-*, date", "server"],
            cassette_record_host=True,
            cassette_layout="compact",
            cassette_passthrough="~d example.com",
            cassette_match=["method,path", "headers:X-Tenant"],
            cassette_ignore=["/a/*/b,query:trace"],
            cassette_order="strict",
            cassette_repeat="all",
            cassette_unused="fail",
            cassette_redact=["regex:a,b", "off:shapes"],
            cassette_redact_keep=["header:x-api-key"],
            cassette_allow_link_local=True,
        )
    )

    assert (2.5, Mode.REPLAY_ONLY, COMPACT, True) == (
        config.speed,
        config.mode,
        config.dialect,
        config.host_is_authority,
    )
    # A header that is compared is kept.
    assert ("x-ratelimit-*", "date", "server", "x-tenant") == config.headers.extra
    assert ("X-Tenant",) == config.rules.match.headers
    assert (frozenset({"trace"}), 1) == (config.rules.ignore.query, len(config.rules.ignore.pointers))
    assert (True, Replayable.ALL, Unused.FAIL) == (config.strict, config.repeat.what, config.unused)
    assert [b"a,b"] == [each.pattern for each in config.redact_rules.patterns]
    assert [Layer.SHAPES, "x-api-key"] == [*config.redact_rules.off, *config.redact_rules.kept_headers]
    assert config.passthrough is not None
    assert config.allow_link_local
    assert not parse(options()).allow_link_local


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("cassette", " ", "cassette= : expected the path of a file"),
        ("cassette", "a\0b", "cassette=a\\x00b: expected the path of a file"),
        (
            "cassette_mode",
            "rec",
            "cassette_mode=rec: expected one of record_only, record_once",
        ),
        ("cassette_speed", "fast", "cassette_speed=fast: expected 0 (at once), 1 (as recorded)"),
        ("cassette_speed", "-1", "cassette_speed=-1: expected 0"),
        ("cassette_speed", "nan", "cassette_speed=nan: expected 0"),
        ("cassette_speed", "inf", "cassette_speed=inf: expected 0"),
        ("cassette_headers", ["a b"], "cassette_headers=a b: 'a b' is no header name or pattern"),
        ("cassette_passthrough", "~", "cassette_passthrough=~: expected a mitmproxy filter expression"),
        ("cassette_repeat", "true", "cassette_repeat=true: expected one of never, last, all"),
        ("cassette_repeat", "all GET", "cassette_repeat=all GET: expected one of never, last, all"),
        ("cassette_repeat", "~m", "cassette_repeat=~m: expected one of never, last, all"),
        ("cassette_retry_after", "soon", "cassette_retry_after=soon: expected seconds"),
        ("cassette_retry_after", "-1", "cassette_retry_after=-1: expected seconds"),
        ("cassette_now", "now", "cassette_now=now: expected one of recorded, shift"),
        ("cassette_layout", "v3", "cassette_layout=v3: expected one of reference, stock, compact"),
    ],
)
def test_wrong_values(name: str, value: object, message: str) -> None:
    """A wrong value is one line: the option, the value, what is expected."""
    with pytest.raises(BadOptionError) as caught:
        parse(options(**{name: value}))

    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert name == caught.value.option


@pytest.mark.parametrize(("name", "mode"), MODES.items())
def test_each_name_of_a_mode(name: str, mode: Mode) -> None:
    """Go-vcr's names and the short ones mean the same."""
    assert mode is parse(options(cassette_mode=name)).mode


def test_what_answers_again_can_be_of_some_requests() -> None:
    """A filter alone, or behind a word; two that are written the same are the same option."""
    asked, other = tflow.tflow(), tflow.tflow()
    asked.request.method, other.request.method = "GET", "POST"
    last, every = parse(options(cassette_repeat="~m GET")).repeat, parse(options(cassette_repeat="all ~m GET")).repeat

    assert (Replayable.LAST, Replayable.NO) == (last.of(asked), last.of(other))
    assert (Replayable.ALL, Replayable.NO) == (every.of(asked), every.of(other))
    assert Replayable.LAST is parse(options(cassette_repeat="last")).repeat.of(other)
    assert last == parse(options(cassette_repeat="~m GET")).repeat != every
