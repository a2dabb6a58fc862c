"""What sessions' verdicts come to: one line, and whether the run has failed."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from tapehead.cli.run.run_verdict import RunVerdict
from tapehead.exchange.outcomes import Outcome
from tapehead.network.unseen import Unseen


def _verdict(counts: dict[Outcome, int], *, replays: bool = True, unused: int = 0, files: int = 1) -> RunVerdict:
    return RunVerdict(
        counts=Counter(counts),
        unused=unused,
        replays=replays,
        files=tuple(Path(f"tapes/{n}.yaml") for n in range(files)),
        directory=Path("tapes") if files != 1 else None,
    )


@pytest.mark.parametrize(
    ("verdict", "line"),
    [
        (_verdict({}, replays=False), "0 recorded · tapes/0.yaml"),
        (_verdict({}), "0 replayed, 0 missed, 0 not used · tapes/0.yaml"),
        (
            _verdict({Outcome.REPLAYED: 12, Outcome.RECORDED: 1}, unused=3),
            "1 recorded, 12 replayed, 0 missed, 3 not used · tapes/0.yaml",
        ),
        (
            _verdict({Outcome.CUT: 1, Outcome.LOST: 2, Outcome.REFUSED: 3}, replays=False),
            "0 recorded, 1 cut, 2 lost, 3 refused · tapes/0.yaml",
        ),
        (
            replace(_verdict({Outcome.RECORDED: 1}, replays=False), key_refusals={401: 1}),
            "1 recorded, a 401: the provider refused the key · tapes/0.yaml",
        ),
        (_verdict({}, replays=False, files=2), "0 recorded · 2 cassettes in tapes"),
    ],
)
def test_the_line(verdict: RunVerdict, line: str) -> None:
    """What always counts, what has happened, and where."""
    assert f"tapehead: {line}" == verdict.line()


def test_of_no_session_at_all() -> None:
    """Nobody asked for anything."""
    assert "tapehead: 0 recorded · 0 cassettes" == RunVerdict.of([]).line()
    assert not RunVerdict.of([]).failed(strict=True)


@pytest.mark.parametrize("outcome", list(Outcome))
def test_what_fails_a_run(outcome: Outcome) -> None:
    """What was missed or turned away, or is in no file. Not what was cut or failed: that is recorded."""
    fails = outcome in {Outcome.MISSED, Outcome.LOST, Outcome.REFUSED, Outcome.TURNED_AWAY}
    assert fails is _verdict({outcome: 1}).failed(strict=False)


def test_what_no_cassette_holds() -> None:
    """It is counted in the line by its kind, and fails a run; a client that trusts nobody has a line of its own."""
    counts = Counter({(Unseen.NOT_UNDERSTOOD, "a.test:1"): 2, (Unseen.NOT_UNDERSTOOD, "b.test:1"): 1})
    verdict = replace(_verdict({}, replays=False), unseen=counts)
    assert "tapehead: 0 recorded, 3 not understood · tapes/0.yaml" == verdict.line()
    assert verdict.failed(strict=False)
    assert replace(_verdict({}), distrust=Counter({"a.test": 1})).failed(strict=False)


def test_a_run_that_saw_nothing() -> None:
    """Neither an exchange nor anything else."""
    assert _verdict({}).saw_nothing
    assert not _verdict({Outcome.MISSED: 1}).saw_nothing
    assert not replace(_verdict({}), key_refusals={401: 1}).saw_nothing
    assert not replace(_verdict({}), distrust=Counter({"a.test": 1})).saw_nothing
    assert not replace(_verdict({}), unseen=Counter({(Unseen.UNFINISHED, "a.test:1"): 1})).saw_nothing


def test_strict() -> None:
    """All that is recorded is to be asked for."""
    assert _verdict({}, unused=1).failed(strict=True)
    assert not _verdict({}, unused=1).failed(strict=False)


def test_what_only_the_order_told_apart_is_said() -> None:
    """Requests for which several recordings were as good are counted, where there were some."""
    line = RunVerdict(counts=Counter(), unused=0, replays=True, files=(Path("c.yaml"),), by_order=2).line()

    assert "tapehead: 0 replayed, 0 missed, 0 not used, 2 told apart by their order alone · c.yaml" == line
