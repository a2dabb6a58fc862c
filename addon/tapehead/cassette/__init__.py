"""The version-2 cassette of go-vcr: reading, writing, appending. Pure: no mitmproxy, no sockets.

cassette = load("cassettes/chat.yaml")
data = dumps(cassette)

Public is what `__all__` names: three functions, the frozen models, and the error. The modules behind them are not.
"""

from tapehead.cassette.errors import CassetteError
from tapehead.cassette.model import Cassette, Interaction, Request, Response
from tapehead.cassette.reader import loads
from tapehead.cassette.store import load
from tapehead.cassette.writer import dumps

__all__ = ["Cassette", "CassetteError", "Interaction", "Request", "Response", "dumps", "load", "loads"]
