"""Taking credentials out of the process's log."""

import io
import logging
from collections.abc import Iterator

import pytest

from tapehead.proxy.log_redaction import LogRedaction
from tapehead.redact.redactor import Redactor
from tests.unit.redact.key_samples import WORD

KEY = f"sk-ant-api03-{WORD}"
HIDDEN = "[REDACTED:anthropic-key]"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the root logger's handlers say, a format with the exception among them."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logging.getLogger().addHandler(handler)
    yield stream
    logging.getLogger().removeHandler(handler)


def test_every_record(log: io.StringIO) -> None:
    """Every logger's records are redacted, message and arguments together, also where the arguments do not fit."""
    made = logging.getLogRecordFactory()
    with LogRedaction() as redaction:
        redaction.install()
        logging.getLogger("mitmproxy.proxy.server").warning("a %s\nb", KEY)
        logging.getLogger().error(f"{KEY} %s")
        logging.getLogger("any.other").error("Authorization: %s %s", "Bearer", "x" * 20)
        logging.getLogger().error("%d", KEY)
        logging.getLogger().error("nothing %s", ("in", "it"))
    logging.getLogger().error("%s", KEY)

    lines = log.getvalue().splitlines()
    assert [f"a {HIDDEN}", "b", f"{HIDDEN} %s", "Authorization: [REDACTED:header]", f"%d ('{HIDDEN}',)"] == lines[:5]
    assert ["nothing ('in', 'it')", KEY] == lines[5:]
    assert made is logging.getLogRecordFactory()


def test_exceptions(log: io.StringIO) -> None:
    """A traceback that has a credential is written without it; any other stays the exception that it is."""
    with LogRedaction():
        for text in (KEY, "no key"):
            try:
                raise ValueError(text)
            except ValueError:
                logging.getLogger().exception("failed")
        logging.getLogger().error("none", exc_info=(None, None, None))

    assert KEY not in log.getvalue()
    assert f"ValueError: {HIDDEN}" in log.getvalue()
    assert "ValueError: no key" in log.getvalue()
    assert 2 == log.getvalue().count("Traceback")


def test_several(log: io.StringIO) -> None:
    """Each proxy's redactor has its part, and the log is redacted until the last of them has gone."""
    one, other = LogRedaction(), LogRedaction()
    one.redactor = Redactor(environment={"MY_KEY": "shapeless0001"})
    with one:
        with other:
            logging.getLogger().error("shapeless0001")
        logging.getLogger().error("shapeless0001")
        changed = logging.getLogRecordFactory()
        logging.setLogRecordFactory(logging.LogRecord)
    assert logging.LogRecord is logging.getLogRecordFactory() is not changed

    assert ["[REDACTED:value]"] * 2 == log.getvalue().splitlines()
