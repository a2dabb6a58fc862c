"""The sessions of a proxy: each client's own run through its own cassette, begun by its first request or by word.

Knows which session a name means. What a session does is its own matter.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace

from tapehead.proxy.names import check_name, path_of
from tapehead.proxy.options import Config, Mode
from tapehead.proxy.recording import Recordings
from tapehead.proxy.session import Session, Verdict
from tapehead.proxy.tally import Entry
from tapehead.redact.interaction import Redactor

_MOST_VERDICTS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A session that was begun by word: opened by its first request, so that one which asks for nothing leaves no file."""

    name: str
    config: Config


class Sessions:
    """All that were begun, by name."""

    def __init__(
        self,
        base: Config,
        *,
        redactor: Redactor,
        recordings: Recordings,
        listen: Callable[[Entry], None] | None = None,
    ) -> None:
        self._base = base
        self._redactor = redactor
        self._recordings = recordings
        self._listen = listen
        self._begun: dict[str, Begun] = {}
        self._open: dict[str, Session] = {}
        self._bound: dict[str, list[str]] = {}
        """User name to the sessions that it is in; the last of them counts."""
        self._ended: dict[str, Verdict] = {}
        self._numbers = itertools.count(1)

    def begin(self, cassette: str, *, user: str = "", config: Config | None = None) -> str:
        """Begins a run of its own through a cassette, and returns its name. Until it ends `user` means it too.

        Whoever names neither a session nor a user is in the one that was begun last without a user.
        ValueError when a name cannot be one.
        """
        name = f"{check_name(cassette)}~{next(self._numbers)}"
        self._begun[name] = Begun(name=name, config=self._at(config or self._base, cassette))
        self._bound.setdefault(user, []).append(name)
        return name

    def find(self, name: str) -> Session | None:
        """The session that a client's name means; one that it begins now if it is the name of none.

        None for a client that names none when there is none to be in. ValueError when it cannot be a name,
        CassetteError when the cassette cannot be opened.
        """
        name = self._meant(name)
        if not name:
            return None
        session = self._open.get(name)
        if session is None:
            if name in self._ended and "~" in name:
                raise ValueError(f"session {name!r} has ended")
            begun = self._begun.get(name)
            config = begun.config if begun else self._at(self._base, name)
            session = self._open[name] = self._new(name, config)
        return session

    def end(self, name: str) -> Verdict | None:
        """Ends a session, by its name or its user's, and says what came of it; None when there is no such session."""
        name = self._meant(name)
        for user, names in [*self._bound.items()]:
            if name in names:
                names.remove(name)
            if not names:
                del self._bound[user]
        begun, session = self._begun.pop(name, None), self._open.pop(name, None)
        if session is None and begun is None:
            return None
        if session is None and begun and begun.config.path.is_file() and begun.config.mode is not Mode.RECORD_ONLY:
            session = self._new(begun.name, begun.config)  # nothing was asked for: all of it is not used
        verdict = session.close() if session else Verdict.nothing(name, begun.config if begun else self._base)
        if len(self._ended) < _MOST_VERDICTS:
            self._ended[name] = verdict
        return verdict

    def close(self) -> None:
        """Ends all of them."""
        for name in [*self._begun.keys() | self._open.keys()]:
            self.end(name)

    def _meant(self, name: str) -> str:
        bound = self._bound.get(name)
        return bound[-1] if bound else name

    def _new(self, name: str, config: Config) -> Session:
        return Session(config, redactor=self._redactor, recordings=self._recordings, name=name, listen=self._listen)

    @staticmethod
    def _at(config: Config, cassette: str) -> Config:
        assert config.directory is not None
        return replace(config, path=path_of(cassette, config.directory))

    def verdict(self, name: str) -> Verdict | None:
        """Of one session, so far or at its end; None when there is no such session."""
        name = self._meant(name)
        if session := self._open.get(name):
            return session.verdict()
        if begun := self._begun.get(name):
            return Verdict.nothing(name, begun.config)
        return self._ended.get(name)

    def verdicts(self) -> list[Verdict]:
        """Of all sessions, those that have ended first."""
        return [*self._ended.values(), *(each.verdict() for each in self._open.values())]
