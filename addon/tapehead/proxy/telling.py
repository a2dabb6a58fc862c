"""What the log says of a session that has ended."""

import logging
from collections.abc import Sequence

from tapehead.cassette.model import Interaction
from tapehead.proxy.flows import log_name
from tapehead.proxy.options import Unused
from tapehead.proxy.session import Verdict

logger = logging.getLogger(__name__)

_MOST_NAMED = 20


def tell(verdict: Verdict) -> bool:
    """Says in the log what came of a session. Whether it failed."""
    config, unused = verdict.config, verdict.unused
    if config.unused is not Unused.IGNORE:
        _name_unused(unused)
    logger.info("%s", verdict.line())
    return bool(verdict.tally.lost or (unused and config.unused is Unused.FAIL))


def _name_unused(interactions: Sequence[Interaction]) -> None:
    for each in interactions[:_MOST_NAMED]:
        request = each.request
        logger.warning("not used: interaction %d, %s", each.id, log_name(request.method, request.url))
    if more := len(interactions[_MOST_NAMED:]):
        logger.warning("not used: %d more", more)
