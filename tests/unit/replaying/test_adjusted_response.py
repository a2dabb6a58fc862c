"""What users want otherwise than it was recorded: waits, and times that would be over."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from tapehead.cassette.model import Response
from tapehead.replaying.adjusted_response import with_shorter_waits, with_times_now

NOW = 1_800_000_000.0
THEN = 1_700_000_000.0


@pytest.mark.parametrize(
    ("name", "value", "most", "expected"),
    [
        ("Retry-After", "20", 0, "0"),
        ("Retry-After", "20", 2.5, "2"),
        ("retry-after", "1", 2, "1"),
        ("Retry-After", "0.5", 0, "0"),
        ("Retry-After-Ms", "1500", 1, "1000"),
        ("Retry-After-Ms", "500", 1, "500"),
        ("X-Ms-Retry-After-Ms", "500", 0, "0"),
        ("Openai-Poll-After-Ms", "1000", 0, "0"),
        ("Retry-After", "soon", 0, "soon"),
        ("Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT", 0, "Wed, 21 Oct 2015 07:28:00 GMT"),
        ("X-Other", "20", 0, "20"),
    ],
)
def test_waits(name: str, value: str, most: float, expected: str) -> None:
    """A client is told to wait at most so long; shorter waits, dates that are over and other headers stay."""
    headers = {name: (value,), "Content-Type": ("text/plain",)}
    adjusted = with_shorter_waits(headers, most)

    assert {**headers, name: (expected,)} == adjusted
    assert (adjusted is headers) is (value == expected)


def test_a_wait_until_a_date() -> None:
    """A date that is still to come is seconds then."""
    date = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    assert {"Retry-After": ("3",)} == with_shorter_waits({"Retry-After": (date,)}, 3)
    assert {"Retry-After": (date,)} == with_shorter_waits({"Retry-After": (date,)}, 4000)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('{"expires_at": 1700000060}', '{"expires_at": 1800000060}'),
        ('{"expiresAt":1700000060.25}', '{"expiresAt":1800000060.25}'),
        ('{"expiresAt":1700000060123}', '{"expiresAt":1800000060123}'),
        ('{"exp":1700000060,"iat":1700000000}', '{"exp":1800000060,"iat":1700000000}'),
        ('{"a":"{\\"exp\\":1700000060}"}', '{"a":"{\\"exp\\":1800000060}"}'),
        ('{"Expiration":"2023-11-14T22:14:20Z"}', '{"Expiration":"2027-01-15T08:01:00Z"}'),
        ("<Expiration>2023-11-14T22:14:20.123Z</Expiration>", "<Expiration>2027-01-15T08:01:00.123Z</Expiration>"),
        ('{"expireTime":"2023-11-14 22:14:20+00:00"}', '{"expireTime":"2027-01-15 08:01:00+00:00"}'),
    ],
)
def test_times_are_as_far_ahead_as_they_were(body: str, expected: str) -> None:
    """Numbers and dates are put off by what has passed since they were recorded; the rest, and the length, stay."""
    assert (
        expected
        == with_times_now(
            Response(code=200, status="200 OK", body=body.encode(), content_length=-1), THEN, NOW
        ).body.decode()
    )
    assert len(body) == len(expected)


@pytest.mark.parametrize(
    "body",
    [
        '{"created_at":1700000060,"experiment":1700000060}',
        '{"expires_at":null}',
        '{"expires_at":17000000601234}',
        '{"expires_at":"2023-19-99T22:14:20Z"}',
        '{"expires_at":9999999999}',
        '{"expires_at":"9999-12-31T23:59:59Z"}',
        "",
    ],
)
def test_what_is_no_time_of_expiry_stays(body: str) -> None:
    """Other names, other values, and what would be no date or longer."""
    response = Response(code=200, status="200 OK", body=body.encode(), content_length=-1)
    assert with_times_now(response, THEN, NOW) is response


def test_where_it_is_not_known_when_it_was_recorded() -> None:
    """What is over is an hour ahead; what is not stays."""
    body = {"expires_at": int(THEN), "exp": int(NOW) + 9}
    adjusted = with_times_now(
        Response(code=200, status="200 OK", body=json.dumps(body).encode(), content_length=-1), None, NOW
    )

    assert {"expires_at": int(NOW) + 3600, "exp": int(NOW) + 9} == json.loads(adjusted.body)
