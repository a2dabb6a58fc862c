"""What a user wants otherwise than it was recorded: shorter waits between retries, times that are not over yet.

Knows the headers that say how long to wait, and how times are written beside the names of `expiry_times`. Changes what is
replayed, and never a file; a body keeps its length.
"""

import re
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from tapehead.cassette.model import Response, Values
from tapehead.cassette.timing import Timing
from tapehead.exchange.config import Config
from tapehead.redact.expiry_times import NAMES

# Headers that say how long a client is to wait, in lower case: how many of their units a second has.
WAITS: Mapping[str, int] = {
    "retry-after": 1,  # RFC 9110, 10.2.3; or a date
    "retry-after-ms": 1000,  # openai-python 2.15.0 and openai-node, `_calculate_retry_timeout`
    "x-ms-retry-after-ms": 1000,  # azure-core 1.38, RetryPolicy
    "openai-poll-after-ms": 1000,  # openai-python 2.15.0, vector_stores.files.poll
}
_AHEAD = 3600  # seconds: where it is not known when a time was written, and it is over
_MILLISECONDS = 13  # digits
_EXP = rb"(?<![A-Za-z_])exp"  # RFC 7519, 4.1.4; RFC 7662, 2.2
_TIME = re.compile(
    rb'(?i:%b|%b)(?:\\*+"[ \t\r\n]*+:[ \t\r\n]*+(?:\\*+")?+|>)'
    rb"(?:(?P<number>[0-9]{10}(?:[0-9]{3})?+)(?![0-9])|(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}))"
    % (b"|".join(NAMES), _EXP)
)


def adjust(config: Config, recorded: Response, timing: Timing | None) -> Response:
    """Returns what is sent of a response, by the options; mostly the very same."""
    if config.retry_after is not None:
        headers = with_shorter_waits(recorded.headers, config.retry_after)
        recorded = recorded if headers is recorded.headers else replace(recorded, headers=headers)
    if config.shift_times:
        recorded = with_times_now(recorded, timing.start / 1000 if timing else None, time.time())
    return recorded


def with_shorter_waits(headers: Values, most: float) -> Values:
    """Returns response headers by which no client waits longer than `most` seconds; the very same where none does."""
    changed = {name: tuple(_shorter(name, value, most) for value in values) for name, values in _waits(headers).items()}
    return headers if all(headers[name] == values for name, values in changed.items()) else {**headers, **changed}


def with_times_now(response: Response, recorded_at: float | None, now: float) -> Response:
    """Returns a response whose times of expiry are as far ahead as they were; the very same where it has none.

    Times are seconds since 1970. Where it is not known when it was recorded, a time that is over is put an hour ahead.
    """
    body = _TIME.sub(lambda match: _shifted(match, recorded_at, now), response.body)
    return response if body == response.body else replace(response, body=body)


def _waits(headers: Values) -> dict[str, tuple[str, ...]]:
    return {name: values for name, values in headers.items() if name.lower() in WAITS}


def _shorter(name: str, value: str, most: float) -> str:
    units = WAITS[name.lower()]
    try:
        return value if float(value) <= most * units else str(int(most * units))
    except ValueError:
        pass
    try:
        wait = (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError):  # nothing that a client waits for
        return value
    return value if wait <= most else str(int(most))


def _shifted(match: re.Match[bytes], recorded_at: float | None, now: float) -> bytes:
    whole, text = match[0], match["number"] or match["date"]
    units = 1000 if len(text) == _MILLISECONDS else 1
    try:
        then = int(text) / units if match["number"] else datetime.fromisoformat(text.decode() + "+00:00").timestamp()
        later = now - recorded_at if recorded_at is not None else max(0.0, now + _AHEAD - then) if then < now else 0.0
        if match["number"]:
            new = b"%d" % (int(text) + round(later) * units)
        else:
            moved = datetime.fromtimestamp(then, UTC) + timedelta(seconds=round(later))
            new = moved.strftime(f"%Y-%m-%d{chr(text[10])}%H:%M:%S").encode()
    except (ValueError, OverflowError):  # no date, or none that there will be
        return whole
    return whole[: -len(text)] + new if len(new) == len(text) else whole
