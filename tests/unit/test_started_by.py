"""Advice is written for the way in which a run was started."""

import ast

import pytest

from tapehead.explain.advice import RECORD, RECORD_ANEW, Advice
from tapehead.started_by import OptionForm, StartedBy, to_record

IGNORE = Advice(action="ignore", text="to ignore it", option="cassette_ignore=/a,/b")
PATTERNS = Advice(
    action="ignore",
    text="to ignore these",
    option=r"cassette_ignore=text:\d{4}",
    more_options=("cassette_ignore=text:'",),
)


def test_without_a_word_it_is_mitmdump_s() -> None:
    """Options to add to what was typed."""
    told = [each.for_who(StartedBy()).line for each in (RECORD, RECORD_ANEW, IGNORE, PATTERNS)]
    assert [
        "to record what is missing: --set cassette_mode=replay_with_new_episodes",
        "to record it anew: --set cassette_mode=record_only",
        "to ignore it: --set cassette_ignore=/a,/b",
        r"""to ignore these: --set 'cassette_ignore=text:\d{4}' --set 'cassette_ignore=text:'"'"''""",
    ] == told
    assert "to record it: --set cassette_mode=record_only" == to_record(StartedBy())


def test_commands() -> None:
    """Take the place of modes; what there is no option for stays as it is."""
    who = StartedBy(add="run --add", make="run --make")
    assert "to record what is missing: run --add" == RECORD.for_who(who).line
    assert "to record it anew: run --make" == RECORD_ANEW.for_who(who).line
    mend = Advice(action="mend", text="or mend the program")
    assert mend is mend.for_who(who)


@pytest.mark.parametrize("values", [["/a,/b"], [r"text:\d{4}", "text:'"], ['a"b'], ["\\"], ['\\"'], ["x\\"]])
def test_marks_are_python(values: list[str]) -> None:
    """What is said can be pasted: it evaluates to the values."""
    text = OptionForm.MARK.written([f"cassette_ignore={each}" for each in values])
    assert text.startswith("@pytest.mark.tapehead(cassette_ignore=")
    call = ast.parse(text[1:], mode="eval").body
    assert isinstance(call, ast.Call)
    given = ast.literal_eval(call.keywords[0].value)
    assert values == ([given] if isinstance(given, str) else given)


def test_lines_of_a_configuration() -> None:
    """One for each."""
    told = OptionForm.INI.written(["cassette_ignore=text:a", "cassette_ignore=text:b"])
    assert "tapehead_set = cassette_ignore=text:a and tapehead_set = cassette_ignore=text:b" == told


def test_of_json() -> None:
    """Any runner may say it."""
    assert StartedBy(add="x", options=OptionForm.MARK) == StartedBy.of({"add": "x", "options": "mark"})


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ("x", "expected an object of texts"),
        ({"add": 1}, "expected an object of texts"),
        ({"ad": "x"}, "'ad' is none of add, make, options"),
        ({"add": "x" * 2001}, "at most 2000 characters"),
        ({"options": "flag"}, "expected set or mark or ini"),
    ],
)
def test_what_is_no_advice(told: object, message: str) -> None:
    """One line each."""
    with pytest.raises(ValueError, match=message):
        StartedBy.of(told)
