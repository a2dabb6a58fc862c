"""What a cassette is worth: what a reader is to be told of it, and whether a session has left a good one.

Knows what happened, and what lies beside. Does not keep or remove anything.
"""

import logging

from tapehead.cassette.backup import find_backup, restoring
from tapehead.cassette.file_lock import busy_writer
from tapehead.exchange.config import Config
from tapehead.exchange.outcomes import Outcome, RunStats
from tapehead.modes import Mode
from tapehead.network.tls_failures import TlsTrustFailures
from tapehead.network.unseen import UnseenTraffic, by_kind

logger = logging.getLogger(__name__)

_LOSSES = (Outcome.LOST, Outcome.REFUSED, Outcome.TURNED_AWAY)


def hints_for(config: Config, *, writes: bool, is_ours: bool) -> list[str]:
    """Returns what may explain that something is missing in a cassette, and says it in the log.

    `writes`: the session records into it; `is_ours`: one of this process does.
    """
    hints = []
    if config.mode is not Mode.RECORD_ONLY and (bak := find_backup(config.path)):
        hints.append(f"{bak} is there, the recording before: {restoring(config.path)} brings it back")
    if not writes and not is_ours and (busy := busy_writer(config.path)):
        hints.append(f"it may not be finished: found {busy.found}")
    for hint in hints:
        logger.warning("%s: %s", config.path, hint)
    return hints


def doubts(stats: RunStats, *, succeeded: bool | None) -> list[str]:
    """Returns why what a session has recorded is perhaps not worth having; nothing where it is.

    A server that could not be reached is no loss to a program that succeeds all the same.
    """
    found = ["the program failed"] if succeeded is False else []
    bad = _LOSSES if succeeded else (*_LOSSES, Outcome.FAILED)
    return found + [f"{stats.counts[each]} {each.value}" for each in bad if stats.counts[each]]


def unseen_doubts(unseen: UnseenTraffic, distrust: TlsTrustFailures) -> list[str]:
    """Returns why nothing that a run has recorded is perhaps worth having: what came to the proxy and is in no cassette."""
    found = [f"{count} {kind.value}" for kind, count in by_kind(unseen.counts).items()]
    return found + ([f"{count} did not trust the proxy's CA"] if (count := distrust.unheard.total()) else [])
