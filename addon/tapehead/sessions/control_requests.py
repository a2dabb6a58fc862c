"""Requests for the proxy itself: which those are, and who answers them.

Knows the names by which the proxy is meant. What can be asked is the control endpoint's matter.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from mitmproxy import http

from tapehead.exchange.config import Config
from tapehead.exchange.error_responses import unavailable_response
from tapehead.mitm import sni_mode
from tapehead.sessions.control import ControlEndpoint
from tapehead.sessions.rate_limit import TokenBucket
from tapehead.sessions.session import Session
from tapehead.sessions.session_registry import SessionRegistry

logger = logging.getLogger(__name__)


class ControlRequests:
    """Answers them, as long as the proxy runs: wrong tokens are counted over all of them."""

    def __init__(self, token: str, configured: Callable[[Mapping[str, Any]], Config]) -> None:
        """Takes the token that is to be given, and what gives the config with some options changed."""
        self._token = token
        self._configured = configured
        self._rate_limit = TokenBucket()
        self._warned: set[str] = set()

    @staticmethod
    def are_meant(flow: http.HTTPFlow) -> bool:
        """Returns whether a request is for the control endpoint, or for nobody."""
        request = flow.request
        if sni_mode.lacks_destination(flow) or sni_mode.is_control_host(request.host):
            return True
        named = request.host_header or ""  # which mitmproxy parses at some cost
        return sni_mode.CONTROL_HOST in named.lower() and sni_mode.is_control_host(request.pretty_host)

    async def answer(self, flow: http.HTTPFlow, sessions: SessionRegistry | None, unnamed: Session | None) -> None:
        """Answers one.

        `sessions` are those that can be begun and ended, where there can be such; `unnamed` is that of requests which
        name none, once it is there.
        """
        if sni_mode.lacks_destination(flow):
            message = "tapehead: the TLS server name of this connection says no destination"
            flow.response = unavailable_response(flow.request, message)
            return
        endpoint = ControlEndpoint(
            token=self._token,
            rate_limit=self._rate_limit,
            sessions=sessions,
            unnamed=unnamed,
            configured=self._configured,
            warn=self._warn,
        )
        flow.response = await endpoint.answer(flow.request)

    def _warn(self, line: str) -> None:
        """Says it once: each test of a run asks the same."""
        if line not in self._warned:
            self._warned.add(line)
            logger.warning("%s", line)
