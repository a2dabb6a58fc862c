"""What a run came to: one line for a person, an exit code for a program.

Knows sessions' verdicts. Knows nothing of how they were run.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tapehead.proxy.session import Verdict
from tapehead.proxy.tally import FAILURES, Outcome

FAILED = 3
"""A request was missed, an exchange was lost, or with --strict a recorded one was not asked for."""
NO_PROXY = 4
"""The proxy could not start, or died."""

_ALWAYS = {"record": (Outcome.RECORDED,), "replay": (Outcome.REPLAYED, Outcome.MISSED)}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunVerdict:
    """What all sessions of a run came to."""

    counts: Counter[Outcome]
    unused: int
    replays: bool
    files: tuple[Path, ...]
    directory: Path | None = None
    unnamed: Path | None = None
    """Among sessions: the cassette of requests that named none, if there were any."""

    @classmethod
    def of(cls, verdicts: Sequence[Verdict]) -> "RunVerdict":
        """The sum."""
        counts: Counter[Outcome] = Counter()
        for each in verdicts:
            counts.update(each.tally.counts)
        return cls(
            counts=counts,
            unused=sum(len(each.unused) for each in verdicts),
            replays=any(each.replays for each in verdicts),
            files=tuple(dict.fromkeys(each.config.path for each in verdicts if each.opened)),
            directory=next((each.config.directory for each in verdicts), None),
            unnamed=next((each.config.path for each in verdicts if _is_unnamed(each)), None),
        )

    def line(self) -> str:
        """Such as `tapehead: 12 replayed, 0 missed, 1 not used · cassettes/chat.yaml`."""
        always = _ALWAYS["replay" if self.replays else "record"]
        told = [f"{self.counts[each]} {each.value}" for each in Outcome if each in always or self.counts[each]]
        if self.replays:
            told.append(f"{self.unused} not used")
        if len(self.files) == 1 and not self.directory:
            where = str(self.files[0])
        else:
            within = [each for each in self.files if not self.directory or each.is_relative_to(self.directory)]
            where = f"{len(within)} cassette{'' if len(within) == 1 else 's'}"
            where += f" in {self.directory}" if self.directory else ""
            where += f"; of requests that named no session: {self.unnamed}" if self.unnamed else ""
        return f"tapehead: {', '.join(told)} · {where}"

    def failed(self, *, strict: bool) -> bool:
        """Whether a run whose command succeeded has failed all the same."""
        return any(self.counts[each] for each in FAILURES) or (strict and self.unused > 0)


def _is_unnamed(verdict: Verdict) -> bool:
    return verdict.config.directory is not None and not verdict.name and any(verdict.tally.counts.values())


def distrusted(refused: Mapping[str, int]) -> Iterator[str]:
    """One line for each host whose certificate, made by the proxy, a client did not take, and how often."""
    for host, count in refused.items():
        times = "once" if count == 1 else f"{count} times"
        yield f"a client did not trust the proxy's CA for {host} ({times}); tapehead doctor -- COMMAND says more"
