"""Names that options had before, in each place that takes options: still taken, with the new name in one line."""

import logging
from typing import Any

import pytest
from mitmproxy import addonmanager, exceptions, optmanager

from tapehead import BadOptionError
from tapehead.exchange.declared_options import declare, refuse_unknown
from tapehead.exchange.options import OPTIONS, parse
from tapehead.matching.index import Replayable
from tapehead.modes import Mode
from tapehead.option_names import RENAMED, current_setting

CHANGED = [
    ("cassette_host", "authority", "cassette_record_host=true"),
    ("cassette_host", "empty", "cassette_record_host=false"),
    ("cassette_dialect", "compact", "cassette_layout=compact"),
    ("cassette_report", "true", "cassette_miss_report=true"),
    ("cassette_report", "false", "cassette_miss_report=false"),
    ("cassette_replayable", "false", "cassette_repeat=never"),
    ("cassette_replayable", "true", "cassette_repeat=last"),
    ("cassette_replayable", "last", "cassette_repeat=last"),
    ("cassette_replayable", "all", "cassette_repeat=all"),
]


class _Master:
    """What a loader asks of mitmproxy."""

    def __init__(self) -> None:
        self.options = optmanager.OptManager()


def declared(*settings: str, file: dict[str, Any] | None = None) -> optmanager.OptManager:
    """mitmproxy's options after ours were added to what the command line and the file of settings gave before."""
    master: Any = _Master()
    master.options.set(*settings, defer=True)
    master.options.update_defer(**(file or {}))
    declare(addonmanager.Loader(master), Mode.RECORD_ONLY)
    made: optmanager.OptManager = master.options
    return made


def test_the_table() -> None:
    """Each old name leads to an option that there is, and is none itself."""
    assert {*RENAMED} & {*OPTIONS} == set()
    assert {each.name for each in RENAMED.values()} <= {*OPTIONS}


@pytest.mark.parametrize(("old", "value", "new"), CHANGED)
def test_a_setting(old: str, value: str, new: str) -> None:
    """The line says what to write in its place, value and all."""
    assert (new, f"{old} has a new name: {new}") == current_setting(f"{old}={value}")


def test_other_settings() -> None:
    """They stay as they are, and nothing is said; an option may be given without its value."""
    assert ("cassette_speed=1", "") == current_setting("cassette_speed=1")
    assert ("confdir=/host=a", "") == current_setting("confdir=/host=a")
    assert "cassette_miss_report" == current_setting("cassette_report")[0]


@pytest.mark.parametrize(("old", "value", "new"), CHANGED)
def test_on_the_command_line(caplog: pytest.LogCaptureFixture, old: str, value: str, new: str) -> None:
    """mitmproxy gets the new option, and the log has the line once."""
    name, _, expected = new.partition("=")
    got = getattr(declared(f"{old}={value}"), name)

    assert expected == str(got).lower()
    assert [(logging.WARNING, f"{old} has a new name: {new}")] == [
        (each.levelno, each.getMessage()) for each in caplog.records
    ]


def test_an_option_without_its_value() -> None:
    """As with the new name, it is true."""
    assert declared("cassette_report").cassette_miss_report is True


def test_in_a_file_of_settings() -> None:
    """There a value may be true or false instead of a text."""
    made = declared(file={"cassette_replayable": True, "cassette_report": True, "cassette_host": "authority"})
    config = parse(made)

    assert (Replayable.LAST, True, True) == (config.repeat.what, config.report, config.host_is_authority)


def test_both_names() -> None:
    """Which of two values counts is nobody's to guess."""
    with pytest.raises(BadOptionError, match="cassette_host and cassette_record_host are one option") as caught:
        declared("cassette_record_host=true", "cassette_host=empty")

    assert "cassette_host" == caught.value.option


def test_a_wrong_value() -> None:
    """It is said of the new name, as its values are those to choose from."""
    with pytest.raises(BadOptionError, match="cassette_repeat=perhaps: expected one of never, last, all"):
        parse(declared("cassette_replayable=perhaps"))
    with pytest.raises(BadOptionError, match="cassette_record_host: boolean must be"):
        declared("cassette_host=nowhere")


def test_an_old_name_that_comes_too_late() -> None:
    """Once the options are there, mitmproxy keeps it aside: the error says the new name."""
    made = declared()
    made.set("cassette_dialect=stock", defer=True)

    with pytest.raises(BadOptionError, match="cassette_dialect has a new name: cassette_layout"):
        refuse_unknown(made)
    with pytest.raises(exceptions.OptionsError, match="cassette_dialect"):
        made.set("cassette_dialect=stock")
