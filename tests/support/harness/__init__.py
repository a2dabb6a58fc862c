"""What end-to-end tests and the demo stand on: an origin that speaks the providers' streams, a real mitmdump.

Knows nothing of tapehead: it serves, proxies and ends processes.
"""

from .answers import Answer, Arrival, Chunk
from .certs import Certs, make_certs
from .origin import Origin
from .process import Child, HarnessError
from .proxy import Mitmdump

__all__ = ["Answer", "Arrival", "Certs", "Child", "Chunk", "HarnessError", "Mitmdump", "Origin", "make_certs"]
