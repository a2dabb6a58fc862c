import time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapehead.cassette.duration import format_duration, parse_duration

# Go 1.26: time.Duration(n).String()
GO = [
    (0, "0s"),
    (1, "1ns"),
    (999, "999ns"),
    (1_000, "1µs"),
    (1_100, "1.1µs"),
    (12_500, "12.5µs"),
    (999_999, "999.999µs"),
    (2_200_000, "2.2ms"),
    (641_195_667, "641.195667ms"),
    (1_000_000_000, "1s"),
    (2_410_000_000, "2.41s"),
    (60_000_000_000, "1m0s"),
    (76_747_004_292, "1m16.747004292s"),
    (3_600_000_000_000, "1h0m0s"),
    (5 * 3_600_000_000_000 + 4 * 60_000_000_000 + 3_001_000_000, "5h4m3.001s"),
    (-1_500_000_000, "-1.5s"),
    (2**63 - 1, "2562047h47m16.854775807s"),
]


@pytest.mark.parametrize(("nanoseconds", "text"), GO)
def test_format(nanoseconds: int, text: str) -> None:
    """A duration is written as Go writes it."""
    assert text == format_duration(nanoseconds)


@pytest.mark.parametrize(("nanoseconds", "text"), GO)
def test_parse(nanoseconds: int, text: str) -> None:
    """What Go writes reads back as the same nanoseconds."""
    assert nanoseconds == parse_duration(text)


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("+5s", 5_000_000_000),
        (".5s", 500_000_000),
        ("1.s", 1_000_000_000),
        ("1us", 1_000),
        ("1μs", 1_000),
        ("1500", 1500),
        ("0.1234567891s", 123_456_789),
        ("1.0000000019ms", 1_000_000),
    ],
)
def test_parse_other_spellings(text: str, nanoseconds: int) -> None:
    """Go reads more spellings than it writes; so does this."""
    assert nanoseconds == parse_duration(text)


@pytest.mark.parametrize(
    "text", ["", "-", "s", "5", "1.5", "1x", "1s ", "3000000h", "99999999999999999999", "1e3s", "٣s"]
)
def test_parse_refuses(text: str) -> None:
    """What is no Go duration is a ValueError; a bare integer is nanoseconds."""
    if text == "5":
        assert parse_duration(text) == 5
    else:
        with pytest.raises(ValueError, match="duration"):
            parse_duration(text)


def test_many_digits_take_no_time() -> None:
    """A run of digits that no unit follows is gone through once, not once for each of them."""
    start = time.process_time()
    with pytest.raises(ValueError, match="not a duration"):
        parse_duration("1" * 200_000 + "x")

    assert time.process_time() - start < 1


@given(st.from_regex(r"[0-9]{1,9}(\.[0-9]{1,9})?(ms|s)", fullmatch=True, alphabet="0123456789.ms"))
def test_the_usual_spellings(text: str) -> None:
    """They are what the decimal number says, cut to whole nanoseconds."""
    number, unit = (text[:-2], 10**6) if text.endswith("ms") else (text[:-1], 10**9)
    assert int(Decimal(number) * unit) == parse_duration(text)
