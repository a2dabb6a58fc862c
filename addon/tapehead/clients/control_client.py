"""Talks to the control endpoint of a proxy: begins a session, asks for its verdict, ends it.

Only the standard library, as it runs in the processes of others. The endpoint itself is `sessions/control.py`.
"""

import http.client
import json
import os
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import quote

from tapehead.clients.straight_connection import straight
from tapehead.root import TapeheadError

_TIMEOUT = 30  # seconds


class ControlError(TapeheadError):
    """The endpoint refused: one line."""


class GoneError(ControlError):
    """The endpoint is not there, or no longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlClient:
    """An endpoint, and the token for it."""

    url: str
    token: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self | None:
        """Returns that of the proxy which this program runs under; None when it runs under none."""
        url, token = environment.get("TAPEHEAD_CONTROL", ""), environment.get("TAPEHEAD_TOKEN", "")
        return cls(url=url, token=token) if url and token else None

    @classmethod
    def with_sessions(cls, environment: Mapping[str, str] = os.environ) -> Self | None:
        """Returns the same, but None also when its proxy has one cassette for all."""
        return cls.from_environment(environment) if environment.get("TAPEHEAD_DIR") else None

    def begin(
        self,
        cassette: str,
        *,
        user: str = "",
        mode: str = "",
        options: Mapping[str, Any] | None = None,
        append: bool = False,
        share: bool = False,
        advice: Mapping[str, str] | None = None,
    ) -> str:
        """Returns the name of a new session, which whoever comes as `user` is in until it ends.

        With `append`, what this run's earlier sessions recorded into the cassette is added to; with `share` it is
        replayed, and waited for. A miss says what `advice` has: commands to `add` what is missing and to `make` the cassette,
        and the form of `options`, `set` or `mark`. Raises ControlError when refused, GoneError when the proxy does not answer.
        """
        asked: dict[str, Any] = {"cassette": cassette, "user": user, "mode": mode, "append": append, "share": share}
        asked["options"] = dict(options or {})
        if advice:
            asked["advice"] = dict(advice)
        return str(self._ask("POST", "/begin", asked)["session"])

    def end(self, session: str, *, succeeded: bool | None = None) -> dict[str, Any]:
        """Ends a session, and returns its verdict.

        `succeeded`: whether who asked did; what a test that failed has recorded anew does not replace the old one for good.
        Raises ControlError when there is none, GoneError when the proxy does not answer.
        """
        asked = {"session": session} if succeeded is None else {"session": session, "succeeded": succeeded}
        return self._ask("POST", "/end", asked)

    def verdict(self, session: str = "") -> dict[str, Any]:
        """Returns what came of a session so far; of all of them with "". Raises ControlError and GoneError as `end`."""
        return self._ask("GET", f"/verdict?session={quote(session, safe='')}" if session else "/verdict")

    def requests(self, session: str = "") -> list[dict[str, Any]]:
        """Returns what was sent in a session so far, in order; with "" what names no session.

        Each has `method`, `url`, `headers` by their lower-case names, `json` and `body`, without credentials. Raises
        ControlError and GoneError as `end`.
        """
        asked = self._ask("GET", f"/requests?session={quote(session, safe='')}" if session else "/requests")
        sent: list[dict[str, Any]] = asked["requests"]
        return sent

    def _ask(self, method: str, path: str, value: object = None) -> dict[str, Any]:
        body = None if value is None else json.dumps(value).encode()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}{path}", data=body, headers=headers, method=method)  # noqa: S310
        try:
            with straight.open(request, timeout=_TIMEOUT) as response:
                answer: dict[str, Any] = json.load(response)
                return answer
        except urllib.error.HTTPError as e:
            raise ControlError(_error(e)) from e
        except (OSError, ValueError, http.client.HTTPException) as e:
            raise GoneError(f"tapehead: the proxy does not answer at {self.url} any more: {e}") from e


def _error(answer: urllib.error.HTTPError) -> str:
    try:
        return str(json.load(answer)["error"])
    except (OSError, ValueError, LookupError, TypeError, http.client.HTTPException):
        return str(answer)
