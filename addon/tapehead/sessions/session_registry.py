"""The sessions of a proxy: each client's own run through its own cassette, begun by its first request or by word.

Knows which session a name means. What a session does is its own matter.
"""

import asyncio
import contextlib
import itertools
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tapehead.cassette.errors import CassetteError
from tapehead.exchange.config import Config
from tapehead.exchange.outcomes import ExchangeResult, Outcome, RunStats
from tapehead.exchange.session_paths import in_user_name, path_of
from tapehead.exchange.workers import WorkerPool
from tapehead.modes import Mode
from tapehead.recording.cassette_pool import CassettePool
from tapehead.recording.erasing import Eraser
from tapehead.redact.redactor import Redactor
from tapehead.root import TapeheadError
from tapehead.sessions.sent_requests import RequestSent, SentRequests
from tapehead.sessions.session import Session
from tapehead.sessions.spending import Spending
from tapehead.sessions.verdict import Verdict

_MOST_VERDICTS = 10_000
_OPEN_TIMEOUT = 120  # seconds
_NEW = (Mode.RECORD_ONLY, Mode.RECORD_ONCE)


class TakenError(TapeheadError, ValueError):
    """What names no session is in another one, which has not ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSpec:
    """A session that was begun by word: opened by its first request, so that one which asks for nothing leaves no file."""

    name: str
    config: Config
    user: str
    append: bool
    """Whether what it asks is added to a cassette that another session of this run has recorded."""
    share: bool
    """Whether it replays what another session of this run has recorded, and waits for one that does."""

    @property
    def path(self) -> Path:
        return self.config.path


class SessionRegistry:
    """All that were begun, by name."""

    def __init__(
        self,
        base: Config,
        *,
        redactor: Redactor,
        pool: CassettePool,
        workers: WorkerPool,
        on_result: Callable[[ExchangeResult], None] | None = None,
        eraser: Eraser | None = None,
        spending: Spending | None = None,
    ) -> None:
        self._eraser = eraser
        self._spending = spending
        self._base = base
        self._redactor = redactor
        self._pool = pool
        self._workers = workers
        self._on_result = on_result
        self._opening = asyncio.Lock()
        self._is_closed = False
        self._specs: dict[str, SessionSpec] = {}
        self._open: dict[str, Session] = {}
        self._aliases: dict[str, list[str]] = {}
        """User name to the sessions that it is in; the last of them counts."""
        self._ended: dict[str, Verdict] = {}
        self._unopenable: dict[str, RunStats] = {}
        """Of those whose cassette cannot be opened: what was asked of them all the same."""
        self._recorded: set[Path] = set()
        """The cassettes that sessions which have ended recorded into."""
        self._ends: dict[str, asyncio.Event] = {}
        """Of sessions whose end is waited for."""
        self._sent: dict[str, SentRequests] = defaultdict(SentRequests)
        """Of those that have not ended."""
        self._numbers = itertools.count(1)

    def __repr__(self) -> str:
        state = "closed" if self._is_closed else "open"
        counts = f"{len(self._specs)} begun, {len(self._open)} open, {len(self._ended)} ended"
        return f"<SessionRegistry {state}: {counts}, {len(self._unopenable)} that cannot be opened>"

    def begin(
        self, cassette: str, *, user: str = "", config: Config | None = None, append: bool = False, share: bool = False
    ) -> str:
        """Begins a run of its own through a cassette, and returns its name. Until it ends `user` means it too.

        Whoever names neither a session nor a user is in the one that was begun without a user. One that `append` adds
        to what a session before it recorded, where another would replay that, or record it anew; of several that are
        there `share`, one records and the others replay. Where nothing is recorded, whatever `config` says is replayed.
        Raises ValueError when a name cannot be one, TakenError when there is one without a user.
        """
        config = config or self._base
        if self._base.mode is Mode.REPLAY_ONLY:
            config = replace(config, mode=Mode.REPLAY_ONLY, auto_in_ci=self._base.auto_in_ci)
        config = self._at(config, cassette)
        if not user and (others := self._aliases.get("")):
            raise TakenError(
                f"session {others[-1]!r} was begun without a user and has not ended: what names no session is in it. "
                'Begin this one with a "user" of its own, and give that to its client as the user of the proxy\'s URL; '
                "or end the other with POST /end first"
            )
        name = f"{in_user_name(cassette)}~{next(self._numbers)}"
        self._specs[name] = SessionSpec(name=name, config=config, user=user, append=append, share=share)
        self._aliases.setdefault(user, []).append(name)
        return name

    async def find(self, name: str) -> Session | None:
        """Returns the session that a client's name means; one that it begins now if it is the name of none.

        None for a client that names none when there is none to be in. Raises ValueError when it cannot be a name,
        CassetteError when the cassette cannot be opened.
        """
        name = self._resolve_alias(name)
        if not name:
            return None
        if session := self._open.get(name):
            return session
        patience = time.monotonic() + _OPEN_TIMEOUT
        while True:
            async with self._opening:  # one after the other: two may want the same file
                if session := self._open.get(name):
                    return session
                # Not for ever, as who records may be gone.
                end = self._end_to_wait_for(name) if time.monotonic() < patience else None
                if end is None:
                    return await self._opened(name)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(end.wait(), max(0.0, patience - time.monotonic()))

    async def _opened(self, name: str) -> Session:
        if name in self._ended and "~" in name:
            raise ValueError(f"session {name!r} has ended")
        session = await self._workers.in_thread(self._new, name, self._config(name))
        if self._is_closed:
            session.close()
            raise ValueError(f"session {name!r} has ended")
        self._open[name] = session
        return session

    def _end_to_wait_for(self, name: str) -> asyncio.Event | None:
        """That of a session which is recording what this one is to replay; None when there is none.

        Not one of the same user: within a fixture another of its name may be made.
        """
        begun = self._specs.get(name)
        if begun is None or not begun.share or name in self._open:
            return None
        for other in self._specs.values():
            session = self._open.get(other.name)
            if session and session.recorder and other.share and other.user != begun.user and other.path == begun.path:
                return self._ends.setdefault(other.name, asyncio.Event())
        return None

    def config_of(self, name: str) -> Config:
        """Returns what is to be opened for a client's name."""
        return self._config(self._resolve_alias(name))

    def count_unopenable(self, name: str, entry: ExchangeResult) -> None:
        """Counts a request that found no session, as the cassette cannot be opened."""
        name = self._resolve_alias(name)
        self._unopenable.setdefault(name, RunStats(self._on_result, name)).add(entry)

    async def end(self, name: str, *, succeeded: bool | None = None) -> Verdict | None:
        """Ends a session, by its name or its user's. Returns what came of it; None when there is no such session.

        `succeeded`: whether who asked did, a test for instance; None where that is not known.
        """
        async with self._opening:
            name = self._resolve_alias(name)
            unopened = await self._workers.in_thread(self._open_for_verdict, name)
            return self._end(name, unopened, succeeded=succeeded)

    def _end(self, name: str, unopened: Session | None, *, succeeded: bool | None) -> Verdict | None:
        """`unopened`: the session of that name, if it was not open."""
        for user, names in [*self._aliases.items()]:
            if name in names:
                names.remove(name)
            if not names:
                del self._aliases[user]
        if name not in self._specs.keys() | self._open.keys() | self._unopenable.keys():
            return None
        config = self._config(name)
        self._sent.pop(name, None)
        session, tally = self._open.pop(name, unopened), self._unopenable.pop(name, None)
        self._specs.pop(name, None)
        verdict = session.close(succeeded=succeeded) if session else Verdict.nothing(name, config, tally)
        if session and session.stats.counts[Outcome.RECORDED]:
            self._recorded.add(verdict.config.path)
        if name in self._ends:
            self._ends.pop(name).set()
        if len(self._ended) < _MOST_VERDICTS:
            self._ended[name] = verdict
        return verdict

    def close(self, *, succeeded: bool | None = None) -> None:
        """Ends all sessions. `succeeded`: whether the program that asked did; None where that is not known."""
        self._is_closed = True
        for name in [*self._specs.keys() | self._open.keys() | self._unopenable.keys()]:
            self._end(name, self._open_for_verdict(name), succeeded=succeeded)

    def _open_for_verdict(self, name: str) -> Session | None:
        """A session that has all the same something to say: nothing was asked of it, so all that it holds is not used."""
        begun = self._specs.get(name)
        if begun is None or name in self._open or name in self._unopenable or not _replays(begun.config):
            return None
        with contextlib.suppress(CassetteError):  # told to whoever asks for something
            return self._new(name, begun.config)
        return None

    def _resolve_alias(self, name: str) -> str:
        bound = self._aliases.get(name)
        return bound[-1] if bound else name

    def _config(self, name: str) -> Config:
        begun = self._specs.get(name)
        if begun is None:
            return self._at(self._base, name) if name else self._base
        if begun.config.mode in _NEW and begun.path in self._recorded:
            if begun.append:
                return replace(begun.config, mode=Mode.REPLAY_WITH_NEW_EPISODES)
            if begun.share:
                return replace(begun.config, mode=Mode.RECORD_ONCE)
        return begun.config

    def _new(self, name: str, config: Config) -> Session:
        return Session(
            config,
            redactor=self._redactor,
            pool=self._pool,
            workers=self._workers,
            name=name,
            on_result=self._on_result,
            eraser=self._eraser,
            spending=self._spending,
        )

    @staticmethod
    def _at(config: Config, cassette: str) -> Config:
        assert config.directory is not None
        return replace(config, path=path_of(cassette, config.directory))

    def verdict(self, name: str) -> Verdict | None:
        """Returns what came of one session, so far or at its end; None when there is no such session."""
        name = self._resolve_alias(name)
        if session := self._open.get(name):
            return session.verdict()
        if name in self._specs or name in self._unopenable:
            return Verdict.nothing(name, self._config(name), self._unopenable.get(name))
        return self._ended.get(name)

    def note_sent(self, name: str, sent: RequestSent) -> None:
        """Notes a request of a session's, also where its cassette cannot be opened."""
        self._sent[self._resolve_alias(name)].add(sent)

    def is_named(self, name: str) -> bool:
        """Returns whether a client's name means a session, "" too where one was begun without a user."""
        return bool(self._resolve_alias(name))

    def open_session(self, name: str) -> Session | None:
        """Returns the session that a client's name means, if it is open."""
        return self._open.get(self._resolve_alias(name))

    def sent_requests(self, name: str) -> list[dict[str, Any]] | None:
        """Returns what was sent so far in a session, "" for what names none; None when there is no such session."""
        name = self._resolve_alias(name)
        if name in self._sent:
            return self._sent[name].as_json(self._redactor)
        return [] if name in self._specs or not name else None

    def verdicts(self) -> list[Verdict]:
        """Returns what came of all sessions, those that have ended first."""
        closed = (Verdict.nothing(name, self._config(name), tally) for name, tally in self._unopenable.items())
        return [*self._ended.values(), *(each.verdict() for each in self._open.values()), *closed]


def _replays(config: Config) -> bool:
    return config.mode not in (Mode.RECORD_ONLY, Mode.PASSTHROUGH) and config.path.is_file()
