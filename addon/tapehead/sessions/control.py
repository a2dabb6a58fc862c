"""`http://tapehead.local/`, a host that only the proxy knows: sessions are begun and ended there, by whoever has the token.

    POST /begin   {"cassette": "checkout/happy", "user": "gw0", "mode": "auto", "options": {"cassette_speed": "1"}}
                  -> {"session": "checkout/happy~1", "user": "checkout/happy~1:tapehead"}
    POST /end     {"session": "checkout/happy~1"}  -> its verdict
    GET  /verdict?session=checkout/happy~1         -> its verdict so far; without it {"sessions": [of all]}
    GET  /requests?session=checkout/happy~1        -> {"requests": [what was sent]}; without it of what names no session

Each with `Authorization: Bearer TOKEN`, and from no page in a browser: those name an origin. What is wrong with a
request is a 4xx with `{"error": LINE}`; a second session without a user while there is one is 409. Nothing of it goes
upstream.
"""

import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from mitmproxy import http

from tapehead.exchange.config import Config
from tapehead.exchange.flows import log_name
from tapehead.exchange.options import OPTIONS
from tapehead.exchange.outcomes import FAILURES, ONLY_FAILURES, Outcome
from tapehead.modes import MODES
from tapehead.option_names import RENAMED, renamed
from tapehead.sessions.rate_limit import TokenBucket
from tapehead.sessions.session import Session
from tapehead.sessions.session_registry import SessionRegistry, TakenError
from tapehead.sessions.verdict import Verdict
from tapehead.started_by import StartedBy

HOST = "tapehead.local"
VERSION = 1
"""Of a verdict's JSON: docs/schemas/verdict.schema.json has its fields."""
_JSON = {"Content-Type": "application/json", "Cache-Control": "no-store"}
_MAX_BODY = 64 * 1024
_BROWSER_HEADERS = ("origin", "sec-fetch-site")
_PROXY_WIDE_OPTIONS = (
    "cassette",
    "cassette_dir",
    "cassette_allow_link_local",
    "cassette_max_requests",
    "cassette_max_usd",
    "cassette_redact",
    "cassette_redact_keep",
)
"""Options that are the proxy's, not a session's."""
_RENAMED_KEYS = {"add": "append", "once": "share"}
"""Of `POST /begin`, before version 0.2; they are taken for one release more."""


class _ControlRefusedError(Exception):
    def __init__(self, status: int, message: str) -> None:
        self.status = status
        super().__init__(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlEndpoint:
    """Answers what is asked of the proxy itself."""

    token: str
    """"": nobody has it."""
    rate_limit: TokenBucket
    sessions: SessionRegistry | None
    unnamed: Session | None
    """That of requests which name none, once there are any."""
    configured: Callable[[Mapping[str, Any]], Config]
    """The config with some options changed. BadOptionError when a value is wrong."""
    warn: Callable[[str], None]
    """Is told each old name that was used, with the new one."""

    async def answer(self, request: http.Request) -> http.Response:
        """Returns the response to a request for the proxy's own host, an error response when the request is wrong."""
        try:
            status, value = 200, await self._answer(request)
        except _ControlRefusedError as e:
            status, value = e.status, {"error": str(e)}
        except TakenError as e:
            status, value = 409, {"error": f"tapehead: {e}"}
        except ValueError as e:
            status, value = 400, {"error": f"tapehead: {e}"}
        return http.Response.make(status, json.dumps(value).encode(), _JSON)

    async def _answer(self, request: http.Request) -> Any:
        self._check(request)
        path = request.path.partition("?")[0]
        handler = {
            ("POST", "/begin"): self._begin,
            ("POST", "/end"): self._end,
            ("GET", "/verdict"): self._verdict,
            ("GET", "/requests"): self._requests,
        }.get((request.method, path))
        if handler is None:
            name = log_name(request.method, path[:80])
            raise _ControlRefusedError(
                404, f"tapehead: {name}: expected POST /begin, POST /end, GET /verdict or GET /requests"
            )
        if self.sessions is None:
            raise _ControlRefusedError(409, "tapehead: there are no sessions; set cassette_dir")
        return await handler(self.sessions, dict(request.query) if request.method == "GET" else _json_body(request))

    def _check(self, request: http.Request) -> None:
        if any(name in request.headers for name in _BROWSER_HEADERS):
            raise _ControlRefusedError(403, "tapehead: a page in a browser has no business here")
        if not self.token:
            raise _ControlRefusedError(
                403, "tapehead: no token; start the proxy with TAPEHEAD_TOKEN in its environment"
            )
        given = request.headers.get("authorization", "")
        # Before anything is counted: one who guesses is not to lock out those who know it.
        if not hmac.compare_digest(given.encode(errors="surrogateescape"), f"Bearer {self.token}".encode()):
            if not self.rate_limit.has_token():
                raise _ControlRefusedError(429, "tapehead: too many wrong tokens; wait a second")
            self.rate_limit.take_token()
            raise _ControlRefusedError(401, "tapehead: expected Authorization: Bearer, and the token in TAPEHEAD_TOKEN")

    async def _begin(self, sessions: SessionRegistry, asked: Mapping[str, Any]) -> Any:
        options = asked.get("options", {})
        if not isinstance(options, dict):
            raise ValueError("options: expected an object")
        asked, options = self._renamed_keys(asked), self._renamed_options(options)
        for name in options:
            if name not in OPTIONS or name in _PROXY_WIDE_OPTIONS:
                allowed = ", ".join(each for each in OPTIONS if each not in _PROXY_WIDE_OPTIONS)
                raise ValueError(f"options: {name!r} is none of {allowed}")
        values = {name: _coerce(name, value) for name, value in options.items()}
        mode = _text(asked, "mode")
        if mode:
            if mode not in MODES:
                raise ValueError(f"mode: expected one of {', '.join(MODES)}")
            values["cassette_mode"] = MODES[mode].value
        config = self.configured(values) if values else None
        if "advice" in asked:
            config = replace(config or self.configured({}), started_by=StartedBy.of(asked["advice"]))
        cassette, user = _text(asked, "cassette", needed=True), _text(asked, "user")
        name = sessions.begin(
            cassette, user=user, config=config, append=_bool(asked, "append"), share=_bool(asked, "share")
        )
        return {"session": name, "user": f"{name}:tapehead"}

    def _renamed_keys(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """Returns what was asked, under the names of now. ValueError when something is there under both."""
        values = dict(asked)
        for old, new in _RENAMED_KEYS.items():
            if old in values:
                _refuse_both(old, new, values)
                values[new] = values.pop(old)
                self.warn(renamed(f"{old!r} of POST /begin", repr(new)))
        return values

    def _renamed_options(self, options: Mapping[str, Any]) -> Mapping[str, Any]:
        """Returns the options under the names of now. ValueError when one is there under both."""
        values = dict(options)
        for old, new in RENAMED.items():
            if old in values:
                _refuse_both(old, new.name, values)
                given = values.pop(old)
                values[new.name] = new.value(given)
                self.warn(renamed(old, new.setting(given)))
        return values

    @staticmethod
    async def _end(sessions: SessionRegistry, asked: Mapping[str, Any]) -> Any:
        name = _text(asked, "session", needed=True)
        succeeded = _bool(asked, "succeeded") if "succeeded" in asked else None
        verdict = await sessions.end(name, succeeded=succeeded)
        if verdict is None:
            raise _ControlRefusedError(404, f"tapehead: session {name[:200]!r}: there is none")
        return as_json(verdict)

    async def _verdict(self, sessions: SessionRegistry, asked: Mapping[str, Any]) -> Any:
        name = _text(asked, "session")
        if not name:
            unnamed = [self.unnamed.verdict()] if self.unnamed else []
            return {"sessions": [as_json(each) for each in (*unnamed, *sessions.verdicts())]}
        verdict = sessions.verdict(name)
        if verdict is None:
            raise _ControlRefusedError(404, f"tapehead: session {name[:200]!r}: there is none")
        return as_json(verdict)

    async def _requests(self, sessions: SessionRegistry, asked: Mapping[str, Any]) -> Any:
        name = _text(asked, "session")
        sent = sessions.sent_requests(name)
        if sent is None:
            raise _ControlRefusedError(404, f"tapehead: session {name[:200]!r}: there is none, or it has ended")
        return {"version": VERSION, "requests": sent}


def as_json(verdict: Verdict) -> dict[str, Any]:
    """Returns a verdict, made of what `json` can write."""
    counts = {each.name.lower(): verdict.stats.counts[each] for each in Outcome}
    failures = [each.reason for each in verdict.stats.failures if each.outcome in FAILURES]
    problems = [
        {
            "outcome": each.outcome.name.lower(),
            "what": each.outcome.name.lower(),  # the old name, for one release more, as troubles is
            "method": each.method,
            "url": each.url,
            "reason": each.reason,
            "explanation": list(each.details),
        }
        for each in verdict.stats.failures
    ]
    return {
        "version": VERSION,
        "session": verdict.name,
        "cassette": str(verdict.config.path),
        "mode": verdict.config.mode.value,
        **counts,
        "failures": [*failures, *([ONLY_FAILURES] if verdict.only_failures and verdict.failed else ())],
        "unused": [{"id": each.id, "method": each.request.method, "url": each.request.url} for each in verdict.unused],
        "problems": problems,
        "troubles": problems,
        "line": verdict.line(),
    }


def _refuse_both(old: str, new: str, values: Mapping[str, Any]) -> None:
    if new in values:
        raise ValueError(f"{old} and {new} are one; leave {old} out")


def _json_body(request: http.Request) -> Mapping[str, Any]:
    content = request.raw_content or b""
    if not content:
        return {}
    if len(content) > _MAX_BODY:
        raise ValueError(f"expected at most {_MAX_BODY} bytes")
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as e:
        raise ValueError("expected a JSON object") from e
    if not isinstance(value, dict):
        raise ValueError("expected a JSON object")
    return value


def _text(asked: Mapping[str, Any], key: str, *, needed: bool = False) -> str:
    value = asked.get(key, "")
    if not isinstance(value, str) or (needed and not value):
        raise ValueError(f"{key}: expected {'a name' if needed else 'text'}")
    return value


def _bool(asked: Mapping[str, Any], key: str) -> bool:
    value = asked.get(key, False)
    if not isinstance(value, bool):
        raise ValueError(f"{key}: expected true or false")
    return value


def _coerce(name: str, value: Any) -> Any:
    default = OPTIONS[name].default
    if isinstance(default, bool):
        if not isinstance(value, bool):
            raise ValueError(f"options: {name}: expected true or false")
        return value
    if isinstance(default, str):
        return str(value)
    return tuple(map(str, value)) if isinstance(value, list) else (str(value),)
