"""The version-2 cassette of go-vcr: reading, writing, appending. Pure: no mitmproxy, no sockets.

cassette = load("cassettes/chat.yaml")
data = dumps(cassette)

Public is what `__all__` names: three functions, the frozen models, and the error. The modules behind them are not.
"""

from tapehead.cassette.errors import (
    CassetteAccessError,
    CassetteBusyError,
    CassetteChangedError,
    CassetteError,
    CassetteNotFoundError,
    InteractionRefusedError,
    NotACassetteError,
    TornCassetteError,
    UnsupportedVersionError,
)
from tapehead.cassette.model import Cassette, Interaction, Request, Response
from tapehead.cassette.store import load
from tapehead.cassette.torn_detection import loads
from tapehead.cassette.writer import dumps
from tapehead.root import TapeheadError

__all__ = [
    "Cassette",
    "CassetteAccessError",
    "CassetteBusyError",
    "CassetteChangedError",
    "CassetteError",
    "CassetteNotFoundError",
    "Interaction",
    "InteractionRefusedError",
    "NotACassetteError",
    "Request",
    "Response",
    "TapeheadError",
    "TornCassetteError",
    "UnsupportedVersionError",
    "dumps",
    "load",
    "loads",
]
