"""The `cassette*` options: declared as a table, parsed once into a frozen config.

What is wrong is a BadOptionError of one line. Knows nothing of what the options do.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from tapehead.cassette.dialect import CHOICES
from tapehead.exchange.config import Config, LaneUse, Unused
from tapehead.exchange.option_values import (
    parse_choice,
    parse_directory,
    parse_filter,
    parse_header_patterns,
    parse_most_requests,
    parse_most_usd,
    parse_path,
    parse_read_on,
    parse_redact,
    parse_redact_keep,
    parse_repeat,
    parse_speed,
    parse_waiting,
)
from tapehead.matching.rules import Rules, parse_ignore, parse_match
from tapehead.modes import MODES, Mode
from tapehead.redact.header_rules import HeaderRules
from tapehead.root import BadOptionError
from tapehead.started_by import StartedBy

if TYPE_CHECKING:
    pass

logger = logging.getLogger(__name__)

PREFIX = "cassette"
_MITMDUMP = StartedBy()
UNNAMED = "_unnamed.yaml"
"""In the folder of sessions: the cassette of requests that name none, unless the user gives another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option: how mitmproxy knows it, and what its value means."""

    field: str
    default: str | bool | Sequence[str]
    parse: Callable[[Any], Any]
    help: str

    @property
    def type(self) -> object:
        return type(self.default) if isinstance(self.default, str | bool) else Sequence[str]


OPTIONS: Mapping[str, Option] = {
    "cassette": Option(
        field="path",
        default="cassettes/recorded.yaml",
        parse=parse_path,
        help="The cassette file. It is made, with its folder, when something is recorded. With cassette_dir that of "
        f"requests which name no session; it is {UNNAMED} there by default.",
    ),
    "cassette_dir": Option(
        field="directory",
        default="",
        parse=parse_directory,
        help="Folder of the cassettes of sessions: a client names its own by the proxy's user name, or in a header "
        "x-tapehead-session.",
    ),
    "cassette_mode": Option(
        field="mode",
        default="",  # the script's own
        parse=parse_choice(MODES),
        help="record_only: record everything anew. record_once: record if there is no cassette, else replay only. "
        "replay_only: replay, and answer 404 to what is not recorded. replay_with_new_episodes: replay what is "
        "recorded, record the rest. passthrough: neither. Or one of their short names: "
        f"{', '.join(name for name in MODES if name not in {mode.value for mode in Mode})}.",
    ),
    "cassette_speed": Option(
        field="speed",
        default="0",
        parse=parse_speed,
        help="Pace of replay: 0 at once, 1 as recorded, 2 twice as fast, or any positive number.",
    ),
    "cassette_match": Option(
        field="match",
        default=(),
        parse=parse_match,
        help="What of a request must be as recorded: some of method, url, scheme, host, port, path, query, body, form, "
        "headers:NAME, separated by commas, or go-vcr alone: all that go-vcr's own matcher compares. "
        "By default method,url,body.",
    ),
    "cassette_ignore": Option(
        field="ignore",
        default=(),
        parse=parse_ignore,
        help="What in it need not be as recorded: JSON pointers such as /metadata/id or /input/*/id, query:NAME, "
        "form:NAME, headers:NAME, separated by commas; or one text:PATTERN or text(/pointer):PATTERN, of which only what "
        "matches the pattern is ignored.",
    ),
    "cassette_order": Option(
        field="strict",
        default="any",
        parse=parse_choice({"any": False, "strict": True}),
        help="any: the same requests are answered in recorded order. strict: all requests are.",
    ),
    "cassette_repeat": Option(
        field="repeat",
        default="never",
        parse=parse_repeat,
        help="Whether interactions answer again when all that are the same were used: never, last (the last of them "
        "does), all (all do, round and round). A mitmproxy filter expression, alone or behind last or all, says of which "
        "requests: ~m GET.",
    ),
    "cassette_unused": Option(
        field="unused",
        default="warn",
        parse=parse_choice({each.value: each for each in Unused}),
        help="What becomes of interactions that were not asked for: ignore, warn (they are named at the end), fail "
        "(and the exit code is 1).",
    ),
    "cassette_miss_report": Option(
        field="report",
        default=False,
        parse=bool,
        help="Whether each miss is also written to NAME.yaml.misses.jsonl beside the cassette, for programs to read.",
    ),
    "cassette_failures": Option(
        field="failures",
        default="on",
        parse=parse_choice({"on": True, "off": False}),
        help="on: what failed (no connection, no name, no TLS, reset) and what was cut (by server or client) is recorded in "
        "NAME.yaml.errors.jsonl beside the cassette, and replayed as what it was. off: it is counted, and neither.",
    ),
    "cassette_headers": Option(
        field="headers",
        default=(),
        parse=parse_header_patterns,
        help="More headers to record: names or patterns such as x-ratelimit-*, separated by commas. "
        "Credentials are never written.",
    ),
    "cassette_passthrough": Option(
        field="passthrough",
        default="",
        parse=parse_filter,
        help="A mitmproxy filter expression for what is neither recorded nor replayed; while replaying, the cassette "
        "answers, or else a 404 that counts as no miss.",
    ),
    "cassette_allow_link_local": Option(
        field="allow_link_local",
        default=False,
        parse=bool,
        help="Whether requests may go to link-local addresses and metadata services, such as 169.254.169.254; else "
        "they are answered 403.",
    ),
    "cassette_record_host": Option(
        field="host_is_authority",
        default=False,
        parse=bool,
        help="Whether `host` of a recorded request says which host was asked; else it is empty, as the providers' Go "
        "SDKs make it.",
    ),
    "cassette_read_on": Option(
        field="read_on",
        default="250",
        parse=parse_read_on,
        help="Milliseconds for which a server is read on from when its client has left before the end of a response: "
        "if that ends in time, it is recorded. 0: not at all.",
    ),
    "cassette_retry_after": Option(
        field="retry_after",
        default="",
        parse=parse_waiting,
        help="While replaying: the seconds that Retry-After and its like (in milliseconds, of Azure and OpenAI) say at "
        "most. Nothing: as recorded.",
    ),
    "cassette_now": Option(
        field="shift_times",
        default="recorded",
        parse=parse_choice({"recorded": False, "shift": True}),
        help="While replaying: recorded, or shift: times of expiry in bodies (expires_at, Expiration, exp) are as far ahead "
        "as they were when they were recorded.",
    ),
    "cassette_lane": Option(
        field="lane",
        default="auto",
        parse=parse_choice({each.value: each for each in LaneUse}),
        help="Whether a request that is recorded to the letter is answered at once, without a flow of mitmproxy's: auto "
        "(unless another addon or a list of flows waits for it), on, off.",
    ),
    "cassette_layout": Option(
        field="dialect",
        default="reference",
        parse=parse_choice(CHOICES),
        help=f"Layout of a new cassette: {', '.join(CHOICES)}. An existing one keeps its own.",
    ),
    "cassette_max_requests": Option(
        field="max_requests",
        default="",
        parse=parse_most_requests,
        help="So many requests go to providers in a run, all sessions together; the rest is answered 503. Nothing: all.",
    ),
    "cassette_max_usd": Option(
        field="max_usd",
        default="",
        parse=parse_most_usd,
        help="What a run may cost in US dollars, reckoned by list prices from the tokens of what is recorded; the rest is "
        "answered 503. Nothing: whatever it costs.",
    ),
    "cassette_drop_refused": Option(
        field="drop_refused",
        default=False,
        parse=bool,
        help="Whether answers by which a provider refuses a key, 401, 403 and Google's 400, are passed on and not recorded.",
    ),
    "cassette_redact": Option(
        field="redact",
        default=(),
        parse=parse_redact,
        help="More to redact, one entry a --set: a JSON pointer such as /user/*/email, header:NAME, query:NAME (of a "
        "form too), json:NAME, regex:EXPRESSION; or off:LAYER, which turns off headers, names, json, shapes or values.",
    ),
    "cassette_redact_keep": Option(
        field="redact_keep",
        default=(),
        parse=parse_redact_keep,
        help="What is not redacted, one entry a --set: header:NAME, query:NAME, json:NAME, shape:KIND, env:VARIABLE, "
        "regex:EXPRESSION.",
    ),
}


def parse(
    options: Any,
    changed: Mapping[str, Any] = MappingProxyType({}),
    *,
    in_ci: bool = False,
    started_by: StartedBy = _MITMDUMP,
) -> Config:
    """Returns the config in mitmproxy's options, some of them `changed`. `in_ci`: what is there alone is replayed.

    Raises BadOptionError, which says which one is wrong and what is expected.
    """
    values = {}
    for name, option in OPTIONS.items():
        value = changed[name] if name in changed else getattr(options, name)
        try:
            values[option.field] = option.parse(value)
        except ValueError as e:
            raise BadOptionError(f"{name}={shown(value)}: {e}", option=name) from e
    values["auto_in_ci"] = in_ci and values["mode"] is Mode.RECORD_ONCE
    if values["auto_in_ci"]:
        values["mode"] = Mode.REPLAY_ONLY
    match = values.pop("match")
    try:
        values["rules"] = Rules(match=match, ignore=values.pop("ignore"))
    except ValueError as e:
        raise BadOptionError(f"cassette_ignore: {e}", option="cassette_ignore") from e
    if values["directory"] and values["path"] == Path(str(OPTIONS["cassette"].default)):
        values["path"] = values["directory"] / UNNAMED
    # What is compared is kept.
    extra = ("*",) if match.govcr else tuple(name.lower() for name in match.headers)
    values["headers"] = HeaderRules(extra=values["headers"].extra + extra)
    return Config(**values, started_by=started_by)


def shown(value: object) -> str:
    """Returns a value as a message has it."""
    text = ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text[:80])
