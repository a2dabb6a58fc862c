"""What the log says of a session that has ended."""

import logging
from collections.abc import Iterator, Mapping, Sequence

from tapehead.cassette.errors import CassetteError
from tapehead.cassette.model import Interaction
from tapehead.exchange.config import Unused
from tapehead.exchange.flows import log_name
from tapehead.exchange.outcomes import ONLY_FAILURES
from tapehead.network.tls_failures import TlsTrustFailures
from tapehead.network.unseen import UnseenTraffic, by_kind
from tapehead.sessions import side_traffic
from tapehead.sessions.side_traffic import SideFate
from tapehead.sessions.verdict import Verdict
from tapehead.text.escape import for_log

logger = logging.getLogger(__name__)

_MOST_NAMED = 20


def log_verdict(verdict: Verdict) -> bool:
    """Says in the log what came of a session.

    Returns whether it failed: by a miss, a loss, or what `cassette_unused` says.
    """
    config, unused = verdict.config, verdict.unused
    if config.unused is not Unused.IGNORE:
        _name_unused(unused)
    logger.info("%s", verdict.line())
    if verdict.stats.dropped_headers:
        logger.warning("%s: %s", for_log(str(config.path)), for_log(dropped(verdict.stats.dropped_headers)))
    if verdict.only_failures:
        logger.warning("%s: %s", for_log(str(config.path)), ONLY_FAILURES)
    return verdict.failed or bool(unused and config.unused is Unused.FAIL)


def dropped(headers: Mapping[str, int]) -> str:
    """Returns what is said of headers that were not recorded, though clients are known to follow them."""
    names = ", ".join(f"{name} ({_times(count)})" for name, count in sorted(headers.items()))
    option = ",".join(sorted(map(str.lower, headers)))
    return f"not recorded, though clients are known to follow it: {names}; cassette_headers={option} records it"


def tell_unseen(unseen: UnseenTraffic, distrust: TlsTrustFailures) -> bool:
    """Says in the log what came to the proxy and is in no cassette. Returns whether there was any."""
    for line in (*distrusted(distrust.unheard), *_hung_up(distrust.doubtful)):
        logger.warning("%s", line)
    kinds = by_kind(unseen.counts)
    if kinds:
        logger.info("tapehead: %s", ", ".join(f"{count} {kind.value}" for kind, count in kinds.items()))
    return bool(kinds or distrust.unheard)


def tell_side(counts: Mapping[tuple[str, SideFate], int]) -> None:
    """Says in the log what package managers asked, if they did."""
    if said := side_traffic.told(counts):
        logger.info("tapehead: %s", ", ".join(said))


def distrusted(unheard: Mapping[str, int]) -> Iterator[str]:
    """Yields a line for each host whose certificate, made by the proxy, a client did not take, and how often."""
    for host, count in unheard.items():
        yield f"a client did not trust the proxy's CA for {host} ({_times(count)}); tapehead doctor -- COMMAND says more"


def _hung_up(doubtful: Mapping[str, int]) -> Iterator[str]:
    """One line for each host at whose certificate a client left without a word: it may have had another reason."""
    for host, count in doubtful.items():
        yield f"a client left {host} before it asked for anything ({_times(count)}); it may not trust the proxy's CA"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _name_unused(interactions: Sequence[Interaction]) -> None:
    try:
        for each in interactions[:_MOST_NAMED]:
            request = each.request
            logger.warning("not used: interaction %d, %s", each.id, log_name(request.method, request.url))
    except CassetteError as e:  # of a large cassette they are read now
        logger.warning("not used: %s", e)
    if (more := len(interactions) - _MOST_NAMED) > 0:
        logger.warning("not used: %d more", more)
