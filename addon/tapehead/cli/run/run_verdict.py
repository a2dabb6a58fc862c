"""What a run came to: one line for a person, an exit code for a program.

Knows sessions' verdicts. Knows nothing of how they were run.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tapehead.exchange import key_refusals
from tapehead.exchange.outcomes import FAILURES, Outcome
from tapehead.modes import Mode
from tapehead.network.tls_failures import TlsTrustFailures
from tapehead.network.unseen import Unseen, UnseenTraffic, by_kind
from tapehead.sessions import side_traffic
from tapehead.sessions.side_traffic import SideFate, SideTraffic
from tapehead.sessions.verdict import Verdict

FAILED = 3
"""A request was missed, an exchange was lost, nothing but failures was recorded, traffic was not understood.

Or with --strict a recorded interaction was not asked for.
"""
NO_PROXY = 4
"""The proxy could not start though it was rightly used, or died; or the report could not be written."""

ONLY_SIDE = "nothing but package managers reached the proxy: tapehead doctor -- COMMAND says why"
NOTHING = "nothing reached the proxy: tapehead doctor -- COMMAND says why"

_RECORDING = (Mode.RECORD_ONLY, Mode.RECORD_ONCE)
_ALWAYS = {"record": (Outcome.RECORDED,), "replay": (Outcome.REPLAYED, Outcome.MISSED)}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunVerdict:
    """What all sessions of a run came to."""

    counts: Counter[Outcome]
    unused: int
    replays: bool
    files: tuple[Path, ...]
    key_refusals: Mapping[int, int] = field(default_factory=dict)
    """Answers by which a key is refused, by status."""
    by_order: int = 0
    """Requests that several recordings fitted, none better than the others."""
    directory: Path | None = None
    records: bool = False
    """Whether something was to be recorded that was not there yet."""
    unseen: Counter[tuple[Unseen, str]] = field(default_factory=Counter)
    """What came to the proxy and is in no cassette, and where it was to go."""
    distrust: Counter[str] = field(default_factory=Counter)
    """Hosts whose certificate, made by the proxy, a client did not take."""
    side: Mapping[tuple[str, SideFate], int] = field(default_factory=dict)
    """What package managers asked."""
    only_failures: bool = False
    """Whether servers failed in a session that recorded nothing else."""
    unnamed: Path | None = None
    """Among sessions: the cassette of requests that named none, if there were any."""

    @classmethod
    def of(
        cls,
        verdicts: Sequence[Verdict],
        unseen: UnseenTraffic | None = None,
        distrust: TlsTrustFailures | None = None,
        side: SideTraffic | None = None,
    ) -> "RunVerdict":
        """Returns the sum of what the sessions came to, and of what is in no cassette."""
        counts: Counter[Outcome] = Counter()
        refusals: Counter[int] = Counter()
        for each in verdicts:
            counts.update(each.stats.counts)
            refusals.update(each.stats.key_refusals)
        return cls(
            counts=counts,
            key_refusals=refusals,
            unused=sum(len(each.unused) for each in verdicts),
            replays=any(each.replays for each in verdicts),
            files=tuple(dict.fromkeys(each.config.path for each in verdicts if each.opened)),
            by_order=sum(each.stats.by_order for each in verdicts),
            directory=next((each.config.directory for each in verdicts), None),
            records=any(each.config.mode in _RECORDING and not each.replays for each in verdicts),
            unseen=unseen.counts if unseen else Counter(),
            distrust=distrust.unheard if distrust else Counter(),
            only_failures=any(each.only_failures and each.failed for each in verdicts),
            side=side.counts if side else {},
            unnamed=next((each.config.path for each in verdicts if _is_unnamed(each)), None),
        )

    @property
    def saw_nothing(self) -> bool:
        """Whether nothing at all reached the proxy, but for what package managers asked."""
        return not (self.counts.total() or self.key_refusals or self.unseen or self.distrust)

    @property
    def nothing_said(self) -> str:
        """The line that says so."""
        return ONLY_SIDE if self.side else NOTHING

    def line(self) -> str:
        """Returns a line as `tapehead: 12 replayed, 0 missed, 1 not used · cassettes/chat.yaml`."""
        always = _ALWAYS["replay" if self.replays else "record"]
        told = [f"{self.counts[each]} {each.value}" for each in Outcome if each in always or self.counts[each]]
        told += key_refusals.told(self.key_refusals)
        if self.replays:
            told.append(f"{self.unused} not used")
        if self.by_order:
            told.append(f"{self.by_order} told apart by their order alone")
        told += [f"{count} {kind.value}" for kind, count in by_kind(self.unseen).items()]
        told += side_traffic.told(self.side)
        if len(self.files) == 1 and not self.directory:
            where = str(self.files[0])
        else:
            within = [each for each in self.files if not self.directory or each.is_relative_to(self.directory)]
            where = f"{len(within)} cassette{'' if len(within) == 1 else 's'}"
            where += f" in {self.directory}" if self.directory else ""
            where += f"; of requests that named no session: {self.unnamed}" if self.unnamed else ""
        return f"tapehead: {', '.join(told)} · {where}"

    def failed(self, *, strict: bool) -> bool:
        """Returns whether a run whose command succeeded has failed all the same."""
        is_unseen = bool(self.unseen or self.distrust)
        return (
            is_unseen
            or self.only_failures
            or any(self.counts[each] for each in FAILURES)
            or (strict and self.unused > 0)
        )


def _is_unnamed(verdict: Verdict) -> bool:
    return verdict.config.directory is not None and not verdict.name and any(verdict.stats.counts.values())
